"""The one statement of this slice, on a raw connection of the lookup pool."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg

from registry.limits import rules
from registry.limits.rules import Budget, Spent

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"


async def spend(connection: Connection, budgets: Sequence[tuple[Budget, int]]) -> list[Spent]:
    """Take cells from every window of each budget at once, as many as fit; a cost of nought only reads."""
    row = await connection.fetchrow(
        "SELECT moment, admitted, waits, remaining, resets FROM registry_spend($1, $2, $3, $4, $5)",
        *rules.asked(budgets),
    )
    assert row is not None  # noqa: S101 - the function always returns one row
    return rules.answered([budget for budget, _ in budgets], row)
