"""Every SQL statement about businesses and their keys."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.businesses.rules import CLAIMS, MEMBERS, OWNED, State
from registry.businesses.tables import Alarm, ApiKey, Business, Conduct, Owner, OwnerAnswer
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow


def add(session: Session, *rows: Alarm | ApiKey | Business | Conduct | OwnerAnswer) -> None:
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


async def list_claims(session: Session, business: Business) -> Sequence[Business]:
    """The other businesses that claim the same register code: members first, then proven ones, the oldest first."""
    query = (
        select(Business)
        .where(Business.register_code_index == business.register_code_index)
        .where(Business.id != business.id, Business.state.in_(CLAIMS))
        .order_by(Business.state.in_(MEMBERS).desc(), Business.email_proven_at.is_(None))
        .order_by(Business.id)
    )
    return (await session.scalars(query)).all()


async def list_contested(session: Session, rows: Collection[Business]) -> set[bytes]:
    """Of these businesses' register codes those that several claim."""
    query = (
        select(Business.register_code_index)
        .where(Business.register_code_index.in_({row.register_code_index for row in rows}))
        .where(Business.state.in_(CLAIMS))
        .group_by(Business.register_code_index)
        .having(func.count() > 1)
    )
    return set(await session.scalars(query))


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


async def list_sharing(
    session: Session, business_id: UUID
) -> Sequence[Row[Business, bytes, int, bool]]:
    """Businesses that share an index value of an owner with this one, oldest first.

    Returns of each its wrapped data key and the version of what wraps it, and whether a value that they share is
    certain.
    """
    own = select(Owner.owner_index).where(Owner.business_id == business_id)
    shared = (
        select(Owner.business_id, func.bool_or(Owner.certain).label("certain"))
        .where(Owner.owner_index.in_(own), Owner.business_id != business_id)
        .group_by(Owner.business_id)
        .subquery()
    )
    query = (
        select(Business, DataKeyRow.wrapped, DataKeyRow.kek_version, shared.c.certain)
        .join(shared, shared.c.business_id == Business.id)
        .join(DataKeyRow, DataKeyRow.id == Business.data_key_id)
        .where(Business.state.in_(OWNED))
        .order_by(Business.created_at, Business.id)
    )
    return (await session.execute(query)).all()


async def list_owner_answers(session: Session, business_id: UUID) -> dict[UUID, bool]:
    """Map a business to what an operator said: whether it has an owner in common with this one."""
    of = OwnerAnswer
    query = select(of).where(or_(of.business_id == business_id, of.other_id == business_id))
    return {
        row.other_id if row.business_id == business_id else row.business_id: row.same
        for row in await session.scalars(query)
    }


async def list_unindexed(session: Session, limit: int) -> Sequence[Business]:
    """Businesses whose owners are not indexed in the present form, locked; those that are locked are passed over."""
    query = (
        select(Business)
        .where(Business.owners_indexed.is_(False))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def index_owners(session: Session, business_id: UUID, values: Mapping[bytes, bool]) -> None:
    """Add index values of a business's owners, each with whether it is certain; one that is there already is left."""
    rows = [
        {"business_id": business_id, "owner_index": value, "certain": certain}
        for value, certain in values.items()
    ]
    await session.execute(insert(Owner).on_conflict_do_nothing(), rows)


async def list_sources(session: Session, ids: Collection[UUID]) -> Sequence[UUID]:
    """The sources of these businesses, by the oldest of each."""
    query = (
        select(Business.source_id)
        .where(Business.id.in_(ids))
        .group_by(Business.source_id)
        .order_by(func.min(Business.created_at))
    )
    return (await session.scalars(query)).all()


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


async def find_conduct(session: Session, business_id: UUID) -> Conduct | None:
    """How the business's reports were decided; None when none was."""
    return await session.get(Conduct, business_id)


async def list_conduct_of_source(
    session: Session, source_id: UUID
) -> Sequence[Row[Business, Conduct | None]]:
    """Every business of a source with its conduct."""
    query = (
        select(Business, Conduct)
        .outerjoin(Conduct, Conduct.business_id == Business.id)
        .where(Business.source_id == source_id)
        .order_by(Business.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(query)).all()


async def list_on_probation(session: Session) -> Sequence[Row[Business, Conduct]]:
    """Businesses on probation, the longest first."""
    query = (
        select(Business, Conduct)
        .join(Conduct, Conduct.business_id == Business.id)
        .where(Conduct.probation_since.is_not(None))
        .order_by(Conduct.probation_since, Business.id)
    )
    return (await session.execute(query)).all()


async def list_conduct_due(session: Session, limit: int, but: Collection[UUID]) -> Sequence[UUID]:
    """Businesses whose oldest decision stops counting now, earliest first."""
    query = (
        select(Conduct.business_id)
        .where(Conduct.due_at <= session.now, Conduct.business_id.not_in(but))
        .order_by(Conduct.due_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def find_key(
    session: Session, digest: bytes
) -> Row[ApiKey, Business, bytes, int, datetime | None] | None:
    """A usable key with its business, the business's wrapped data key, and since when it is on probation."""
    return (
        await session.execute(
            select(
                ApiKey,
                Business,
                DataKeyRow.wrapped,
                DataKeyRow.kek_version,
                Conduct.probation_since,
            )
            .join(Business, Business.id == ApiKey.business_id)
            .outerjoin(Conduct, Conduct.business_id == Business.id)
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


async def list_signals_of_today(session: Session, business_id: UUID) -> set[str]:
    """What alarms of the last day noticed."""
    lately = session.real - timedelta(days=1)
    query = select(Alarm.signal).where(Alarm.business_id == business_id, Alarm.at > lately)
    return set(await session.scalars(query))


async def list_alarms(
    session: Session, *, before: UUID | None, limit: int
) -> Sequence[Row[Alarm, Business]]:
    """Alarms with their businesses, newest first."""
    query = (
        select(Alarm, Business)
        .join(Business, Business.id == Alarm.business_id)
        .order_by(Alarm.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Alarm.id < before)
    return (await session.execute(query)).all()
