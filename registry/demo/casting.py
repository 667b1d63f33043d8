"""Who reports whom for what: the fates of `timetable` dealt out to the businesses and the people.

Lives here: drafts, and the parts that need more than one report (repeat offenders, families under one
number, numbers that changed hands). Not here: the words and dates of a report (`plan`).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random

import msgspec

from registry.demo import timetable
from registry.demo.businesses import Trade
from registry.demo.people import Party, Population
from registry.demo.timetable import Act, Course, Fate, Spans
from registry.platform.policy import Policy
from registry.reports.rules import Category

#: Who reported the client of the README, for what, and the day on which it was published.
EXAMPLES = (
    ("furniture", Category.PAYMENT_OVERDUE, -170),
    ("dentist", Category.PAYMENT_REFUSED, -110),
    ("hotel", Category.CHARGEBACK_ABUSE, -60),
)
#: How many reports come back after their business took them back by mistake.
REINSERTED = 2
#: Facts that companies, rather than persons, are reported for.
_OF_COMPANIES = frozenset(
    {Category.PAYMENT_OVERDUE, Category.PAYMENT_REFUSED, Category.SCOPE_ABUSE}
)
_DAYS_OF_MONTH = 30
#: No report that is still shown was decided on earlier; and how long before its retention ends.
_OLDEST, _MARGIN = 400, 50
_TRIES = 10_000


class Draft(msgspec.Struct):
    """A report before it is written."""

    trade: Trade
    category: Category
    #: In days before the load.
    course: Course
    #: In days before the load; None: shortly before it was submitted.
    incident: int | None = None
    party: Party | None = None


class _Deal(msgspec.Struct, frozen=True):
    """What every draft is made from."""

    dice: Random
    trades: Sequence[Trade]
    policy: Policy
    spans: Spans


def drafts(dice: Random, trades: Sequence[Trade], crowd: Population, policy: Policy) -> list[Draft]:
    """Every report of the history, in no order."""
    reporting = [trade for trade in trades if trade.weight]
    deal = _Deal(dice, reporting, policy, timetable.spans_of(policy))
    dealt = [
        _draft(deal, fate, long_ago)
        for fate, long_ago, count in timetable.LOTS
        for _ in range(count)
    ]
    _deal_out(dice, dealt, crowd)
    return [
        *dealt,
        *_examples(deal, crowd),
        *_shared_numbers(deal, crowd),
        *_reinserted(deal, crowd),
    ]


def _draft(deal: _Deal, fate: Fate, long_ago: bool) -> Draft:
    """A report of that fate by a business to which it can have happened."""
    for _ in range(_TRIES):
        trade, category = _trade(deal)
        months = deal.policy.retention_months[category]
        if fate is Fate.EXPIRED:
            incident, course = timetable.expiry(deal.dice, deal.spans, long_ago=long_ago)
            if months == 12 and _fits(trade, course, fate):
                return Draft(trade, category, course, incident)
            continue
        oldest = min(_OLDEST, months * _DAYS_OF_MONTH - _MARGIN)
        course = timetable.course(deal.dice, fate, deal.spans, long_ago=long_ago, oldest=oldest)
        if _fits(trade, course, fate):
            return Draft(trade, category, course)
    raise AssertionError(f"no business can have had a report of the fate {fate}")


def _trade(deal: _Deal) -> tuple[Trade, Category]:
    trade = deal.dice.choices(deal.trades, [trade.weight for trade in deal.trades])[0]
    return trade, deal.dice.choice(trade.categories)


def _fits(trade: Trade, course: Course, fate: Fate) -> bool:
    """Whether the business was a member all along; one that left has shown reports only."""
    if course[0][0] < 2 - trade.joined:
        return False
    return trade.left is None or (fate is Fate.ACTIVE and course[-1][0] < -30 - trade.left)


def _deal_out(dice: Random, dealt: list[Draft], crowd: Population) -> None:
    """Give every draft its client: some are met by several businesses, most by one."""
    free = dealt.copy()
    dice.shuffle(free)
    for person in crowd.repeaters:
        _give(free, person, dice.randint(2, 4), frozenset(Category))
    for company in crowd.companies:
        _give(free, company, dice.randint(1, 2), _OF_COMPANIES)
    for draft, person in zip(free, crowd.single, strict=False):
        draft.party = person


def _give(free: list[Draft], party: Party, count: int, categories: frozenset[Category]) -> None:
    """Take reports of different businesses from the free ones."""
    taken: list[Draft] = []
    for draft in free:
        known = any(draft.trade.slug == other.trade.slug for other in taken)
        if len(taken) < count and draft.category in categories and not known:
            draft.party = party
            taken.append(draft)
    free[:] = [draft for draft in free if draft.party is None]


def _examples(deal: _Deal, crowd: Population) -> Iterator[Draft]:
    by_slug = {trade.slug: trade for trade in deal.trades}
    for slug, category, tick in EXAMPLES:
        course = timetable.published(deal.dice, tick, deal.spans)
        yield Draft(by_slug[slug], category, course, party=crowd.example)


def _shared_numbers(deal: _Deal, crowd: Population) -> Iterator[Draft]:
    """Families, whose members are reported at any time, and numbers that changed hands in between."""
    latest = deal.spans.notice + 2
    for pair in crowd.families:
        for person in pair:
            yield _shown(deal, person, -deal.dice.randint(latest, 300))
    for before, after in crowd.moved_numbers:
        yield _shown(deal, before, -deal.dice.randint(220, 300))
        yield _shown(deal, after, -deal.dice.randint(latest, 120))


def _shown(deal: _Deal, party: Party, tick: int) -> Draft:
    course = timetable.published(deal.dice, tick, deal.spans)
    while True:
        trade, category = _trade(deal)
        if trade.left is None and _fits(trade, course, Fate.ACTIVE):
            return Draft(trade, category, course, party=party)


def _reinserted(deal: _Deal, crowd: Population) -> Iterator[Draft]:
    """Taken back by mistake, brought back with new evidence, and agreed to by both moderators."""
    for person, days in zip(reversed(crowd.single), range(REINSERTED), strict=False):
        first = _shown(deal, person, -100 - days)
        again: Course = [
            (-61.4 - days, Act.WITHDRAW),
            (-48.3 - days, Act.REINSERT),
            (-45.1 - days, Act.PUBLISH),
            (-44.1 - days, Act.PUBLISH),
        ]
        first.course += again
        yield first


def busy_days(found: Sequence[Draft]) -> set[int]:
    """The days, counted back from the load, at whose end the post has letters to deliver."""
    written = {Act.PUBLISH, Act.ASK, Act.REJECT}
    steps = chain.from_iterable(draft.course for draft in found)
    return {-int(-day) for day, act in steps if act in written}
