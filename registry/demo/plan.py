"""The whole history as one list of steps, from the first sign-up to the day of the load.

Lives here: who reports whom, for what, and what everyone does when; pure, from a seed, the moment of the
load and the policy, so that an interrupted load finds the same plan again. Not here: doing it (`stage`).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import msgspec

from registry.demo import people, stories, timetable
from registry.demo.businesses import BEGINNING, Trade, roster
from registry.demo.people import Party, Population
from registry.demo.timetable import Act, Course, Fate, Spans
from registry.lookups.wire import LookupRequest, Purpose
from registry.platform.policy import Policy
from registry.reports.rules import NEEDS_AMOUNT, Category
from registry.reports.wire import Money, ReportSubmission

SEED = "client registry"
LOOKUPS = 130
#: Steps keep this distance, so that a time in the audit log tells how far a load came.
APART = timedelta(minutes=1)
FIRST_NUMBER = 1001
_DAYS_OF_MONTH = 30


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One report to be made."""

    number: int
    trade: Trade
    submission: ReportSubmission
    #: What its reporter says when it changes it.
    clarified: str
    #: Files that come with it; none, and the moderator asks for one.
    files: int
    #: Contract reference of the ended report that it brings back.
    again: bool = False

    @property
    def reference(self) -> str:
        """The contract reference, by which a resumed load finds the report again."""
        return self.submission.contract_reference


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done by one party at one moment."""

    at: datetime
    act: Act
    trade: Trade | None = None
    case: Case | None = None
    queries: tuple[LookupRequest, ...] = ()


class _Draft(msgspec.Struct):
    """A report before it is written: who reports whom, and its course in days before the load."""

    fate: Fate
    trade: Trade
    category: Category
    course: Course
    #: Days before the load; None: shortly before it was submitted.
    incident: int | None = None
    party: Party | None = None
    again: bool = False


def steps(anchor: datetime, policy: Policy) -> list[Step]:
    """The history that ends at `anchor`, in the order in which it happens."""
    crowd = people.population(SEED, anchor.date())
    trades = roster(SEED)
    dice = Random(f"{SEED}/plan")
    drafts = _drafts(dice, trades, crowd, policy)
    found = list(_of_trades(trades, anchor))
    for number, draft in enumerate(sorted(drafts, key=lambda d: d.course[0]), FIRST_NUMBER):
        found += _of_report(Random(f"{SEED}/{number}"), number, draft, anchor)
    found += _lookups(dice, trades, crowd, anchor)
    ticks = {int(day) for draft in drafts for day, _ in draft.course} | set(range(-429, 0, 3))
    found += [Step(at=anchor + timedelta(days=day), act=Act.TICK) for day in ticks if day < 0]
    return _apart(sorted(found, key=lambda step: step.at))


def _apart(found: list[Step]) -> list[Step]:
    spread: list[Step] = []
    for step in found:
        earliest = spread[-1].at + APART if spread else step.at
        spread.append(msgspec.structs.replace(step, at=max(step.at, earliest)))
    return spread
