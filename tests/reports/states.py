"""Real reports in every state: each brought there by the events that lead to it."""

from collections import deque
from typing import Any
from uuid import UUID

from registry.platform.actor import SYSTEM
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import lifecycle, store
from registry.reports.rules import TRANSITIONS, Event, State
from registry.reports.tables import Report
from tests.factories import rows
from tests.factories.registry import Shop


def path_to(state: State) -> list[Event]:
    """The shortest way from a fresh report to the state."""
    ways: dict[State, list[Event]] = {State.SUBMITTED: []}
    ahead = deque([State.SUBMITTED])
    while ahead:
        at = ahead.popleft()
        for (before, event), after in TRANSITIONS.items():
            if before is at and after not in ways:
                ways[after] = [*ways[at], event]
                ahead.append(after)
    return ways[state]


async def bring_to(runtime: Runtime, report_id: str, state: State) -> None:
    """Apply the events, each in a transaction of its own."""
    for event in path_to(state):
        await apply(runtime, report_id, event)


async def apply(runtime: Runtime, report_id: str, event: Event) -> None:
    """One event on a report."""
    async with transaction(runtime) as session:
        await lifecycle.apply(session, await locked(session, report_id), event, SYSTEM)


async def locked(session: Session, report_id: str) -> Report:
    """The report, locked."""
    return await store.lock(session, UUID(report_id))


async def in_state(runtime: Runtime, shop: Shop, state: State, **changes: Any) -> str:
    """A new report of the shop in that state, with one file."""
    report = await shop.report(**changes)
    assert (await shop.attach(report["id"])).status_code == 201
    await bring_to(runtime, report["id"], state)
    assert (await rows.row(runtime, "reports", report["id"]))["state"] == state
    id_: str = report["id"]
    return id_


async def everything(runtime: Runtime, report_id: str) -> dict[str, Any]:
    """All that a refused step must leave as it was: the row, its files, the audit log, the facts."""
    id_ = UUID(report_id)
    return {
        "report": await rows.row(runtime, "reports", id_),
        "audit": await rows.count(runtime, "audit_entries"),
        "evidence": await rows.count(runtime, "evidence"),
        "decisions": await rows.count(runtime, "report_decisions"),
        "messages": await rows.count(runtime, "messages"),
        "tombstones": await rows.count(runtime, "tombstones"),
        "answers": await rows.count(runtime, "stored_answers"),
        "files": sorted([name async for name, _ in runtime.files.names()]),
        "fact": await rows.select(runtime, "SELECT * FROM facts WHERE report_id = :id", id=id_),
    }
