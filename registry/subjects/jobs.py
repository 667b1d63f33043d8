"""Codes that are due, and sessions whose time is over."""

from registry.platform.runtime import Runtime, transaction
from registry.subjects import rules, service, store

BATCH = 100


async def send_codes(runtime: Runtime) -> int:
    """Send the codes that are due, each in a transaction of its own; returns how many were looked at."""
    done = 0
    while done < BATCH:
        async with transaction(runtime) as session:
            if not await service.send_code(session):
                break
        done += 1
    return done


async def sweep(runtime: Runtime) -> int:
    """Delete sessions, and what is left of documents, whose time is over."""
    async with transaction(runtime) as session:
        keys = await store.list_over(session, session.now - rules.KEPT_FOR, BATCH)
        await store.delete_with_keys(session, keys)
        return len(keys) + await store.delete_documents(session, session.now - rules.DOCUMENT_FOR)
