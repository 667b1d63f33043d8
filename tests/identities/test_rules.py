"""Which identity a new record belongs to, and what a standing holds, as pure rules."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from registry.identities.rules import Candidate, StandingFact, choose, standing_rows
from registry.matching.subject import Subject

NOW = datetime(2026, 11, 22, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)
PHONE = "+380505550110"


def subject(name: str | None = None, born: date | None = None, *tax: str) -> Subject:
    return Subject(
        kind="person",
        country="UA",
        phones=(PHONE,),
        name=name,
        birth_date=born,
        tax_ids=tuple(f"UA:{number}" for number in tax),
    )


IVAN, OLHA = subject("Мельник Іван"), subject("Мельник Ольга")


@pytest.mark.parametrize(
    ("new", "known", "chosen"),
    [
        (IVAN, [], None),
        (IVAN, [(A, IVAN)], A),
        (IVAN, [(A, OLHA)], None),
        (IVAN, [(A, OLHA), (B, IVAN)], B),
        # The oldest that does not contradict, even when a younger one agrees more.
        (IVAN, [(A, subject()), (B, IVAN)], A),
        (subject(), [(A, IVAN), (B, OLHA)], A),
        (subject(None, date(1990, 1, 1)), [(A, subject(None, date(1990, 1, 2)))], None),
        (subject("Мельник Іван", date(1990, 1, 1)), [(A, IVAN)], A),
        (
            subject("Мельник Іван", None, "3184710691"),
            [(A, subject("Мельник Іван", None, "2184710697"))],
            None,
        ),
        (subject("Melnyk Ivan"), [(A, IVAN)], A),
    ],
)
def test_the_oldest_without_contradiction(
    new: Subject, known: list[tuple[UUID, Subject]], chosen: UUID | None
) -> None:
    candidates = [Candidate(identity, (one,)) for identity, one in known]
    assert choose(new, candidates) == chosen


def test_one_record_that_contradicts_is_enough() -> None:
    """An identity is all its records: agreeing with one of them does not outweigh another."""
    mixed = Candidate(A, (subject(None, date(1990, 1, 1)), IVAN))
    assert choose(subject("Мельник Іван", date(1991, 1, 1)), [mixed]) is None


def fact(report: int, record: UUID, month: str = "2026-09") -> StandingFact:
    return StandingFact(
        category="no_show",
        month=month,
        amount_band=None,
        currency=None,
        evidence_grade="documented",
        state="active",
        since=NOW,
        until=NOW,
        report=UUID(int=report),
        business=UUID(int=9),
        record=record,
    )


def test_only_shown_records_lend_their_identifiers() -> None:
    """Each shown identifier carries all facts of the identity, newest month first."""
    shown = [fact(1, A, "2026-03"), fact(2, B, "2026-09")]
    identifiers = [(A, b"a", "phone"), (B, b"b", "email"), (UUID(int=3), b"c", "phone")]
    rows = standing_rows(shown, identifiers)
    assert set(rows) == {b"a", b"b"}
    assert [one.month for one in rows[b"a"][1]] == ["2026-09", "2026-03"]
    assert rows[b"a"][1] == rows[b"b"][1]
    assert rows[b"b"][0] == "email"
    assert standing_rows([], identifiers) == {}
