"""What the clock brings to budgets and their watch: what counts no longer goes."""

from registry.limits import store
from registry.platform.runtime import Runtime, transaction

BATCH = 5_000


async def sweep(runtime: Runtime) -> int:
    """Delete what counts no longer: buckets that are full, marks and refusals of a day that is over, old touches."""
    async with transaction(runtime) as session:
        return await store.sweep(session, BATCH)
