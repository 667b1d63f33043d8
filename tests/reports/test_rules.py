"""The life of a report as pure rules: the whole table, deadlines, amounts, ages and file types."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.deadlines import months_after
from registry.reports import money, rules
from registry.reports.rules import Category, Event, EvidenceGrade, ReasonCode, State, Verdict

#: domain.md, "A report", row by row: state -> event -> next state. Everything else is illegal.
LIFE = {
    "submitted": {"edit": "submitted", "cooled_off": "screening", "withdraw": "withdrawn"},
    "screening": {
        # Only after a file has answered a moderator's question; the service sees to that.
        "edit": "screening",
        "publish": "notice",
        "request_info": "needs_info",
        "reject": "rejected",
        "withdraw": "withdrawn",
    },
    "needs_info": {
        "info_given": "screening",
        "info_overdue": "rejected",
        "withdraw": "withdrawn",
    },
    "notice": {
        "notice_ended": "active",
        "undeliverable": "rejected",
        "contest": "contested",
        "withdraw": "withdrawn",
        "settle": "settled",
    },
    "active": {
        "contest": "contested",
        "withdraw": "withdrawn",
        "settle": "settled",
        "expire": "expired",
    },
    "contested": {
        "uphold": "upheld",
        "amend": "amended",
        "remove": "removed",
        "reporter_silent": "removed",
        "withdraw": "withdrawn",
        "settle": "settled",
        "expire": "expired",
    },
    "upheld": {
        "contest": "contested",
        "withdraw": "withdrawn",
        "settle": "settled",
        "expire": "expired",
    },
    "amended": {
        "contest": "contested",
        "withdraw": "withdrawn",
        "settle": "settled",
        "expire": "expired",
    },
    "settled": {"erase": "erased"},
    "rejected": {"erase": "erased"},
    "withdrawn": {"erase": "erased"},
    "removed": {"erase": "erased"},
    "expired": {"erase": "erased"},
    "erased": {},
}
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_table_is_the_domains(state: State, event: Event) -> None:
    after = LIFE[state].get(event)
    assert rules.next_state(state, event) == (None if after is None else State(after))


def test_every_state_can_be_reached_and_every_end_is_erased() -> None:
    reached, ahead = {State.SUBMITTED}, {State.SUBMITTED}
    while ahead:
        ahead = {after for (before, _), after in rules.TRANSITIONS.items() if before in ahead}
        ahead -= reached
        reached |= ahead
    assert reached == set(State)
    leaving = {state: {e for s, e in rules.TRANSITIONS if s is state} for state in State}
    assert {state for state, events in leaving.items() if events == {Event.ERASE}} == rules.ENDED
    assert leaving[State.ERASED] == set()


@pytest.mark.parametrize("state", list(State))
def test_only_the_clock_and_rulings_move_what_the_reporter_may_not(state: State) -> None:
    """The reporter withdraws from every state that is not final, and settles from `notice` on."""
    withdrawable = rules.next_state(state, Event.WITHDRAW) is State.WITHDRAWN
    assert withdrawable == (state not in rules.FINAL)
    settles = {State.NOTICE, State.ACTIVE, State.CONTESTED, State.UPHELD, State.AMENDED}
    assert (rules.next_state(state, Event.SETTLE) is State.SETTLED) == (state in settles)


#: Each of its own length, so that none is taken for another.
PERIODS = {
    "cooling_off_hours": timedelta(hours=24),
    "info_days": 10 * DAY,
    "notice_attempt_days": 14 * DAY,
    "reinsertion_notice_business_days": 5 * DAY,
    "answer_days": 11 * DAY,
    "erase_after_days": 30 * DAY,
    "notice_days": 7 * DAY,
}


def ends(name: str, since: datetime) -> datetime:
    return since + PERIODS[name]


def due(
    state: State, *, told: datetime | None = None, until: datetime = NOW + 300 * DAY
) -> tuple[Event, datetime] | None:
    return rules.due(
        state,
        since=NOW,
        ends=ends,
        told_until=told,
        retention_until=until,
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SUBMITTED, (Event.COOLED_OFF, NOW + DAY)),
        (State.SCREENING, None),
        (State.NEEDS_INFO, (Event.INFO_OVERDUE, NOW + 10 * DAY)),
        (State.NOTICE, (Event.UNDELIVERABLE, NOW + 14 * DAY)),
        (State.ACTIVE, (Event.EXPIRE, NOW + 300 * DAY)),
        (State.CONTESTED, (Event.REPORTER_SILENT, NOW + 11 * DAY)),
        (State.UPHELD, (Event.EXPIRE, NOW + 300 * DAY)),
        (State.AMENDED, (Event.EXPIRE, NOW + 300 * DAY)),
        *((state, (Event.ERASE, NOW + 30 * DAY)) for state in sorted(rules.ENDED)),
        (State.ERASED, None),
    ],
)
def test_what_the_clock_brings(state: State, expected: tuple[Event, datetime] | None) -> None:
    assert due(state) == expected


def test_what_the_clock_brings_is_legal() -> None:
    for state in State:
        for told in (None, NOW + 7 * DAY):
            change = due(state, told=told)
            assert change is None or rules.next_state(state, change[0]) is not None


def test_notice_ends_only_once_the_person_was_told() -> None:
    assert due(State.NOTICE, told=NOW + 7 * DAY) == (Event.NOTICE_ENDED, NOW + 7 * DAY)


def test_of_a_reinsertion_the_person_hears_sooner() -> None:
    change = rules.due(
        State.NOTICE,
        since=NOW,
        ends=ends,
        told_until=None,
        retention_until=NOW + 300 * DAY,
        brought_back=True,
    )
    assert change == (Event.UNDELIVERABLE, NOW + 5 * DAY)


def test_retention_beats_the_reporters_silence() -> None:
    """Retention ends every contested state too: whichever comes first."""
    assert due(State.CONTESTED, until=NOW + 3 * DAY) == (Event.EXPIRE, NOW + 3 * DAY)
    assert due(State.CONTESTED, until=NOW + 12 * DAY) == (Event.REPORTER_SILENT, NOW + 11 * DAY)


@pytest.mark.parametrize(
    ("state", "fixed", "expected"),
    [
        (State.SUBMITTED, None, NOW + 20 * timedelta(hours=1) + 7 * DAY),
        (State.SCREENING, None, NOW + 7 * DAY),
        (State.NEEDS_INFO, None, NOW + 7 * DAY),
        (State.NOTICE, None, NOW + 7 * DAY),
        (State.NOTICE, NOW + 2 * DAY, NOW + 2 * DAY),
        (State.ACTIVE, NOW - DAY, NOW - DAY),
        (State.CONTESTED, NOW + 2 * DAY, NOW + 2 * DAY),
        *((state, NOW, None) for state in sorted(rules.FINAL)),
    ],
)
def test_the_earliest_time_of_visibility(
    state: State, fixed: datetime | None, expected: datetime | None
) -> None:
    cooled = NOW + timedelta(hours=20)
    seen = rules.visible_from(state, now=NOW, cooled_at=cooled, ends=ends, fixed=fixed)
    assert seen == expected


@pytest.mark.parametrize(
    ("amount", "currency", "band"),
    [
        (1, "UAH", "0-500"),
        (49_999, "UAH", "0-500"),
        (50_000, "UAH", "500-1000"),
        (99_999, "EUR", "500-1000"),
        (100_000, "UAH", "1000-5000"),
        (499_999, "UAH", "1000-5000"),
        (500_000, "USD", "5000-20000"),
        (1_999_999, "UAH", "5000-20000"),
        (2_000_000, "UAH", "20000-100000"),
        (9_999_999, "UAH", "20000-100000"),
        (10_000_000, "UAH", "100000+"),
        (10**12, "UAH", "100000+"),
        # The yen has no minor unit, the dinar a thousandth.
        (499, "JPY", "0-500"),
        (500, "JPY", "500-1000"),
        (20_000, "XPF", "20000-100000"),
        (100_000, "KRW", "100000+"),
        (499_999, "KWD", "0-500"),
        (500_000, "KWD", "500-1000"),
        (5_000_000, "TND", "5000-20000"),
    ],
)
def test_bands_are_in_major_units(amount: int, currency: str, band: str) -> None:
    assert money.amount_band(amount, currency) == band


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_greater_amount_is_never_in_a_lower_band(a: int, b: int) -> None:
    order = ["0-500", "500-1000", "1000-5000", "5000-20000", "20000-100000", "100000+"]
    low, high = sorted((a, b))
    bands = [order.index(money.amount_band(amount, "UAH")) for amount in (low, high)]
    assert bands == sorted(bands)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 22), 12, date(2027, 11, 22)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 36, date(2029, 12, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 22), -12, date(2025, 11, 22)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_counts_whole_years(born: date, on: date, years: int) -> None:
    assert rules.age(born, on) == years


@pytest.mark.parametrize("state", [State.ACTIVE, State.UPHELD, State.AMENDED])
@pytest.mark.parametrize("contacts", [0, 1, 50])
def test_evidence_grades(state: State, contacts: int) -> None:
    adjudicated = state in (State.UPHELD, State.AMENDED)
    shown = EvidenceGrade.DOCUMENT_AND_CONTACTS if contacts else EvidenceGrade.DOCUMENTED
    expected = EvidenceGrade.ADJUDICATED if adjudicated else shown
    assert rules.evidence_grade(state, contacts) is expected


def test_reason_codes_belong_to_one_decision_each() -> None:
    by_verdict = {
        Verdict.PUBLISH: {"proof_standard_met"},
        Verdict.REQUEST_INFO: {"evidence_missing", "unclear"},
        Verdict.REJECT: set(ReasonCode) - {"proof_standard_met", "evidence_missing", "unclear"},
    }
    assert {v: set(map(str, codes)) for v, codes in rules.REASONS.items()} == by_verdict


def test_what_each_category_needs() -> None:
    contacts = {"payment_overdue", "payment_refused", "scope_abuse", "abusive_conduct"}
    assert set(rules.NEEDS_CONTACTS) == contacts
    assert set(Category) - rules.NEEDS_AMOUNT == {"no_show", "abusive_conduct"}
    assert set(Category) - rules.NEEDS_SETTLEMENT_ATTEMPTS == {"abusive_conduct"}
