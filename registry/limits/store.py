"""Every SQL statement about budgets and their watch; what spends is raw asyncpg, on the lookup pool."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Row, delete, exists, func, inspect, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from registry.limits import rules, watch
from registry.limits.rules import Budget, Spent
from registry.limits.tables import Bucket, Canary, CanaryTouch, Refusal, Unmatched
from registry.platform.runtime import Session
from registry.platform.tables import Base

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"


async def spend(connection: Connection, budgets: Sequence[tuple[Budget, int]]) -> list[Spent]:
    """Take cells from every window of each budget at once, as many as fit; a cost of nought only reads."""
    row = await connection.fetchrow(
        "SELECT moment, admitted, waits, remaining, resets FROM registry_spend($1, $2, $3, $4, $5)",
        *rules.asked(budgets),
    )
    assert row is not None  # noqa: S101 - the function always returns one row
    return rules.answered([budget for budget, _ in budgets], row)


async def refused(connection: Connection, calls: Mapping[UUID, int]) -> dict[UUID, int]:
    """Count calls that were refused; returns what each business has of them today."""
    counts = await connection.fetchval(
        "SELECT registry_refused($1, $2)", list(calls), list(calls.values())
    )
    return dict(zip(calls, counts, strict=True))


async def count_anew(session: Session, business_id: UUID) -> None:
    """Forget what was counted of a business, but for what it spent."""
    for table in (Unmatched, Refusal, CanaryTouch):
        await session.execute(delete(table).where(table.business_id == business_id))


async def plant(session: Session, values: Collection[bytes], label: str) -> int:
    """Add canaries; returns how many were new."""
    rows = [{"index_value": v, "label": label, "planted_at": session.now} for v in values]
    added = insert(Canary).on_conflict_do_nothing().returning(Canary.index_value)
    return len((await session.scalars(added, rows)).all())


async def withdraw(session: Session, label: str) -> int:
    """Remove the canaries of a label; returns how many there were."""
    gone = delete(Canary).where(Canary.label == label).returning(Canary.index_value)
    return len((await session.scalars(gone)).all())


async def list_canaries(
    session: Session, since: datetime
) -> Sequence[Row[str, int, datetime, int]]:
    """Of each label: how many canaries, since when, and how many of them were asked for since that time."""
    met = exists().where(CanaryTouch.index_value == Canary.index_value, CanaryTouch.at > since)
    query = select(
        Canary.label, func.count(), func.min(Canary.planted_at), func.count().filter(met)
    )
    return (await session.execute(query.group_by(Canary.label).order_by(Canary.label))).all()


async def sweep(session: Session, limit: int) -> int:
    """Delete what counts no longer, some of each kind; returns how many rows."""
    now = session.real
    return sum(
        [
            # A bucket that is full says no more than none. An hour later nobody is about to spend from it.
            await _delete(session, Bucket, Bucket.arrival < now - timedelta(hours=1), limit),
            await _delete(session, Unmatched, Unmatched.at < now - timedelta(days=1), limit),
            await _delete(session, Refusal, Refusal.day < now.astimezone(UTC).date(), limit),
            await _delete(session, CanaryTouch, CanaryTouch.at < now - watch.CANARY_WINDOW, limit),
        ]
    )


async def _delete(session: Session, table: type[Base], old: ColumnElement[bool], limit: int) -> int:
    keys = inspect(table).primary_key
    # What somebody is just counting with is left for the next time.
    gone = select(*keys).where(old).limit(limit).with_for_update(skip_locked=True)
    done = await session.execute(delete(table).where(tuple_(*keys).in_(gone)).returning(keys[0]))
    return len(done.all())
