"""What may happen to a dispute: grounds, states, events, the one transition table, deadlines. Pure.

    opened -> awaiting_reporter -> in_review -> decided -> closed
    awaiting_reporter -> decided                  its reporter was silent: the report is removed
    awaiting_reporter -> closed                   it is paid, as its reporter says or does not deny
    awaiting_reporter -> in_review                its reporter was silent about what was decided before
    in_review -> overdue -> decided               hidden until a person decides; never upheld by default
    decided -> appealed -> in_review              the person's one appeal, to another moderator
    opened -> decided -> opened                   disputed again: refused, until there is new evidence
    any open state -> closed                      the report ended by itself

Only the first dispute of a report hides it. So a report can be hidden for the time of one ruling and one appeal, and
not for ever.

An event that the table does not list for a state is illegal there and changes nothing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

#: When the period of a policy's number is over that began at a moment: `Policy.ends`.
Ends = Callable[[str, datetime], datetime]


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
    #: Its reporter did not answer in time what was decided before: a moderator looks at it without them.
    PASSED_ON = "passed_on"
    #: Its reporter confirms that it is paid, or did not deny it in time.
    CONFIRMED = "confirmed"
    #: Disputed before, and nothing is new.
    REFUSED = "refused"
    #: New evidence came for what was refused as nothing new.
    RENEWED = "renewed"
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
        (State.OPENED, Event.REFUSED): State.DECIDED,
        (State.OPENED, Event.LAPSED): State.CLOSED,
        (State.AWAITING_REPORTER, Event.ANSWERED): State.IN_REVIEW,
        (State.AWAITING_REPORTER, Event.UNANSWERED): State.DECIDED,
        (State.AWAITING_REPORTER, Event.PASSED_ON): State.IN_REVIEW,
        (State.AWAITING_REPORTER, Event.CONFIRMED): State.CLOSED,
        (State.AWAITING_REPORTER, Event.LAPSED): State.CLOSED,
        (State.IN_REVIEW, Event.RULED): State.DECIDED,
        (State.IN_REVIEW, Event.LATE): State.OVERDUE,
        (State.IN_REVIEW, Event.LAPSED): State.CLOSED,
        (State.OVERDUE, Event.RULED): State.DECIDED,
        (State.OVERDUE, Event.LAPSED): State.CLOSED,
        (State.DECIDED, Event.APPEAL): State.APPEALED,
        (State.DECIDED, Event.RENEWED): State.OPENED,
        (State.DECIDED, Event.CLOSE): State.CLOSED,
        (State.DECIDED, Event.LAPSED): State.CLOSED,
        (State.APPEALED, Event.TAKEN_UP): State.IN_REVIEW,
        (State.APPEALED, Event.LAPSED): State.CLOSED,
    }
)

#: States in which a moderator may rule.
UNDER_REVIEW = frozenset({State.IN_REVIEW, State.OVERDUE})
#: States in which both sides may add files and words.
BEING_HEARD = UNDER_REVIEW | {State.AWAITING_REPORTER}
#: Disputes of one report within twelve months, settlements claimed among them; requests without end need no answer
#: (GDPR, art. 12(5)(b)).
MOST_A_YEAR = 3
#: Files, and messages, of one side in one dispute.
MOST_FILES, MOST_MESSAGES = 10, 30


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
    #: It was decided before and nothing is new: by rule, no moderator says so.
    NOTHING_NEW = "nothing_new"


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


class Outcome(StrEnum):
    """What came of a dispute. Kept when it is known, since the report's own state goes on to `erased`."""

    #: A moderator confirmed the report.
    UPHELD = "upheld"
    #: A moderator corrected it.
    AMENDED = "amended"
    #: A moderator ended it.
    REMOVED = "removed"
    #: A moderator found it paid, which its reporter had denied.
    FOUND_PAID = "found_paid"
    #: Its reporter did not answer in time: it was removed.
    UNANSWERED = "unanswered"
    #: Its reporter took it back before a ruling, or called it paid where the person had said something else.
    TAKEN_BACK = "taken_back"
    #: It is paid, as both sides say, or as its reporter did not deny in time.
    SETTLED = "settled"
    #: Disputed before and nothing new: refused by rule.
    REFUSED = "refused"
    #: The report ended by its own clock: nobody decided.
    LAPSED = "lapsed"


#: The report was wrong, or was let stand until a moderator had to act, though its reporter had the person's words and
#: days to mend it. To take it back then saves no share: the person was told of it, and others may have seen it.
OVERTURNED = frozenset(
    {
        Outcome.AMENDED,
        Outcome.REMOVED,
        Outcome.FOUND_PAID,
        Outcome.UNANSWERED,
        Outcome.TAKEN_BACK,
    }
)
#: A moderator decided otherwise than whoever published or upheld the report.
CORRECTED_BY_RULING = frozenset({Outcome.AMENDED, Outcome.REMOVED})
DECIDED = OVERTURNED | {Outcome.UPHELD}
OUTCOME_OF = MappingProxyType(
    {
        Ruling.UPHOLD: Outcome.UPHELD,
        Ruling.AMEND: Outcome.AMENDED,
        Ruling.REMOVE: Outcome.REMOVED,
    }
)


