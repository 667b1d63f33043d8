"""The current business: from the key in the request to the member that every route works with.

A guard runs before the body is read, so that a stranger learns nothing about its faults.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar.handlers import BaseRouteHandler

from registry.businesses import store
from registry.businesses.alarms import said, suspension_of
from registry.businesses.rules import VERIFIED_ONLY, Scope, State
from registry.businesses.wire import Suspension
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.limits.rules import Budget, Spent
from registry.limits.watch import Signal
from registry.platform import networks, secrets, vault
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import Forbidden, Unauthenticated
from registry.platform.gates import Shares
from registry.platform.http import Connection, key_of, runtime_of
from registry.platform.recent import Recent
from registry.platform.runtime import Runtime, transaction
from registry.platform.vault import DataKey


class ScopeMissing(Forbidden):
    """The key lacks the scope."""

    slug, title = "scope-missing", "This key lacks the scope for that"


class NotVerified(Forbidden):
    """The business is not verified (yet, or any more)."""

    slug, title = "business-not-verified", "Only a verified business may do that"


class LiveOnly(Forbidden):
    """A test key where only live ones work."""

    slug, title = "test-key", "A test key works for lookups only"


class KeySuspended(Forbidden):
    """The business's lookups are suspended for what was noticed in them."""

    slug, title = "key-suspended", "Lookups by your keys are suspended"


class Member(msgspec.Struct, frozen=True):
    """A business that calls with one of its keys."""

    key_id: UUID
    business_id: UUID
    state: State
    country: str
    plan: str
    test: bool
    scopes: frozenset[Scope]
    networks: tuple[str, ...]
    expires_at: datetime | None
    #: Sealing keys and budgets are per business.
    data_key: DataKey
    budget: Budget
    #: What the reports that it files spend from.
    reports: Budget
    suspension: Suspension | None

    @property
    def actor(self) -> Actor:
        """How the audit log knows the caller."""
        return Actor(kind=ActorKind.BUSINESS, id=self.key_id, business_id=self.business_id)


def remembered(runtime: Runtime) -> Recent[Member]:
    """The process's memory of keys; see `platform.recent` for how long a revoked one lives."""

    async def load(digest: bytes) -> Member | None:
        async with transaction(runtime) as session:
            row = await store.find_key(session, digest)
            if row is None:
                return None
            key, business, wrapped, kek_version, probation_since = row
            await store.touch_key(session, key.id)
        plan = runtime.policy.plans[business.plan]
        if probation_since is not None:
            plan = plan.cut(runtime.policy.probation_budget_percent)
        return Member(
            key_id=key.id,
            business_id=business.id,
            state=State(business.state),
            country=business.country,
            plan=business.plan,
            test=key.test,
            scopes=frozenset(map(Scope, key.scopes)),
            networks=tuple(key.networks),
            expires_at=key.expires_at,
            data_key=vault.unwrap(runtime.keyring, business.data_key_id, wrapped, kek_version),
            budget=limits_rules.lookups(str(business.id), plan.minute, plan.day, plan.unmatched),
            reports=limits_rules.reports(str(business.id), plan.reports_day, plan.reports_month),
            suspension=suspension_of(business),
        )

    return Recent(load)


def member(
    scope: Scope | None = None,
    *,
    test: bool = False,
    suspended: bool = False,
    reports: bool = False,
) -> Callable[..., Any]:
    """A guard: a good key with `scope` (None: any), of a business whose state allows it.

    `test` lets `bcr_test_` keys in, `suspended` a suspended business: it may still take back what it said.
    The answer's headers tell the budget of lookups, or that of `reports` where the call spends from it.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        runtime = runtime_of(connection)
        caller = await authenticate(connection, runtime)
        # Not by `connection.state`, which is copied each time it is asked for.
        state = connection.scope["state"]
        state["member"] = caller
        told = caller.reports if reports else caller.budget
        state["answer_headers"] = partial(_read_budget, runtime, told)
        shares: Shares = connection.app.state.shares
        shares.take(state, caller.business_id)
        if caller.test and not test:
            raise LiveOnly("Use a `bcr_live_` key here: a test key never touches live data.")
        if scope is not None and scope not in caller.scopes:
            raise ScopeMissing(f"This call needs a key with the scope `{scope}`.")
        allowed = {State.VERIFIED, State.SUSPENDED} if suspended else {State.VERIFIED}
        if scope in VERIFIED_ONLY and caller.state not in allowed:
            raise NotVerified(_WHY_NOT[caller.state])
        if scope is Scope.LOOKUP and caller.suspension is not None and not caller.test:
            raise key_suspended([caller.suspension.signal])

    return guard


def key_suspended(signals: Iterable[Signal]) -> KeySuspended:
    """The refusal that names what was noticed, and what to do."""
    noticed = "; ".join(said(signal, "en") for signal in signals)
    return KeySuspended(
        f"What was noticed: {noticed}. Find out which of your programs or people it was, revoke the key that it used,"
        " and answer the letter that we sent to your address: an operator lifts the suspension. Nothing was looked up."
        " Reports, disputes and your account are not concerned."
    )


_WHY_NOT = {
    State.PENDING: "Your business is pending: an operator verifies businesses that sign up.",
    State.SUSPENDED: "Your business is suspended; it may read, withdraw and settle its reports. Ask the operator why.",
    State.CLOSED: "Your business is closed.",
    State.REFUSED: "Your business was not accepted. Ask the operator why.",
}


async def _read_budget(runtime: Runtime, budget: Budget) -> dict[str, str]:
    return limits_rules.headers(await limits.spend(runtime, budget, 0))


def tell_budget(connection: Connection, spent: Spent) -> None:
    """Put what is left after a spend into the headers of the answer, whatever it will be."""
    connection.scope["state"]["answer_headers"] = limits_rules.headers(spent)


async def told_to(connection: Connection) -> dict[str, str]:
    """The budget of whoever's key the request carries, for answers that no guard of ours saw; else nothing."""
    runtime = runtime_of(connection)
    try:
        caller = await authenticate(connection, runtime)
    except Unauthenticated:
        return {}
    return await _read_budget(runtime, caller.budget)


async def authenticate(connection: Connection, runtime: Runtime) -> Member:
    """The member whose key the request carries; raises `Unauthenticated`, with one body for every reason."""
    key = key_of(connection)
    if key is None or secrets.prefix_of(key) not in (secrets.LIVE, secrets.TEST):
        raise Unauthenticated
    keys: Recent[Member] = connection.app.state.member_keys
    found = await keys.get(secrets.digest(runtime.keyring, key))
    address = connection.client.host if connection.client else None
    if found is None or not networks.allowed(address, found.networks):
        raise Unauthenticated
    return found


def forget_keys(connection: Connection) -> None:
    """Let a change of keys or businesses take hold in this process at once; others follow within seconds."""
    keys: Recent[Member] = connection.app.state.member_keys
    keys.forget()


def member_of(connection: Connection) -> Member:
    """The member that the guard let in."""
    found: Member = connection.scope["state"]["member"]
    return found
