"""The standings that lookups read: kept in step with facts and records."""

from uuid import UUID

from registry.identities import rules, store
from registry.platform.runtime import Session


async def refresh(session: Session, identity_id: UUID) -> None:
    """Write the standings of an identity anew, from its shown facts and their records' index values."""
    facts = await store.list_facts(session, identity_id)
    identifiers = await store.list_identifiers(session, identity_id) if facts else []
    rows = rules.standing_rows(facts, identifiers)
    await store.replace_standings(session, identity_id, rows)
