"""Every SQL statement about the sessions of persons who ask. All run with the system's view."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.platform.db import behind
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow
from registry.subjects.rules import Code, DocumentState
from registry.subjects.tables import SubjectCode, SubjectDocument, SubjectSession


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


_CODE = (SubjectCode.seed, SubjectCode.letters, SubjectCode.letter_at)


async def lock_code(session: Session, asked: bytes, seed: bytes) -> Code:
    """The code of a phone or e-mail, locked; with this seed, and never sent, where there was none."""
    row = {"asked": asked, "seed": seed, "letters": 0, "asked_at": session.now}
    added = insert(SubjectCode).values(row)
    kept = added.on_conflict_do_update(index_elements=["asked"], set_={"asked_at": session.now})
    return Code(*(await session.execute(kept.returning(*_CODE))).one())


async def put_code(session: Session, asked: bytes, code: Code) -> None:
    """Write a code that is locked."""
    changed = update(SubjectCode).where(SubjectCode.asked == asked)
    await session.execute(changed.values(code._asdict()))


async def find_code(session: Session, asked: bytes) -> Code | None:
    """The code of a phone or e-mail; None before the worker has seen to the first start."""
    found = await session.execute(select(*_CODE).where(SubjectCode.asked == asked))
    row = found.one_or_none()
    return None if row is None else Code(*row)


async def use_code(session: Session, asked: bytes, code: Code) -> bool:
    """Let a code be good no longer; False when it was used, or another took its place, meanwhile."""
    this = (SubjectCode.asked == asked, SubjectCode.seed == code.seed)
    sent = SubjectCode.letter_at.is_not(None)
    used = update(SubjectCode).where(*this, sent).values(letter_at=None)
    return bool((await session.execute(used.returning(SubjectCode.asked))).all())


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


async def delete_codes(session: Session, before: datetime) -> int:
    """Delete codes that nobody asked for since then; returns how many."""
    of = SubjectCode
    gone = await session.execute(delete(of).where(of.asked_at < before).returning(of.asked))
    return len(gone.all())


async def delete_documents(session: Session, before: datetime) -> int:
    """Delete what was decided before then; returns how much."""
    of = SubjectDocument
    gone = await session.execute(delete(of).where(of.decided_at < before).returning(of.id))
    return len(gone.all())
