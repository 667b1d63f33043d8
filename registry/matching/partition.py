"""From decisions on pairs to parties: which records make up one identity.

Lives here: `partition`, a pure function of the records and of what was decided on their pairs. It has no
memory: a decision more, or one less, and the same records are divided anew. So merging and splitting are
one more decision, and what they did is undone by the decision that takes them back.

A moderator's decision binds. The engine's count in order of their weight, and none joins two groups of
which one holds a record that the other contradicts. Where an engine's decision would fit two groups
that exclude each other about equally well, it joins neither: nothing says whose debt it is.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

#: Two decisions that weigh within so many bits of each other weigh the same.
MARGIN = 3.0
#: Below so many bits a link rests on an identifier alone, and no number of them outweighs a rival.
FIRM = 6.0


class _Groups(Generic[K]):
    """Disjoint sets of records, each with its members and those whom they contradict."""

    def __init__(self, records: Iterable[K], apart: Iterable[tuple[K, K]]) -> None:
        self.of: dict[K, K] = {record: record for record in records}
        self.members: dict[K, set[K]] = {record: {record} for record in self.of}
        self.foes: dict[K, set[K]] = {record: set() for record in self.of}
        for one, other in apart:
            self.foes[one].add(other)
            self.foes[other].add(one)

    def join(self, one: K, other: K) -> None:
        """Make the groups of two records one."""
        kept, gone = self.of[one], self.of[other]
        if len(self.members[kept]) < len(self.members[gone]):
            kept, gone = gone, kept
        members = self.members.pop(gone)
        self.of.update(dict.fromkeys(members, kept))
        self.members[kept] |= members
        self.foes[kept] |= self.foes.pop(gone)

    def excluded(self, ours: K, theirs: K) -> bool:
        """Whether a record of one group contradicts one of the other."""
        return not self.foes[ours].isdisjoint(self.members[theirs])


def partition(
    records: Sequence[K],
    links: Iterable[tuple[float, K, K]],
    *,
    bound: Iterable[tuple[K, K]] = (),
    apart: Iterable[tuple[K, K]] = (),
) -> list[list[K]]:
    """Divide records into parties, each in the order given, parties in the order of their first records.

    `links` are (weight, one, other) of the engine's decisions for one party, `bound` the moderators'.
    `apart` are pairs of records that are known to be of two parties.
    """
    place = {record: number for number, record in enumerate(records)}
    groups = _Groups(records, apart)
    for one, other in bound:
        if groups.of[one] != groups.of[other]:
            groups.join(one, other)

    ordered = sorted(links, key=lambda link: (-link[0], *sorted((place[link[1]], place[link[2]]))))
    near: dict[K, list[tuple[float, K]]] = defaultdict(list)
    for weight, one, other in ordered:
        near[one].append((weight, other))
        near[other].append((weight, one))

    def rivalled(weight: float, one: K, other: K) -> bool:
        """Whether either end has links about as good, and as many, to a group that excludes the other's."""
        for mine, its in ((one, groups.of[other]), (other, groups.of[one])):
            support = Counter(
                groups.of[rival] for heavy, rival in near[mine] if heavy >= weight - MARGIN
            )
            wanted = support.pop(its, 0) if weight >= FIRM else 0
            support.pop(groups.of[mine], None)
            if any(
                links >= wanted and groups.excluded(group, its) for group, links in support.items()
            ):
                return True
        return False

    for weight, one, other in ordered:
        ours, theirs = groups.of[one], groups.of[other]
        if (
            ours != theirs
            and not groups.excluded(ours, theirs)
            and not rivalled(weight, one, other)
        ):
            groups.join(one, other)
    parties = [sorted(members, key=place.__getitem__) for members in groups.members.values()]
    return sorted(parties, key=lambda party: place[party[0]])
