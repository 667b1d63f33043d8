"""The whole history as one list of steps, from the first sign-up to the day of the load.

Lives here: every step with its moment and its words; pure, from a seed, the moment of the load and the
policy, so that an interrupted load finds the same plan again. Not here: who reports whom (`casting`), or
doing it (`stage`).
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from registry.demo import casting, people, stories
from registry.demo.businesses import BEGINNING, Trade, roster
from registry.demo.casting import Draft
from registry.demo.people import Company, Party, Population
from registry.demo.timetable import Act
from registry.identities.wire import SubjectDescription
from registry.lookups.wire import LookupRequest, Purpose
from registry.platform.policy import Policy
from registry.reports.rules import NEEDS_AMOUNT, Category
from registry.reports.wire import Money, ReportSubmission

SEED = "client registry"
#: Occasions on which members look clients up, one to four at a time.
OCCASIONS = 130
#: Steps keep this distance, so that a time in the audit log tells how far a load came.
APART = timedelta(minutes=1)
#: The member that has laid down terms of its own, and the days before the load on which it did.
OWN_TERMS = ("hotel", 330.4)
_FIRST_NUMBER = 1001
#: How many of those whom one business met are known to it by next to nothing.
_BARE = 0.15
#: A day on which the clock is looked after, even when nothing was done.
_EVERY = 4


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One report to be made. Its contract reference is unique: by it a resumed load finds the report."""

    number: int
    submission: ReportSubmission
    #: How its statement goes on when its reporter changes it.
    clarified: str
    #: Files that come with it; with none, the moderator asks for one.
    files: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done at one moment."""

    at: datetime
    act: Act
    trade: Trade | None = None
    case: Case | None = None
    #: Which of the two moderators.
    by: int = 0
    queries: tuple[LookupRequest, ...] = ()


def steps(anchor: datetime, policy: Policy) -> list[Step]:
    """The history that ends at `anchor`, in the order in which it happens."""
    crowd = people.population(SEED, anchor.date())
    trades = roster(SEED)
    drafts = casting.drafts(Random(f"{SEED}/casting"), trades, crowd, policy)
    drafts.sort(key=lambda draft: draft.course[0])
    found = list(_of_trades(trades, anchor))
    for number, draft in enumerate(drafts, _FIRST_NUMBER):
        found += _of_report(Random(f"{SEED}/{number}"), number, draft, anchor)
    found += _lookups(Random(f"{SEED}/lookups"), trades, crowd, anchor)
    days = casting.busy_days(drafts) | set(range(-int(BEGINNING), 0, _EVERY))
    found += [Step(at=_moment(anchor, day), act=Act.TICK) for day in days if day < 0]
    return _apart(sorted(found, key=lambda step: step.at))


def _moment(anchor: datetime, days: float) -> datetime:
    return anchor + timedelta(seconds=round(days * 86_400))


def _apart(found: list[Step]) -> list[Step]:
    spread: list[Step] = []
    for step in found:
        earliest = spread[-1].at + APART if spread else step.at
        spread.append(msgspec.structs.replace(step, at=max(step.at, earliest)))
    return spread


def _of_trades(trades: Sequence[Trade], anchor: datetime) -> Iterator[Step]:
    """Joining, proving the address an hour later, the operator's decisions, and one member's own terms."""
    for trade in trades:
        joined = _moment(anchor, -trade.joined)
        yield Step(at=joined, act=Act.JOIN, trade=trade)
        if trade.outcome in ("verified", "suspended"):
            yield Step(at=joined + timedelta(hours=1), act=Act.PROVE, trade=trade)
            yield Step(at=joined + timedelta(hours=20), act=Act.VERIFY, trade=trade)
        if trade.left is not None:
            act = Act.REFUSE if trade.outcome == "refused" else Act.SUSPEND
            yield Step(at=_moment(anchor, -trade.left), act=act, trade=trade)
        if trade.slug == OWN_TERMS[0]:
            yield Step(at=_moment(anchor, -OWN_TERMS[1]), act=Act.SET_TERMS, trade=trade)


def _of_report(dice: Random, number: int, draft: Draft, anchor: datetime) -> Iterator[Step]:
    submitted = _moment(anchor, draft.course[0][0])
    done = [act for _, act in draft.course]
    files = dice.choice((1, 1, 2))
    if Act.ASK in done and (Act.ANSWER not in done or dice.random() < 0.5):
        files = 0
    submission = _submission(dice, number, draft, anchor, submitted)
    clarified = f"{submission.statement} {stories.CLARIFIED}"
    case = Case(number=number, submission=submission, clarified=clarified, files=files)
    screener = number % 2
    rulings = {Act.UPHOLD, Act.AMEND, Act.REMOVE}
    for place, (day, act) in enumerate(draft.course):
        second = act in rulings or (act is Act.PUBLISH and done[place - 1] == Act.PUBLISH)
        yield Step(
            at=_moment(anchor, day),
            act=act,
            trade=draft.trade,
            case=case,
            by=1 - screener if second else screener,
        )


def _submission(
    dice: Random, number: int, draft: Draft, anchor: datetime, submitted: datetime
) -> ReportSubmission:
    assert draft.party is not None  # noqa: S101 - everyone has been dealt out
    trade, category, abroad = draft.trade, draft.category, draft.trade.abroad
    days = dice.randint(33, 90) if category is Category.PAYMENT_OVERDUE else dice.randint(2, 30)
    incident = (submitted - timedelta(days=days)).date()
    if draft.incident is not None:
        incident = _moment(anchor, draft.incident).date()
    money = category in NEEDS_AMOUNT or dice.random() < 0.3
    low, high = map(math.log, trade.sums)
    return ReportSubmission(
        subject=_subject(dice, draft.party, abroad=abroad),
        category=category,
        incident_date=incident,
        contract_reference=f"{trade.prefix}-{number}",
        amount=Money(
            amount=round(math.exp(dice.uniform(low, high)) / 100) * 100, currency=trade.currency
        )
        if money
        else None,
        statement=stories.statement(dice, category, abroad=abroad),
        contacts=stories.contacts(dice, category, incident, submitted, abroad=abroad),
        settlement_attempts=stories.attempts(dice, category, abroad=abroad),
    )


def _subject(dice: Random, party: Party, *, abroad: bool) -> SubjectDescription:
    """A client as described; of one whom nobody else met, sometimes an address or a number is all."""
    described = people.describe(dice, party, abroad=abroad)
    if party.phone == people.EXAMPLE_NUMBER:
        # What the README looks up is known to all who reported him, and written otherwise by them.
        phone = people.written_phone(dice, party.phone, abroad=True)
        return msgspec.structs.replace(described, phone=phone, email=party.email)
    if isinstance(party, Company) or not party.alone or dice.random() > _BARE:
        return described
    bare = {"birth_date": None, "city": None, "tax_id": None}
    if dice.random() < 0.5:
        return msgspec.structs.replace(described, name=None, **bare)
    return msgspec.structs.replace(described, phone=None, email=party.email)


def _lookups(
    dice: Random, trades: Sequence[Trade], crowd: Population, anchor: datetime
) -> Iterator[Step]:
    """Members ask about clients of others, about strangers, and about relatives of those reported."""
    asking = [trade for trade in trades if trade.weight]
    for number in range(1, OCCASIONS + 1):
        trade = dice.choices(asking, [trade.weight for trade in asking])[0]
        # More often of late: the registry grew, and most facts are young.
        day = -0.05 - (trade.joined - 2) * dice.random() ** 1.7
        if trade.left is None or day < -trade.left:
            queries = tuple(
                LookupRequest(
                    subject=_asked(dice, crowd, abroad=trade.abroad),
                    purpose=dice.choice(list(Purpose)),
                    reference=f"{trade.prefix}-Q{number}-{row}",
                )
                for row in range(1, dice.randint(2, 5))
            )
            yield Step(at=_moment(anchor, day), act=Act.LOOK_UP, trade=trade, queries=queries)


def _asked(dice: Random, crowd: Population, *, abroad: bool) -> SubjectDescription:
    roll = dice.random()
    if roll < 0.35:
        return people.describe(dice, dice.choice(crowd.strangers), abroad=abroad)
    if roll < 0.45:
        person, stranger = dice.choice(crowd.repeaters), dice.choice(crowd.strangers)
        relative = msgspec.structs.replace(stranger, phone=person.phone, email=person.email)
        return people.describe(dice, relative, abroad=abroad)
    known: Sequence[Party] = dice.choice((crowd.repeaters, crowd.repeaters, crowd.single))
    if roll > 0.9:
        known = crowd.companies
    return people.describe(dice, dice.choice(known), abroad=abroad)
