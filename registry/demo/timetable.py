"""When things happen to an invented report, so that it ends where it should on the day of the load.

Lives here: the fates and their courses, in days before the load, by the numbers of the policy in force.
Not here: who and what it is about (`plan`), or doing it (`stage`). Under a policy without cooling off or
notice days nothing can rest in those states; the same courses then simply end one state further.
"""

from enum import StrEnum
from math import ceil, floor
from random import Random

import msgspec

from registry.platform.policy import Policy


class Act(StrEnum):
    """What somebody does."""

    #: A business signs up.
    JOIN = "join"
    #: It enters the code that was sent to it.
    PROVE = "prove"
    #: An operator finds that it is who it says it is.
    VERIFY = "verify"
    #: An operator turns it down.
    REFUSE = "refuse"
    #: An operator stops it for now.
    SUSPEND = "suspend"
    #: A member lays down terms of its own.
    SET_TERMS = "set_terms"
    #: A member looks clients up.
    LOOK_UP = "look_up"
    #: A member reports a client, with the evidence it has.
    SUBMIT = "submit"
    #: A member brings back a report that ended.
    REINSERT = "reinsert"
    #: A member changes a report while it cools off.
    EDIT = "edit"
    #: A member answers a moderator's question.
    ANSWER = "answer"
    #: A member takes a report back.
    WITHDRAW = "withdraw"
    #: A member says that it was paid.
    SETTLE = "settle"
    #: A moderator finds the proof standard met.
    PUBLISH = "publish"
    #: A moderator asks for more.
    ASK = "ask"
    #: A moderator turns a report down.
    REJECT = "reject"
    #: The person disputes.
    CONTEST = "contest"
    #: A moderator's ruling confirms the report.
    UPHOLD = "uphold"
    #: A ruling corrects it.
    AMEND = "amend"
    #: A ruling ends it.
    REMOVE = "remove"
    #: The post is delivered, and the clock's changes are made.
    TICK = "tick"


class Fate(StrEnum):
    """How a report ends, or where it stands on the day of the load."""

    #: Cooling off.
    SUBMITTED = "submitted"
    #: Waits for a moderator.
    SCREENING = "screening"
    #: Waits for its reporter.
    NEEDS_INFO = "needs_info"
    #: The person is being told.
    NOTICE = "notice"
    #: Shown.
    ACTIVE = "active"
    #: Shown, after a moderator's question was answered.
    ASKED = "asked"
    #: Disputed after it was shown.
    CONTESTED = "contested"
    #: Disputed before it was shown.
    CONTESTED_EARLY = "contested_early"
    #: Confirmed by a ruling.
    UPHELD = "upheld"
    #: Corrected by a ruling.
    AMENDED = "amended"
    #: Paid.
    SETTLED = "settled"
    #: Turned down by a moderator.
    REJECTED = "rejected"
    #: Turned down because its reporter did not answer the moderator.
    UNANSWERED = "unanswered"
    #: Taken back while cooling off, which leaves no trace.
    COOLED_DOWN = "cooled_down"
    #: Taken back during screening.
    TAKEN_BACK = "taken_back"
    #: Taken back after it was shown.
    WITHDRAWN = "withdrawn"
    #: Ended by a ruling.
    REMOVED = "removed"
    #: Ended because its reporter did not answer the person.
    SILENT = "silent"
    #: Its retention is over.
    EXPIRED = "expired"


#: How many reports of each fate there are; those of long ago are erased by the day of the load.
LOTS: tuple[tuple[Fate, bool, int], ...] = (
    (Fate.SUBMITTED, False, 8),
    (Fate.SCREENING, False, 9),
    (Fate.NEEDS_INFO, False, 7),
    (Fate.NOTICE, False, 12),
    (Fate.ACTIVE, False, 104),
    (Fate.ASKED, False, 10),
    (Fate.CONTESTED, False, 8),
    (Fate.CONTESTED_EARLY, False, 3),
    (Fate.UPHELD, False, 13),
    (Fate.AMENDED, False, 8),
    (Fate.SETTLED, False, 9),
    (Fate.SETTLED, True, 8),
    (Fate.REJECTED, False, 7),
    (Fate.REJECTED, True, 6),
    (Fate.UNANSWERED, False, 3),
    (Fate.COOLED_DOWN, False, 2),
    (Fate.COOLED_DOWN, True, 4),
    (Fate.TAKEN_BACK, False, 3),
    (Fate.WITHDRAWN, False, 5),
    (Fate.WITHDRAWN, True, 5),
    (Fate.REMOVED, False, 5),
    (Fate.REMOVED, True, 5),
    (Fate.SILENT, False, 3),
    (Fate.SILENT, True, 2),
    (Fate.EXPIRED, False, 7),
    (Fate.EXPIRED, True, 8),
)

#: Days of a report's course: (days before the load as a negative number, what is done).
Course = list[tuple[float, Act]]

RULINGS = {Fate.UPHELD: Act.UPHOLD, Fate.AMENDED: Act.AMEND, Fate.REMOVED: Act.REMOVE}
#: How long an erased report has been gone at most: far enough back for no retention to interfere.
_LONG_AGO = 140.0
_YEAR = 365


class Spans(msgspec.Struct, frozen=True):
    """The policy's periods, in days."""

    cooling: float
    notice: int
    info: int
    answer: int
    erase: int


def spans_of(policy: Policy) -> Spans:
    """The periods of a policy."""
    return Spans(
        policy.cooling_off_hours / 24,
        policy.notice_days,
        policy.info_days,
        policy.answer_days,
        policy.erase_after_days,
    )


