"""What the worker does for webhooks when no one is asking."""

from registry.platform.runtime import Runtime, transaction
from registry.webhooks import sending, service


async def deliver(runtime: Runtime) -> int:
    """Send what is due; call again at once while it returns more than nought."""
    return await sending.deliver_due(runtime)


async def sweep(runtime: Runtime) -> int:
    """Remove what the log of deliveries keeps no longer."""
    async with transaction(runtime) as session:
        return await service.sweep(session)
