"""What the clock brings to disputes, each in a transaction of its own: one that fails holds up no other."""

from uuid import UUID

import structlog

from registry.disputes import lifecycle, service, store
from registry.platform.runtime import Runtime, transaction
from registry.reports import held
from registry.reports.rules import FINAL

BATCH = 100

log = structlog.get_logger("registry.disputes")


async def advance_due(runtime: Runtime) -> int:
    """Apply what the clock has brought; returns how many disputes moved."""
    moved, failed = 0, set[UUID]()
    while True:
        async with transaction(runtime) as session:
            due = await store.list_due(session, BATCH, but=failed)
        if not due:
            return moved
        for dispute_id in due:
            try:
                async with transaction(runtime) as session:
                    await lifecycle.advance(session, await store.lock(session, dispute_id))
                moved += 1
            except Exception as fault:  # told in the log, tried again next round, holds up no other
                failed.add(dispute_id)
                log.error("advance_failed", dispute_id=str(dispute_id), fault=type(fault).__name__)


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
