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


#: What a refused step must leave as it was, besides the report's own row.
_COUNTED = (
    "audit_entries",
    "evidence",
    "report_decisions",
    "messages",
    "tombstones",
    "stored_answers",
)


async def everything(runtime: Runtime, report_id: str) -> dict[str, Any]:
    """The row, its facts, and how much there is of files, letters, entries and the like."""
    counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in _COUNTED)
    told = (
        f"SELECT {counts}, to_jsonb(r) AS report, to_jsonb(f) AS fact FROM reports r"
        " LEFT JOIN facts f ON f.report_id = r.id WHERE r.id = :id"
    )
    (found,) = await rows.select(runtime, told, id=UUID(report_id))
    return {**found, "files": sorted([name async for name, _ in runtime.files.names()])}
