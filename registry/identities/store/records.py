"""Every SQL statement about records, what they are found by, and the identities that they belong to."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Row,
    Uuid,
    any_,
    bindparam,
    delete,
    distinct,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from registry.identities.rules import OWN_PROOFS
from registry.identities.tables import Identifier, Identity, Record, one_of
from registry.matching.fingerprints import STRONG, Token
from registry.platform.db import locks_of
from registry.platform.runtime import Session
from registry.platform.tables import Base, DataKeyRow


async def list_strong(session: Session, record_id: UUID) -> Sequence[bytes]:
    """The index values of a record's strong identifiers."""
    query = select(Identifier.index_value).where(
        Identifier.record_id == record_id, Identifier.kind.in_(STRONG)
    )
    return (await session.scalars(query)).all()


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


class Asked(NamedTuple):
    """A token to search by: how many holders of it are counted, what it promises of them (the more, the sooner they are
    read), and whether it does so however many they are.
    """

    value: bytes
    limit: int
    promise: int
    strong: bool


SealedRecord = Row[UUID, UUID, bytes, UUID, bytes, int, list[bytes]]


class Found(NamedTuple):
    """How many hold each token that was asked, how many records there are, about, and those worth comparing."""

    counts: Sequence[int]
    total: int
    records: Sequence[SealedRecord]


# The functions' own signatures tell the types: SQLAlchemy's would cost as much again as the search.
_NEIGHBOURS = text("""
    SELECT id, identity_id, sealed, data_key_id, wrapped, kek_version, detached, counts, total
    FROM registry_neighbours(:locks, :values, :limits, :promises, :strong, :most, :before)
""")


async def find_neighbours(
    session: Session,
    asked: Sequence[Asked],
    *,
    locked: Iterable[bytes] = (),
    most: int,
    before: UUID | None = None,
) -> Found:
    """Search by tokens, once other writers of the `locked` values are done; `before` a record, among older ones."""
    values, limits, promises, strong = zip(*asked, strict=True) if asked else ((), (), (), ())
    given: dict[str, Any] = {
        "values": values,
        "limits": limits,
        "promises": promises,
        "strong": strong,
    }
    given |= {"locks": locks_of(locked), "most": most, "before": before}
    rows = (await session.execute(_NEIGHBOURS, given)).all()
    return Found(rows[0].counts, rows[0].total, [row for row in rows if row.id is not None])


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
    """(id, identity_id, sealed, data_key_id, wrapped, kek_version, detached) of these records, and all of these
    identities; `detached` are the index values that are theirs no longer.
    """
    asked = {"records": list(records), "identities": list(identities)}
    return (await session.execute(_SEALED, asked)).all()


