"""The moderator's side: the one queue of all that waits, and disputes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.disputes import detachments, documents, moderation
from registry.disputes.wire import (
    DetachmentCase,
    DetachmentDecision,
    DisputeCase,
    DisputeDecision,
    Message,
    MessageView,
)
from registry.erasure import moderation as erasure
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
from registry.platform.runtime import Session, transaction
from registry.reports import screening
from registry.reports.wire import QueueItem
from registry.staff.access import staff, staff_of
from registry.staff.rules import Role

TAGS = ["Moderation"]
GUARDS = [staff(Role.MODERATOR)]
Caller = Request[Any, Any, Any]


@get("/v1/moderation/queue", tags=TAGS, guards=GUARDS)
async def list_queue(
    request: Caller, limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[QueueItem]:
    """List what waits for a moderator, earliest `due` first: reports, disputes, objections, documents and so on."""
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        after = cursors.read_timed(session.keyring, cursor, caller.id, "queue")
        items = await _queue(session, after=after, limit=limit + 1)
        return page_of(list(items), limit, session, screening.place_of, caller.id, "queue")


async def _queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[QueueItem]:
    others = await screening.queue(session, after=after, limit=limit)
    disputes = [
        QueueItem(kind="dispute", id=id_, due=due, version=version)
        for id_, due, version in await moderation.queue(session, after=after, limit=limit)
    ]
    detached = [
        QueueItem(kind="detachment", id=id_, due=due, version=version)
        for id_, due, version in await detachments.queue(session, after=after, limit=limit)
    ]
    objections = [
        QueueItem(kind="objection", id=id_, due=due, version=version)
        for id_, due, version in await erasure.queue(session, after=after, limit=limit)
    ]
    sent = [
        QueueItem(kind="document", id=id_, due=due, version=version)
        for id_, due, version in await documents.queue(session, after=after, limit=limit)
    ]
    all_ = [*others, *disputes, *detached, *objections, *sent]
    return sorted(all_, key=screening.place_of)[:limit]


@get("/v1/moderation/disputes/{dispute_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_dispute(dispute_id: FromPath[UUID], request: Caller) -> DisputeCase:
    """Read all that is needed to rule on a dispute. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await moderation.case(session, staff_of(request), dispute_id)


@post(
    "/v1/moderation/disputes/{dispute_id:uuid}/decision",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(DisputeDecision),
)
async def decide_dispute(
    dispute_id: FromPath[UUID],
    command: NamedDependency[DisputeDecision],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeCase]:
    """Rule on a dispute: uphold, amend or remove. Both sides read your reason. Not for those who screened the report.

    What stands is shown with the person's words. Replace by `▇▇▇` in `statement` what identifies somebody or names
    others: the case lists under `statement.mentions` what rules find, and a ruling that would show it is refused.
    """
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: moderation.decide(session, caller, dispute_id, command),
        )


@post(
    "/v1/moderation/disputes/{dispute_id:uuid}/messages",
    tags=TAGS,
    guards=GUARDS,
    **takes(Message),
)
async def say_as_moderator(
    dispute_id: FromPath[UUID],
    command: NamedDependency[Message],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[MessageView]:
    """Ask or tell the `person`, the `reporter`, or `both`. They are written to, and answer in the dispute."""
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: moderation.say(session, caller, dispute_id, command),
        )


@get("/v1/moderation/detachments/{detachment_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_detachment(detachment_id: FromPath[UUID], request: Caller) -> DetachmentCase:
    """Read all that is needed to look at a detachment. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await detachments.case(session, staff_of(request), detachment_id)


@post(
    "/v1/moderation/detachments/{detachment_id:uuid}/decision",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(DetachmentDecision),
)
async def decide_detachment(
    detachment_id: FromPath[UUID],
    command: NamedDependency[DetachmentDecision],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DetachmentCase]:
    """Confirm a detachment, or take it back: the identifier then leads to the reports again."""
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: detachments.decide(session, caller, detachment_id, command),
        )


ROUTES = [
    list_queue,
    view_dispute,
    decide_dispute,
    say_as_moderator,
    view_detachment,
    decide_detachment,
]
