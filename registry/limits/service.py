"""Spending from a budget, and what is asked of the watch: canaries, and counting anew."""

from datetime import datetime
from typing import NamedTuple

from registry.limits import store, watch
from registry.limits.rules import Allowance, Budget, Spent, seldom
from registry.platform.errors import QuotaExceeded
from registry.platform.networks import Origin
from registry.platform.runtime import Runtime, Session

_SPENT_DISTINCT = (
    "Your budget of distinct clients of whom nothing is known does not hold this one; clients that you asked for"
    " today are answered. The next fits"
)


count_anew, plant, withdraw, refused = store.count_anew, store.plant, store.withdraw, store.refused


async def spend(runtime: Runtime, budget: Budget, cost: int) -> Spent:
    """Take up to `cost` cells, as many as fit; `admitted` says how many. A cost of nought only reads.

    A statement of its own: no other call waits for a lock on the budget longer than it takes.
    """
    async with runtime.database.lookups.acquire() as connection:
        (spent,) = await store.spend(connection, [(budget, cost)])
        return spent


async def take(runtime: Runtime, *budgets: Budget) -> int | None:
    """Take a cell of each budget in turn; seconds to wait when one has none left.

    The narrowest first: whoever is turned away takes nothing from those who come after.
    """
    for budget in budgets:
        spent = await spend(runtime, budget, 1)
        if not spent.admitted:
            return spent.retry_after
    return None


async def admit(runtime: Runtime, kind: str, origin: Origin, allowance: Allowance) -> int | None:
    """Spend one call of a caller without a key; return the seconds to wait when it is refused.

    No budget is held by the person or business that is asked for: anybody could spend it against them.
    """
    place = f"{kind}:network:{origin.network}"
    wait = await take(
        runtime,
        seldom(f"{kind}:address:{origin.address}", *allowance.address),
        seldom(place, *allowance.network),
    )
    if wait is None and await take(runtime, seldom(f"{place}:assured", *allowance.assured)):
        wait = await take(runtime, seldom(f"{kind}:all", *allowance.shared))
    return wait


def refuse(spent: Spent) -> QuotaExceeded:
    """The refusal for a spend that did not fit."""
    wait = spent.retry_after
    what = _SPENT_DISTINCT if spent.lacks_distinct else "The next call fits"
    return QuotaExceeded(
        f"Nothing was looked up and nothing was charged. {what} in {wait} s.", retry_after=wait
    )


class Canaries(NamedTuple):
    """The canaries of one label."""

    label: str
    laid: int
    since: datetime
    #: How many of them somebody asked for within `watch.CANARY_WINDOW`.
    met: int


async def list_canaries(session: Session) -> list[Canaries]:
    """What canaries there are, label by label."""
    since = session.real - watch.CANARY_WINDOW
    return [Canaries(*row) for row in await store.list_canaries(session, since)]
