"""The person's file and disputes, and the reporter's side of them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.businesses.access import member, member_of
from registry.businesses.rules import Scope
from registry.disputes import detachments, file, service
from registry.disputes.wire import (
    Appeal,
    DetachmentRequest,
    DetachmentView,
    DisputeAnswer,
    DisputeList,
    DisputeOpening,
    DisputeView,
    SubjectFile,
)
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
from registry.subjects.access import person_of, subject

PERSON = ["The reported person"]
TAGS = ["Disputes"]
Caller = Request[Any, Any, Any]


@get("/v1/subject/file", tags=PERSON, guards=[subject()])
async def read_file(request: Caller) -> SubjectFile:
    """Read everything that is held about you: each report as it is held, where it came from, how long it stays, and
    who was shown it in the last 12 months.
    """
    async with transaction(runtime_of(request)) as session:
        return await file.read(session, person_of(request))


@get("/v1/subject/disputes", tags=PERSON, guards=[subject()])
async def list_my_disputes(request: Caller) -> DisputeList:
    """List your disputes, newest first, with what is due next and by when."""
    async with transaction(runtime_of(request)) as session:
        return DisputeList(items=await service.list_own(session, person_of(request)))


@post("/v1/disputes", tags=PERSON, guards=[subject()], **takes(DisputeOpening))
async def open_dispute(
    command: NamedDependency[DisputeOpening],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeView]:
    """Dispute a report of your file. From this moment lookups do not show it, until a moderator has decided.

    Its reporter has 10 days to answer with evidence; without an answer the report is removed. A moderator who has not
    seen the report before decides within 30 days of today. It costs nothing.
    """
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: service.open_(session, person, command),
            status=201,
        )


@post(
    "/v1/disputes/{dispute_id:uuid}/appeal",
    tags=PERSON,
    guards=[subject()],
    status_code=200,
    **takes(Appeal),
)
async def appeal(
    dispute_id: FromPath[UUID], command: NamedDependency[Appeal], request: Caller
) -> DisputeView:
    """Appeal a ruling, once, within 14 days. The report is hidden again, and another moderator decides."""
    async with transaction(runtime_of(request)) as session:
        return await service.appeal(session, person_of(request), dispute_id, command.statement)


@post(
    "/v1/subject/detachments",
    tags=PERSON,
    guards=[subject(1)],
    status_code=201,
    **takes(DetachmentRequest),
)
async def detach(
    command: NamedDependency[DetachmentRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DetachmentView]:
    """Say that your phone or e-mail is not the reported person's: one proof is enough.

    For whoever holds a number that was someone else's. From this moment lookups by it do not lead to that person.
    You are told nothing of what was reported.
    """
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: detachments.detach(session, person, command),
            status=201,
            required=False,
        )


@get("/v1/disputes", tags=TAGS, guards=[member(Scope.DISPUTE)])
async def list_disputes(
    request: Caller, limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[DisputeView]:
    """List the disputes of your reports, newest first. `due` says by when you must answer."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        before = cursors.read(session.keyring, cursor, caller.business_id, "disputes")
        items = await service.list_of_reporter(session, caller, before=before, limit=limit + 1)
        return page_of(items, limit, session, lambda one: one.id, caller.business_id, "disputes")


@post(
    "/v1/disputes/{dispute_id:uuid}/response",
    tags=TAGS,
    guards=[member(Scope.DISPUTE)],
    status_code=200,
    **takes(DisputeAnswer),
)
async def answer_dispute(
    dispute_id: FromPath[UUID],
    command: NamedDependency[DisputeAnswer],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeView]:
    """Answer a dispute of your report, once. Without an answer within 10 days the report is removed."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: service.answer(session, caller, dispute_id, command.statement),
            status=200,
            required=False,
        )


ROUTES = [
    read_file,
    list_my_disputes,
    open_dispute,
    detach,
    appeal,
    list_disputes,
    answer_dispute,
]
