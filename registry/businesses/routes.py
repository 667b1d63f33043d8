"""Joining, proving an address, and the business's own keys."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.businesses import service
from registry.businesses.access import Member, forget_keys, member, member_of
from registry.businesses.rules import Scope
from registry.businesses.wire import (
    BusinessView,
    EmailProof,
    KeyCreated,
    KeyRequest,
    KeyView,
    SignedUp,
    SignUp,
)
from registry.platform import cursors
from registry.platform.cursors import Page
from registry.platform.errors import NotFound
from registry.platform.http import (
    Cursor,
    IdempotencyKey,
    Limit,
    idempotent,
    origin,
    page_of,
    runtime_of,
    takes,
)
from registry.platform.runtime import transaction

TAGS = ["Account"]


@post("/v1/businesses", tags=TAGS, **takes(SignUp))
async def sign_up(command: NamedDependency[SignUp], request: Request[Any, Any, Any]) -> SignedUp:
    """Sign a business up.

    Its register code is checked by checksum, a code is sent to its e-mail address, and an operator verifies
    it. The key in the answer is shown this once; it manages the account (scope `manage`) and nothing else.
    """
    await service.admit_sign_up(runtime_of(request), command, origin=origin(request))
    async with transaction(runtime_of(request)) as session:
        return await service.sign_up(session, command)


@post(
    "/v1/businesses/{business_id:uuid}/email-proof",
    tags=TAGS,
    status_code=200,
    guards=[member(Scope.MANAGE)],
    **takes(EmailProof),
)
async def prove_email(
    business_id: FromPath[UUID],
    command: NamedDependency[EmailProof],
    request: Request[Any, Any, Any],
) -> BusinessView:
    """Prove your e-mail address: send the code that came there. Five tries, 24 hours."""
    caller = _own(request, business_id)
    async with transaction(runtime_of(request)) as session:
        proven = await service.prove_email(session, caller.actor, business_id, command.code)
        view = await service.view(session, business_id)
    if not proven:
        raise service.CodeRefused(
            "Check the newest message; after five wrong tries ask the operator."
        )
    return view


@get("/v1/businesses/{business_id:uuid}", tags=TAGS, guards=[member()])
async def view_business(
    business_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> BusinessView:
    """Read your own business: its state, and whether its address is proven."""
    caller = _own(request, business_id)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.view(session, business_id)


@post("/v1/api-keys", tags=TAGS, guards=[member(Scope.MANAGE)], **takes(KeyRequest))
async def create_key(
    command: NamedDependency[KeyRequest],
    request: Request[Any, Any, Any],
    idempotency_key: IdempotencyKey = None,
) -> Response[KeyCreated]:
    """Make a key. Its secret is in this answer and can never be read again; make a new one when it is lost."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: service.create_key(session, caller.actor, command),
        )


@get("/v1/api-keys", tags=TAGS, guards=[member(Scope.MANAGE)])
async def list_keys(
    request: Request[Any, Any, Any], limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[KeyView]:
    """List your keys. Newest first, with their last use; secrets are not kept, so none is shown."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        before = cursors.read(session.keyring, cursor, caller.business_id, "api-keys")
        keys = await service.list_keys(session, caller.business_id, before=before, limit=limit + 1)
        return page_of(keys, limit, session, lambda key: key.id, caller.business_id, "api-keys")


@post(
    "/v1/api-keys/{key_id:uuid}/revoke", tags=TAGS, status_code=200, guards=[member(Scope.MANAGE)]
)
async def revoke_key(key_id: FromPath[UUID], request: Request[Any, Any, Any]) -> KeyView:
    """Revoke a key. It stops working everywhere within 5 seconds; what it did stays on record."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        revoked = await service.revoke_key(session, caller.actor, key_id)
    forget_keys(request)
    return revoked


def _own(request: Request[Any, Any, Any], business_id: UUID) -> Member:
    caller = member_of(request)
    if caller.business_id != business_id:
        raise NotFound
    return caller


ROUTES = [sign_up, prove_email, view_business, create_key, list_keys, revoke_key]