async def identities_of(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Record -> its identity."""
    rows = await session.execute(
        select(Record.id, Record.identity_id).where(one_of(Record.id, records))
    )
    return {row.id: row.identity_id for row in rows}


async def lock_identities(session: Session, identities: Collection[UUID]) -> None:
    """Make changes of these identities wait for one another, in one fixed order, until the transaction ends."""
    query = select(Identity.id).where(one_of(Identity.id, identities)).order_by(Identity.id)
    await session.execute(query.with_for_update())


_HOLD = text("SELECT id, identity_id FROM registry_hold_identities(:records)")


async def hold(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Lock the identities of these records as `lock_identities` does; returns all of their records -> its identity."""
    rows = await session.execute(_HOLD, {"records": list(records)})
    return {row.id: row.identity_id for row in rows}


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


#: One round trip. What refers to a row of the same statement is checked at its end.
_WRITE = text("""
    WITH identity AS (
        INSERT INTO identities (id, created_at) VALUES (:identity_id, :created_at) ON CONFLICT DO NOTHING
    ), record AS (
        INSERT INTO records (id, identity_id, data_key_id, sealed, created_at)
        VALUES (:id, :identity_id, :data_key_id, :sealed, :created_at)
    ), told AS (
        INSERT INTO pair_decisions
        SELECT * FROM jsonb_populate_recordset(NULL::pair_decisions, CAST(:told AS jsonb))
    )
    INSERT INTO record_identifiers (record_id, index_value, kind, key_version)
    SELECT :id, value, kind, :key_version
    FROM unnest(CAST(:values AS bytea[]), CAST(:kinds AS text[])) AS found (value, kind)
""").bindparams(
    bindparam("id", type_=Uuid()),
    bindparam("identity_id", type_=Uuid()),
    bindparam("data_key_id", type_=Uuid()),
)


async def write_record(
    session: Session,
    record: dict[str, Any],
    found: Sequence[Token],
    told: Sequence[dict[str, Any]],
) -> None:
    """Write a record and what it is found by, in an identity that may be new, with its entries of the log."""
    given = {
        **record,
        "values": [token.value for token in found],
        "kinds": [token.kind for token in found],
        "key_version": session.keyring.current,
        "told": msgspec.json.encode(told).decode(),
    }
    await session.execute(_WRITE, given)


async def list_records(session: Session, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Records, the oldest first."""
    query = select(Record.id).order_by(Record.id).limit(limit)
    if after is not None:
        query = query.where(Record.id > after)
    return (await session.scalars(query)).all()


async def list_under(
    session: Session, values: Sequence[bytes], among: Collection[UUID] | None = None
) -> list[UUID]:
    """The records under all of these index values, the oldest first; which, `service.records_under` tells."""
    held = Identifier.index_value == any_(bindparam(None, list(values), type_=ARRAY(LargeBinary)))
    present = Identifier.valid_until.is_(None)
    known = (
        select(Record.identity_id)
        .join(Identifier, Identifier.record_id == Record.id)
        .where(held, present)
        .group_by(Record.identity_id)
        .having(func.count(distinct(Identifier.index_value)) == len(set(values)))
    )
    query = select(Record.id).where(Record.identity_id.in_(known)).order_by(Record.id)
    if among is not None:
        theirs = select(Record.identity_id).where(one_of(Record.id, among))
        query = query.where(Record.identity_id.in_(theirs))
    elif len(set(values)) > 1:
        contacts = func.count().filter(Identifier.kind.in_(("phone", "email")))
        needed = func.least(OWN_PROOFS, func.greatest(1, contacts))
        own = select(func.count().filter(held) >= needed)
        query = query.where(own.where(Identifier.record_id == Record.id, present).scalar_subquery())
    return list(await session.scalars(query))


async def list_lost(session: Session, record_id: UUID) -> list[dict[str, Any]]:
    """What was detached from a record, for `put_lost`."""
    of = Identifier
    query = select(of.index_value, of.kind, of.key_version, of.valid_from, of.valid_until).where(
        of.record_id == record_id, of.valid_until.is_not(None)
    )
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def put_lost(session: Session, record_id: UUID, lost: Sequence[dict[str, Any]]) -> None:
    """Let a record have lost these identifiers, whether or not it names them."""
    added = insert(Identifier).values([{"record_id": record_id, **one} for one in lost])
    until = {"valid_until": added.excluded.valid_until}
    await session.execute(
        added.on_conflict_do_update(index_elements=["record_id", "index_value"], set_=until)
    )


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


async def delete_record(session: Session, record_id: UUID) -> UUID | None:
    """Delete a record with its index values; returns its identity."""
    return await session.scalar(
        delete(Record).where(Record.id == record_id).returning(Record.identity_id)
    )


async def delete_empty(session: Session, identities: Collection[UUID]) -> None:
    """Delete those of the identities that have no record left."""
    inhabited = select(Record.id).where(Record.identity_id == Identity.id).exists()
    await session.execute(delete(Identity).where(one_of(Identity.id, identities), ~inhabited))


async def owners_of(session: Session, records: Collection[UUID]) -> set[UUID | None]:
    """The businesses whose reports these records belong to."""
    query = (
        select(DataKeyRow.owner_id)
        .join(Record, Record.data_key_id == DataKeyRow.id)
        .where(one_of(Record.id, records))
    )
    return set(await session.scalars(query))
