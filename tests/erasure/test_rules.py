"""What the rules say of every state, and what a refusal names."""

from collections.abc import Collection
from datetime import date
from itertools import product

import pytest

from registry.erasure.rules import (
    OPEN_TO_OBJECTION,
    REASONS,
    Age,
    BirthDates,
    Code,
    Decision,
    Kind,
    Remedy,
    State,
    age_of,
    judge,
    remedies,
)
from registry.reports.rules import FINAL, SHOWN, TRANSITIONS, Event
from registry.reports.rules import State as ReportState

BY_RULE = {
    ReportState.SUBMITTED: Code.BEING_CHECKED,
    ReportState.SCREENING: Code.BEING_CHECKED,
    ReportState.NEEDS_INFO: Code.BEING_CHECKED,
    ReportState.NOTICE: Code.STILL_NEEDED,
    ReportState.ACTIVE: Code.STILL_NEEDED,
    ReportState.CONTESTED: Code.BEING_DECIDED,
    ReportState.UPHELD: Code.STILL_NEEDED,
    ReportState.AMENDED: Code.STILL_NEEDED,
    **dict.fromkeys(FINAL, Code.NO_LONGER_NEEDED),
}


@pytest.mark.parametrize("state", ReportState)
def test_what_has_ended_goes_and_what_runs_stays(state: ReportState) -> None:
    decision = Decision.GRANT if state in FINAL else Decision.REFUSE
    assert judge(state, told=True, age=Age.OF_AGE) == (decision, BY_RULE[state])


@pytest.mark.parametrize(("state", "told"), list(product(ReportState, (False, True))))
def test_what_must_not_be_goes_from_every_state_of_which_the_person_knows(
    state: ReportState, told: bool
) -> None:
    decided = judge(state, told=told, age=Age.UNDER_AGE)
    assert decided is not None
    assert (decided[0] is Decision.GRANT) == (state in FINAL | OPEN_TO_OBJECTION)
    if state in OPEN_TO_OBJECTION and (told or state not in SHOWN):
        assert decided[1] is Code.UNDER_AGE
    shown_untold = judge(state, told=False, age=Age.OF_AGE) == (Decision.GRANT, Code.NEVER_TOLD)
    assert shown_untold == (state in SHOWN)


@pytest.mark.parametrize("state", ReportState)
def test_where_birth_dates_conflict_a_moderator_decides(state: ReportState) -> None:
    by_rule = judge(state, told=True, age=Age.OF_AGE)
    expected = None if state in OPEN_TO_OBJECTION else by_rule
    assert judge(state, told=True, age=Age.UNCLEAR) == expected


@pytest.mark.parametrize("state", sorted(OPEN_TO_OBJECTION))
def test_what_can_be_objected_to_can_be_ended(state: ReportState) -> None:
    """A granted objection removes it by the same table as a ruling."""
    contested = state if state is ReportState.CONTESTED else TRANSITIONS[state, Event.CONTEST]
    assert TRANSITIONS[contested, Event.REMOVE] in FINAL


def _age(
    own: Collection[date] = (), published: Collection[date] = (), unpublished: Collection[date] = ()
) -> Age:
    known = BirthDates(frozenset(own), frozenset(published), frozenset(unpublished))
    return age_of(known, date(2026, 6, 1), 18)


GROWN, YOUNG, YOUNGER = date(2008, 6, 1), date(2008, 6, 2), date(2009, 1, 1)


def test_the_reports_own_date_decides_to_the_day() -> None:
    assert _age([YOUNG]) is Age.UNDER_AGE
    assert _age([GROWN]) is Age.OF_AGE
    assert _age() is Age.OF_AGE, "nothing is known"
    assert _age([GROWN, date(1990, 1, 1)]) is Age.OF_AGE, "by either"
    assert _age([YOUNG], [YOUNG], [YOUNG]) is Age.UNDER_AGE


def test_dates_that_contradict_are_a_moderators() -> None:
    assert _age([YOUNG, GROWN]) is Age.UNCLEAR, "an RNOKPP and the birth date next to it"
    assert _age([YOUNG, YOUNGER]) is Age.UNCLEAR
    assert _age([YOUNG], [GROWN]) is Age.UNCLEAR
    assert _age([GROWN], [YOUNG]) is Age.UNCLEAR


@pytest.mark.parametrize("own", [[], [GROWN]], ids=["without a date", "with another date"])
def test_a_date_of_another_report_grants_nothing(own: list[date]) -> None:
    assert _age(own, [YOUNG]) is Age.UNCLEAR
    assert _age(own, (), [YOUNG]) is Age.UNCLEAR
    assert _age(own, [GROWN], [GROWN]) is Age.OF_AGE


def test_a_date_that_nobody_screened_stops_no_grant() -> None:
    assert _age([YOUNG], (), [GROWN]) is Age.UNDER_AGE


def test_every_refusal_names_the_authority_and_the_courts() -> None:
    """GDPR, art. 12(4)."""
    for kind, code, again in product(Kind, Code, (False, True)):
        found = remedies(kind, State.REFUSED, code, again=again)
        assert {Remedy.AUTHORITY, Remedy.COURT} <= set(found)
        for state in set(State) - {State.REFUSED}:
            assert remedies(kind, state, code, again=again) == []
    once = remedies(Kind.OBJECTION, State.REFUSED, Code.LEGAL_CLAIMS, again=True)
    assert Remedy.OBJECTION in once
    twice = remedies(Kind.OBJECTION, State.REFUSED, Code.LEGAL_CLAIMS, again=False)
    assert Remedy.OBJECTION not in twice


def test_no_code_serves_both_sides() -> None:
    assert not REASONS[Decision.GRANT] & REASONS[Decision.REFUSE]
