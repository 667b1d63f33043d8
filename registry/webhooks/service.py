"""Events to programs: put one in with the change that it speaks of, and let a business manage where they go.

An event is a row for each endpoint in the caller's own transaction, so that there is never an event of a change that
was rolled back, nor a change without its event. `sending` sends it later, at least once, always under the same id.
"""

import base64
import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.platform import vault
from registry.platform.actor import Actor
from registry.platform.db import as_system, lock_values
from registry.platform.errors import Conflict, InvalidValues, NotFound, QuotaExceeded
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.jobs import wake
from registry.platform.runtime import Runtime, Session
from registry.platform.vault import DataKey
from registry.webhooks import rules, store, targets
from registry.webhooks.rules import EventType, Resting, State
from registry.webhooks.tables import Delivery, Endpoint
from registry.webhooks.wire import (
    DeliveryView,
    EndpointCreated,
    EndpointRequest,
    EndpointView,
    Event,
    WebhookTest,
)

SECRET_BYTES = 32


class TooManyEndpoints(Conflict):
    """A business has a few endpoints at most."""

    slug, title = "too-many-endpoints", "There are as many endpoints as a business may have"


class TooManyByHand(QuotaExceeded):
    """Tests and redeliveries are limited."""

    slug, title = "too-many-deliveries", "Too many tests and redeliveries just now"


class Target(msgspec.Struct, frozen=True):
    """What of an endpoint is sealed."""

    url: str
    secret: str


class Disabled(msgspec.Struct, frozen=True):
    """An endpoint that was switched off, to be told to its business."""

    business_id: UUID
    host: str


async def publish(session: Session, business_id: UUID, event: Event) -> None:
    """Queue an event for every endpoint of a business that is on, in the caller's transaction."""
    async with as_system(session):
        endpoints = await store.list_on(session, business_id)
        for row in _deliveries(session, business_id, endpoints, event):
            store.add(session, row)
        if endpoints:
            await wake(session)


async def add(
    session: Session, actor: Actor, business_id: UUID, key: DataKey, command: EndpointRequest
) -> EndpointCreated:
    """A new endpoint and its secret; raises `InvalidValues`, `TooManyEndpoints`."""
    try:
        targets.read(command.url, local=targets.is_local(session.runtime.settings))
    except targets.BadTarget as fault:
        said = str(fault)
        raise InvalidValues(f"/url: {said}.", errors=[Fault("/url", said)]) from None
    # Those that are made at once wait for one another.
    await lock_values(session, [session.keyring.digest("webhooks", str(business_id))])
    if await store.count_endpoints(session, business_id) >= rules.MOST_ENDPOINTS:
        raise TooManyEndpoints(f"Remove one first: {rules.MOST_ENDPOINTS} are the most.")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    endpoint_id, target = uuid7(), Target(command.url, secret)
    row = Endpoint(
        id=endpoint_id,
        business_id=business_id,
        data_key_id=key.id,
        sealed=key.seal(_place(endpoint_id), target),
        created_at=session.now,
        untold=False,
    )
    store.add(session, row)
    audit.record(session, actor, "webhook.added", "webhook", endpoint_id, business_id=business_id)
    await session.flush()
    return EndpointCreated(secret=secret, endpoint=_view(row, target))


async def list_endpoints(
    session: Session, business_id: UUID, *, before: UUID | None, limit: int
) -> list[EndpointView]:
    """A business's endpoints, newest first, without their secrets."""
    rows = await store.list_endpoints(session, business_id, before=before, limit=limit)
    return [_view(row, await opened(session, row)) for row in rows]


async def remove(session: Session, actor: Actor, business_id: UUID, endpoint_id: UUID) -> None:
    """Remove an endpoint and its log; what waits is not sent any more."""
    if not await store.drop_endpoint(session, business_id, endpoint_id):
        raise NotFound
    audit.record(session, actor, "webhook.removed", "webhook", endpoint_id, business_id=business_id)


