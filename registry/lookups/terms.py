"""The member's own terms: what it laid down for such facts, or prudent defaults."""

import msgspec

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.lookups import store
from registry.lookups.rules import DEFAULT_RULES
from registry.lookups.wire import TermRule, TermsChange, TermsView
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.runtime import Session


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
