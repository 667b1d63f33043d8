"""Sign-up, verification and keys: who does what, in which order."""

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from registry.audit import service as audit
from registry.businesses import alarms, conduct, owners, profile, rules, store
from registry.businesses.profile import Profile
from registry.businesses.rules import Scope, State
from registry.businesses.tables import ApiKey, Business
from registry.businesses.wire import (
    BeneficialOwner,
    BusinessListed,
    BusinessView,
    KeyCreated,
    KeyRequest,
    KeyView,
    SignedUp,
    SignUp,
)
from registry.limits import service as limits
from registry.matching import company_code, email, names, writing
from registry.matching.errors import Unreadable
from registry.messages.rules import Template
from registry.platform import passwords, vault
from registry.platform import secrets as keys
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import InvalidValues, QuotaExceeded, RuleBroken
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.networks import Origin, read_networks
from registry.platform.runtime import Runtime, Session

log = structlog.get_logger("registry.businesses")


class TooManySignUps(QuotaExceeded):
    """Sign-ups are limited: from an address, from a network, and of the registry in all."""

    slug, title = "too-many-sign-ups", "Too many businesses sign up just now"


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
    """Take a business in as `pending`, send a code to its address, and give it its first key (`manage`).

    Another claim to the register code or the address makes no difference: an operator sees it in the case.
    """
    said = _read(command)
    business_id = uuid7()
    data_key = await vault.create(session, session.keyring, owner=business_id)
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
        register_code_index=session.keyring.digest("register-code", said.register_code),
        created_at=session.now,
    )
    store.add(session, business)
    await session.flush()
    await owners.index(session, business, said, command.beneficial_owners)
    await _send_code(session, business)
    actor = Actor(kind=ActorKind.BUSINESS, business_id=business_id)
    audit.record(session, actor, "business.signed_up", "business", business_id)
    created = await create_key(session, actor, KeyRequest(label="first key", scopes=[Scope.MANAGE]))
    return SignedUp(id=business_id, state=State.PENDING, api_key=created.api_key)


def _read(command: SignUp) -> Profile:
    """What a business says of itself, in normal form; raises `InvalidValues` with every fault."""
    found: list[Fault] = []

    def read(pointer: str, normalise: Callable[..., str], *given: str) -> str:
        try:
            return normalise(*given)
        except Unreadable as fault:
            found.append(Fault(pointer, fault.detail))
            return ""

    said = Profile(
        name=read("/name", _legal_name, command.name),
        register_code=read(
            "/register_code", company_code.normalise, command.register_code, command.country
        ),
        email=read("/email", _address, command.email),
        website=command.website,
        owners=[
            read(f"/beneficial_owners/{place}/name", names.normalise, owner.name)
            if isinstance(owner, BeneficialOwner)
            else read(f"/beneficial_owners/{place}", names.normalise, owner)
            for place, owner in enumerate(command.beneficial_owners)
        ],
    )
    if command.website is not None and not command.website.startswith(("https://", "http://")):
        found.append(Fault("/website", "must begin with https:// or http://"))
    if found:
        raise InvalidValues("; ".join(f"{f.pointer}: {f.detail}" for f in found), errors=found)
    return said


def _legal_name(text: str) -> str:
    return writing.plain(text, "The name", 200)


def _address(text: str) -> str:
    email.normalise(text)
    return email.address(text)


async def _send_code(session: Session, business: Business) -> None:
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    business.email_code_hash = await passwords.hash_(code)
    business.email_code_until = session.now + timedelta(hours=rules.CODE_HOURS)
    business.email_code_tries = 0
    await profile.write_to(
        session, business.id, Template.SIGNUP_CODE, {"code": code}, about_id=business.id
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
) -> list[BusinessListed]:
    """Businesses for an operator, newest first."""
    rows = await store.list_businesses(session, state=state, before=before, limit=limit)
    contested = await store.list_contested(session, rows)
    return [
        BusinessListed(
            **msgspec.structs.asdict(await _view(session, row)),
            contested=row.register_code_index in contested and State(row.state) in rules.CLAIMS,
        )
        for row in rows
    ]


states_of = store.states_of
list_gone_since = store.list_gone_since
business_of_key = store.business_of_key
contact, write_to = profile.contact, profile.write_to
on_probation = conduct.on_probation


async def sources_of(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return business -> its source: all businesses of one owner are one source."""
    return {id_: source for id_, (_, _, source) in (await states_of(session, ids)).items()}


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
