"""The standings that lookups read: kept in step with facts and records."""

from collections.abc import Collection
from uuid import UUID

from registry.businesses import service as businesses
from registry.identities import rules, store
from registry.matching.decision import Verdict
from registry.platform.runtime import Session


async def refresh(session: Session, identity_id: UUID) -> None:
    """Write the standings of an identity anew, from its shown facts and their records' index values."""
    facts = await store.list_facts(session, identity_id)
    rows: dict[bytes, tuple[str, list[rules.StandingFact]]] = {}
    if facts:
        identifiers = await store.list_identifiers(session, identity_id)
        sources = await businesses.sources_of(session, {fact.business for fact in facts})
        rows = rules.standing_rows(facts, identifiers, sources, await _confirmed(session, facts))
    await store.replace_standings(session, identity_id, rows)


async def _confirmed(
    session: Session, facts: Collection[rules.StandingFact]
) -> list[tuple[UUID, UUID]]:
    """Return the pairs of these facts' records that moderators hold to be of one person."""
    verdicts = await store.list_verdicts(session, {fact.record for fact in facts})
    return [
        (found.one, found.other)
        for found in verdicts
        if found.staff_id is not None and found.verdict == Verdict.SAME
    ]
