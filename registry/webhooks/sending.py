"""Sending what is due: taken in hand, sent outside of any transaction, and what came of it put on record.

A receiver may be slow, and is somebody else's machine: nothing of the database is held while it is waited for. A
worker that dies leaves what it had in hand to the next, after a while; so an event may come twice, and never not.
"""

import asyncio
import random
from typing import NamedTuple
from uuid import UUID

import structlog
from standardwebhooks import Webhook

from registry.audit import service as audit
from registry.platform.actor import SYSTEM
from registry.platform.jobs import wake
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.vault import SealBroken
from registry.webhooks import rules, service, store, targets
from registry.webhooks.rules import Resting, State
from registry.webhooks.service import Target
from registry.webhooks.tables import Delivery, Endpoint

#: Sent at one time.
AT_ONCE = 20

log = structlog.get_logger("registry.webhooks")


class Parcel(NamedTuple):
    """One delivery in hand; only ever in memory."""

    id: UUID
    endpoint_id: UUID
    headers: dict[str, str]
    body: bytes
    target: Target


class Tried(NamedTuple):
    """What came of a try: the status that was answered, or the fault."""

    status: int | None
    fault: str | None


async def deliver_due(runtime: Runtime) -> int:
    """Send what is due, a batch at a time; returns how many were tried."""
    async with transaction(runtime) as session:
        taken = await store.take_due(session, AT_ONCE)
        parcels = [await _parcel(session, row, endpoint) for row, endpoint in taken]
    await asyncio.gather(*(_send(runtime, parcel) for parcel in parcels if parcel))
    return len(parcels)


async def _parcel(session: Session, row: Delivery, endpoint: Endpoint) -> Parcel | None:
    """What is to be sent; None when the endpoint cannot be read, which must not hold up the others."""
    try:
        target = await service.opened(session, endpoint)
    except SealBroken:
        log.error("webhook_unreadable", endpoint_id=str(endpoint.id))
        row.state, row.fault = State.FAILED, "unreadable"
        row.due_at, row.settled_at = None, session.now
        return None
    # The real time, not the registry's: receivers refuse what is more than minutes old.
    at, id_ = session.real, str(row.event_id)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "client-registry-webhooks",
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(target.secret).sign(id_, at, row.body),
    }
    return Parcel(row.id, row.endpoint_id, headers, row.body.encode(), target)


async def _send(runtime: Runtime, parcel: Parcel) -> None:
    """Try it once, and record what came of it. Whatever goes wrong with one stops no other."""
    local = targets.is_local(runtime.settings)
    try:
        status = await targets.post(parcel.target.url, parcel.body, parcel.headers, local=local)
        tried = Tried(status, _fault(status))
    except targets.NotSent as fact:
        tried = Tried(None, fact.reason)
    async with transaction(runtime) as session:
        await _settle(session, parcel, tried)


def _fault(status: int) -> str | None:
    if rules.taken(status):
        return None
    return "redirect" if 300 <= status < 400 else "status"


async def _settle(session: Session, parcel: Parcel, tried: Tried) -> None:
    endpoint = await store.lock_endpoint(session, parcel.endpoint_id)
    row = await store.lock_delivery(session, parcel.endpoint_id, parcel.id)
    if endpoint is None or row is None or row.state != State.QUEUED:
        return  # removed meanwhile, or settled by the worker that took it next
    row.attempts += 1
    row.tried_at, row.status, row.fault = session.now, tried.status, tried.fault
    if rules.taken(tried.status):
        row.state, row.due_at, row.settled_at = State.DELIVERED, None, session.now
        endpoint.failing_since = endpoint.disabled_at = endpoint.disabled_for = None
        endpoint.untold = False
        return
    log.warning(
        "webhook_not_sent",
        delivery_id=str(row.id),
        endpoint_id=str(endpoint.id),
        attempts=row.attempts,
        status=tried.status,
        fault=tried.fault,
    )
    endpoint.failing_since = endpoint.failing_since or session.now
    dice = random.random()  # noqa: S311 - it spreads what failed together, and keeps no secret
    row.due_at = rules.next_try(row.attempts, session.now, dice)
    if endpoint.disabled_at is not None:
        row.due_at = None
    if row.due_at is None:
        row.state, row.settled_at = State.FAILED, session.now
    why = rules.rests(tried.status, endpoint.failing_since, session.now)
    if why is not None and endpoint.disabled_at is None:
        await _switch_off(session, endpoint, row, why)


async def _switch_off(session: Session, endpoint: Endpoint, row: Delivery, why: Resting) -> None:
    """Send an endpoint nothing more, until a delivery by hand succeeds; its business is told by letter."""
    row.state, row.due_at, row.settled_at = State.FAILED, None, session.now
    endpoint.disabled_at, endpoint.disabled_for, endpoint.untold = session.now, why, True
    await session.flush()
    await store.fail_queued(session, endpoint.id, "endpoint-off")
    audit.record(
        session,
        SYSTEM,
        "webhook.disabled",
        "webhook",
        endpoint.id,
        business_id=endpoint.business_id,
        details={"why": why},
    )
    await wake(session)
