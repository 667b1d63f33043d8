"""Every SQL statement about facts, and the standings that lookups read."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Row,
    Select,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from registry.identities.rules import FactCodes, HeldValue, StandingFact
from registry.identities.tables import Fact, Identifier, Record, Standing
from registry.platform.runtime import Session


async def put_fact(
    session: Session,
    report_id: UUID,
    record_id: UUID,
    business_id: UUID,
    codes: FactCodes,
    *,
    publish_at: datetime | None,
) -> None:
    """Set what is shown of a report; `publish_at` is when its record is still to be published."""
    values = {
        "record_id": record_id,
        "business_id": business_id,
        "codes": msgspec.to_builtins(codes),
        "hidden_since": None,
        "publish_at": publish_at,
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
        .values(codes=None, hidden_since=since, publish_at=None)
        .returning(Fact.record_id)
    )


async def lock_unpublished(session: Session, but: Collection[UUID]) -> tuple[UUID, UUID] | None:
    """(report, record) of one fact whose record is to be published now, locked; None when there is none.

    `but` are the businesses whose records are not published.
    """
    return await _lock_one(
        session,
        select(Fact.report_id, Fact.record_id)
        .where(Fact.publish_at <= session.now, Fact.business_id.not_in(but))
        .order_by(Fact.publish_at),
    )


async def lock_published(session: Session, of: Collection[UUID]) -> tuple[UUID, UUID] | None:
    """(report, record) of one fact of these businesses whose record is published, locked; None when there is none."""
    return await _lock_one(
        session,
        select(Fact.report_id, Fact.record_id).where(
            Fact.business_id.in_(of), Fact.codes.is_not(None), Fact.publish_at.is_(None)
        ),
    )


async def _lock_one(session: Session, query: Select[UUID, UUID | None]) -> tuple[UUID, UUID] | None:
    row = (await session.execute(query.limit(1).with_for_update(skip_locked=True))).one_or_none()
    return None if row is None or row.record_id is None else (row.report_id, row.record_id)


async def mark_published(session: Session, report_id: UUID) -> None:
    """Note that a fact's record is published."""
    await _set_publish_at(session, report_id, None)


async def mark_unpublished(session: Session, report_id: UUID) -> None:
    """Note that a fact's record waits to be published again."""
    await _set_publish_at(session, report_id, session.now)


async def _set_publish_at(session: Session, report_id: UUID, when: datetime | None) -> None:
    await session.execute(update(Fact).where(Fact.report_id == report_id).values(publish_at=when))


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


async def list_identifiers(session: Session, identity_id: UUID) -> list[HeldValue]:
    """Return the index values of an identity's records."""
    rows = await session.execute(
        select(
            Identifier.record_id, Identifier.index_value, Identifier.kind, Identifier.valid_until
        )
        .join(Record, Record.id == Identifier.record_id)
        .where(Record.identity_id == identity_id)
    )
    return [
        HeldValue(row.record_id, row.index_value, row.kind, row.valid_until is None) for row in rows
    ]


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
