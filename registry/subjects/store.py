"""Every SQL statement about the sessions of persons who ask. All run with the system's view."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow
from registry.subjects.tables import SubjectSession


def add(session: Session, row: SubjectSession) -> None:
    """Add a session."""
    session.add(row)


async def lock(session: Session, session_id: UUID) -> SubjectSession | None:
    """The session, locked for a change."""
    return await session.get(
        SubjectSession, session_id, with_for_update=True, populate_existing=True
    )


async def lock_due(session: Session) -> SubjectSession | None:
    """A session for which a code is to be sent, that no other worker has in hand."""
    return await session.scalar(
        select(SubjectSession)
        .where(SubjectSession.due_at <= session.now)
        .order_by(SubjectSession.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def find_by_token(session: Session, token: bytes) -> SubjectSession | None:
    """The session whose token this is, as long as it is good."""
    return await session.scalar(
        select(SubjectSession).where(
            SubjectSession.token == token, SubjectSession.token_until > session.now
        )
    )


async def list_over(session: Session, before: datetime, limit: int) -> Sequence[UUID]:
    """Data keys of sessions whose time is over."""
    last = func.coalesce(SubjectSession.token_until, SubjectSession.created_at)
    query = select(SubjectSession.data_key_id).where(last < before).limit(limit)
    return (await session.scalars(query)).all()


async def delete_with_keys(session: Session, keys: Sequence[UUID]) -> None:
    """Delete sessions, their messages, and the keys that they were sealed under."""
    await session.execute(delete(SubjectSession).where(SubjectSession.data_key_id.in_(keys)))
    await session.execute(delete(DataKeyRow).where(DataKeyRow.id.in_(keys)))
