"""Counting each month after its end, a transaction a month."""

from registry.platform.runtime import Runtime, transaction
from registry.transparency import service


async def count_months(runtime: Runtime) -> int:
    """Count what is over and was not counted; returns how many months."""
    async with transaction(runtime) as session:
        months = await service.uncounted(session)
    for month in months:
        async with transaction(runtime) as session:
            await service.count(session, month)
    return len(months)
