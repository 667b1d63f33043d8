"""Every SQL statement about businesses and their keys."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update

from registry.businesses.rules import State
from registry.businesses.tables import ApiKey, Business, Owner
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow


def add(session: Session, *rows: Business | Owner | ApiKey) -> None:
    """Add rows."""
    session.add_all(rows)


async def get(session: Session, business_id: UUID) -> Business:
    """The business; raises `NotFound`."""
    found = await session.get(Business, business_id)
    if found is None:
        raise NotFound
    return found


async def lock(session: Session, business_id: UUID) -> Business:
    """The business, locked for a change; raises `NotFound`."""
    found = await session.get(Business, business_id, with_for_update=True)
    if found is None:
        raise NotFound
    return found


async def list_owner_values(session: Session, business_id: UUID) -> Sequence[bytes]:
    """The index values of a business's beneficial owners."""
    query = select(Owner.owner_index).where(Owner.business_id == business_id)
    return (await session.scalars(query)).all()


async def find_by_register_code(session: Session, index: bytes) -> Business | None:
    """The live business with this register code."""
    live = (State.PENDING, State.VERIFIED, State.SUSPENDED)
    return await session.scalar(
        select(Business).where(Business.register_code_index == index, Business.state.in_(live))
    )


async def list_businesses(
    session: Session, *, state: str | None, before: UUID | None, limit: int
) -> Sequence[Business]:
    """Businesses, newest first."""
    query = select(Business).order_by(Business.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Business.state == state)
    if before is not None:
        query = query.where(Business.id < before)
    return (await session.scalars(query)).all()


async def sources_of_owners(session: Session, business_id: UUID) -> Sequence[UUID]:
    """Sources of verified or suspended businesses that share an owner with this one, oldest first."""
    own = select(Owner.owner_index).where(Owner.business_id == business_id)
    rows = await session.execute(
        select(Business.source_id, func.min(Business.created_at))
        .join(Owner, Owner.business_id == Business.id)
        .where(Owner.owner_index.in_(own), Business.id != business_id)
        .where(Business.state.in_((State.VERIFIED, State.SUSPENDED)))
        .group_by(Business.source_id)
        .order_by(func.min(Business.created_at))
    )
    return [row[0] for row in rows]


async def unite_sources(session: Session, sources: Collection[UUID], into: UUID) -> None:
    """Make several sources one."""
    await session.execute(
        update(Business).where(Business.source_id.in_(sources)).values(source_id=into)
    )


async def list_gone_since(session: Session, moment: datetime) -> Sequence[UUID]:
    """Businesses suspended or closed at or before the moment."""
    gone = (State.SUSPENDED, State.CLOSED)
    return (
        await session.scalars(
            select(Business.id).where(Business.state.in_(gone), Business.state_since <= moment)
        )
    ).all()


async def states_of(
    session: Session, ids: Collection[UUID]
) -> dict[UUID, tuple[str, datetime, UUID]]:
    """State, since when, and source of each business."""
    rows = await session.execute(
        select(Business.id, Business.state, Business.state_since, Business.source_id).where(
            Business.id.in_(ids)
        )
    )
    return {row.id: (row.state, row.state_since, row.source_id) for row in rows}


async def find_key(session: Session, digest: bytes) -> Row[ApiKey, Business, bytes, int] | None:
    """A usable key with its business and the business's wrapped data key."""
    return (
        await session.execute(
            select(ApiKey, Business, DataKeyRow.wrapped, DataKeyRow.kek_version)
            .join(Business, Business.id == ApiKey.business_id)
            .join(DataKeyRow, DataKeyRow.id == Business.data_key_id)
            .where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None))
            .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.clock_timestamp()))
        )
    ).one_or_none()


async def touch_key(session: Session, key_id: UUID) -> None:
    """Note that the key was used, at most once a minute."""
    stale = func.clock_timestamp() - timedelta(minutes=1)
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < stale))
        .values(last_used_at=func.clock_timestamp())
    )


async def lock_key(session: Session, business_id: UUID, key_id: UUID) -> ApiKey:
    """The business's own key, locked; raises `NotFound`."""
    found = await session.scalar(
        select(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.business_id == business_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def business_of_key(session: Session, key_id: UUID) -> UUID:
    """The business that a key belongs to; raises `NotFound`."""
    found = await session.get(ApiKey, key_id)
    if found is None:
        raise NotFound
    return found.business_id


async def list_keys(
    session: Session, business_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[ApiKey]:
    """The business's keys, newest first."""
    query = (
        select(ApiKey)
        .where(ApiKey.business_id == business_id)
        .order_by(ApiKey.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ApiKey.id < before)
    return (await session.scalars(query)).all()
