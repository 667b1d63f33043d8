"""What the clock brings to disputes, each in a transaction of its own: one that fails holds up no other."""

from datetime import timedelta
from uuid import UUID

from registry.businesses import conduct as businesses
from registry.disputes import conduct, detachments, lifecycle, service, store
from registry.platform import jobs
from registry.platform.runtime import Runtime, transaction
from registry.reports import held
from registry.reports.rules import FINAL

BATCH = 100


async def advance_due(runtime: Runtime) -> int:
    """Apply what the clock has brought; returns how many disputes moved."""

    async def advance(dispute_id: UUID) -> None:
        async with transaction(runtime) as session:
            await lifecycle.advance(session, await store.lock(session, dispute_id))

    return await jobs.advance_each(runtime, "dispute", store.list_due, advance)


async def escalate_detachments(runtime: Runtime) -> int:
    """Tell the operator at which detachments nobody has looked in time; returns of how many."""
    async with transaction(runtime) as session:
        return await detachments.escalate(session, BATCH)


async def sweep_detachments(runtime: Runtime) -> int:
    """Forget addresses and decisions of detachments that are of no use any more; returns how many."""
    async with transaction(runtime) as session:
        return await detachments.sweep(session, BATCH)


async def follow_reports(runtime: Runtime) -> int:
    """Close the disputes of reports that ended by themselves: taken back, settled, expired."""
    closed, after = 0, None
    while True:
        async with transaction(runtime) as session:
            rows = await store.list_open(session, after=after, limit=BATCH)
            states = await held.states_of(session, {report for _, report in rows})
        if not rows:
            return closed
        for dispute_id, report in rows:
            if states.get(report) in FINAL:
                async with transaction(runtime) as session:
                    closed += await service.follow(session, dispute_id)
        after = rows[-1][0]


async def recount_due(runtime: Runtime) -> int:
    """Count anew where a decision is too old to count from now on; returns how many businesses were counted."""

    async def recount(business_id: UUID) -> None:
        async with transaction(runtime) as session:
            await conduct.recount(session, business_id)

    return await jobs.advance_each(runtime, "conduct", businesses.list_due, recount)


async def recount_all(runtime: Runtime) -> int:
    """Count every business anew from what came of its disputes: the net below, and the way to rebuild all counts.

    Returns how many counts were wrong: what was right is nothing done, or the worker would never come to an end.
    """
    async with transaction(runtime) as session:
        window = timedelta(days=session.policy.conduct_days)
        found = await store.list_businesses(session, since=session.now - window)
    mended = 0
    for business_id in found:
        async with transaction(runtime) as session:
            mended += await conduct.recount(session, business_id)
    return mended
