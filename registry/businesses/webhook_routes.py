"""Webhooks of a business: its endpoints, a test, the log of deliveries, and sending one again.

They stand here, and not in `webhooks`, because the guard that knows the caller lies above the outbox of events.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.businesses.access import member, member_of
from registry.businesses.rules import Scope
from registry.platform import cursors
from registry.platform.cursors import Page
from registry.platform.http import (
    Cursor,
    IdempotencyKey,
    Limit,
    idempotent,
    page_of,
    runtime_of,
    takes,
)
from registry.platform.runtime import transaction
from registry.webhooks import service
from registry.webhooks.wire import (
    DeliveryView,
    EndpointCreated,
    EndpointRemoved,
    EndpointRequest,
    EndpointView,
)

TAGS = ["Webhooks"]
GUARDS = [member(Scope.WEBHOOK)]
Caller = Request[Any, Any, Any]


@post("/v1/webhooks", tags=TAGS, guards=GUARDS, **takes(EndpointRequest))
async def add_webhook(
    command: NamedDependency[EndpointRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[EndpointCreated]:
    """Add an endpoint, of five at most: events are sent there, signed as Standard Webhooks.

    The secret is in this answer and can never be read again; add the endpoint anew when it is lost.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: service.add(
                session, caller.actor, caller.business_id, caller.data_key, command
            ),
        )


@get("/v1/webhooks", tags=TAGS, guards=GUARDS)
async def list_webhooks(
    request: Caller, limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EndpointView]:
    """List your endpoints. Newest first, with what became of them; secrets are not shown."""
    id_ = member_of(request).business_id
    async with transaction(runtime_of(request), business_id=id_) as session:
        before = cursors.read(session.keyring, cursor, id_, "webhooks")
        found = await service.list_endpoints(session, id_, before=before, limit=limit + 1)
        return page_of(found, limit, session, lambda one: one.id, id_, "webhooks")


@delete("/v1/webhooks/{webhook_id:uuid}", tags=TAGS, status_code=200, guards=GUARDS)
async def remove_webhook(webhook_id: FromPath[UUID], request: Caller) -> EndpointRemoved:
    """Remove an endpoint and its log. What waits is not sent any more."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        await service.remove(session, caller.actor, caller.business_id, webhook_id)
    return EndpointRemoved(id=webhook_id)


@post("/v1/webhooks/{webhook_id:uuid}/test", tags=TAGS, guards=GUARDS)
async def send_test(
    webhook_id: FromPath[UUID], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[DeliveryView]:
    """Send a test: an event `webhook.test`, within seconds. Sent by hand, it reaches an endpoint that is off, too."""
    caller = member_of(request)
    await service.admit_by_hand(runtime_of(request), caller.business_id)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: service.test(session, caller.actor, caller.business_id, webhook_id),
        )


@get("/v1/webhooks/{webhook_id:uuid}/deliveries", tags=TAGS, guards=GUARDS)
async def list_deliveries(
    webhook_id: FromPath[UUID],
    request: Caller,
    limit: Limit = cursors.DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[DeliveryView]:
    """Read the log of an endpoint: what was sent within 30 days, and how it ended. Newest first."""
    id_ = member_of(request).business_id
    async with transaction(runtime_of(request), business_id=id_) as session:
        before = cursors.read(session.keyring, cursor, id_, "deliveries", webhook_id)
        found = await service.list_deliveries(
            session, id_, webhook_id, before=before, limit=limit + 1
        )
        return page_of(found, limit, session, lambda one: one.id, id_, "deliveries", webhook_id)


@post(
    "/v1/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redelivery",
    tags=TAGS,
    status_code=200,
    guards=GUARDS,
)
async def redeliver(
    webhook_id: FromPath[UUID], delivery_id: FromPath[UUID], request: Caller
) -> DeliveryView:
    """Send one again, under the same `webhook-id`. One that waits for its next try is sent at once."""
    caller = member_of(request)
    await service.admit_by_hand(runtime_of(request), caller.business_id)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.redeliver(
            session, caller.actor, caller.business_id, webhook_id, delivery_id
        )


ROUTES = [
    add_webhook,
    list_webhooks,
    remove_webhook,
    send_test,
    list_deliveries,
    redeliver,
]
