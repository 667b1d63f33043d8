"""When questions should be answered, and what a standing holds, as pure rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from registry.identities.rules import HeldValue, StandingFact, answer_within, standing_rows

NOW = datetime(2026, 11, 22, tzinfo=UTC)
A, B, C = UUID(int=1), UUID(int=2), UUID(int=4)


def test_the_more_an_answer_is_worth_the_sooner_it_should_come() -> None:
    assert answer_within(0) == timedelta(days=30)
    assert answer_within(0.25) == timedelta(days=15)
    assert answer_within(3.5) == timedelta(days=2)


SHOP, OTHER_SHOP = UUID(int=9), UUID(int=10)
SOURCES = {SHOP: SHOP, OTHER_SHOP: OTHER_SHOP}


def fact(report: int, record: UUID, month: str = "2026-09", business: UUID = SHOP) -> StandingFact:
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
        business=business,
        record=record,
    )


def held(record: UUID, value: bytes, kind: str = "phone") -> HeldValue:
    return HeldValue(record, value, kind, True)


def led_to(
    facts: list[StandingFact], values: list[HeldValue], *confirmed: tuple[UUID, UUID]
) -> dict[bytes, set[UUID]]:
    """Index value -> the records whose facts it leads to."""
    rows = standing_rows(facts, values, SOURCES, confirmed)
    return {value: {one.record for one in found} for value, (_, found) in rows.items()}


def test_only_shown_records_lend_their_identifiers() -> None:
    """A phone carries the facts of all that share a contact with its holders, newest month first."""
    shown = [fact(1, A, "2026-03"), fact(2, B, "2026-09")]
    identifiers = [
        held(A, b"a"),
        held(A, b"b", "email"),
        held(B, b"b", "email"),
        held(UUID(int=3), b"c"),
        held(B, b"d", "name_word"),
    ]
    rows = standing_rows(shown, identifiers, SOURCES)
    assert set(rows) == {b"a", b"b"}
    assert [one.month for one in rows[b"a"][1]] == ["2026-09", "2026-03"]
    assert rows[b"a"][1] == rows[b"b"][1]
    assert rows[b"b"][0] == "email"  # and by no word of a name alone
    assert standing_rows([], identifiers, SOURCES) == {}


def test_a_detached_value_finds_only_what_names_it_again() -> None:
    """Whoever else is known by it through another record is not found by it, whatever that record says."""
    shown = [fact(1, A, "2026-03"), fact(2, B, "2026-09"), fact(3, C, "2026-05")]
    identifiers = [HeldValue(A, b"p", "phone", False), held(B, b"p")]
    identifiers += [held(record, b"e", "email") for record in (A, B, C)]
    rows = standing_rows(shown, identifiers, SOURCES)
    assert [one.record for one in rows[b"p"][1]] == [B]
    assert [one.record for one in rows[b"e"][1]] == [B, C, A]


def test_a_contact_leads_only_to_what_its_holder_was_notified_of() -> None:
    """A and B share a number, C and B an address; D is of the same person by a code alone."""
    d = UUID(int=8)
    shown = [fact(1, A), fact(2, B), fact(3, C), fact(4, d, business=OTHER_SHOP)]
    values = [held(A, b"p"), held(B, b"p"), held(B, b"e", "email"), held(C, b"e", "email")]
    values += [held(d, b"q"), held(A, b"t", "tax_id"), held(d, b"t", "tax_id")]
    assert led_to(shown, values) == {
        b"p": {A, B, C},
        b"e": {A, B, C},
        b"q": {d},
        b"t": {A, B, C, d},
    }
    assert led_to(shown, values, (C, d))[b"q"] == {A, B, C, d}


def test_one_source_brings_no_other_facts_under_a_code_or_handle() -> None:
    shown = [fact(1, A), fact(2, B, business=OTHER_SHOP)]
    values = [held(A, b"p"), held(B, b"p"), held(B, b"t", "tax_id"), held(B, b"h", "handle")]
    assert led_to(shown, values) == {b"p": {A, B}, b"t": {B}, b"h": {B}}
    assert led_to(shown, values, (A, B))[b"t"] == {A, B}
    assert led_to(shown, [*values, held(A, b"t", "tax_id")])[b"t"] == {A, B}
