"""What the clock brings to identities."""

from registry.identities import service
from registry.platform.runtime import Runtime, transaction

BATCH = 100


async def publish_due(runtime: Runtime) -> int:
    """Publish the records whose facts lookups show from now on; returns how many."""
    done = 0
    while done < BATCH:
        async with transaction(runtime) as session:
            if not await service.publish_due(session):
                break
        done += 1
    return done
