"""Sign-up, verification and keys: who does what, in which order."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from registry.audit import service as audit
from registry.businesses import alarms, conduct, profile, rules, store
from registry.businesses.profile import Profile
from registry.businesses.rules import Scope, State
from registry.businesses.tables import ApiKey, Business, Owner
from registry.businesses.wire import (
    BeneficialOwner,
    BusinessDecision,
    BusinessView,
    KeyCreated,
    KeyRequest,
    KeyView,
    SignedUp,
    SignUp,
)
from registry.limits import service as limits
from registry.matching import company_code, email
from registry.matching.errors import Unreadable
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform import passwords, vault
from registry.platform import secrets as keys
from registry.platform.actor import Actor, ActorKind
from registry.platform.db import lock_values
from registry.platform.errors import Conflict, InvalidValues, QuotaExceeded, RuleBroken
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.networks import Origin, read_networks
from registry.platform.runtime import Runtime, Session
from registry.platform.vault import DataKey

log = structlog.get_logger("registry.businesses")

_LETTERS = {
    State.VERIFIED: Template.BUSINESS_VERIFIED,
    State.REFUSED: Template.BUSINESS_REFUSED,
    State.SUSPENDED: Template.BUSINESS_SUSPENDED,
}


class AlreadyRegistered(Conflict):
    """The register code belongs to a live membership."""

    slug, title = "business-already-registered", "This company is already registered"


class TooManySignUps(QuotaExceeded):
    """Sign-ups are limited: from an address, from a network, and of the registry in all."""

    slug, title = "too-many-sign-ups", "Too many businesses sign up just now"


class DecisionNotPossible(Conflict):
    """The business's state does not allow the decision, or it changed meanwhile."""

    slug, title = "decision-not-possible", "This decision is not possible now"


class CodeRefused(RuleBroken):
    """The code is wrong, too old, or was tried too often."""

    slug, title = "code-refused", "The code is not right or no longer good"


async def admit_sign_up(runtime: Runtime, command: SignUp, *, origin: Origin) -> None:
    """Spend from the budgets of sign-ups; raises `TooManySignUps`. What cannot be read costs nothing."""
    _read(command)
    wait = await limits.admit(runtime, "sign-up", origin, rules.SIGN_UPS)
    if wait is not None:
        said = f"Nothing was signed up. The next sign-up can be made in {wait} s."
        raise TooManySignUps(said, retry_after=wait)


async def sign_up(session: Session, command: SignUp, *, plan: str = "free") -> SignedUp:
    """Take a business in as `pending`, send a code to its address, and give it its first key (`manage`)."""
    code, address = _read(command)
    index = session.keyring.digest("register-code", code)
    # Sign-ups of one company wait for one another.
    await lock_values(session, [index])
    if await store.find_by_register_code(session, index):
        raise AlreadyRegistered("A company with this register code has signed up already.")
    business_id = uuid7()
    data_key = await vault.create(session, session.keyring, owner=business_id)
    owners = [o.name if isinstance(o, BeneficialOwner) else o for o in command.beneficial_owners]
    said = Profile(command.name, code, address, command.website, owners)
    business = Business(
        id=business_id,
        state=State.PENDING,
        state_since=session.now,
        plan=plan,
        country=command.country,
        sector=command.sector,
        source_id=business_id,
        data_key_id=data_key.id,
        sealed_profile=data_key.seal("businesses.sealed_profile", said),
        register_code_index=index,
        created_at=session.now,
    )
    store.add(session, business)
    await session.flush()
    store.add(session, *_owners(session, business_id, command.beneficial_owners))
    await _send_code(session, business, data_key, address)
    actor = Actor(kind=ActorKind.BUSINESS, business_id=business_id)
    audit.record(session, actor, "business.signed_up", "business", business_id)
    created = await create_key(session, actor, KeyRequest(label="first key", scopes=[Scope.MANAGE]))
    return SignedUp(id=business_id, state=State.PENDING, api_key=created.api_key)


def _read(command: SignUp) -> tuple[str, str]:
    found, code, address = [], "", ""
    try:
        code = company_code.normalise(command.register_code, command.country)
    except Unreadable as fault:
        found.append(Fault(pointer="/register_code", detail=fault.detail))
    try:
        email.normalise(command.email)
        address = email.address(command.email)
    except Unreadable as fault:
        found.append(Fault(pointer="/email", detail=fault.detail))
    if command.website is not None and not command.website.startswith(("https://", "http://")):
        found.append(Fault(pointer="/website", detail="must begin with https:// or http://"))
    if found:
        raise InvalidValues("; ".join(f"{f.pointer}: {f.detail}" for f in found), errors=found)
    return code, address


