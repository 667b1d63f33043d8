"""What the clock brings to lookups: the next months' partitions, and the end of receipts and idempotency keys."""

from datetime import date, timedelta

from registry.lookups import store
from registry.platform.runtime import Runtime, transaction

BATCH = 1000
#: Months for which a partition is made beforehand: so long may no worker run without any harm.
AHEAD = 6


async def add_months(runtime: Runtime) -> int:
    """Make the partitions of the months to come; returns how many.

    Never the present one: where it has none, its lookups lie in the default partition and stay there.
    """
    added = 0
    for ahead in range(1, AHEAD + 1):
        async with transaction(runtime) as session:
            added += await store.add_month(session, _month(session.now.date(), ahead))
    return added


async def sweep(runtime: Runtime) -> int:
    """Drop months past those for which receipts are kept, and delete what else is past; returns how much.

    A receipt is read until its day, and goes with its month. The partition is dropped in a transaction of its own: it
    keeps lookups waiting until it commits.
    """
    async with transaction(runtime) as session:
        dropped = await store.drop_month(session)
    async with transaction(runtime) as session:
        used_before = session.now - timedelta(hours=session.policy.idempotency_hours)
        keys = await store.sweep_keys(session, used_before, BATCH)
        return dropped + keys + await store.sweep_default(session, BATCH)


def _month(day: date, ahead: int) -> date:
    """The first day of the month so many after a day's."""
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)
