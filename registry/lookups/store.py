"""Every SQL statement of lookups. The hot path is raw asyncpg, under a role that may run these functions only."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.lookups.rules import DEFAULT_RULES, Fact, Rule
from registry.lookups.tables import Lookup, Terms
from registry.matching.subject import Subject
from registry.platform import vault
from registry.platform.errors import NotFound
from registry.platform.keyring import Keyring
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"


class Row(msgspec.Struct, frozen=True):
    """What a lookup leaves on record."""

    id: UUID
    business_id: UUID
    key_id: UUID
    at: datetime
    purpose: str
    result: str
    report_ids: list[UUID]
    sealed: bytes
    digest: bytes
    idempotency: bytes | None
    fingerprint: bytes | None


async def standings(
    connection: Connection, values: Collection[bytes], at: datetime
) -> dict[bytes, list[tuple[UUID, tuple[Fact, ...]]]]:
    """Index value -> identities with their facts that may be shown at the moment."""
    rows = await connection.fetch(
        "SELECT index_value, identity_id, facts FROM registry_standings($1, $2)", list(values), at
    )
    found: dict[bytes, list[tuple[UUID, tuple[Fact, ...]]]] = {}
    for row in rows:
        facts = msgspec.json.decode(row["facts"], type=tuple[Fact, ...])
        found.setdefault(row["index_value"], []).append((row["identity_id"], facts))
    return found


async def subjects(
    connection: Connection, keyring: Keyring, records: Collection[UUID], place: str
) -> dict[UUID, tuple[Subject, DataKey]]:
    """Record -> what it holds, opened, and the key that opens what else its report said."""
    rows = await connection.fetch(
        "SELECT id, data_key_id, sealed, wrapped, kek_version FROM registry_records($1)",
        list(records),
    )
    found = {}
    for row in rows:
        key = vault.unwrap(keyring, row["data_key_id"], row["wrapped"], row["kek_version"])
        found[row["id"]] = key.open(place, row["sealed"], Subject), key
    return found


async def rules_of(connection: Connection, business_id: UUID) -> Sequence[Rule]:
    """The rules by which the business's lookups are advised: its own, or the defaults."""
    own = await connection.fetchval("SELECT registry_terms($1)", business_id)
    return DEFAULT_RULES if own is None else msgspec.json.decode(own, type=tuple[Rule, ...])


async def keep(connection: Connection, rows: Sequence[Row]) -> None:
    """Put lookups on record, all or none; they are durable when this returns."""
    statement = "SELECT registry_keep_lookup($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    if len(rows) == 1:
        await connection.execute(statement, *msgspec.structs.astuple(rows[0]))
    else:
        await connection.executemany(statement, [msgspec.structs.astuple(row) for row in rows])


async def get(session: Session, business_id: UUID, lookup_id: UUID) -> Lookup:
    """A recorded lookup of the business; raises `NotFound`."""
    found = await session.get(Lookup, lookup_id)
    if found is None or found.business_id != business_id:
        raise NotFound
    return found


async def list_under(
    session: Session, business_id: UUID, keys: Collection[bytes]
) -> Sequence[Lookup]:
    """Lookups made under these idempotency digests."""
    query = select(Lookup).where(Lookup.business_id == business_id, Lookup.idempotency.in_(keys))
    return (await session.scalars(query)).all()


async def free_keys(session: Session, ids: Collection[UUID]) -> None:
    """Let the idempotency keys of these lookups be used again."""
    await session.execute(
        update(Lookup).where(Lookup.id.in_(ids)).values(idempotency=None, fingerprint=None)
    )


async def sweep(session: Session, months: int, limit: int) -> int:
    """Delete lookups older than so many months, oldest first; returns how many."""
    before = session.now - func.make_interval(0, months)
    old = select(Lookup.id).where(Lookup.at < before).order_by(Lookup.at).limit(limit)
    gone = await session.execute(delete(Lookup).where(Lookup.id.in_(old)).returning(Lookup.id))
    return len(gone.all())


async def list_shown(
    session: Session, report_ids: Collection[UUID], since: date
) -> Sequence[Lookup]:
    """Lookups that showed one of the reports since that day, newest first."""
    query = (
        select(Lookup)
        .where(
            Lookup.report_ids.op("&&")(bindparam(None, list(report_ids), type_=ARRAY(Uuid))),
            Lookup.at >= since,
        )
        .order_by(Lookup.at.desc(), Lookup.id.desc())
    )
    return (await session.scalars(query)).all()


async def find_terms(session: Session, business_id: UUID) -> Terms | None:
    """The business's own terms."""
    return await session.get(Terms, business_id)


async def put_terms(session: Session, business_id: UUID, rules: list[dict[str, Any]]) -> None:
    """Set the business's own terms."""
    values = {"rules": rules, "changed_at": session.now}
    statement = insert(Terms).values(business_id=business_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["business_id"], set_=values)
    )