def _owners(
    session: Session, business_id: UUID, owners: Sequence[str | BeneficialOwner]
) -> list[Owner]:
    values = set()
    for owner in owners:
        name = owner.name if isinstance(owner, BeneficialOwner) else owner
        values.add(session.keyring.digest("owner", rules.owner_form(name)))
        if isinstance(owner, BeneficialOwner) and owner.tax_id:
            values.add(session.keyring.digest("owner", rules.owner_form(owner.tax_id)))
    return [Owner(business_id=business_id, owner_index=value) for value in values]


async def _send_code(session: Session, business: Business, data_key: DataKey, address: str) -> None:
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    business.email_code_hash = await passwords.hash_(code)
    business.email_code_until = session.now + timedelta(hours=rules.CODE_HOURS)
    business.email_code_tries = 0
    await _write(session, business, data_key, address, Template.SIGNUP_CODE, {"code": code})


async def _write(
    session: Session,
    business: Business,
    data_key: DataKey,
    address: str,
    template: Template,
    values: dict[str, str],
) -> None:
    await messages.enqueue(
        session,
        template=template,
        to=address,
        channel=Channel.MAIL,
        language=messages.language_of(business.country),
        values=values,
        about_id=business.id,
        data_key=data_key,
    )


async def prove_email(session: Session, actor: Actor, business_id: UUID, code: str) -> bool:
    """Check the code sent to the business's address; False when it is not good.

    A wrong try is counted, so the caller commits in either case and raises `CodeRefused` afterwards.
    """
    business = await store.lock(session, business_id)
    if business.email_proven_at is not None:
        return True
    until, encoded = business.email_code_until, business.email_code_hash
    if (
        not encoded
        or not until
        or until < session.now
        or business.email_code_tries >= rules.CODE_TRIES
    ):
        return False
    business.email_code_tries += 1
    if not await passwords.verify(encoded, code):
        return False
    business.email_proven_at, business.email_code_hash = session.now, None
    audit.record(
        session, actor, "business.email_proven", "business", business_id, business_id=business_id
    )
    return True


async def decide(
    session: Session, actor: Actor, business_id: UUID, command: BusinessDecision
) -> BusinessView:
    """An operator verifies, refuses, suspends or closes; raises `DecisionNotPossible`."""
    # So do decisions on businesses that share an owner: together they are one source, and answer for each other.
    owners = await store.list_owner_values(session, business_id)
    await lock_values(session, [*owners, conduct.turn(session)])
    business = await store.lock(session, business_id)
    target = rules.TRANSITIONS.get((State(business.state), command.decision))
    if target is None:
        raise DecisionNotPossible(
            f"A business that is {business.state} cannot be decided upon with this."
        )
    if command.version not in (None, business.version):
        raise DecisionNotPossible(
            "The business changed since you read it. Read it again, then decide."
        )
    data_key = await profile.key_of(session, business)
    if business.state != State.SUSPENDED or target is not State.CLOSED:
        business.state_since = session.now
    business.state = target
    business.version += 1
    if target is State.VERIFIED:
        await _join_source(session, business)
    audit.record(
        session,
        actor,
        f"business.{target}",
        "business",
        business_id,
        business_id=business_id,
        details={"email_proven": int(business.email_proven_at is not None)},
        reason=(data_key, command.reason),
    )
    if target in _LETTERS:
        values = {"reason_text": command.reason}
        address = profile.opened(business, data_key).email
        await _write(session, business, data_key, address, _LETTERS[target], values)
    return await _view(session, business)


async def _join_source(session: Session, business: Business) -> None:
    """Businesses that share a beneficial owner count as one source, by the oldest of them."""
    sources = await store.sources_of_owners(session, business)
    if not sources:
        return
    business.source_id = sources[0]
    if len(sources) > 1:
        await store.unite_sources(session, sources[1:], sources[0])
    await session.flush()
    await conduct.judge(session, business.source_id)


