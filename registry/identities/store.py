"""Every SQL statement about records, identities, facts and standings. All run with the system's view."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from registry.identities.rules import FactCodes, StandingFact
from registry.identities.tables import Fact, Identifier, Identity, Record, Standing
from registry.matching.fingerprints import STRONG
from registry.platform.runtime import Session
from registry.platform.tables import DataKeyRow


def add(session: Session, *rows: Identity | Record | Identifier) -> None:
    """Add rows."""
    session.add_all(rows)


async def list_strong(session: Session, record_id: UUID) -> Sequence[bytes]:
    """The index values of a record's strong identifiers."""
    query = select(Identifier.index_value).where(
        Identifier.record_id == record_id, Identifier.kind.in_(STRONG)
    )
    return (await session.scalars(query)).all()


async def list_identities_by(session: Session, values: Collection[bytes]) -> Sequence[UUID]:
    """Identities with a record that holds one of the index values, oldest first."""
    rows = await session.scalars(
        select(Identity.id)
        .join(Record, Record.identity_id == Identity.id)
        .join(Identifier, Identifier.record_id == Record.id)
        .where(Identifier.index_value.in_(values))
        .group_by(Identity.id, Identity.created_at)
        .order_by(Identity.created_at, Identity.id)
    )
    return rows.all()


async def hold_identity(session: Session, identity_id: UUID) -> bool:
    """Keep an identity from being deleted until the transaction ends; False when it is gone already."""
    held = (
        select(Identity.id)
        .where(Identity.id == identity_id)
        .with_for_update(read=True, key_share=True)
    )
    return await session.scalar(held) is not None


async def list_sealed_records(
    session: Session, identities: Collection[UUID]
) -> Sequence[Row[UUID, UUID, bytes, UUID, bytes, int]]:
    """(id, identity_id, sealed, data_key_id, wrapped, kek_version) of every record of the identities."""
    rows = await session.execute(
        select(
            Record.id,
            Record.identity_id,
            Record.sealed,
            Record.data_key_id,
            DataKeyRow.wrapped,
            DataKeyRow.kek_version,
        )
        .join(DataKeyRow, DataKeyRow.id == Record.data_key_id)
        .where(Record.identity_id.in_(identities))
        .order_by(Record.created_at, Record.id)
    )
    return rows.all()


async def get_record(session: Session, record_id: UUID) -> Record:
    """The record."""
    return await session.get_one(Record, record_id)


async def lock_identity(session: Session, identity_id: UUID) -> None:
    """Make changes of one identity's standing wait for one another."""
    await session.execute(select(Identity.id).where(Identity.id == identity_id).with_for_update())


async def lock_identities(session: Session, record_id: UUID, values: Collection[bytes]) -> None:
    """Lock the identity of a record and those that hold one of the index values, in one fixed order."""
    holders = select(Identifier.record_id).where(Identifier.index_value.in_(values))
    concerned = select(Record.identity_id).where(
        or_(Record.id == record_id, Record.id.in_(holders))
    )
    query = select(Identity.id).where(Identity.id.in_(concerned)).order_by(Identity.id)
    await session.execute(query.with_for_update())


async def put_fact(
    session: Session, report_id: UUID, record_id: UUID, business_id: UUID, codes: FactCodes
) -> None:
    """Set what is shown of a report."""
    values = {
        "record_id": record_id,
        "business_id": business_id,
        "codes": msgspec.to_builtins(codes),
        "hidden_since": None,
    }
    statement = insert(Fact).values(report_id=report_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["report_id"], set_=values)
    )


async def empty_fact(session: Session, report_id: UUID, since: datetime) -> UUID | None:
    """Show the report no longer; returns its record when it was shown before."""
    return await session.scalar(
        update(Fact)
        .where(Fact.report_id == report_id, Fact.codes.is_not(None))
        .values(codes=None, hidden_since=since)
        .returning(Fact.record_id)
    )


async def list_facts(session: Session, identity_id: UUID) -> list[StandingFact]:
    """The shown facts of an identity."""
    rows = await session.execute(
        select(Fact.report_id, Fact.record_id, Fact.business_id, Fact.codes)
        .join(Record, Record.id == Fact.record_id)
        .where(Record.identity_id == identity_id, Fact.codes.is_not(None))
    )
    return [
        msgspec.convert(
            {
                "report": row.report_id,
                "record": row.record_id,
                "business": row.business_id,
                **row.codes,
            },
            StandingFact,
        )
        for row in rows
    ]


async def list_identifiers(session: Session, identity_id: UUID) -> list[tuple[UUID, bytes, str]]:
    """(record, index value, kind) of an identity."""
    rows = await session.execute(
        select(Identifier.record_id, Identifier.index_value, Identifier.kind)
        .join(Record, Record.id == Identifier.record_id)
        .where(Record.identity_id == identity_id)
    )
    return [(row.record_id, row.index_value, row.kind) for row in rows]


async def replace_standings(
    session: Session, identity_id: UUID, rows: dict[bytes, tuple[str, list[StandingFact]]]
) -> None:
    """Write the identity's standings anew."""
    await session.execute(delete(Standing).where(Standing.identity_id == identity_id))
    if rows:
        await session.execute(
            insert(Standing),
            [
                {
                    "index_value": value,
                    "identity_id": identity_id,
                    "kind": kind,
                    "facts": msgspec.to_builtins(facts),
                }
                for value, (kind, facts) in sorted(rows.items())
            ],
        )


async def delete_record(session: Session, record_id: UUID) -> UUID | None:
    """Delete a record with its index values; returns its identity."""
    return await session.scalar(
        delete(Record).where(Record.id == record_id).returning(Record.identity_id)
    )


async def delete_identity_if_empty(session: Session, identity_id: UUID) -> None:
    """Delete an identity that has no record left."""
    remaining = select(func.count()).select_from(Record).where(Record.identity_id == identity_id)
    if await session.scalar(remaining) == 0:
        await session.execute(delete(Identity).where(Identity.id == identity_id))


async def list_hidden(
    session: Session, report_ids: Collection[UUID]
) -> Sequence[Row[UUID, UUID, dict[str, Any] | None, datetime | None]]:
    """(report, business, codes, hidden since) of the given reports."""
    rows = await session.execute(
        select(Fact.report_id, Fact.business_id, Fact.codes, Fact.hidden_since).where(
            Fact.report_id.in_(report_ids)
        )
    )
    return rows.all()
