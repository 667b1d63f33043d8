"""What the worker does for the outbox when no one is asking."""

from registry.messages import service
from registry.platform.runtime import Runtime


async def deliver(runtime: Runtime) -> int:
    """Send what is due; call again at once while it returns more than nought."""
    return await service.deliver_due(runtime)


async def sweep(runtime: Runtime) -> int:
    """Remove outbox files that are past their days or erased; at least once a day."""
    return await service.sweep_files(runtime)
