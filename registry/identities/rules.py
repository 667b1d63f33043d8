"""What a fact is, and what a standing holds. Pure: no clock, no database."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from registry.matching.blocking import ASKED
from registry.matching.party import STRONG

_ASKED = STRONG | ASKED

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


def standing_rows(
    facts: Iterable[StandingFact], identifiers: Collection[tuple[UUID, bytes, str, bool]]
) -> dict[bytes, tuple[str, list[StandingFact]]]:
    """Index value -> (kind, facts), for one identity.

    `identifiers` are (record, index value, kind, whether it is the record's still). Only records with a shown fact lend
    their identifiers: a report that is not visible contributes neither its facts nor its numbers. Each of their index
    values that lookups may ask by then carries all shown facts of the identity, newest month first. One that was
    detached, and named again since, carries those of the records that hold it themselves: else a single report with
    an old number and an address would bring back to its new holder what a detachment took from them.
    """
    shown = sorted(facts, key=lambda fact: (fact.month, fact.report.hex), reverse=True)
    records = {fact.record for fact in shown}
    detached = {value for _, value, _, held in identifiers if not held}
    holders = {(record, value) for record, value, _, held in identifiers if held}
    return {
        value: (
            kind,
            [f for f in shown if value not in detached or (f.record, value) in holders],
        )
        for record, value, kind, held in identifiers
        if held and record in records and kind in _ASKED
    }
