"""Spending from a budget."""

from registry.limits import store
from registry.limits.rules import Budget, Spent
from registry.limits.store import spend
from registry.platform.errors import QuotaExceeded
from registry.platform.runtime import Runtime

__all__ = ["peek", "refuse", "spend", "take"]


async def peek(runtime: Runtime, budget: Budget) -> Spent:
    """What is left, without spending."""
    async with runtime.database.lookups.acquire() as connection:
        return await store.spend(connection, budget, 0)


async def take(runtime: Runtime, budget: Budget) -> Spent:
    """Spend one cell; `admitted` is 0 when none fits."""
    async with runtime.database.lookups.acquire() as connection:
        return await store.spend(connection, budget, 1)


def refuse(spent: Spent) -> QuotaExceeded:
    """The refusal for a spend that did not fit."""
    wait = spent.retry_after
    return QuotaExceeded(
        f"Nothing was looked up and nothing was charged. The next call fits in {wait} s.",
        retry_after=wait,
    )
