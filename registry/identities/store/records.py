"""Every SQL statement about records, what they are found by, and the identities that they belong to."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from registry.identities.tables import Identifier, Identity, Record, one_of
from registry.matching.fingerprints import Token
from registry.platform.runtime import Session
from registry.platform.tables import Base, DataKeyRow


class Holder(NamedTuple):
    """A record that holds an index value."""

    value: bytes
    record_id: UUID


#: One round trip for all values, and no more holders of each are read than its limit.
_HOLDERS = text("""
    SELECT asked.value, held.record_id FROM unnest(CAST(:values AS bytea[])) AS asked (value)
    CROSS JOIN LATERAL (
        SELECT i.record_id FROM record_identifiers i
        WHERE i.index_value = asked.value AND i.valid_until IS NULL
        LIMIT :limit
    ) AS held
""")


async def list_holders(session: Session, values: Collection[bytes], limit: int) -> list[Holder]:
    """Records that hold the index values, of each value as many as the limit."""
    rows = await session.execute(_HOLDERS, {"values": sorted(values), "limit": limit})
    return [Holder(*row) for row in rows]


class SealedRecord(NamedTuple):
    """A record as it is kept, with its key; `detached` are the index values that are its no longer.

    `identity_id` is None for a record that is not published.
    """

    id: UUID
    identity_id: UUID | None
    sealed: bytes
    data_key_id: UUID
    wrapped: bytes
    kek_version: int
    detached: list[bytes]


# Built once: to build a statement takes as long as to run it.
_DETACHED = (
    select(Identifier.index_value)
    .where(Identifier.record_id == Record.id, Identifier.valid_until.is_not(None))
    .scalar_subquery()
)
_SEALED = (
    select(
        Record.id,
        Record.identity_id,
        Record.sealed,
        Record.data_key_id,
        DataKeyRow.wrapped,
        DataKeyRow.kek_version,
        func.array(_DETACHED).label("detached"),
    )
    .join(DataKeyRow, DataKeyRow.id == Record.data_key_id)
    .where(
        or_(
            Record.id == any_(bindparam("records", type_=ARRAY(Uuid))),
            Record.identity_id == any_(bindparam("identities", type_=ARRAY(Uuid))),
        )
    )
)


async def list_sealed(
    session: Session, *, records: Collection[UUID] = (), identities: Collection[UUID] = ()
) -> Sequence[SealedRecord]:
    """These records, and all of these identities."""
    asked = {"records": list(records), "identities": list(identities)}
    return [SealedRecord(*row) for row in await session.execute(_SEALED, asked)]


async def identities_of(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Record -> its identity, of those that are published."""
    query = select(Record.id, Record.identity_id).where(one_of(Record.id, records))
    rows = await session.execute(query.where(Record.identity_id.is_not(None)))
    return {row.id: row.identity_id for row in rows}


async def lock_identities(session: Session, identities: Collection[UUID]) -> None:
    """Make changes of these identities wait for one another, in one fixed order, until the transaction ends."""
    query = select(Identity.id).where(one_of(Identity.id, identities)).order_by(Identity.id)
    await session.execute(query.with_for_update())


async def add_identities(session: Session, identities: Collection[UUID]) -> None:
    """Add identities that are not there yet."""
    rows = [{"id": identity, "created_at": session.now} for identity in identities]
    await session.execute(insert(Identity).on_conflict_do_nothing(), rows)


async def move_records(session: Session, identity_id: UUID, records: Collection[UUID]) -> None:
    """Let these records belong to an identity."""
    await session.execute(
        update(Record).where(one_of(Record.id, records)).values(identity_id=identity_id)
    )


async def add_rows(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Add rows in one statement."""
    if rows:
        await session.execute(insert(table), rows)


async def list_records(session: Session, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Published records, the oldest first."""
    query = select(Record.id).where(Record.identity_id.is_not(None)).order_by(Record.id)
    query = query.limit(limit)
    if after is not None:
        query = query.where(Record.id > after)
    return (await session.scalars(query)).all()


async def list_contacts_held(
    session: Session, values: Collection[bytes]
) -> Sequence[tuple[UUID, bytes]]:
    """(record, index value) of the records that hold one of these values now."""
    query = select(Identifier.record_id, Identifier.index_value).where(
        Identifier.index_value == any_(bindparam(None, list(values), type_=ARRAY(LargeBinary))),
        Identifier.valid_until.is_(None),
    )
    return [(row.record_id, row.index_value) for row in await session.execute(query)]


async def end_span(session: Session, value: bytes, until: date) -> list[UUID]:
    """Let an identifier be theirs until that day, of all records that hold it now; returns the records."""
    query = (
        update(Identifier)
        .where(Identifier.index_value == value, Identifier.valid_until.is_(None))
        .values(valid_until=until)
        .returning(Identifier.record_id)
    )
    return list(await session.scalars(query))


async def list_ended(session: Session, value: bytes, until: date) -> list[UUID]:
    """The records whose identifier was theirs until that day."""
    query = select(Identifier.record_id).where(
        Identifier.index_value == value, Identifier.valid_until == until
    )
    return list(await session.scalars(query))


async def reopen_span(session: Session, value: bytes, records: Collection[UUID]) -> list[UUID]:
    """Let an identifier be theirs again, of those of the records that are still there; returns them."""
    query = (
        update(Identifier)
        .where(Identifier.index_value == value, one_of(Identifier.record_id, records))
        .values(valid_until=None)
        .returning(Identifier.record_id)
    )
    return list(await session.scalars(query))


async def list_tokens(session: Session, records: Collection[UUID]) -> Sequence[Identifier]:
    """Everything that these records are found by, each with the day until which it was theirs."""
    query = select(Identifier).where(one_of(Identifier.record_id, records))
    return (await session.scalars(query)).all()


async def add_record(session: Session, row: dict[str, Any]) -> None:
    """Add a record that nothing finds yet."""
    await session.execute(insert(Record), [row])


async def seal_anew(session: Session, record_id: UUID, sealed: bytes) -> None:
    """Replace what a record says."""
    await session.execute(update(Record).where(Record.id == record_id).values(sealed=sealed))


async def add_identifiers(session: Session, record_id: UUID, found: Sequence[Token]) -> None:
    """Let a record that is not published be found by these tokens."""
    rows = [
        {
            "record_id": record_id,
            "index_value": token.value,
            "kind": token.kind,
            "key_version": session.keyring.current,
            "published": False,
        }
        for token in found
    ]
    await add_rows(session, Identifier, rows)


async def delete_record(session: Session, record_id: UUID) -> None:
    """Delete a record that is not published, with its index values."""
    await session.execute(delete(Record).where(Record.id == record_id))


async def delete_empty(session: Session, identities: Collection[UUID]) -> None:
    """Delete those of the identities that have no record left."""
    inhabited = select(Record.id).where(Record.identity_id == Identity.id).exists()
    await session.execute(delete(Identity).where(one_of(Identity.id, identities), ~inhabited))


async def owners_of(session: Session, records: Collection[UUID]) -> set[UUID | None]:
    """The businesses whose reports these records belong to."""
    reporters = await list_reporters(session, records)
    return {reporters.get(record) for record in records}


async def list_reporters(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Return record -> the business whose report it belongs to, of records that have one."""
    query = (
        select(Record.id, DataKeyRow.owner_id)
        .join(Record, Record.data_key_id == DataKeyRow.id)
        .where(one_of(Record.id, records), DataKeyRow.owner_id.is_not(None))
    )
    return {row.id: row.owner_id for row in await session.execute(query)}
