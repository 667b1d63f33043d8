"""A document as second proof: for whoever is reported under one identifier only, or has lost the others.

Its sender has proven one identifier, and gets a claim. A moderator compares the document with what is held, and it is
deleted with its key. Later the identifier, proven anew, and the claim together are two proofs: neither a new holder of
the number nor a finder of the claim gets in alone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from registry.audit import service as audit
from registry.platform import blobs, secrets, uploads, vault
from registry.platform.errors import Conflict, NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.subjects import rules, store
from registry.subjects.access import Person
from registry.subjects.rules import DocumentState
from registry.subjects.tables import SubjectDocument as Document
from registry.subjects.wire import DocumentTaken

__all__ = ["Document", "accepted", "blobs_of", "decide", "lock", "queue", "read", "send"]


class DocumentsWait(Conflict):
    """One is being looked at, or there were too many."""

    slug, title = "document-not-taken", "No further document is taken for this identifier now"


async def send(session: Session, person: Person, content: bytes) -> DocumentTaken:
    """Keep a document until a moderator has decided. What it is used by is told once."""
    media_type = uploads.check(content)
    value = person.proven[0]
    await store.wait_turn(session, value)
    sent = await store.list_documents(session, value, session.now - rules.DOCUMENT_FOR)
    if any(row.state == DocumentState.WAITING for row in sent):
        raise DocumentsWait("A moderator is looking at the one before.")
    if len(sent) >= rules.MOST_DOCUMENTS:
        raise DocumentsWait(
            f"There were {rules.MOST_DOCUMENTS} within {rules.DOCUMENT_FOR.days} days. Write to the operator."
        )
    key = await vault.create(session, session.keyring, owner=None)
    claim = secrets.mint(secrets.DOCUMENT)
    row = Document(
        id=uuid7(),
        index_value=value,
        claim=secrets.digest(session.keyring, claim),
        state=DocumentState.WAITING,
        version=1,
        data_key_id=key.id,
        blob=blobs.new_name(),
        media_type=media_type,
        language=person.language,
        at=session.now,
        due=session.now + rules.DOCUMENT_DUE,
        records=[],
    )
    assert row.blob is not None  # noqa: S101 - just named
    await session.runtime.files.put(
        row.blob, key.seal_bytes(f"subject_documents:{row.id}", content)
    )
    store.add(session, row)
    await session.flush()
    audit.record(session, person.actor, "subject.document_sent", "document", row.id)
    return DocumentTaken(id=row.id, claim=claim, due=row.due)


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """(id, due, version) of documents that nobody has looked at, earliest due first."""
    return await store.list_waiting(session, after=after, limit=limit)


async def lock(session: Session, document_id: UUID) -> Document:
    """The document, locked for a change; raises `NotFound`."""
    return await store.lock_document(session, document_id)


async def read(session: Session, row: Document) -> tuple[str, bytes]:
    """The media type and the bytes as they were sent; raises `NotFound` once they are deleted."""
    key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)
    if not key or row.blob is None or row.media_type is None:
        raise NotFound
    sealed = await session.runtime.files.get(row.blob)
    return row.media_type, key.open_bytes(f"subject_documents:{row.id}", sealed)


async def decide(
    session: Session, row: Document, moderator_id: UUID, records: Collection[UUID]
) -> str | None:
    """Accept a document as that of these records, or, with none, refuse it; its key is destroyed.

    Returns the name of its file, to delete after the commit; one that is missed is swept.
    """
    blob, key_id = row.blob, row.data_key_id
    row.state = DocumentState.ACCEPTED if records else DocumentState.REFUSED
    row.records, row.version = list(records), row.version + 1
    row.decided_by, row.decided_at = moderator_id, session.now
    row.blob = row.media_type = row.data_key_id = None
    await session.flush()
    if key_id is not None:
        await vault.destroy(session, key_id)
    return blob


async def accepted(session: Session, claim: str, value: bytes) -> list[UUID] | None:
    """The records that the document behind a claim is of, if it was accepted for this identifier and may be used."""
    row = await store.find_document(session, secrets.digest(session.keyring, claim))
    if row is None or row.index_value != value or row.state != DocumentState.ACCEPTED:
        return None
    if row.decided_at is None or session.now >= row.decided_at + rules.DOCUMENT_FOR:
        return None
    return row.records


async def blobs_of(session: Session) -> set[str]:
    """The names of all files that a document mentions."""
    return await store.list_blobs(session)
