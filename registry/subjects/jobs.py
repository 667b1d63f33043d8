"""Codes that are due, and sessions whose time is over."""

from registry.platform.runtime import Runtime, transaction
from registry.subjects import rules, service, store

BATCH = 100


async def send_codes(runtime: Runtime) -> int:
    """See to the starts that are due, each in a transaction of its own; returns how many."""
    done = 0
    while done < BATCH:
        async with transaction(runtime) as session:
            if not await service.send_code(session):
                break
        done += 1
    return done


async def sweep(runtime: Runtime) -> int:
    """Delete sessions, codes, and what is left of documents, whose time is over; returns how many."""
    async with transaction(runtime) as session:
        keys = await store.list_over(session, session.now - rules.KEPT_FOR, BATCH)
        await store.delete_with_keys(session, keys)
        codes = await store.delete_codes(session, session.now - rules.KEPT_FOR)
        documents = await store.delete_documents(session, session.now - rules.DOCUMENT_FOR)
        return len(keys) + codes + documents
