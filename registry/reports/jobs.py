"""What the clock and the post bring to reports. Each report has a transaction of its own: one that fails
holds up no other, and is tried again in the next round.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from registry.businesses import service as businesses
from registry.messages import service as messages
from registry.messages.rules import Template
from registry.platform import jobs
from registry.platform.actor import SYSTEM
from registry.platform.db import vacuum_keys
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import evidence, lifecycle, store
from registry.reports.rules import FINAL, Event, State
from registry.subjects import documents

BATCH = 100
#: How old a file without a row must be before it counts as left over.
ORPHAN_AGE = timedelta(hours=1)

log = structlog.get_logger("registry.reports")


async def advance_due(runtime: Runtime) -> int:
    """Apply what the clock has brought; returns how many reports moved."""

    async def advance(report_id: UUID) -> None:
        async with transaction(runtime) as session:
            blobs = await lifecycle.advance(session, await store.lock(session, report_id))
        await evidence.delete_files(runtime, blobs)

    return await jobs.advance_each(runtime, "report", store.list_due, advance)


async def take_proofs(runtime: Runtime) -> int:
    """Let proofs of notice start the notice days; returns how many outcomes were taken."""
    taken, failed = 0, set[UUID]()
    while True:
        outcome: messages.Outcome | None = None
        try:
            async with transaction(runtime) as session:
                for outcome in await messages.take_outcomes(
                    session, {Template.REPORT_NOTICE}, 1, failed
                ):
                    await _take_proof(session, outcome)
        except Exception as fault:  # as above
            if outcome is None:
                raise
            failed.add(outcome.message_id)
            log.error(
                "proof_failed", message_id=str(outcome.message_id), fault=type(fault).__name__
            )
            continue
        if outcome is None:
            return taken
        taken += 1


async def _take_proof(session: Session, outcome: messages.Outcome) -> None:
    if outcome.told_at is not None:
        report = await store.lock(session, outcome.about_id)
        await lifecycle.person_told(
            session, report, written_at=outcome.created_at, told_at=outcome.told_at
        )


async def withdraw_abandoned(runtime: Runtime) -> int:
    """Withdraw the reports of businesses that have been suspended or closed for too long."""
    async with transaction(runtime) as session:
        limit = session.now - timedelta(days=session.policy.business_gone_days)
        gone = await businesses.list_gone_since(session, limit)
        abandoned = await store.list_open_of(session, gone, BATCH) if gone else []
    for report_id in abandoned:
        async with transaction(runtime) as session:
            report = await store.lock(session, report_id)
            if State(report.state) not in FINAL:
                details: dict[str, str | int | None] = {"because": "business_gone"}
                await lifecycle.apply(session, report, Event.WITHDRAW, SYSTEM, details=details)
    return len(abandoned)


async def sweep(runtime: Runtime) -> int:
    """Delete tombstones past their time, files that no row mentions, and what is left of erased keys."""
    async with transaction(runtime) as session:
        buried = await store.sweep_tombstones(session)
    # Listed before the rows are read: a file whose row is committed meanwhile is then known.
    before = datetime.now(UTC) - ORPHAN_AGE
    old = [name async for name, modified in runtime.files.names() if modified < before]
    async with transaction(runtime) as session:
        known = await store.list_blobs(session) | await documents.blobs_of(session)
    orphans = [name for name in old if name not in known]
    await evidence.delete_files(runtime, orphans)
    await vacuum_keys(runtime.database.engine)
    return buried + len(orphans)
