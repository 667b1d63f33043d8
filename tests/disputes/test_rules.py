"""The transition table, and what the clock brings, as the full product of what may be."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from registry.disputes import rules
from registry.disputes.rules import Audience, Event, Ruling, Side, State

DAY = timedelta(days=1)
OPENED = datetime(2026, 11, 2, 10, tzinfo=UTC)
SINCE = OPENED + 3 * DAY
PERIODS = {"answer_days": 10, "ruling_days": 30, "ruling_extension_days": 15, "appeal_days": 14}

#: What may happen in each state, and where it leads; what is not listed changes nothing.
ALLOWED = {
    State.OPENED: {"told": "awaiting_reporter", "refused": "decided", "lapsed": "closed"},
    State.AWAITING_REPORTER: {
        "answered": "in_review",
        "unanswered": "decided",
        "passed_on": "in_review",
        "confirmed": "closed",
        "lapsed": "closed",
    },
    State.IN_REVIEW: {"ruled": "decided", "late": "overdue", "lapsed": "closed"},
    State.OVERDUE: {"ruled": "decided", "lapsed": "closed"},
    State.DECIDED: {
        "appeal": "appealed",
        "renewed": "opened",
        "close": "closed",
        "lapsed": "closed",
    },
    State.APPEALED: {"taken_up": "in_review", "lapsed": "closed"},
    State.CLOSED: {},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_the_table(state: State, event: Event) -> None:
    assert rules.next_state(state, event) == ALLOWED[state].get(event)


@dataclass
class Clock:
    """What of a dispute its clock depends on."""

    state: str
    round: int = 1
    ruling: str | None = None
    repeat: bool = False
    quiet: bool = False
    settlement: bool = False
    evidence_at: datetime | None = None
    state_since: datetime = SINCE
    opened_at: datetime = OPENED


def ends(number: str, since: datetime) -> datetime:
    return since + PERIODS[number] * DAY


@pytest.mark.parametrize(
    ("clock", "event", "at"),
    [
        (Clock("opened"), Event.TOLD, SINCE),
        (Clock("opened", repeat=True), Event.REFUSED, SINCE),
        (Clock("opened", repeat=True, evidence_at=SINCE), Event.TOLD, SINCE),
        (Clock("awaiting_reporter"), Event.UNANSWERED, OPENED + 10 * DAY),
        (Clock("awaiting_reporter", repeat=True), Event.PASSED_ON, OPENED + 10 * DAY),
        (Clock("awaiting_reporter", quiet=True), Event.PASSED_ON, OPENED + 10 * DAY),
        (Clock("awaiting_reporter", settlement=True), Event.CONFIRMED, OPENED + 10 * DAY),
        (
            Clock("awaiting_reporter", settlement=True, repeat=True),
            Event.CONFIRMED,
            OPENED + 10 * DAY,
        ),
        (Clock("in_review"), Event.LATE, OPENED + 30 * DAY),
        (Clock("in_review", evidence_at=SINCE), Event.LATE, OPENED + 45 * DAY),
        (Clock("in_review", round=2), Event.LATE, SINCE + 30 * DAY),
        (Clock("in_review", round=2, evidence_at=SINCE), Event.LATE, SINCE + 30 * DAY),
        (Clock("appealed", round=2), Event.TAKEN_UP, SINCE),
        (Clock("decided", ruling=Ruling.UPHOLD), Event.CLOSE, SINCE + 14 * DAY),
        (Clock("decided", ruling=Ruling.REMOVE), Event.CLOSE, SINCE),
        (Clock("decided", ruling=Ruling.UPHOLD, round=2), Event.CLOSE, SINCE),
    ],
    ids=str,
)
def test_what_the_clock_brings(clock: Clock, event: Event, at: datetime) -> None:
    assert rules.due(clock, ends) == (event, at)


@pytest.mark.parametrize("state", [State.OVERDUE, State.CLOSED])
def test_what_only_people_end(state: State) -> None:
    assert rules.due(Clock(state), ends) is None


@pytest.mark.parametrize("author", Side)
@pytest.mark.parametrize("to", Audience)
@pytest.mark.parametrize("reader", Side)
def test_who_reads_what(author: Side, to: Audience, reader: Side) -> None:
    """Its writer, a moderator, and whom it is for."""
    expected = reader in (author, Side.MODERATOR) or to == "both" or str(to) == str(reader)
    assert rules.may_read(reader, author, to) == expected


def test_no_side_writes_to_the_other_alone() -> None:
    """A word between person and reporter that no moderator is meant to see has no place here."""
    assert rules.MAY_WRITE_TO[Side.PERSON] == rules.MAY_WRITE_TO[Side.REPORTER]
    assert Audience.REPORTER not in rules.MAY_WRITE_TO[Side.PERSON]