class Decided(Protocol):
    """What of a dispute conduct is counted by."""

    report_id: UUID
    case_id: UUID
    outcome: str | None


def count(disputes: Iterable[Decided]) -> tuple[int, int]:
    """(decided, overturned) of a business's reports, from its disputes with an outcome within the window.

    A report counts once, and as overturned if any of its disputes says so. What was upheld counts once a case: one
    client's deals, reported one by one, are one thing that was right, or a share could be thinned with trifles. What
    nobody disputed does not count at all, for the same reason.
    """
    decided = [one for one in disputes if one.outcome in DECIDED]
    wrong = {one.report_id for one in decided if one.outcome in OVERTURNED}
    right = {one.case_id for one in decided if one.report_id not in wrong}
    return len(right) + len(wrong), len(wrong)


class Side(StrEnum):
    """Who speaks in a dispute."""

    #: The reported person.
    PERSON = "person"
    #: The business that reported.
    REPORTER = "reporter"
    #: A moderator.
    MODERATOR = "moderator"


class Audience(StrEnum):
    """Who may read a message, beside whoever wrote it and the moderators."""

    #: Both sides.
    BOTH = "both"
    #: The person alone.
    PERSON = "person"
    #: The reporter alone.
    REPORTER = "reporter"
    #: Nobody else.
    MODERATOR = "moderator"


#: To whom each side may write.
MAY_WRITE_TO: MappingProxyType[Side, frozenset[Audience]] = MappingProxyType(
    {
        Side.PERSON: frozenset({Audience.BOTH, Audience.MODERATOR}),
        Side.REPORTER: frozenset({Audience.BOTH, Audience.MODERATOR}),
        Side.MODERATOR: frozenset({Audience.BOTH, Audience.PERSON, Audience.REPORTER}),
    }
)


def may_read(reader: Side, author: Side, to: Audience) -> bool:
    """Whether a side may read what another, or itself, wrote to an audience."""
    return reader in (author, Side.MODERATOR) or to in (Audience.BOTH, Audience(reader))


#: What the holder of one identifier alone may say: it is detached, nothing is revealed.
OF_ONE = frozenset({Ground.NOT_ME, Ground.NUMBER_CHANGED_OWNER})


class Detached(StrEnum):
    """Where a detachment stands."""

    #: It holds; a moderator has not looked yet.
    PENDING = "pending"
    #: A moderator agreed.
    CONFIRMED = "confirmed"
    #: A moderator took it back.
    RESTORED = "restored"


#: Words of the person's statement, which is shown next to a report that stands.
MOST_WORDS = 100
#: Stands in it for what a moderator left out.
MARK = "▇▇▇"


def redacts(shown: str, said: str) -> bool:
    """Return whether `shown` is what was `said`, with nothing but parts of it replaced by `MARK`."""
    first, *rest = shown.split(MARK)
    if not rest:
        return shown == said
    *middle, last = rest
    if not said.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = said.find(piece, at + 1)
        if found < 0:
            return False
        at = found + len(piece)
    return said.endswith(last) and at < len(said) - len(last)


def next_state(state: State, event: Event) -> State | None:
    """The state that the event leads to, or None where it is illegal."""
    return TRANSITIONS.get((state, event))


class Clocked(Protocol):
    """What of a dispute its clock depends on."""

    state: str
    state_since: datetime
    opened_at: datetime
    #: 1, and 2 from the appeal on.
    round: int
    ruling: str | None
    #: A further dispute of one report, by the same person; or by somebody who had proven other contacts.
    repeat: bool
    quiet: bool
    #: The person says that it is paid.
    settlement: bool
    #: When the person first added a file.
    evidence_at: datetime | None


def due(dispute: Clocked, ends: Ends) -> tuple[Event, datetime] | None:
    """What the clock brings next to a dispute, and when.

    The ruling's time counts from the opening, so that a slow reporter takes from the moderator's time and not from the
    person's. After a removal, and after an appeal, there is nothing to appeal.
    """
    state, since = State(dispute.state), dispute.state_since
    if state is State.OPENED:
        nothing_new = dispute.repeat and dispute.evidence_at is None
        return (Event.REFUSED if nothing_new else Event.TOLD), since
    if state is State.AWAITING_REPORTER:
        return _silence(dispute), ends("answer_days", dispute.opened_at)
    if state is State.APPEALED:
        return Event.TAKEN_UP, since
    if state is State.IN_REVIEW:
        return Event.LATE, rule_by(dispute, ends)
    if state is State.DECIDED:
        over = dispute.ruling == Ruling.REMOVE or dispute.round > 1
        return Event.CLOSE, since if over else ends("appeal_days", since)
    return None


def _silence(dispute: Clocked) -> Event:
    """What the reporter's silence means."""
    if dispute.settlement:
        return Event.CONFIRMED
    return Event.PASSED_ON if dispute.repeat or dispute.quiet else Event.UNANSWERED


def rule_by(dispute: Clocked, ends: Ends) -> datetime:
    """When a ruling is late: counted from the opening, longer when the person added evidence; of an appeal, from it."""
    if dispute.round > 1:
        return ends("ruling_days", dispute.state_since)
    by = ends("ruling_days", dispute.opened_at)
    return ends("ruling_extension_days", by) if dispute.evidence_at else by
