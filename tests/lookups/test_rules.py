"""From graded matches to result and advice, as pure rules."""

from datetime import date
from uuid import UUID

import pytest

from registry.lookups.answers import wording
from registry.lookups.rules import (
    DEFAULT_RULES,
    Advice,
    Fact,
    Found,
    Graded,
    Result,
    Rule,
    advise,
    matches,
    months_between,
    result,
)
from registry.matching.compare import Grade
from registry.matching.subject import Subject

TODAY = date(2026, 11, 22)


def fact(category: str = "parcel_refused", month: str = "2026-09", source: int = 1) -> Fact:
    return Fact(
        report=UUID(int=source),
        record=UUID(int=source),
        business=UUID(int=source),
        source=UUID(int=source),
        category=category,
        month=month,
        amount_band=None,
        currency=None,
        evidence_grade="documented",
        state="active",
    )


def strong(*facts: Fact) -> Graded:
    return Graded(grade=Grade.STRONG, agreement=(), facts=facts)


POSSIBLE = Graded(grade=Grade.POSSIBLE, agreement=(), facts=())


@pytest.mark.parametrize(
    ("graded", "expected"),
    [
        ([], Result.NO_RECORD),
        ([POSSIBLE], Result.POSSIBLE),
        ([POSSIBLE, strong(fact())], Result.RECORD),
        ([strong()], Result.POSSIBLE),
    ],
)
def test_one_word_for_all_matches(graded: list[Graded], expected: Result) -> None:
    assert result(graded) is expected


def test_a_possible_match_loses_its_facts() -> None:
    query = Subject(kind="person", country="UA", phones=("+380505550101",), name="Мельник Іван")
    same = Subject(kind="person", country="UA", phones=("+380505550101",), name="Мельник Іван")
    other = Subject(kind="person", country="UA", phones=("+380505550101",), name="Мельник Ольга")
    found = [
        Found(identity=UUID(int=n), facts=(fact(source=n),), records={UUID(int=n): one})
        for n, one in enumerate([other, same], 1)
    ]
    exact, possible = matches(query, found)
    assert (exact.grade, len(exact.facts)) == (Grade.EXACT, 1)
    assert (possible.grade, possible.facts) == (Grade.POSSIBLE, ())
    assert (possible.sources, possible.last_incident) == (0, None)


def test_the_surest_and_the_fullest_come_first() -> None:
    query = Subject(kind="person", country="UA", phones=("+380505550101",))
    shared = frozenset({"phone"})
    found = [
        Found(identity=UUID(int=1), facts=(fact(),), shared=shared),
        Found(identity=UUID(int=2), facts=(fact(), fact(source=2)), shared=shared),
    ]
    assert [len(one.facts) for one in matches(query, found)] == [2, 1]


def test_facts_of_records_that_do_not_hold_the_number_are_not_told() -> None:
    """The standing lies there for another record's sake, one that is not shown yet."""
    query = Subject(kind="person", country="UA", phones=("+380505550101",))
    assert matches(query, [Found(identity=UUID(int=1), facts=(fact(),))]) == []


@pytest.mark.parametrize(
    ("month", "months"),
    [("2026-11", 0), ("2026-10", 1), ("2025-11", 12), ("2025-10", 13), ("2023-12", 35)],
)
def test_months_of_the_calendar(month: str, months: int) -> None:
    assert months_between(month, TODAY) == months


def test_sources_are_counted_once_and_the_newest_month_is_told() -> None:
    match = strong(fact(source=1, month="2026-02"), fact(source=1, month="2026-09"), fact(source=2))
    assert (match.sources, match.last_incident) == (2, "2026-09")


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ([fact("parcel_refused", "2025-11")], ["prepay_full"]),
        ([fact("parcel_refused", "2025-10")], []),
        ([fact("chargeback_abuse")], ["prepay_full"]),
        ([fact("no_show", "2020-01")], ["prepay_half"]),
        ([fact("payment_overdue")], ["prepay_half", "milestones", "contact_log"]),
        (
            [fact("payment_refused")],
            ["prepay_half", "milestones", "written_scope", "contact_log"],
        ),
        ([fact("scope_abuse")], ["milestones", "written_scope"]),
        ([fact("return_abuse")], ["written_scope"]),
        ([fact("abusive_conduct")], ["contact_log"]),
        ([fact("no_show")] * 3, ["prepay_half", "manual_review"]),
    ],
)
def test_the_defaults_are_prudent_and_never_refuse(facts: list[Fact], advice: list[str]) -> None:
    assert [one for one, _ in advise([strong(*facts)], DEFAULT_RULES, TODAY)] == advice
    assert Advice.DECLINE_POLITELY not in {rule.advice for rule in DEFAULT_RULES}


def test_each_advice_once_with_the_reason_of_its_first_rule() -> None:
    rules = [
        Rule(advice=Advice.PREPAY_FULL, categories=frozenset(), at_least=2, within_months=None),
        Rule(advice=Advice.PREPAY_FULL, categories=frozenset(), at_least=1, within_months=12),
    ]
    facts = [fact("no_show"), fact("parcel_refused"), fact("no_show")]
    given = advise([strong(*facts)], rules, TODAY)
    assert given == [(Advice.PREPAY_FULL, "2 no_show and 1 parcel_refused")]
    given = advise([strong(facts[0])], rules, TODAY)
    assert given == [(Advice.PREPAY_FULL, "1 no_show within 12 months")]


def test_a_possible_match_is_only_looked_at_again() -> None:
    """Whatever the member's own rules say."""
    decline = Rule(
        advice=Advice.DECLINE_POLITELY, categories=frozenset(), at_least=1, within_months=None
    )
    assert advise([POSSIBLE], [decline], TODAY) == [(Advice.MANUAL_REVIEW, "a possible match")]
    assert advise([], [decline], TODAY) == []


@pytest.mark.parametrize("advice", list(Advice))
def test_every_advice_has_its_wording_in_three_languages(advice: Advice) -> None:
    words = wording()[advice]
    assert len({words.uk, words.ru, words.en}) == 3
    assert min(map(len, (words.uk, words.ru, words.en))) > 20


def test_what_two_people_did_does_not_add_up() -> None:
    """A rule that asks for two facts does not fire on one of each."""
    rule = Rule(
        advice=Advice.DECLINE_POLITELY, categories=frozenset(), at_least=2, within_months=None
    )
    assert advise([strong(fact(source=1)), strong(fact(source=2))], [rule], TODAY) == []
    both = strong(fact(source=1), fact(source=2))
    assert advise([both], [rule], TODAY) == [(Advice.DECLINE_POLITELY, "2 parcel_refused")]


def test_a_likeness_of_another_name_is_no_match() -> None:
    """Somebody in the same town whom a token happened to find."""
    query = Subject(kind="person", country="UA", name="Мельник Іван", city="Київ")
    like = Subject(kind="person", country="UA", name="Ivan Melnyk", city="Kyiv")
    other = Subject(kind="person", country="UA", name="Сидоренко Іван", city="Київ")
    found = [
        Found(identity=UUID(int=n), facts=(fact(source=n),), records={UUID(int=n): one})
        for n, one in enumerate([like, other], 1)
    ]
    (match,) = matches(query, found)
    assert (match.grade, match.facts) == (Grade.POSSIBLE, ())
