"""Every SQL statement of the audit log: it is written and read, never changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, text

from registry.audit.tables import Entry
from registry.platform.runtime import Session


def add(session: Session, entry: Entry) -> None:
    """Append an entry."""
    session.add(entry)


async def first_at(session: Session) -> datetime | None:
    """When the log begins, in the registry's time."""
    return await session.scalar(select(func.min(Entry.clock_at)))


async def count(
    session: Session,
    start: datetime,
    end: datetime,
    actions: Collection[str],
    codes: Mapping[str, str],
) -> Sequence[tuple[str, str, int]]:
    """(action, code, how many) of these actions within a time. `codes` names, for some actions, the code in the details
    that tells their entries apart; of the others it is empty.
    """
    code = case(
        *[(Entry.action == action, Entry.details[name].astext) for action, name in codes.items()],
        else_="",
    )
    query = (
        select(Entry.action, code.label("code"), func.count().label("number"))
        .where(Entry.clock_at >= start, Entry.clock_at < end, Entry.action.in_(actions))
        .group_by(Entry.action, text("code"))
    )
    return [(row.action, row.code, row.number) for row in await session.execute(query)]


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
