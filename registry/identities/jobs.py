"""What the clock brings to identities."""

from collections.abc import Awaitable, Callable

from registry.identities import service
from registry.platform.runtime import Runtime, Session, transaction

BATCH = 100


async def publish_due(runtime: Runtime) -> int:
    """Publish the records whose facts lookups show from now on; returns how many."""
    return await _each(runtime, service.publish_due)


async def unpublish_suspended(runtime: Runtime) -> int:
    """Take the records of suspended and closed businesses out of their identities; returns how many."""
    return await _each(runtime, service.unpublish_suspended)


async def _each(runtime: Runtime, step: Callable[[Session], Awaitable[bool]]) -> int:
    """Take a step in a transaction of its own until there is none left, or `BATCH` are done; returns how many."""
    for done in range(BATCH):
        async with transaction(runtime) as session:
            if not await step(session):
                return done
    return BATCH
