"""From decisions on pairs to parties: which records make up one identity.

Lives here: `partition`, a pure function of the records and of what was decided on their pairs. It has no
memory: a decision more, or one less, and the same records are divided anew. So merging and splitting are
one more decision, and what they did is undone by the decision that takes them back.

A moderator's decision binds. The engine's count in order of their weight, with these limits:

1. None joins two groups of which one holds a record that the other contradicts.
2. Where a record's decisions fit two groups that exclude each other about equally well, it joins neither: nothing says
   whose debt it is. By an identifier alone (below `FIRM`), a record that is of no group yet joins neither of two groups
   that have nothing in common.
3. No single record holds others together. Two groups become one only if they are still connected, by decisions or by
   agreement on name or birth date, when either end of the decision is left out. Else one report that lists the numbers
   of several people would make them one.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
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
    agree: Callable[[K, K], bool],
    *,
    bound: Iterable[tuple[K, K]] = (),
    apart: Iterable[tuple[K, K]] = (),
) -> list[list[K]]:
    """Divide records into parties, each in the order given, parties in the order of their first records.

    `links` are (weight, one, other) of the engine's decisions for one party, `bound` the moderators'.
    `agree` tells whether two records agree on more than a contact. `apart` are pairs of records that are known to be of
    two parties.
    """
    place = {record: number for number, record in enumerate(records)}
    groups = _Groups(records, apart)
    near: dict[K, dict[K, float]] = defaultdict(dict)
    for one, other in bound:
        near[one][other] = near[other][one] = math.inf
        if groups.of[one] != groups.of[other]:
            groups.join(one, other)
    #: Record -> those that moderators hold to be of its party, itself among them: they speak with one voice.
    voice = {record: frozenset(groups.members[groups.of[record]]) for record in groups.of}

    ordered = sorted(links, key=lambda link: (-link[0], *sorted((place[link[1]], place[link[2]]))))
    for weight, one, other in ordered:
        near[one].setdefault(other, weight)
        near[other].setdefault(one, weight)

    def connected(ours: AbstractSet[K], theirs: AbstractSet[K]) -> bool:
        """Whether a record of one set is linked with one of the other, or agrees with it."""
        return any(
            other in near[one] or agree(*sorted((one, other), key=place.__getitem__))
            for one in ours
            for other in theirs
        )

    def rivalled(weight: float, one: K, other: K) -> bool:
        """Whether either end fits another group about as well, which cannot be of the same party for all we know."""
        for mine, its in ((one, groups.of[other]), (other, groups.of[one])):
            support = Counter(
                groups.of[rival] for rival, heavy in near[mine].items() if heavy >= weight - MARGIN
            )
            fitting = support.pop(its, 0)
            wanted = fitting if weight >= FIRM else 0
            support.pop(groups.of[mine], None)
            alone = weight < FIRM and len(groups.members[groups.of[mine]]) == len(voice[mine])
            for group, number in support.items():
                if number >= wanted and groups.excluded(group, its):
                    return True
                if alone and not connected(groups.members[group], groups.members[its]):
                    return True
        return False

    def bridged(one: K, other: K) -> bool:
        """Whether one end alone would hold the two groups together."""
        ours, theirs = groups.members[groups.of[one]], groups.members[groups.of[other]]
        rest, their_rest = ours - voice[one], theirs - voice[other]
        return bool(
            (rest and not connected(rest, theirs))
            or (their_rest and not connected(ours, their_rest))
        )

    joined = True
    while joined:  # what was refused may be connected by what was joined since
        joined = False
        for weight, one, other in ordered:
            ours, theirs = groups.of[one], groups.of[other]
            if ours == theirs or groups.excluded(ours, theirs):
                continue
            if not rivalled(weight, one, other) and not bridged(one, other):
                groups.join(one, other)
                joined = True
    parties = [sorted(members, key=place.__getitem__) for members in groups.members.values()]
    return sorted(parties, key=lambda party: place[party[0]])