async def admit_by_hand(runtime: Runtime, business_id: UUID) -> None:
    """Spend from the budget of what a business may send by hand; raises `TooManyByHand`."""
    budget = limits_rules.seldom(f"webhooks:{business_id}", *rules.BY_HAND)
    wait = await limits.take(runtime, budget)
    if wait is not None:
        raise TooManyByHand(f"Nothing was sent. The next fits in {wait} s.", retry_after=wait)


async def test(
    session: Session, actor: Actor, business_id: UUID, endpoint_id: UUID
) -> DeliveryView:
    """Queue a test for an endpoint, also for one that is switched off."""
    await _own(session, business_id, endpoint_id)
    event = WebhookTest(timestamp=session.now)
    (row,) = _deliveries(session, business_id, [endpoint_id], event)
    store.add(session, row)
    audit.record(session, actor, "webhook.tested", "webhook", endpoint_id, business_id=business_id)
    await session.flush()
    await wake(session)
    return _delivery_view(row)


async def list_deliveries(
    session: Session, business_id: UUID, endpoint_id: UUID, *, before: UUID | None, limit: int
) -> list[DeliveryView]:
    """What was sent to an endpoint within 30 days, newest first."""
    await _own(session, business_id, endpoint_id)
    rows = await store.list_deliveries(session, endpoint_id, before=before, limit=limit)
    return [_delivery_view(row) for row in rows]


async def redeliver(
    session: Session, actor: Actor, business_id: UUID, endpoint_id: UUID, delivery_id: UUID
) -> DeliveryView:
    """Queue a delivery again under its own event's id; one that waits already is tried at once."""
    await _own(session, business_id, endpoint_id)
    row = await store.lock_delivery(session, endpoint_id, delivery_id)
    if row is None:
        raise NotFound
    row.state, row.attempts = State.QUEUED, 0
    row.due_at, row.settled_at = session.now, None
    audit.record(
        session,
        actor,
        "webhook.redelivered",
        "webhook",
        endpoint_id,
        business_id=business_id,
        details={"delivery": str(delivery_id)},
    )
    await session.flush()
    await wake(session)
    return _delivery_view(row)


async def take_disabled(session: Session, limit: int) -> list[Disabled]:
    """Endpoints that were switched off, each told once: this transaction's commit acknowledges."""
    found = []
    for row in await store.take_untold(session, limit):
        row.untold = False
        host = targets.host_of((await opened(session, row)).url)
        found.append(Disabled(row.business_id, host))
    return found


async def sweep(session: Session) -> int:
    """Remove what the log keeps no longer; returns how much."""
    return await store.sweep(session, session.now - rules.KEPT)


async def opened(session: Session, row: Endpoint) -> Target:
    """An endpoint's address and secret."""
    key = await vault.fetch(session, session.keyring, row.data_key_id)
    assert key is not None  # noqa: S101 - a business's key lives as long as its row
    return key.open(_place(row.id), row.sealed, Target)


async def _own(session: Session, business_id: UUID, endpoint_id: UUID) -> Endpoint:
    row = await store.find_endpoint(session, business_id, endpoint_id)
    if row is None:
        raise NotFound
    return row


def _deliveries(
    session: Session, business_id: UUID, endpoints: Sequence[UUID], event: Event
) -> list[Delivery]:
    """An event for each of the endpoints."""
    event_id, body = uuid7(), msgspec.json.encode(event).decode()
    return [
        Delivery(
            id=uuid7(),
            endpoint_id=endpoint_id,
            business_id=business_id,
            event_id=event_id,
            type=EventType(str(event.__struct_config__.tag)),
            body=body,
            state=State.QUEUED,
            attempts=0,
            due_at=session.now,
            created_at=session.now,
        )
        for endpoint_id in endpoints
    ]


def _place(endpoint_id: UUID) -> str:
    return f"webhook_endpoints.sealed:{endpoint_id}"


def _view(row: Endpoint, target: Target) -> EndpointView:
    return EndpointView(
        id=row.id,
        url=target.url,
        created_at=row.created_at,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_for=Resting(row.disabled_for) if row.disabled_for else None,
    )


def _delivery_view(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        type=EventType(row.type),
        state=State(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        tried_at=row.tried_at,
        next_try_at=row.due_at,
        status=row.status,
        fault=row.fault,
        body=row.body,
    )
