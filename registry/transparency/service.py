"""Counting months that are over, and telling what was counted.

Steps of reports and openings of disputes are counted from the audit log, which no role may change; outcomes, times and
notices from their own slices. A month is counted once: what was told of it never moves, so nobody can read from a
change what happened to one person. Calls read the result alone.
"""

from collections import Counter
from datetime import date

import msgspec

from registry.audit import service as audit
from registry.disputes import figures as disputes
from registry.disputes.rules import Ground, Outcome
from registry.messages import service as messages
from registry.messages.rules import State as MessageState
from registry.messages.rules import Template
from registry.platform.runtime import Session
from registry.reports import held as reports
from registry.reports.rules import Category, State
from registry.transparency import rules, store
from registry.transparency.rules import told
from registry.transparency.wire import Month, Notices, Rulings, Transparency


async def view(session: Session) -> Transparency:
    """What the public reads."""
    months = await store.list_months(session, rules.MONTHS)
    return Transparency(
        policy=session.policy.stamp,
        smallest=rules.SMALLEST,
        step=rules.STEP,
        months=[msgspec.convert(one, Month) for one in months],
    )


async def uncounted(session: Session) -> list[date]:
    """The months that are over and were not counted, oldest first."""
    first = await audit.first_at(session)
    if first is None:
        return []
    known = await store.known(session)
    return [month for month in rules.closed(first, session.now) if month not in known]


async def count(session: Session, month: date) -> None:
    """Count a month and keep what may be told of it."""
    counted = await _month(session, month)
    await store.put(session, month, session.now, msgspec.to_builtins(counted))


async def _month(session: Session, month: date) -> Month:
    start, end = rules.bounds(month)
    steps, submitted, opened = Counter[str](), Counter[str](), Counter[str]()
    for action, code, number in await audit.count(session, start, end, rules.ACTIONS, rules.CODES):
        steps[action] += number
        if action == rules.SUBMITTED:
            submitted[code] += number
        elif action == rules.OPENED:
            opened[code] += number
    outcomes = await disputes.outcomes(session, start, end)
    given, median = await disputes.ruling_days(session, start, end)
    notices = await messages.count_settled(session, Template.REPORT_NOTICE, start, end)
    late = (session.now - end).days > 1
    return Month(
        month=f"{month:%Y-%m}",
        counted_at=session.now,
        submitted=told(submitted.total()),
        submitted_by_category={one: told(submitted[one]) for one in Category},
        reports={name: told(steps[action]) for action, name in rules.REPORTS.items()},
        disputed=told(opened.total()),
        disputed_by_ground={one: told(opened[one]) for one in Ground},
        outcomes={one: told(sum(outcomes[ground, one] for ground in Ground)) for one in Outcome},
        outcomes_by_ground={
            ground: {one: told(outcomes[ground, one]) for one in Outcome} for ground in Ground
        },
        rulings=Rulings(
            given=told(given),
            median_days=rules.median(given, median),
            overdue=told(steps[rules.LATE]),
        ),
        notices=Notices(
            delivered=told(notices[MessageState.DELIVERED]),
            bounced=told(notices[MessageState.BOUNCED]),
            unproven=told(notices[MessageState.UNPROVEN]),
            failed=told(notices[MessageState.FAILED]),
        ),
        detached=told(steps[rules.DETACHED]),
        held=None if late else await _held(session),
    )


async def _held(session: Session) -> dict[State, int | None]:
    counted = await reports.count_states(session)
    return {state: told(counted[state]) for state in State}
