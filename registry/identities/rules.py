"""What a fact is, and what a standing holds. Pure: no clock, no database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from registry.matching.compare import contradicts
from registry.matching.subject import Subject


class FactCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What lookups may show of one report: codes only, no word of anybody's."""

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


class StandingFact(FactCodes, frozen=True, kw_only=True):
    """A fact as a standing keeps it: with the report, its business and its record."""

    report: UUID
    business: UUID
    record: UUID


class Candidate(msgspec.Struct, frozen=True):
    """An identity that shares an identifier with a new record, with the subjects of its records."""

    identity_id: UUID
    subjects: tuple[Subject, ...]


def choose(subject: Subject, candidates: Sequence[Candidate]) -> UUID | None:
    """The identity that a new record belongs to, or None for a new one.

    Candidates share a strong identifier with the record and come oldest first. One is the same person
    unless any of its records contradicts the new one (another given name, birth date or tax id).
    """
    for candidate in candidates:
        if not any(contradicts(subject, known) for known in candidate.subjects):
            return candidate.identity_id
    return None


def standing_rows(
    facts: Iterable[StandingFact], identifiers: Iterable[tuple[UUID, bytes, str]]
) -> dict[bytes, tuple[str, list[StandingFact]]]:
    """Index value -> (kind, facts), for one identity.

    `identifiers` are (record, index value, kind). Only records with a shown fact lend their identifiers:
    a report that is not visible contributes neither its facts nor its numbers. Each of those index values
    then carries all shown facts of the identity, newest month first.
    """
    shown = sorted(facts, key=lambda fact: (fact.month, fact.report.hex), reverse=True)
    records = {fact.record for fact in shown}
    return {value: (kind, shown) for record, value, kind in identifiers if record in records}
