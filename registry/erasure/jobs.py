"""What happens to requests when no one is asking."""

from registry.erasure import service, store
from registry.platform.runtime import Runtime, transaction
from registry.reports import held
from registry.reports.rules import FINAL


async def follow_reports(runtime: Runtime) -> int:
    """Close the objections to reports that ended by themselves; returns how many."""
    async with transaction(runtime) as session:
        waiting = await store.list_waiting(session)
        states = await held.states_of(session, {report for _, report in waiting})
    closed = 0
    for request_id, report in waiting:
        if states.get(report) in FINAL:
            async with transaction(runtime) as session:
                closed += await service.follow(session, request_id)
    return closed


async def forget_letters(runtime: Runtime) -> int:
    """Destroy the keys of letters about erasures that have arrived; returns how many."""
    async with transaction(runtime) as session:
        return await service.forget_letters(session)