def course(dice: Random, fate: Fate, spans: Spans, *, long_ago: bool, oldest: int) -> Course:
    """What is done with a report of this fate; none that is still shown was decided on before -`oldest`."""
    after = _LONG_AGO + spans.erase if long_ago else spans.erase - 1.5
    end = -dice.uniform(spans.erase + 1.5 if long_ago else 0.6, after)
    if fate in _WAITING:
        return _waiting(dice, fate, spans)
    if fate in (Fate.ACTIVE, Fate.ASKED):
        return published(dice, -dice.randint(spans.notice + 1, oldest), spans, fate is Fate.ASKED)
    if fate in RULINGS:
        ruled = end if fate is Fate.REMOVED else -dice.uniform(0.6, _LONG_AGO)
        contested = ruled - dice.uniform(1.5, spans.answer - 1)
        shown = floor(contested) - spans.notice - dice.randint(1, 60)
        steps = [(contested, Act.CONTEST), (ruled, RULINGS[fate])]
        return published(dice, shown, spans) + steps
    if fate is Fate.SILENT:
        contested = end - spans.answer
        shown = floor(contested) - spans.notice - dice.randint(1, 60)
        return [*published(dice, shown, spans), (contested, Act.CONTEST)]
    if fate in (Fate.SETTLED, Fate.WITHDRAWN):
        last = Act.SETTLE if fate is Fate.SETTLED else Act.WITHDRAW
        shown = floor(end) - spans.notice - dice.randint(1, 100)
        return [*published(dice, shown, spans), (end, last)]
    return _turned_down(dice, fate, spans, end)


def published(dice: Random, tick: int, spans: Spans, asked: bool = False) -> Course:
    """Submitted, screened and published shortly before the tick of a day, which delivers the notice."""
    if not asked:
        return [(_submitted(dice, tick, spans), Act.SUBMIT), (_decided(dice, tick), Act.PUBLISH)]
    return [
        (_submitted(dice, tick - 3, spans), Act.SUBMIT),
        (_decided(dice, tick - 3), Act.ASK),
        (tick - dice.uniform(1, 2.5), Act.ANSWER),
        (_decided(dice, tick), Act.PUBLISH),
    ]


def expiry(dice: Random, spans: Spans, *, long_ago: bool) -> tuple[int, Course]:
    """The day of an incident whose retention of a year has ended by now, and its report's course."""
    first = spans.erase + 3 if long_ago else 2
    incident = -_YEAR - dice.randint(first, first + 20)
    submitted = incident + dice.uniform(3, 9)
    tick = ceil(submitted + spans.cooling + 0.4)
    return incident, [(submitted, Act.SUBMIT), (_decided(dice, tick), Act.PUBLISH)]


_WAITING = frozenset(
    {
        Fate.SUBMITTED,
        Fate.SCREENING,
        Fate.NEEDS_INFO,
        Fate.NOTICE,
        Fate.CONTESTED,
        Fate.CONTESTED_EARLY,
    }
)


def _waiting(dice: Random, fate: Fate, spans: Spans) -> Course:
    """Courses that end in a state which somebody will leave: its deadline is still ahead."""
    if fate is Fate.SUBMITTED:
        submitted = -dice.uniform(0.1, 0.8) * (spans.cooling or 0.5)
        edited: Course = [(submitted / 2, Act.EDIT)] if dice.random() < 0.4 else []
        return [(submitted, Act.SUBMIT), *(edited if spans.cooling else [])]
    if fate is Fate.SCREENING:
        return [(-dice.uniform(0.1, 2.5) - spans.cooling, Act.SUBMIT)]
    if fate is Fate.NEEDS_INFO:
        tick = -dice.randint(0, spans.info - 2)
        return [(_submitted(dice, tick, spans), Act.SUBMIT), (_decided(dice, tick), Act.ASK)]
    if fate is Fate.NOTICE:
        return published(dice, -dice.randint(0, max(0, spans.notice - 2)), spans)
    contested = -dice.uniform(0.5, spans.answer - 0.7)
    ago = dice.randint(1, 120) + spans.notice
    if fate is Fate.CONTESTED_EARLY:
        ago = dice.randint(0, max(0, spans.notice - 2))
    return [*published(dice, floor(contested) - ago, spans), (contested, Act.CONTEST)]


def _turned_down(dice: Random, fate: Fate, spans: Spans, end: float) -> Course:
    """Courses that end before the person is told."""
    if fate is Fate.COOLED_DOWN:
        return [(end - spans.cooling * 0.4 - 0.02, Act.SUBMIT), (end, Act.WITHDRAW)]
    if fate is Fate.TAKEN_BACK:
        return [(end - spans.cooling - 0.4, Act.SUBMIT), (end, Act.WITHDRAW)]
    tick = floor(end) if fate is Fate.REJECTED else floor(end) - spans.info
    act = Act.REJECT if fate is Fate.REJECTED else Act.ASK
    return [(_submitted(dice, tick, spans), Act.SUBMIT), (_decided(dice, tick), act)]


def _submitted(dice: Random, tick: int, spans: Spans) -> float:
    """Long enough before a decision at that tick to have cooled off."""
    return tick - 0.15 - spans.cooling - dice.uniform(0.1, 1.8)


def _decided(dice: Random, tick: int) -> float:
    """In the two hours and a half before the tick."""
    return tick - dice.uniform(0.02, 0.12)
