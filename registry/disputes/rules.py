"""What may happen to a dispute: grounds, states, events, the one transition table, deadlines. Pure.

    opened -> awaiting_reporter -> in_review -> decided -> closed
    awaiting_reporter -> decided                  its reporter was silent: the report is removed
    in_review -> overdue -> decided               hidden until a person decides; never upheld by default
    decided -> appealed -> in_review              the person's one appeal, to another moderator
    any open state -> closed                      the report ended by itself

An event that the table does not list for a state is illegal there and changes nothing.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Ground(StrEnum):
    """Why the person disputes the report."""

    #: It is about somebody else.
    NOT_ME = "not_me"
    #: Something in it is wrong.
    INACCURATE = "inaccurate"
    #: It is paid or otherwise settled.
    SETTLED = "settled"
    #: The number or address has had another holder.
    NUMBER_CHANGED_OWNER = "number_changed_owner"
    #: It is too old, or holds no longer.
    OUTDATED = "outdated"
    #: It was filed in bad faith.
    ABUSIVE_REPORT = "abusive_report"
    #: The person was not told.
    NO_NOTICE = "no_notice"


class State(StrEnum):
    """Where a dispute stands."""

    #: The person has said it; its reporter is being told.
    OPENED = "opened"
    #: Its reporter must answer, with evidence, or the report is removed.
    AWAITING_REPORTER = "awaiting_reporter"
    #: A moderator looks at it.
    IN_REVIEW = "in_review"
    #: The ruling is late: the report stays hidden until there is one.
    OVERDUE = "overdue"
    #: There is a ruling; the person may appeal once.
    DECIDED = "decided"
    #: The person appealed.
    APPEALED = "appealed"
    #: Over.
    CLOSED = "closed"


class Event(StrEnum):
    """What can happen to a dispute."""

    #: Its reporter is told.
    TOLD = "told"
    #: Its reporter answers.
    ANSWERED = "answered"
    #: Its reporter did not answer in time.
    UNANSWERED = "unanswered"
    #: A moderator rules.
    RULED = "ruled"
    #: No ruling came in time.
    LATE = "late"
    #: The person appeals.
    APPEAL = "appeal"
    #: The appeal goes to another moderator.
    TAKEN_UP = "taken_up"
    #: The time to appeal is over, or there is nothing left to appeal.
    CLOSE = "close"
    #: The report ended by itself: taken back, settled, expired.
    LAPSED = "lapsed"


TRANSITIONS = MappingProxyType(
    {
        (State.OPENED, Event.TOLD): State.AWAITING_REPORTER,
        (State.OPENED, Event.LAPSED): State.CLOSED,
        (State.AWAITING_REPORTER, Event.ANSWERED): State.IN_REVIEW,
        (State.AWAITING_REPORTER, Event.UNANSWERED): State.DECIDED,
        (State.AWAITING_REPORTER, Event.LAPSED): State.CLOSED,
        (State.IN_REVIEW, Event.RULED): State.DECIDED,
        (State.IN_REVIEW, Event.LATE): State.OVERDUE,
        (State.IN_REVIEW, Event.LAPSED): State.CLOSED,
        (State.OVERDUE, Event.RULED): State.DECIDED,
        (State.OVERDUE, Event.LAPSED): State.CLOSED,
        (State.DECIDED, Event.APPEAL): State.APPEALED,
        (State.DECIDED, Event.CLOSE): State.CLOSED,
        (State.DECIDED, Event.LAPSED): State.CLOSED,
        (State.APPEALED, Event.TAKEN_UP): State.IN_REVIEW,
        (State.APPEALED, Event.LAPSED): State.CLOSED,
    }
)

#: States in which a moderator may rule.
UNDER_REVIEW = frozenset({State.IN_REVIEW, State.OVERDUE})


class Ruling(StrEnum):
    """What a moderator decides on a dispute."""

    #: The report stands, with the person's statement beside it.
    UPHOLD = "uphold"
    #: The report is corrected.
    AMEND = "amend"
    #: The report ends.
    REMOVE = "remove"


class ReasonCode(StrEnum):
    """Why a moderator ruled so."""

    #: The evidence confirms the report.
    EVIDENCE_CONFIRMS = "evidence_confirms"
    #: Part of the report is wrong.
    PARTLY_WRONG = "partly_wrong"
    #: The reporter did not prove it.
    NOT_PROVEN = "not_proven"
    #: It is about somebody else.
    WRONG_PERSON = "wrong_person"
    #: It is settled.
    SETTLED = "settled"
    #: It is too old, or holds no longer.
    OUTDATED = "outdated"
    #: It was filed in bad faith.
    ABUSIVE = "abusive"


REASONS: MappingProxyType[Ruling, frozenset[ReasonCode]] = MappingProxyType(
    {
        Ruling.UPHOLD: frozenset({ReasonCode.EVIDENCE_CONFIRMS}),
        Ruling.AMEND: frozenset({ReasonCode.PARTLY_WRONG}),
        Ruling.REMOVE: frozenset(
            {
                ReasonCode.NOT_PROVEN,
                ReasonCode.WRONG_PERSON,
                ReasonCode.SETTLED,
                ReasonCode.OUTDATED,
                ReasonCode.ABUSIVE,
            }
        ),
    }
)

#: What the holder of one identifier alone may say: it is detached, nothing is revealed.
OF_ONE = frozenset({Ground.NOT_ME, Ground.NUMBER_CHANGED_OWNER})
#: An identifier can be detached once in so many months: its next holder may say so again.
DETACHED_FOR_MONTHS = 12
#: Days within which a moderator means to look at a detachment; it holds meanwhile.
DETACHMENT_DAYS = 30


class Detached(StrEnum):
    """Where a detachment stands."""

    #: It holds; a moderator has not looked yet.
    PENDING = "pending"
    #: A moderator agreed.
    CONFIRMED = "confirmed"
    #: A moderator took it back.
    RESTORED = "restored"


#: Words of the person that lookups show beside a report that stands.
STATEMENT_WORDS = 100


def next_state(state: State, event: Event) -> State | None:
    """The state that the event leads to, or None where it is illegal."""
    return TRANSITIONS.get((state, event))


def due(
    state: State,
    *,
    since: datetime,
    opened_at: datetime,
    appealed: bool,
    removed: bool,
    answer: timedelta,
    ruling: timedelta,
    appeal: timedelta,
) -> tuple[Event, datetime] | None:
    """What the clock brings next to a dispute that entered `state` at `since`, and when.

    `ruling` counts from the opening, so that a slow reporter takes from the moderator's time and not from the
    person's; of an appeal, from the appeal. After a removal, and after an appeal, there is nothing to appeal.
    """
    if state is State.OPENED:
        return Event.TOLD, since
    if state is State.AWAITING_REPORTER:
        return Event.UNANSWERED, opened_at + answer
    if state is State.APPEALED:
        return Event.TAKEN_UP, since
    if state is State.IN_REVIEW:
        return Event.LATE, (since if appealed else opened_at) + ruling
    if state is State.DECIDED:
        return Event.CLOSE, since if removed or appealed else since + appeal
    return None
