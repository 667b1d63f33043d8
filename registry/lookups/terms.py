"""The member's own terms: what it laid down for such facts, or prudent defaults."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.lookups import store
from registry.lookups.rules import DEFAULT_RULES, Rule
from registry.lookups.wire import TermRule, TermsChange, TermsView
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.runtime import Runtime, Session, transaction


async def in_force(runtime: Runtime, business_id: UUID) -> Sequence[Rule]:
    """The rules by which the business's lookups are advised."""
    async with transaction(runtime, business_id=business_id) as session:
        own = await store.find_terms(session, business_id)
    return DEFAULT_RULES if own is None else msgspec.convert(own.rules, tuple[Rule, ...])


async def view(session: Session, member: Member) -> TermsView:
    """The rules in force, as the member reads them."""
    own = await store.find_terms(session, member.business_id)
    if own is not None:
        return TermsView(rules=msgspec.convert(own.rules, list[TermRule]), default=False)
    rules = [
        TermRule(
            advice=rule.advice,
            categories=sorted(rule.categories),
            at_least=rule.at_least,
            within_months=rule.within_months,
        )
        for rule in DEFAULT_RULES
    ]
    return TermsView(rules=rules, default=True)


async def put(session: Session, member: Member, command: TermsChange) -> TermsView:
    """Set the member's own rules."""
    known = session.policy.retention_months
    unknown = [
        Fault(f"/rules/{i}/categories/{j}", f"is no category; known: {', '.join(known)}")
        for i, rule in enumerate(command.rules)
        for j, category in enumerate(rule.categories)
        if category not in known
    ]
    if unknown:
        raise invalid(unknown)
    await store.put_terms(session, member.business_id, msgspec.to_builtins(command.rules))
    audit.record(
        session,
        member.actor,
        "terms.set",
        "business",
        member.business_id,
        details={"rules": len(command.rules)},
    )
    return await view(session, member)
