"""What the clock brings to lookups: receipts end."""

from registry.lookups import store
from registry.platform.runtime import Runtime, transaction

BATCH = 1000


async def sweep(runtime: Runtime) -> int:
    """Delete receipts past the months for which they are kept; returns how many."""
    async with transaction(runtime) as session:
        return await store.sweep(session, session.policy.receipt_months, BATCH)
