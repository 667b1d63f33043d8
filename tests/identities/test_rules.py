"""When questions should be answered, and what a standing holds, as pure rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from registry.identities.rules import StandingFact, answer_within, standing_rows

NOW = datetime(2026, 11, 22, tzinfo=UTC)
A, B, C = UUID(int=1), UUID(int=2), UUID(int=4)


def test_the_more_an_answer_is_worth_the_sooner_it_should_come() -> None:
    assert answer_within(0) == timedelta(days=30)
    assert answer_within(0.25) == timedelta(days=15)
    assert answer_within(3.5) == timedelta(days=2)


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
    identifiers = [
        (A, b"a", "phone", True),
        (B, b"b", "email", True),
        (UUID(int=3), b"c", "phone", True),
        (B, b"d", "name_word", True),
    ]
    rows = standing_rows(shown, identifiers)
    assert set(rows) == {b"a", b"b"}
    assert [one.month for one in rows[b"a"][1]] == ["2026-09", "2026-03"]
    assert rows[b"a"][1] == rows[b"b"][1]
    assert rows[b"b"][0] == "email"  # and by no word of a name alone
    assert standing_rows([], identifiers) == {}


def test_a_detached_value_finds_only_what_names_it_again() -> None:
    """Whoever else is known by it through another record is not found by it, whatever that record says."""
    shown = [fact(1, A, "2026-03"), fact(2, B, "2026-09"), fact(3, C, "2026-05")]
    identifiers = [(A, b"p", "phone", False), (B, b"p", "phone", True)]
    identifiers += [(record, b"e", "email", True) for record in (A, B, C)]
    rows = standing_rows(shown, identifiers)
    assert [one.record for one in rows[b"p"][1]] == [B]
    assert [one.record for one in rows[b"e"][1]] == [B, C, A]
