"""Every SQL statement about budgets and their watch; what spends is raw asyncpg, on the lookup pool."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from registry.limits import rules, watch
from registry.limits.rules import Budget, Spent
from registry.limits.tables import Bucket, CanaryTouch, Refusal, Unmatched
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
