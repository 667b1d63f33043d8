"""Every SQL statement of the webhooks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from registry.platform.runtime import Session
from registry.webhooks.rules import LEASE, State
from registry.webhooks.tables import Delivery, Endpoint


def add(session: Session, row: Endpoint | Delivery) -> None:
    """Add a row."""
    session.add(row)


async def count_endpoints(session: Session, business_id: UUID) -> int:
    """How many endpoints a business has."""
    query = select(func.count()).select_from(Endpoint).where(Endpoint.business_id == business_id)
    return await session.scalar(query) or 0


async def list_endpoints(
    session: Session, business_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Endpoint]:
    """The business's endpoints, newest first."""
    query = (
        select(Endpoint)
        .where(Endpoint.business_id == business_id)
        .order_by(Endpoint.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Endpoint.id < before)
    return (await session.scalars(query)).all()


async def list_on(session: Session, business_id: UUID) -> Sequence[UUID]:
    """The ids of the business's endpoints that are switched on."""
    query = select(Endpoint.id).where(
        Endpoint.business_id == business_id, Endpoint.disabled_at.is_(None)
    )
    return (await session.scalars(query)).all()


async def find_endpoint(session: Session, business_id: UUID, endpoint_id: UUID) -> Endpoint | None:
    """One endpoint of that business, or None."""
    query = select(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.business_id == business_id)
    return (await session.scalars(query)).one_or_none()


async def drop_endpoint(session: Session, business_id: UUID, endpoint_id: UUID) -> bool:
    """Remove an endpoint with its log; whether there was one."""
    gone = await session.execute(
        delete(Endpoint)
        .where(Endpoint.id == endpoint_id, Endpoint.business_id == business_id)
        .returning(Endpoint.id)
    )
    return bool(gone.all())


async def list_deliveries(
    session: Session, endpoint_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Delivery]:
    """What was sent to an endpoint, newest first."""
    query = (
        select(Delivery)
        .where(Delivery.endpoint_id == endpoint_id)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Delivery.id < before)
    return (await session.scalars(query)).all()


async def lock_delivery(session: Session, endpoint_id: UUID, delivery_id: UUID) -> Delivery | None:
    """One delivery to that endpoint, locked, or None."""
    query = (
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.endpoint_id == endpoint_id)
        .with_for_update()
    )
    return (await session.scalars(query)).one_or_none()


async def take_due(session: Session, limit: int) -> Sequence[tuple[Delivery, Endpoint]]:
    """What is due longest and in nobody's hand, taken in hand for the length of a lease."""
    due = (
        select(Delivery.id)
        .where(Delivery.due_at <= session.now)
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.scalars(due)).all()
    await session.execute(
        update(Delivery).where(Delivery.id.in_(ids)).values(due_at=session.now + LEASE)
    )
    query = (
        select(Delivery, Endpoint)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.id.in_(ids))
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def lock_endpoint(session: Session, endpoint_id: UUID) -> Endpoint | None:
    """One endpoint, locked, or None when it was removed meanwhile."""
    query = select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def fail_queued(session: Session, endpoint_id: UUID, fault: str) -> None:
    """Try nothing more that waits for an endpoint."""
    await session.execute(
        update(Delivery)
        .where(Delivery.endpoint_id == endpoint_id, Delivery.state == State.QUEUED)
        .values(state=State.FAILED, fault=fault, due_at=None, settled_at=session.now)
    )


async def take_untold(session: Session, limit: int) -> Sequence[Endpoint]:
    """Endpoints that were switched off and whose business is not told yet, locked."""
    query = select(Endpoint).where(Endpoint.untold).limit(limit).with_for_update(skip_locked=True)
    return (await session.scalars(query)).all()


async def sweep(session: Session, before: datetime) -> int:
    """Remove settled deliveries that are older; returns how many."""
    gone = await session.execute(
        delete(Delivery)
        .where(Delivery.created_at < before, Delivery.due_at.is_(None))
        .returning(Delivery.id)
    )
    return len(gone.all())
