"""Every SQL statement of the outbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text

from registry.messages.rules import SETTLED, Template
from registry.messages.tables import Message
from registry.platform.runtime import Session

WAKE = text("SELECT pg_notify('registry_due', '')")


async def add(session: Session, **columns: object) -> None:
    """Add a row. A plain insert: a business may add a message but not read one."""
    await session.execute(insert(Message).values(**columns))


async def wake(session: Session) -> None:
    """Tell the workers, when this transaction commits, that something is due."""
    await session.execute(WAKE)


async def lock_due(session: Session) -> Message | None:
    """The message that is due longest and that no other worker has in hand, locked."""
    query = (
        select(Message)
        .where(Message.due_at <= session.now)
        .order_by(Message.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def next_due(session: Session) -> datetime | None:
    """When the next thing is due; None when nothing is."""
    return await session.scalar(select(func.min(Message.due_at)))


async def lock(session: Session, message_id: UUID) -> Message | None:
    """One message, locked, or None."""
    query = select(Message).where(Message.id == message_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def lock_settled(
    session: Session, templates: Collection[Template], limit: int, but: Collection[UUID]
) -> Sequence[Message]:
    """Settled messages of these templates whose outcome nobody has taken yet, locked, oldest first."""
    query = (
        select(Message)
        .where(~Message.acknowledged, Message.settled_at.is_not(None))
        .where(Message.state.in_(list(SETTLED)))
        .where(Message.template.in_(list(templates)), Message.id.not_in(list(but)))
        .order_by(Message.settled_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def list_about(session: Session, about_id: UUID) -> Sequence[Message]:
    """Every message about this report or business, oldest first."""
    query = select(Message).where(Message.about_id == about_id).order_by(Message.id)
    return (await session.scalars(query)).all()


async def count_settled(
    session: Session, template: Template, start: datetime, end: datetime
) -> Sequence[tuple[str, int]]:
    """(state, how many) of messages of a template that ended within a time."""
    query = (
        select(Message.state, func.count().label("number"))
        .where(Message.template == template)
        .where(Message.settled_at >= start, Message.settled_at < end)
        .group_by(Message.state)
    )
    return [(row.state, row.number) for row in await session.execute(query)]


async def drop(session: Session, message: Message) -> None:
    """Remove a message that can no longer be read."""
    await session.delete(message)


async def drop_about(session: Session, about_id: UUID) -> int:
    """Remove every message about this report or business; returns how many."""
    gone = await session.execute(
        delete(Message).where(Message.about_id == about_id).returning(Message.id)
    )
    return len(gone.all())


async def existing(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are still kept."""
    return set((await session.scalars(select(Message.id).where(Message.id.in_(list(ids))))).all())
