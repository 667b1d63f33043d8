"""Operators' decisions on businesses, and the case that they decide on.

A case shows all that is not settled by rule: who else claims the register code, and whose owners may be the same
person. A business is verified only together with an answer to each such question, so that none is passed over.
"""

from collections.abc import Collection
from uuid import UUID

from registry.audit import service as audit
from registry.businesses import conduct, owners, profile, rules, service, store
from registry.businesses.alarms import DecisionNotPossible, check_version
from registry.businesses.rules import Likeness, State
from registry.businesses.tables import Business, OwnerAnswer
from registry.businesses.wire import BusinessCase, BusinessDecision, BusinessView, OwnerMatch
from registry.messages.rules import Template
from registry.platform import vault
from registry.platform.actor import Actor
from registry.platform.db import lock_values
from registry.platform.errors import Conflict, RuleBroken
from registry.platform.faults import Fault
from registry.platform.runtime import Session

_LETTERS = {
    State.VERIFIED: Template.BUSINESS_VERIFIED,
    State.REFUSED: Template.BUSINESS_REFUSED,
    State.SUSPENDED: Template.BUSINESS_SUSPENDED,
}


#: Of so many claims to one code a case shows the profiles.
MOST_CLAIMS = 100


class RegisterCodeTaken(Conflict):
    """Another business is the member under this register code."""

    slug, title = "register-code-taken", "Another business is a member under this register code"


class QuestionsOpen(RuleBroken):
    """The case asks about other businesses, and the decision does not answer for each of them."""

    slug, title = "questions-open", "The case asks more than was answered"


async def case(session: Session, business_id: UUID) -> BusinessCase:
    """All that an operator needs to decide on a business; raises `NotFound`."""
    business = await store.get(session, business_id)
    return BusinessCase(
        business=await service.view(session, business_id),
        claims=[
            await service.view(session, claim.id)
            for claim in (await store.list_claims(session, business))[:MOST_CLAIMS]
        ],
        owners=await _matches(session, business),
    )


async def decide(
    session: Session, actor: Actor, business_id: UUID, command: BusinessDecision
) -> BusinessView:
    """An operator verifies, refuses, suspends or closes; raises `DecisionNotPossible`, `QuestionsOpen`."""
    # Businesses of one owner are one source, and claims to one code exclude each other: decisions wait in line.
    await lock_values(session, [conduct.turn(session)])
    business = await store.lock(session, business_id)
    check_version(business, command.version)
    target = rules.TRANSITIONS.get((State(business.state), command.decision))
    if target is None:
        raise DecisionNotPossible(
            f"A business that is {business.state} cannot be decided upon with this."
        )
    if target is not State.VERIFIED:
        _check_answers(command, claims=(), owners=())
    one = await _settle(session, actor, business, command) if target is State.VERIFIED else ()
    await _move(session, actor, business, target, command.reason)
    if one:
        await _join_source(session, business, one)
    return await service.view(session, business_id)


async def _move(
    session: Session, actor: Actor, business: Business, target: State, reason: str
) -> None:
    """Bring a business to another state, on record, and write to it."""
    if business.state != State.SUSPENDED or target is not State.CLOSED:
        business.state_since = session.now
    business.state = target
    business.version += 1
    audit.record(
        session,
        actor,
        f"business.{target}",
        "business",
        business.id,
        business_id=business.id,
        details={"email_proven": int(business.email_proven_at is not None)},
        reason=(await profile.key_of(session, business), reason),
    )
    if target in _LETTERS:
        values = {"reason_text": reason}
        await profile.write_to(session, business.id, _LETTERS[target], values, about_id=business.id)


async def _settle(
    session: Session, actor: Actor, business: Business, command: BusinessDecision
) -> set[UUID]:
    """Settle what the case asks before a business is verified; returns the businesses that have one owner with it."""
    claims = await store.list_claims(session, business)
    if any(claim.state in rules.MEMBERS for claim in claims):
        raise RegisterCodeTaken(
            "Refuse this one, or close the other first: GET /v1/operations/businesses/{id} shows both."
        )
    matches = await _matches(session, business)
    asked = [match.id for match in matches if match.same is None]
    _check_answers(command, claims=[claim.id for claim in claims], owners=asked)
    for claim in claims:
        if claim.id in command.claims.refuse:
            await _move(session, actor, claim, State.REFUSED, command.claims.reason or "")
    for id_ in asked:
        await _answer(session, actor, business, id_, same=id_ in command.owners.same)
    return {match.id for match in matches if match.same} | set(command.owners.same)


async def _answer(
    session: Session, actor: Actor, business: Business, other_id: UUID, *, same: bool
) -> None:
    row = OwnerAnswer(business_id=business.id, other_id=other_id, same=same, at=session.now)
    store.add(session, row)
    audit.record(
        session,
        actor,
        "business.owner_same" if same else "business.owner_different",
        "business",
        business.id,
        business_id=business.id,
        details={"other": str(other_id)},
    )


def _check_answers(
    command: BusinessDecision, *, claims: Collection[UUID], owners: Collection[UUID]
) -> None:
    found, answer = [], command.claims
    if not set(answer.refuse) <= set(claims):
        found.append(Fault("/claims/refuse", "must be pending claims to this register code"))
    elif not answer.leave_others and set(claims) - set(answer.refuse):
        found.append(Fault("/claims", "must refuse the others that claim the code, or leave them"))
    if answer.refuse and answer.reason is None:
        found.append(Fault("/claims/reason", "is what those that are refused are told"))
    if sorted(owners) != sorted([*command.owners.same, *command.owners.different]):
        found.append(
            Fault("/owners", "must name each business that the case asks about, once, and no other")
        )
    if found:
        said = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in found)
        raise QuestionsOpen(
            f"{said}. Read the case again: GET /v1/operations/businesses/{{id}}.", errors=found
        )


async def _matches(session: Session, business: Business) -> list[OwnerMatch]:
    """Businesses that have, or may have, one owner with this one, oldest first."""
    said = profile.opened(business, await profile.key_of(session, business))
    ours = owners.people(said.name, said.owners)
    answers = await store.list_owner_answers(session, business.id)
    found = []
    for other, wrapped, version, certain in await store.list_sharing(session, business.id):
        key = vault.unwrap(session.keyring, other.data_key_id, wrapped, version)
        theirs = profile.opened(other, key)
        likeness = owners.compare(ours, owners.people(theirs.name, theirs.owners))
        if certain:
            likeness = Likeness.EQUAL
        if likeness is not None:
            same = True if likeness is Likeness.EQUAL else answers.get(other.id)
            found.append(
                OwnerMatch(
                    id=other.id,
                    name=theirs.name,
                    state=State(other.state),
                    beneficial_owners=theirs.owners,
                    likeness=likeness,
                    same=same,
                )
            )
    return found


async def _join_source(session: Session, business: Business, one: Collection[UUID]) -> None:
    """Businesses of one beneficial owner count as one source, by the oldest of them."""
    sources = await store.list_sources(session, one)
    business.source_id = sources[0]
    if len(sources) > 1:
        await store.unite_sources(session, sources[1:], sources[0])
    await session.flush()
    await conduct.judge(session, business.source_id)
