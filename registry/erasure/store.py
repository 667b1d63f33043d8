"""Every SQL statement about requests. All run with the system's view."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from registry.erasure.rules import Kind, State
from registry.erasure.tables import SubjectRequest
from registry.platform.db import behind
from registry.platform.errors import NotFound
from registry.platform.runtime import Session

_OF = SubjectRequest


def add(session: Session, row: SubjectRequest) -> None:
    """Add a request."""
    session.add(row)


async def get(session: Session, request_id: UUID) -> SubjectRequest:
    """An objection; raises `NotFound`."""
    found = await session.get(_OF, request_id)
    if found is None or found.kind != Kind.OBJECTION:
        raise NotFound
    return found


async def lock(session: Session, request_id: UUID) -> SubjectRequest:
    """An objection, locked for a change; raises `NotFound`."""
    found = await session.get(_OF, request_id, with_for_update=True, populate_existing=True)
    if found is None or found.kind != Kind.OBJECTION:
        raise NotFound
    return found


async def lock_pending(session: Session, report_id: UUID) -> SubjectRequest | None:
    """The objection to a report that waits for a decision, locked."""
    query = select(_OF).where(_OF.report_id == report_id, _OF.state == State.PENDING)
    locking = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locking)).one_or_none()


async def list_of_report(session: Session, report_id: UUID, kind: Kind) -> Sequence[SubjectRequest]:
    """Requests of one kind about a report, newest first."""
    query = select(_OF).where(_OF.report_id == report_id, _OF.kind == kind)
    return (await session.scalars(query.order_by(_OF.id.desc()))).all()


async def list_own(
    session: Session, kind: Kind, session_id: UUID, report_ids: Collection[UUID]
) -> Sequence[SubjectRequest]:
    """Requests about these reports, and those that were made in this session, newest first."""
    query = select(_OF).where(
        _OF.kind == kind, or_(_OF.session_id == session_id, _OF.report_id.in_(report_ids))
    )
    return (await session.scalars(query.order_by(_OF.id.desc()))).all()


async def list_pending(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """(id, due, version) of objections that wait for a decision, earliest due first."""
    due = _OF.due
    query = select(_OF.id, due, _OF.version).where(_OF.state == State.PENDING)
    if after is not None:
        query = query.where(behind(due, _OF.id, after))
    rows = await session.execute(query.order_by(due, _OF.id).limit(limit))
    return [(row.id, row.due, row.version) for row in rows]


async def list_waiting(session: Session) -> Sequence[tuple[UUID, UUID]]:
    """(id, report) of all objections that wait for a decision."""
    query = select(_OF.id, _OF.report_id).where(_OF.state == State.PENDING)
    return [(row.id, row.report_id) for row in await session.execute(query)]


async def list_written(session: Session, before: datetime) -> Sequence[SubjectRequest]:
    """Requests granted before then whose letters have their key still; locked."""
    query = select(_OF).where(_OF.letter_key_id.is_not(None), _OF.decided_at < before)
    return (await session.scalars(query.with_for_update(skip_locked=True))).all()