async def set_plan(session: Session, actor: Actor, business_id: UUID, plan: str) -> None:
    """Move a business to another plan of the policy."""
    if plan not in session.policy.plans:
        raise RuleBroken(f"No such plan. Known: {', '.join(session.policy.plans)}.")
    business = await store.lock(session, business_id)
    business.plan = plan
    audit.record(
        session,
        actor,
        "business.plan_set",
        "business",
        business_id,
        business_id=business_id,
        details={"plan": plan},
    )


async def view(session: Session, business_id: UUID) -> BusinessView:
    """The business as itself and operators see it."""
    business = await store.get(session, business_id)
    return await _view(session, business)


async def list_views(
    session: Session, *, state: str | None, before: UUID | None, limit: int
) -> list[BusinessView]:
    """Businesses for an operator, newest first."""
    rows = await store.list_businesses(session, state=state, before=before, limit=limit)
    return [await _view(session, row) for row in rows]


states_of = store.states_of
list_gone_since = store.list_gone_since
business_of_key = store.business_of_key
contact, write_to = profile.contact, profile.write_to
on_probation = conduct.on_probation


async def _view(session: Session, business: Business) -> BusinessView:
    said = profile.opened(business, await profile.key_of(session, business))
    return BusinessView(
        id=business.id,
        state=State(business.state),
        version=business.version,
        plan=business.plan,
        name=said.name,
        country=business.country,
        register_code=said.register_code.partition(":")[2] or said.register_code,
        email=said.email,
        website=said.website,
        sector=business.sector,
        beneficial_owners=said.owners,
        email_proven_at=business.email_proven_at,
        created_at=business.created_at,
        conduct=await conduct.view(session, business.id),
        lookups_suspended=alarms.suspension_of(business),
    )


async def create_key(session: Session, actor: Actor, command: KeyRequest) -> KeyCreated:
    """Make a key for the actor's business; its secret is in the answer and nowhere else."""
    assert actor.business_id is not None  # noqa: S101 - routes let only businesses in
    expires_at = _end_of(command.expires_at, session.real)
    if command.test and set(command.scopes) - {Scope.LOOKUP}:
        said = "a test key has the scope `lookup` only: there is no live data it may touch"
        raise RuleBroken(said, errors=[Fault("/scopes", said)])
    secret = keys.mint(keys.TEST if command.test else keys.LIVE)
    row = ApiKey(
        id=uuid7(),
        business_id=actor.business_id,
        digest=keys.digest(session.keyring, secret),
        hint=keys.hint(secret),
        label=command.label,
        test=command.test,
        scopes=sorted(set(command.scopes)),
        networks=read_networks(command.networks, "/networks"),
        created_at=session.real,
        expires_at=expires_at,
    )
    store.add(session, row)
    await session.flush()
    details: dict[str, Any] = {"scopes": " ".join(row.scopes), "test": int(row.test)}
    audit.record(session, actor, "key.created", "api_key", row.id, details=details)
    return KeyCreated(api_key=secret, key=_key_view(row))


def _end_of(given: datetime | None, now: datetime) -> datetime | None:
    """When a key ends, in UTC; raises `RuleBroken` for what is past, or past the last day of the calendar."""
    try:
        end = given.astimezone(UTC) if given else None
        said = "lies in the past" if end is not None and end <= now else ""
    except OverflowError:
        end, said = None, "lies beyond the calendar; leave it out for a key without an end"
    if said:
        raise RuleBroken(f"`expires_at` {said}.", errors=[Fault("/expires_at", said)])
    return end


async def revoke_key(session: Session, actor: Actor, key_id: UUID) -> KeyView:
    """Revoke a key of the actor's business, everywhere within 5 s; revoking twice changes nothing."""
    assert actor.business_id is not None  # noqa: S101 - routes let only businesses in
    row = await store.lock_key(session, actor.business_id, key_id)
    if row.revoked_at is None:
        row.revoked_at = session.real
        audit.record(session, actor, "key.revoked", "api_key", key_id)
    return _key_view(row)


async def list_keys(
    session: Session, business_id: UUID, *, before: UUID | None, limit: int
) -> list[KeyView]:
    """The business's keys, newest first."""
    rows = await store.list_keys(session, business_id, before=before, limit=limit)
    return [_key_view(row) for row in rows]


def _key_view(row: ApiKey) -> KeyView:
    return KeyView(
        id=row.id,
        label=row.label,
        hint=row.hint,
        test=row.test,
        scopes=[Scope(scope) for scope in row.scopes],
        networks=row.networks,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
