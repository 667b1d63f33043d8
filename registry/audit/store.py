"""Every SQL statement of the audit log: it is written and read, never changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from registry.audit.tables import Entry
from registry.platform.runtime import Session


def add(session: Session, entry: Entry) -> None:
    """Append an entry."""
    session.add(entry)


async def list_(
    session: Session, *, before: UUID | None, limit: int, object_id: UUID | None, action: str | None
) -> Sequence[Entry]:
    """Entries, newest first."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Entry.id < before)
    if object_id is not None:
        query = query.where(Entry.object_id == object_id)
    if action is not None:
        query = query.where(Entry.action == action)
    return (await session.scalars(query)).all()
