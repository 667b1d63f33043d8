"""The reported person's side: the file, disputes, settlements, detachments."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.disputes import detachments, file, file_page, hearing, service
from registry.disputes.file_wire import SubjectFile
from registry.disputes.rules import Side
from registry.disputes.wire import (
    Appeal,
    DetachmentRequest,
    DetachmentView,
    DisputeList,
    DisputeOpening,
    DisputeView,
    Message,
    MessageView,
    SettlementClaim,
)
from registry.messages.rules import Language, accepted_language
from registry.platform.http import (
    MESSAGEPACK,
    IdempotencyKey,
    Negotiated,
    download,
    file_of,
    idempotent,
    runtime_of,
    takes,
)
from registry.platform.routing import takes_file
from registry.platform.runtime import transaction
from registry.reports.wire import DisputeFile
from registry.subjects.access import person_of, subject

PERSON = ["The reported person"]
GUARDS = [subject()]
Caller = Request[Any, Any, Any]


@get("/v1/subject/file", tags=PERSON, guards=GUARDS)
async def read_file(request: Caller) -> Response[SubjectFile]:
    """Read everything that is held about you: each report as it is held, where it came from, how long it stays, why
    several are held to be about you, who was shown them in the last 12 months, your disputes, the letters to you.

    With `Accept: text/html` it is a page to read, to print, or to save as a PDF from your browser. It comes in the
    language of your `Accept-Language`: Ukrainian, Russian or English; without one, in that of your session.
    """
    runtime, person = runtime_of(request), person_of(request)
    asked = accepted_language(request.headers.get("accept-language", ""))
    async with transaction(runtime) as session:
        found = await file.read(session, person, asked or Language(person.language))
    headers = {
        **file_page.HEADERS,
        "Vary": "Accept, Accept-Language",
        "Content-Language": found.language,
    }
    if request.accept.best_match([MediaType.JSON, MESSAGEPACK, MediaType.HTML]) != MediaType.HTML:
        return Negotiated(found, headers=headers)
    page: Any = await asyncio.to_thread(file_page.render, found, runtime.settings, runtime.policy)
    return Response(page, media_type=MediaType.HTML, headers=headers)


@get("/v1/subject/disputes", tags=PERSON, guards=GUARDS)
async def list_my_disputes(request: Caller) -> DisputeList:
    """List your disputes, newest first, with what is due next and by when."""
    async with transaction(runtime_of(request)) as session:
        return DisputeList(items=await service.list_own(session, person_of(request)))


@post("/v1/disputes", tags=PERSON, guards=GUARDS, **takes(DisputeOpening))
async def open_dispute(
    command: NamedDependency[DisputeOpening],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeView]:
    """Dispute a report of your file. From this moment lookups do not show it, until a moderator has decided.

    Its reporter has 10 days to answer with evidence; without an answer the report is removed. A moderator who has not
    seen the report before decides within 30 days of today. It costs nothing.

    After a ruling, and the appeal, the same report can be disputed again; that does not hide it. Without a file that is
    new it is refused at once, which you may appeal.
    """
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: service.open_(session, person, command),
        )


@post(
    "/v1/disputes/{dispute_id:uuid}/appeal",
    tags=PERSON,
    guards=GUARDS,
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
        )


@post("/v1/subject/settlements", tags=PERSON, guards=GUARDS, **takes(SettlementClaim))
async def claim_settlement(
    command: NamedDependency[SettlementClaim],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[DisputeView]:
    """Say that you have paid, or made it good otherwise. Then add the receipt: POST /v1/subject/disputes/{id}/evidence.

    Its reporter has 10 days to confirm or to deny it; silence confirms, and the report ends. If it is denied, a
    moderator decides. If the report was never disputed before, lookups do not show it from this moment on.
    """
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: service.claim(session, person, command),
        )


@get("/v1/subject/disputes/{dispute_id:uuid}", tags=PERSON, guards=GUARDS)
async def view_my_dispute(dispute_id: FromPath[UUID], request: Caller) -> DisputeView:
    """Read one of your disputes: what each side said and sent, and what is due next."""
    async with transaction(runtime_of(request)) as session:
        return await service.view_own(session, person_of(request), dispute_id)


@post(
    "/v1/subject/disputes/{dispute_id:uuid}/evidence",
    tags=PERSON,
    guards=GUARDS,
    **takes_file(),
)
async def add_my_evidence(
    dispute_id: FromPath[UUID], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[DisputeFile]:
    """Add a file to your dispute: a receipt, a letter, a photograph. Its reporter can read it too.

    Send multipart form data with one part named `file`: a PDF, JPEG or PNG of at most 10 MiB. Files are taken until
    there is a ruling; they give the moderator 15 days more. Was your dispute refused because nothing is new? A file has
    it taken up.
    """
    person = person_of(request)
    name, content = await file_of(request)
    async with transaction(runtime_of(request)) as session:

        async def add() -> DisputeFile:
            dispute = await service.lock_own(session, person, dispute_id)
            return await hearing.add_file(
                session, person.actor, dispute, Side.PERSON, name, content
            )

        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            add,
            body=content,
        )


@get(
    "/v1/subject/disputes/{dispute_id:uuid}/evidence/{evidence_id:uuid}",
    tags=PERSON,
    guards=GUARDS,
    media_type="application/octet-stream",
)
async def read_my_evidence(
    dispute_id: FromPath[UUID], evidence_id: FromPath[UUID], request: Caller
) -> Response[bytes]:
    """Download a file of your dispute, yours or the reporter's. Its bytes may be a stranger's: open it with care."""
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:
        dispute = await service.lock_own(session, person, dispute_id)
        media_type, content = await hearing.read_file(session, person.actor, dispute, evidence_id)
    return download(evidence_id, media_type, content)


@post("/v1/disputes/{dispute_id:uuid}/messages", tags=PERSON, guards=GUARDS, **takes(Message))
async def say(
    dispute_id: FromPath[UUID],
    command: NamedDependency[Message],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[MessageView]:
    """Write in your dispute: to `both`, its reporter and the moderator, or to the `moderator` alone."""
    person = person_of(request)
    async with transaction(runtime_of(request)) as session:

        async def write() -> MessageView:
            dispute = await service.lock_own(session, person, dispute_id)
            return await hearing.say(session, person.actor, dispute, Side.PERSON, command)

        return await idempotent(request, session, person.session_id, idempotency_key, write)


ROUTES = [
    read_file,
    list_my_disputes,
    view_my_dispute,
    open_dispute,
    claim_settlement,
    add_my_evidence,
    read_my_evidence,
    say,
    detach,
    appeal,
]
