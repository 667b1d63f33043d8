"""What must hold of reports, disputes, objections and numbers, from the domain in its own words: no table of the code.

Kept here is what happened and when, as the actors were answered; from that follows what lookups may show. Where the
code shows something else, a promise is broken, and `Broken` names which.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COOLING, NOTICE, UNDELIVERABLE = 24 * HOUR, 7 * DAY, 14 * DAY
ANSWER, RULING, MORE_FOR_EVIDENCE, INFO = 10 * DAY, 30 * DAY, 15 * DAY, 10 * DAY
WEIGHING = 30 * DAY
#: What a report may be hidden for in all: a ruling with its extension, one appeal, and one objection.
MOST_HIDDEN = RULING + MORE_FOR_EVIDENCE + RULING + WEIGHING


class Promise(StrEnum):
    """What the registry promises to whoever is reported, and to whoever asks."""

    #: Never visible without delivered notice and its days.
    NOTICE = "notice"
    #: A report ends if nobody can be told in time; that does not run out while a detachment is undecided.
    IN_TIME = "in_time"
    #: Never visible while contested.
    CONTESTED = "contested"
    #: Never visible while the first objection is weighed.
    RESTRICTED = "restricted"
    #: What was detached is found by that number no longer, unless that is taken back; all else is.
    DETACHED = "detached"
    #: Nothing more is written of it to that number.
    SILENT = "silent"
    #: No decision by a conflicted moderator.
    CONFLICT = "conflict"
    #: Two humans where two are asked.
    TWO = "two"
    #: No way from removed to active without certification.
    CERTIFIED = "certified"
    #: Hidden for 45 days, one appeal and one objection at most, unless overdue; and by nobody who may not.
    BOUNDED = "bounded"
    #: Who is one person for lookups is as in a registry in which unpublished and ended reports never were.
    UNTOUCHED = "untouched"
    #: What is visible is in the audit log.
    AUDITED = "audited"


class Broken(AssertionError):
    """A promise was broken."""

    def __init__(self, promise: Promise, what: str) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise


@dataclass(frozen=True)
class Letter:
    """A letter, to whom it went, since when it was to be written, and when it was."""

    template: str
    to: str
    due_since: datetime
    at: datetime


@dataclass
class Dispute:
    """What a person said against a report, and what came of it."""

    id: str
    hides: bool
    paid: bool
    opened_at: datetime
    answered: bool = False
    evidence: bool = False
    appealed_at: datetime | None = None
    #: Who ruled, in either round; who said in the present one that it stays shown, and how.
    rulers: set[int] = field(default_factory=set)
    agreed: set[tuple[int, str]] = field(default_factory=set)
    open: bool = True
    overdue: bool = False

    def rule_by(self) -> datetime:
        """When a ruling is late."""
        if self.appealed_at is not None:
            return self.appealed_at + RULING
        return self.opened_at + RULING + (MORE_FOR_EVIDENCE if self.evidence else timedelta())


@dataclass
class Objection:
    """That a report, true or not, weighs too much on its person."""

    id: str
    hides: bool
    made_at: datetime
    open: bool = True

    def late(self, now: datetime) -> bool:
        """Whether nobody has weighed it in time."""
        return now >= self.made_at + WEIGHING


@dataclass
class Detachment:
    """That a number has a new holder, as somebody says who has nothing but the number."""

    id: str
    said_at: datetime
    open: bool = True
    confirmed: bool = False


@dataclass
class Case:
    """A report, as its reporter, its person and the moderators brought it about."""

    id: str
    reporter: int
    matter: str
    filed_at: datetime
    retention_until: datetime
    #: It brings an ended report back, certified: two must publish it, and uphold it.
    brought_back: bool = False
    screeners: set[int] = field(default_factory=set)
    agreed: set[int] = field(default_factory=set)
    asked_at: datetime | None = None
    #: When it was published first; when its notice began last.
    published_at: datetime | None = None
    noticed_at: datetime | None = None
    told_at: datetime | None = None
    disputes: list[Dispute] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    #: Who decided on objections to it.
    weighers: set[int] = field(default_factory=set)
    #: What took the number from it.
    detached: Detachment | None = None
    #: For how long lookups were seen not to show it, though its notice was over and no decision was late.
    hidden_for: timedelta = timedelta()
    ended: str | None = None
    #: It ended while it cooled off: as if it had never been.
    untouched: bool = False
    was_doubtful: bool = False

    @property
    def needs(self) -> int:
        """How many moderators must agree."""
        return 2 if self.brought_back else 1

    @property
    def contest(self) -> Dispute | None:
        """The dispute that is not over, if any."""
        return next((one for one in self.disputes if one.open), None)

    @property
    def objection(self) -> Objection | None:
        """The objection that nobody has decided on, if any."""
        return next((one for one in self.objections if one.open), None)

    @property
    def hidden(self) -> bool:
        """Whether a dispute hides it now: the first, or any whose ruling is late."""
        return self.contest is not None and (self.contest.hides or self.contest.overdue)

    @property
    def restricted(self) -> bool:
        """Whether an objection hides it now: the first alone does."""
        return self.objection is not None and self.objection.hides

    def may_show(self, now: datetime) -> Promise | None:
        """The promise that showing it now would break; None where lookups should show it."""
        if self.published_at is None or self.told_at is None or now < self.told_at + NOTICE:
            return Promise.NOTICE
        if len(self.agreed) < self.needs:
            return Promise.TWO
        if self.ended is not None:
            return Promise.CERTIFIED
        if self.restricted:
            return Promise.RESTRICTED
        return Promise.CONTESTED if self.hidden else None

    def in_notice(self, now: datetime) -> bool:
        """Whether its person is being told, and has said nothing yet."""
        if self.published_at is None or self.ended is not None or self.disputes:
            return False
        return self.told_at is None or now < self.told_at + NOTICE

    def doubtful(self, now: datetime) -> bool:
        """Its notice is so late that, brought back, it may have ended: five business days may be seven or more."""
        if not self.brought_back or self.noticed_at is None:
            return False
        return self.was_doubtful or (self.told_at or now) > self.noticed_at + 5 * DAY

    def buried(self, now: datetime) -> bool:
        """Whether it ended and may not come back as new: until its retention would have ended."""
        return self.ended is not None and not self.untouched and now < self.retention_until

    def publish(self, now: datetime) -> None:
        """Its person is told from now on."""
        self.published_at = self.noticed_at = now

    def tell_anew(self, now: datetime) -> None:
        """Whoever was told was not its person, or others may be told now."""
        self.was_doubtful = self.doubtful(now)
        self.noticed_at, self.told_at = now, None

    def tell_by(self) -> datetime:
        """Until when somebody must be told of it."""
        assert self.noticed_at is not None
        by = self.noticed_at + UNDELIVERABLE
        held = self.detached is not None and self.detached.open
        return max(by, self.retention_until) if held else by

    def detach(self, by: Detachment, now: datetime) -> None:
        """The number is its no longer; if its notice runs, it begins anew."""
        self.detached = by
        if self.in_notice(now):
            self.tell_anew(now)

    def attach(self, now: datetime) -> None:
        """The number is its own again: whoever said otherwise holds it, and so knows of the report from now on."""
        self.detached = None
        if self.in_notice(now) and self.told_at is None:
            self.tell_anew(now)
            self.told_at = now

    def end(self, why: str, now: datetime) -> None:
        """It ended, by whomever."""
        self.ended = why
        self.untouched = now < self.filed_at + COOLING
        for dispute in self.disputes:
            dispute.open = False
        for objection in self.objections:
            objection.open = False

    def read(self, letters: Collection[Letter], phone: str) -> None:
        """What was written to its person, and where: since when they are told; raises `Broken`."""
        lost = self.detached
        if lost and any(one.to == phone and one.due_since >= lost.said_at for one in letters):
            raise Broken(
                Promise.SILENT, f"report {self.id} was written of to a number that it lost"
            )
        if self.ended is None and self.told_at is None and (since := self.noticed_at):
            notices = [
                one for one in letters if one.template == "report_notice" and one.at >= since
            ]
            told = [one.at for one in notices if not (lost and one.to == phone)]
            self.told_at = min(told, default=None)

    def tick(self, now: datetime) -> None:
        """What the clock has brought by now."""
        if self.ended is not None:
            return
        contest = self.contest
        untold = self.published_at is not None and self.told_at is None
        if now >= self.retention_until and not untold:
            self.end("expired", now)
        elif self.asked_at is not None and now >= self.asked_at + INFO:
            self.end("rejected", now)
        elif untold:
            if now >= self.tell_by():
                self.end("rejected", now)
        elif contest is not None:
            self._tick_contest(contest, now)

    def _tick_contest(self, contest: Dispute, now: datetime) -> None:
        if not contest.answered and now >= contest.opened_at + ANSWER:
            if contest.paid:
                self.end("settled", now)
            elif contest.hides:
                self.end("removed", now)
            contest.answered = True
        if contest.open and now >= contest.rule_by():
            contest.overdue = True

    def seen(self, look: "Look") -> None:
        """What a business saw of it, and what the registry says of itself; raises `Broken`."""
        visible, refused = self.id in look.by_mail, self.may_show(look.now)
        if refused and self.id in look.by_mail | (look.by_phone or set()):
            raise Broken(refused, f"report {self.id} was shown")
        if look.rejected is not None and look.rejected != (self.ended == "rejected"):
            raise Broken(Promise.IN_TIME, f"report {self.id} ended otherwise than in time")
        if not visible and refused is None and not self.doubtful(look.now):
            raise Broken(Promise.BOUNDED, f"report {self.id} was hidden by nothing that may")
        if look.by_phone is not None:
            self._seen_by_phone(visible=visible, by_phone=self.id in look.by_phone)
        if refused in (Promise.CONTESTED, Promise.RESTRICTED) and self._in_good_time(look):
            self.hidden_for += look.passed
        if self.hidden_for > MOST_HIDDEN:
            raise Broken(Promise.BOUNDED, f"report {self.id} was hidden for {self.hidden_for}")

    def _in_good_time(self, look: "Look") -> bool:
        """Whether something hides it on which the decision is not late."""
        weighed = self.objection
        by_objection = weighed is not None and weighed.hides and not weighed.late(look.now)
        return by_objection or (self.hidden and not look.overdue)

    def _seen_by_phone(self, *, visible: bool, by_phone: bool) -> None:
        if by_phone and self.detached is not None:
            raise Broken(Promise.DETACHED, f"report {self.id} was found by a number that it lost")
        if by_phone != visible and self.detached is None:
            raise Broken(Promise.DETACHED, f"report {self.id} was not found by its own number")


@dataclass(frozen=True)
class Look:
    """A business looked, and so did we."""

    now: datetime
    #: Since the last.
    passed: timedelta
    #: The reports that lookups show; by the phone as well once somebody said that it has a new holder.
    by_mail: set[str]
    by_phone: set[str] | None
    #: Of one report: whether the registry says that the ruling is late, and that it turned the report down.
    overdue: bool = False
    rejected: bool | None = None
