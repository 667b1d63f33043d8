"""The moderator's side of identities: questions about pairs, and splitting and merging."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.identities import review
from registry.identities.wire import (
    IdentityChange,
    IdentityView,
    MergeRequest,
    PairCase,
    PairDecisionRequest,
    SplitRequest,
)
from registry.platform.http import IdempotencyKey, idempotent, runtime_of, takes
from registry.platform.runtime import Session, transaction
from registry.staff.access import Staff, staff, staff_of
from registry.staff.rules import Role

TAGS = ["Moderation"]
GUARDS = [staff(Role.MODERATOR)]
Caller = Request[Any, Any, Any]


async def _acted(
    request: Caller, key: str | None, act: Callable[[Session, Staff], Awaitable[object]]
) -> Response[Any]:
    """Let a moderator act in a transaction, once under an idempotency key."""
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            caller.id,
            key,
            lambda: act(session, caller),
        )


@get("/v1/moderation/pairs/{pair_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_pair(pair_id: FromPath[UUID], request: Caller) -> PairCase:
    """Read two records that may be of one party, side by side. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await review.case(session, staff_of(request), pair_id)


@post(
    "/v1/moderation/pairs/{pair_id:uuid}/decision",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(PairDecisionRequest),
)
async def decide_pair(
    pair_id: FromPath[UUID],
    command: NamedDependency[PairDecisionRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[PairCase]:
    """Decide whether two records are of one party. Lookups follow at once."""
    return await _acted(
        request,
        idempotency_key,
        lambda session, caller: review.decide(session, caller, pair_id, command),
    )


@get("/v1/moderation/identities/{identity_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_identity(identity_id: FromPath[UUID], request: Caller) -> IdentityView:
    """Read an identity: its records, and why they are held to be of one party. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await review.view(session, staff_of(request), identity_id)


@post(
    "/v1/moderation/identities/{identity_id:uuid}/split",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(SplitRequest),
)
async def split_identity(
    identity_id: FromPath[UUID],
    command: NamedDependency[SplitRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[IdentityChange]:
    """Take records out of an identity, because they are of another party. Lookups follow at once."""
    return await _acted(
        request,
        idempotency_key,
        lambda session, caller: review.split(session, caller, identity_id, command),
    )


@post(
    "/v1/moderation/identities/{identity_id:uuid}/merge",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(MergeRequest),
)
async def merge_identity(
    identity_id: FromPath[UUID],
    command: NamedDependency[MergeRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[IdentityChange]:
    """Bring two identities together, because they are one party. A later split takes it back."""
    return await _acted(
        request,
        idempotency_key,
        lambda session, caller: review.merge(session, caller, identity_id, command),
    )


ROUTES = [view_pair, decide_pair, view_identity, split_identity, merge_identity]
