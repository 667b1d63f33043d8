"""The one statement of this slice, on a raw connection of the lookup pool."""

from typing import Any, TypeAlias

import asyncpg

from registry.limits.rules import Budget, Spent

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"


async def spend(connection: Connection, budget: Budget, cost: int) -> Spent:
    """Take up to `cost` cells from every window of the budget at once; a cost of nought only reads."""
    row = await connection.fetchrow(
        "SELECT admitted, remaining, resets, wait, moment FROM registry_spend($1, $2, $3, $4)",
        [f"{budget.holder}:{name}" for name, _, _ in budget.windows],
        [quota for _, quota, _ in budget.windows],
        [seconds for _, _, seconds in budget.windows],
        cost,
    )
    assert row is not None  # noqa: S101 - the function always returns one row
    return Spent(
        budget=budget,
        admitted=row["admitted"],
        remaining=tuple(row["remaining"]),
        resets=tuple(row["resets"]),
        wait=row["wait"],
        at=row["moment"],
    )
