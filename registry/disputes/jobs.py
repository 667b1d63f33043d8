"""What the clock brings to disputes, each in a transaction of its own: one that fails holds up no other."""

from uuid import UUID

from registry.disputes import lifecycle, service, store
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
