"""What a dispute does to its report: the functions that the slice above calls.

A dispute hides at once, a ruling restores, corrects or ends. Who may dispute and who may rule is decided
there; whether the report's state allows it is decided here, by the table.
"""

from uuid import UUID

from registry.platform.actor import Actor
from registry.platform.runtime import Session
from registry.reports import lifecycle, store
from registry.reports.rules import Event, State


async def suspend(
    session: Session, actor: Actor, report_id: UUID, reason: str | None = None
) -> State:
    """Restrict a report at once, because the person disputes it or appeals."""
    return await _apply(session, actor, report_id, Event.CONTEST, reason)


async def restore(session: Session, actor: Actor, report_id: UUID, reason: str) -> State:
    """A ruling confirms it: shown again, as reviewed; not before the notice days are over."""
    return await _apply(session, actor, report_id, Event.UPHOLD, reason)


async def amend(session: Session, actor: Actor, report_id: UUID, reason: str) -> State:
    """A ruling corrects it: shown again, as reviewed."""
    return await _apply(session, actor, report_id, Event.AMEND, reason)


async def remove(session: Session, actor: Actor, report_id: UUID, reason: str) -> State:
    """A ruling ends it."""
    return await _apply(session, actor, report_id, Event.REMOVE, reason)


async def _apply(
    session: Session, actor: Actor, report_id: UUID, event: Event, reason: str | None
) -> State:
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    await lifecycle.apply(session, report, event, actor, reason=reason)
    return State(report.state)
