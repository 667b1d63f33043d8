"""What a fact is, and what a standing holds. Pure: no clock, no database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from registry.matching.blocking import ASKED
from registry.matching.party import STRONG

_ASKED = STRONG | ASKED
#: Where people are notified of a report.
_NOTIFIED = frozenset({"phone", "email"})

#: A question about one uncertain pair; the more an answer is worth, the sooner it should come. A target that the
#: operator sets, not a legal term: an open question delays nothing.
QUESTION_DAYS = 30


def answer_within(worth: float) -> timedelta:
    """By when a question should be answered that would bring `worth` pairs of records together, as expected."""
    return timedelta(days=QUESTION_DAYS) / (1 + 4 * worth)


#: Where a report's data key seals the words of the person that are shown beside it.
REPLY = "reports.sealed_reply"


class FactCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What lookups may show of one report: codes, and the person's own words, sealed."""

    category: str
    #: `YYYY-MM` of the incident.
    month: str
    amount_band: str | None
    currency: str | None
    evidence_grade: str
    state: str
    #: Shown from here, and until there; checked when read.
    since: datetime
    until: datetime
    #: The person's words: base64 of what the report's key sealed at `REPLY`; null without a dispute.
    reply: str | None = None


class StandingFact(FactCodes, frozen=True, kw_only=True):
    """A fact as a standing keeps it: with the report, its business and its record."""

    report: UUID
    business: UUID
    record: UUID


class HeldValue(NamedTuple):
    """An index value of a record; `held` is False from the day on which it was detached."""

    record: UUID
    value: bytes
    kind: str
    held: bool


def standing_rows(
    facts: Iterable[StandingFact],
    identifiers: Collection[HeldValue],
    sources: Mapping[UUID, UUID],
    confirmed: Iterable[tuple[UUID, UUID]] = (),
) -> dict[bytes, tuple[str, list[StandingFact]]]:
    """Index value -> (kind, facts), for one identity: what a lookup by this value is shown, newest month first.

    `sources` is business -> source. `confirmed` are pairs of records that moderators hold to be of one person. Only
    records with a shown fact lend their values and facts.

    1. A phone or e-mail leads to the records that hold it, and to those that share a phone or e-mail with them, in a
       chain or by a moderator's answer. The person who is reached there was notified. Records that are of one person by
       a code, by a name or by a number with one digit off are not found so: the person may not have been notified.
    2. A code or handle leads to the records that hold it and, if two sources name it, to what rule 1 links with these.
       Nobody is notified through it, so one source alone cannot bring other facts under it.
    3. A value that was detached, and named again since, leads to the records that hold it: else a report with an old
       number and an address would bring back to its new holder what a detachment took from them.
    """
    shown = sorted(facts, key=lambda fact: (fact.month, fact.report.hex), reverse=True)
    source = {fact.record: sources[fact.business] for fact in shown}
    detached = {one.value for one in identifiers if not one.held}
    holders: dict[bytes, set[UUID]] = defaultdict(set)
    kinds: dict[bytes, str] = {}
    for one in identifiers:
        if one.held and one.record in source and one.kind in _ASKED:
            holders[one.value].add(one.record)
            kinds[one.value] = one.kind
    answered = _Linked(source, confirmed)
    notified = _Linked(
        source,
        confirmed,
        (found for value, found in holders.items() if kinds[value] in _NOTIFIED),
    )
    rows = {}
    for value, found in holders.items():
        alone = kinds[value] not in _NOTIFIED and len({source[record] for record in found}) == 1
        if value not in detached:
            found = (answered if alone else notified).with_linked(found)
        rows[value] = (kinds[value], [fact for fact in shown if fact.record in found])
    return rows


class _Linked:
    """Records in groups of those that hang together, directly or in a chain."""

    def __init__(
        self,
        records: Iterable[UUID],
        pairs: Iterable[tuple[UUID, UUID]],
        sets: Iterable[Collection[UUID]] = (),
    ) -> None:
        self._group = {record: {record} for record in records}
        for linked in (*pairs, *sets):
            self._join([record for record in linked if record in self._group])

    def _join(self, records: Sequence[UUID]) -> None:
        if len(records) > 1:
            whole = set[UUID]().union(*(self._group[record] for record in records))
            self._group.update(dict.fromkeys(whole, whole))

    def with_linked(self, records: Iterable[UUID]) -> set[UUID]:
        """Return these records and all that hang together with them."""
        return set[UUID]().union(*(self._group[record] for record in records))
