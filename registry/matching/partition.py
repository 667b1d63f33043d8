"""From decisions on pairs to parties: which records make up one identity.

Lives here: `partition`, a pure function of the records and of what was decided on their pairs. It has no
memory: a decision more, or one less, and the same records are divided anew. So merging and splitting are
one more decision, and what they did is undone by the decision that takes them back.

A moderator's decision binds. The engine's count in order of their weight, with these limits:

1. None joins two groups if a record of one contradicts a record of the other.
2. Where a record's decisions fit two groups that exclude each other about equally well, it joins neither: nothing says
   whose debt it is. By an identifier alone (below `FIRM`), the records of one source join neither of two groups that
   have nothing in common.
3. No single record, and no single source, holds others together. Two groups become one only if they are still
   connected, by decisions or by agreement on more than a contact, when either end of the decision is left out, and when
   all records of its source are. Else a business whose reports list the numbers of several people would make them one.
4. What speaks for a group is counted in sources. Three reports of one business weigh no more than one.
5. Moderators' answers for one party join in the order in which they were given, and none joins two groups
   whose records contradict each other, unless a moderator answered for that very pair.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

#: Two decisions that weigh within so many bits of each other weigh the same.
MARGIN = 3.0
#: Below so many bits a link rests on an identifier alone, and no number of them outweighs a rival.
FIRM = 6.0


class _Groups(Generic[K]):
    """Disjoint sets of records, each with its members and those whom they contradict, and what links them."""

    def __init__(
        self,
        records: Iterable[K],
        apart: Iterable[tuple[K, K]],
        agree: Callable[[K, K], bool],
        sources: Mapping[K, Hashable],
    ) -> None:
        self.of: dict[K, K] = {record: record for record in records}
        self.members: dict[K, set[K]] = {record: {record} for record in self.of}
        self.foes: dict[K, set[K]] = {record: set() for record in self.of}
        for one, other in apart:
            self.foes[one].add(other)
            self.foes[other].add(one)
        self.agree = agree
        #: Record -> whose it is; a record of no known source is one of its own.
        self.source: dict[K, Hashable] = {record: sources.get(record, record) for record in self.of}
        #: Record -> the records that decisions link with it, with their weights; a moderator's decision comes first.
        self.near: dict[K, dict[K, float]] = defaultdict(dict)
        #: Record -> those that moderators hold to be of its party, itself among them: they speak with one voice.
        self.voice: dict[K, frozenset[K]] = {}

    def link(self, one: K, other: K, weight: float) -> None:
        """Note a decision for one party."""
        self.near[one].setdefault(other, weight)
        self.near[other].setdefault(one, weight)

    def bind(self, bound: Iterable[tuple[K, K]]) -> None:
        """Join what moderators hold to be of one party."""
        for one, other in bound:
            self.link(one, other, math.inf)
            ours, theirs = self.of[one], self.of[other]
            if ours != theirs and not self.excluded(ours, theirs):
                self.join(one, other)
        self.voice = {record: frozenset(self.members[self.of[record]]) for record in self.of}

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
        """Tell whether a record of one group contradicts one of the other."""
        return not self.foes[ours].isdisjoint(self.members[theirs])

    def connected(self, ours: AbstractSet[K], theirs: AbstractSet[K]) -> bool:
        """Tell whether a record of one set is linked with one of the other, or agrees with it."""
        return any(
            other in self.near[one] or self.agree(one, other) for one in ours for other in theirs
        )

    def rivalled(self, weight: float, one: K, other: K) -> bool:
        """Tell whether either end fits about as well with another group, which is of another party for all we know."""
        return self._torn(weight, one, self.of[other]) or self._torn(weight, other, self.of[one])

    def _torn(self, weight: float, mine: K, wanted: K) -> bool:
        links = [rival for rival, heavy in self.near[mine].items() if heavy >= weight - MARGIN]
        voices = {(self.of[rival], self.source[rival]) for rival in links}
        support = Counter(group for group, _ in voices)
        fitting = support.pop(wanted, 0)
        support.pop(self.of[mine], None)
        firm = weight >= FIRM
        alone = not firm and not self._without_source(mine)
        for group, number in support.items():
            if (not firm or number >= fitting) and self.excluded(group, wanted):
                return True
            if alone and not self.connected(self.members[group], self.members[wanted]):
                return True
        return False

    def _without_record(self, one: K) -> set[K]:
        """Return the rest of a record's group, without what moderators hold to be of its party."""
        return self.members[self.of[one]] - self.voice[one]

    def _without_source(self, one: K) -> set[K]:
        """Return the rest of a record's group, without its source's records and what moderators hold to be theirs."""
        members = self.members[self.of[one]]
        own = [member for member in members if self.source[member] == self.source[one]]
        return members.difference(*(self.voice[member] for member in own))

    def bridged(self, one: K, other: K) -> bool:
        """Tell whether one end alone, or all records of its source, would hold the two groups together."""
        return any(
            rest and not self.connected(rest, against)
            for end, against in (
                (one, self.members[self.of[other]]),
                (other, self.members[self.of[one]]),
            )
            for rest in (self._without_record(end), self._without_source(end))
        )

    def join_all(self, ordered: Sequence[tuple[float, K, K]]) -> None:
        """Join by the engine's links, the heaviest first, until none joins anything more.

        What was refused may be connected by what was joined since.
        """
        joined = True
        while joined:
            joined = False
            for weight, one, other in ordered:
                ours, theirs = self.of[one], self.of[other]
                if ours == theirs or self.excluded(ours, theirs):
                    continue
                if not self.rivalled(weight, one, other) and not self.bridged(one, other):
                    self.join(one, other)
                    joined = True


def partition(
    records: Sequence[K],
    links: Iterable[tuple[float, K, K]],
    agree: Callable[[K, K], bool],
    *,
    sources: Mapping[K, Hashable] | None = None,
    bound: Iterable[tuple[K, K]] = (),
    apart: Iterable[tuple[K, K]] = (),
) -> list[list[K]]:
    """Divide records into parties, each in the order given, parties in the order of their first records.

    `links` are (weight, one, other) of the engine's decisions for one party, `bound` the moderators', the first answer
    first. `agree` tells, in either order, whether two records agree on more than a contact. `sources` says of records
    whose they are. `apart` are pairs of records that are known to be of two parties.
    """
    place = {record: number for number, record in enumerate(records)}
    answered = list(bound)
    confirmed = set(map(frozenset, answered))
    contradicting = [pair for pair in apart if frozenset(pair) not in confirmed]
    groups = _Groups(records, contradicting, agree, sources or {})
    groups.bind(answered)
    ordered = sorted(links, key=lambda link: (-link[0], *sorted((place[link[1]], place[link[2]]))))
    for weight, one, other in ordered:
        groups.link(one, other, weight)
    groups.join_all(ordered)
    parties = [sorted(members, key=place.__getitem__) for members in groups.members.values()]
    return sorted(parties, key=lambda party: place[party[0]])
