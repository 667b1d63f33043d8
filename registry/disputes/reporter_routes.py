"""The reporter's side of disputes: what is said of their reports, and their answers."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.businesses.access import member, member_of
from registry.businesses.rules import Scope
from registry.disputes import hearing, service
from registry.disputes.rules import Side
from registry.disputes.wire import (
    DisputeAnswer,
    DisputeView,
    Message,
    MessageView,
    SettlementResponse,
)
from registry.platform import cursors
from registry.platform.cursors import Page
from registry.platform.http import (
    Cursor,
    IdempotencyKey,
    Limit,
    download,
    file_of,
    idempotent,
    page_of,
    runtime_of,
    takes,
)
from registry.platform.reading import reading
from registry.platform.routing import takes_file
from registry.platform.runtime import Session, transaction
from registry.reports.wire import DisputeFile

TAGS = ["Disputes"]
GUARDS = [member(Scope.DISPUTE)]
Caller = Request[Any, Any, Any]


@get("/v1/disputes", tags=TAGS, guards=GUARDS)
async def list_disputes(
    request: Caller, limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[DisputeView]:
    """List the disputes of your reports, newest first. `due` says by when you must answer.

    The list may be five seconds old; a dispute read by itself never is.
    """
    caller = member_of(request)

    async def listed(session: Session) -> Page[DisputeView]:
        before = cursors.read(session.keyring, cursor, caller.business_id, "disputes")
        items = await service.list_of_reporter(session, caller, before=before, limit=limit + 1)
        return page_of(items, limit, session, lambda one: one.id, caller.business_id, "disputes")

    return await reading(runtime_of(request), listed, business_id=caller.business_id)


@post(
    "/v1/disputes/{dispute_id:uuid}/response",
    tags=TAGS,
    guards=GUARDS,
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
        )


@get("/v1/disputes/{dispute_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_dispute_of_mine(dispute_id: FromPath[UUID], request: Caller) -> DisputeView:
    """Read one dispute of your reports: what each side said and sent, and by when you must answer."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.view_of_reporter(session, caller, dispute_id)


@post(
    "/v1/reports/{report_id:uuid}/settlement-response",
    tags=TAGS,
    guards=[member(Scope.REPORT)],
    status_code=200,
    **takes(SettlementResponse),
)
async def answer_settlement(
    report_id: FromPath[UUID],
    command: NamedDependency[SettlementResponse],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeView]:
    """Confirm or deny that your client has paid, within 10 days. Confirmed, or without an answer, the report ends as
    settled; denied, a moderator decides.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: service.answer_claim(session, caller, report_id, command),
        )


@post(
    "/v1/disputes/{dispute_id:uuid}/evidence",
    tags=TAGS,
    guards=GUARDS,
    **takes_file(),
)
async def add_dispute_evidence(
    dispute_id: FromPath[UUID], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[DisputeFile]:
    """Add a file to a dispute of your report. The person it is about can read it too: hide what they must not see.

    Send multipart form data with one part named `file`: a PDF, JPEG or PNG of at most 10 MiB. Files are taken until
    there is a ruling.
    """
    caller = member_of(request)
    name, content = await file_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:

        async def add() -> DisputeFile:
            dispute = await service.lock_of_reporter(session, caller, dispute_id)
            return await hearing.add_file(
                session, caller.actor, dispute, Side.REPORTER, name, content
            )

        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            add,
            body=content,
        )


@get(
    "/v1/disputes/{dispute_id:uuid}/evidence/{evidence_id:uuid}",
    tags=TAGS,
    guards=GUARDS,
    media_type="application/octet-stream",
)
async def read_dispute_evidence(
    dispute_id: FromPath[UUID], evidence_id: FromPath[UUID], request: Caller
) -> Response[bytes]:
    """Download a file of a dispute, yours or the person's. Its bytes may be a stranger's: open it with care."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        dispute = await service.lock_of_reporter(session, caller, dispute_id)
        media_type, content = await hearing.read_file(session, caller.actor, dispute, evidence_id)
    return download(evidence_id, media_type, content)


@post("/v1/disputes/{dispute_id:uuid}/replies", tags=TAGS, guards=GUARDS, **takes(Message))
async def reply(
    dispute_id: FromPath[UUID],
    command: NamedDependency[Message],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[MessageView]:
    """Write in a dispute of your report: to `both`, the person and the moderator, or to the `moderator` alone.

    It does not take the place of your answer: POST /v1/disputes/{id}/response.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:

        async def write() -> MessageView:
            dispute = await service.lock_of_reporter(session, caller, dispute_id)
            return await hearing.say(session, caller.actor, dispute, Side.REPORTER, command)

        return await idempotent(request, session, caller.business_id, idempotency_key, write)


ROUTES = [
    list_disputes,
    view_dispute_of_mine,
    answer_dispute,
    answer_settlement,
    add_dispute_evidence,
    read_dispute_evidence,
    reply,
]
