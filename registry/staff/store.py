"""Every SQL statement about staff and their keys."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update

from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.staff.tables import StaffKey, StaffMember


def add(session: Session, *rows: StaffMember | StaffKey) -> None:
    """Add rows."""
    session.add_all(rows)


async def get(session: Session, staff_id: UUID) -> StaffMember:
    """The member of staff; raises `NotFound`."""
    found = await session.get(StaffMember, staff_id)
    if found is None:
        raise NotFound
    return found


async def list_(session: Session, staff_ids: Collection[UUID]) -> Sequence[StaffMember]:
    """These members of staff."""
    query = select(StaffMember).where(StaffMember.id.in_(staff_ids))
    return (await session.scalars(query)).all()


async def find_key(session: Session, digest: bytes) -> Row[UUID, StaffMember] | None:
    """A usable key with its holder; notes its use at most once a minute."""
    found = (
        await session.execute(
            select(StaffKey.id, StaffMember)
            .join(StaffMember, StaffMember.id == StaffKey.staff_id)
            .where(StaffKey.digest == digest, StaffKey.revoked_at.is_(None))
            .where(or_(StaffKey.expires_at.is_(None), StaffKey.expires_at > func.clock_timestamp()))
        )
    ).one_or_none()
    if found is not None:
        stale = func.clock_timestamp() - timedelta(minutes=1)
        await session.execute(
            update(StaffKey)
            .where(StaffKey.id == found[0])
            .where(or_(StaffKey.last_used_at.is_(None), StaffKey.last_used_at < stale))
            .values(last_used_at=func.clock_timestamp())
        )
    return found


async def revoke_keys(session: Session, staff_id: UUID) -> int:
    """Revoke every key of one member of staff; returns how many there were."""
    rows = await session.execute(
        update(StaffKey)
        .where(StaffKey.staff_id == staff_id, StaffKey.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .returning(StaffKey.id)
    )
    return len(rows.all())
