"""Every SQL statement about the sessions of persons who ask. All run with the system's view."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from registry.platform.db import behind
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow
from registry.subjects.rules import DocumentState
from registry.subjects.tables import SubjectDocument, SubjectSession


def add(session: Session, row: SubjectSession | SubjectDocument) -> None:
    """Add a session or a document."""
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


async def wait_turn(session: Session, value: bytes) -> None:
    """Until the end of the transaction: whoever sends for the same identifier at the same time waits, then counts."""
    lock = int.from_bytes(value[:8], signed=True)
    await session.execute(select(func.pg_advisory_xact_lock(lock)))


async def list_documents(
    session: Session, value: bytes, since: datetime
) -> Sequence[SubjectDocument]:
    """What was sent for an identifier since then."""
    of = SubjectDocument
    query = select(of).where(of.index_value == value, of.at > since)
    return (await session.scalars(query)).all()


async def find_document(session: Session, claim: bytes) -> SubjectDocument | None:
    """The document that was sent against this claim."""
    return await session.scalar(select(SubjectDocument).where(SubjectDocument.claim == claim))


async def lock_document(session: Session, document_id: UUID) -> SubjectDocument:
    """The document, locked for a change; raises `NotFound`."""
    found = await session.get(
        SubjectDocument, document_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound
    return found


async def list_waiting(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """(id, due, version) of documents that nobody has looked at, earliest due first."""
    of = SubjectDocument
    query = select(of.id, of.due, of.version).where(of.state == DocumentState.WAITING)
    if after is not None:
        query = query.where(behind(of.due, of.id, after))
    rows = await session.execute(query.order_by(of.due, of.id).limit(limit))
    return [(row.id, row.due, row.version) for row in rows]


async def list_blobs(session: Session) -> set[str]:
    """The names of all files that a document mentions."""
    found = await session.scalars(select(SubjectDocument.blob))
    return {blob for blob in found if blob}


async def delete_documents(session: Session, before: datetime) -> int:
    """Delete what was decided before then; returns how much."""
    of = SubjectDocument
    gone = await session.execute(delete(of).where(of.decided_at < before).returning(of.id))
    return len(gone.all())
