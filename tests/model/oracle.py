"""What must hold of reports and disputes, written from the domain in its own words: no table or number of the code.

Kept here is what happened and when, as the actors were answered; from that follows what lookups may show. Where the
code shows something else, a promise is broken, and `Broken` names which.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COOLING, NOTICE, UNDELIVERABLE = 24 * HOUR, 7 * DAY, 14 * DAY
ANSWER, RULING, MORE_FOR_EVIDENCE, INFO = 10 * DAY, 30 * DAY, 15 * DAY, 10 * DAY
#: What a report may be hidden for in all: a ruling with its extension, and one appeal.
MOST_HIDDEN = RULING + MORE_FOR_EVIDENCE + RULING


class Promise(StrEnum):
    """What the registry promises to whoever is reported, and to whoever asks."""

    #: Never visible without delivered notice and its days.
    NOTICE = "notice"
    #: Never visible while contested.
    CONTESTED = "contested"
    #: No decision by a conflicted moderator.
    CONFLICT = "conflict"
    #: Two humans where two are asked.
    TWO = "two"
    #: No way from removed to active without certification.
    CERTIFIED = "certified"
    #: Hidden for 45 days and one appeal at most, unless overdue; and by nobody who may not.
    BOUNDED = "bounded"
    #: What is visible is in the audit log.
    AUDITED = "audited"


class Broken(AssertionError):
    """A promise was broken."""

    def __init__(self, promise: Promise, what: str) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise = promise


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
    published_at: datetime | None = None
    told_at: datetime | None = None
    disputes: list[Dispute] = field(default_factory=list)
    #: For how long lookups were seen not to show it, though its notice was over and no ruling was late.
    hidden_for: timedelta = timedelta()
    ended: str | None = None
    #: It ended while it cooled off: as if it had never been.
    untouched: bool = False

    @property
    def needs(self) -> int:
        """How many moderators must agree."""
        return 2 if self.brought_back else 1

    @property
    def contest(self) -> Dispute | None:
        """The dispute that is not over, if any."""
        return next((one for one in self.disputes if one.open), None)

    @property
    def hidden(self) -> bool:
        """Whether a dispute hides it now: the first, or any whose ruling is late."""
        return self.contest is not None and (self.contest.hides or self.contest.overdue)

    def may_show(self, now: datetime) -> Promise | None:
        """The promise that showing it now would break; None where lookups should show it."""
        if self.published_at is None or self.told_at is None or now < self.told_at + NOTICE:
            return Promise.NOTICE
        if len(self.agreed) < self.needs:
            return Promise.TWO
        if self.ended is not None:
            return Promise.CERTIFIED
        return Promise.CONTESTED if self.hidden else None

    def doubtful(self, now: datetime) -> bool:
        """Its notice is so late that, brought back, it may have ended: five business days may be seven or more."""
        if not self.brought_back or self.published_at is None:
            return False
        return (self.told_at or now) > self.published_at + 5 * DAY

    def buried(self, now: datetime) -> bool:
        """Whether it ended and may not come back as new: until its retention would have ended."""
        return self.ended is not None and not self.untouched and now < self.retention_until

    def end(self, why: str, now: datetime) -> None:
        """It ended, by whomever."""
        self.ended = why
        self.untouched = now < self.filed_at + COOLING
        for dispute in self.disputes:
            dispute.open = False

    def tick(self, now: datetime) -> None:
        """What the clock has brought by now."""
        if self.ended is not None:
            return
        contest = self.contest
        if now >= self.retention_until:
            self.end("expired", now)
        elif self.asked_at is not None and now >= self.asked_at + INFO:
            self.end("rejected", now)
        elif self.published_at is not None and self.told_at is None:
            if now >= self.published_at + UNDELIVERABLE:
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

    def seen(self, *, visible: bool, overdue: bool, now: datetime, passed: timedelta) -> None:
        """What a lookup showed, and whether the registry says that the ruling is late; raises `Broken`."""
        refused = self.may_show(now)
        if visible and refused:
            raise Broken(refused, f"report {self.id} was shown")
        if not visible and refused is None and not self.doubtful(now):
            raise Broken(Promise.BOUNDED, f"report {self.id} was hidden by nothing that may")
        if refused is Promise.CONTESTED and not overdue:
            self.hidden_for += passed
        if self.hidden_for > MOST_HIDDEN:
            raise Broken(Promise.BOUNDED, f"report {self.id} was hidden for {self.hidden_for}")
