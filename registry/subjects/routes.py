"""Proof of who asks, over HTTP. No account: a phone or e-mail that you were reported under, then a second."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.messages.rules import Language, accepted_language
from registry.platform.faults import Fault
from registry.platform.http import (
    IdempotencyKey,
    file_of,
    idempotent,
    invalid,
    origin,
    runtime_of,
    takes,
)
from registry.platform.routing import takes_file
from registry.platform.runtime import transaction
from registry.subjects import documents, service
from registry.subjects.access import person_of, subject
from registry.subjects.wire import (
    DocumentTaken,
    Proof,
    ProofTaken,
    SessionEnded,
    SessionStart,
    SessionStarted,
)

TAGS = ["The reported person"]
Caller = Request[Any, Any, Any]


@post("/v1/subject/sessions", tags=TAGS, status_code=202, **takes(SessionStart))
async def start_session(command: NamedDependency[SessionStart], request: Caller) -> SessionStarted:
    """Begin to see what is held about you: name a phone or an e-mail of yours.

    If somebody is reported under it, a code of ten digits is sent to it, good for 4 hours and once. Within these hours
    the code stays the same: if you ask again, its letter is sent once more after 10 minutes, and then no further one,
    so use the code of the last letter. The answer is the same in any case, so that nobody learns from it who is
    reported. The letter comes in the language of your `Accept-Language`: Ukrainian, Russian or English.
    """
    return await service.start(
        runtime_of(request), command, origin=origin(request), language=_language(request)
    )


@post("/v1/subject/sessions/{session_id:uuid}/proof", tags=TAGS, status_code=200, **takes(Proof))
async def prove(
    session_id: FromPath[UUID], command: NamedDependency[Proof], request: Caller
) -> ProofTaken:
    """Prove control: send the code. Then name a second phone or e-mail as `identifier`, and send its code as well.

    Phone numbers change hands, so one proof opens nothing. Two proofs, of two identifiers that one person is reported
    under, open that person's file. Whether a code is sent for an identifier that you name is not told. Instead of a
    second identifier, the claim of a document counts that a moderator has accepted. A session takes no further proof
    once its last token is over, one hour after its last proof, or once you have ended it: begin again.
    """
    if [command.code, command.identifier, command.document].count(None) != 2:
        raise invalid([Fault("", "needs one of: code, identifier, document")])
    runtime = runtime_of(request)
    if command.identifier is None:
        await service.admit_try(runtime, origin(request))
    if command.document is not None:
        return await service.show_document(runtime, session_id, command.document)
    if command.code is not None:
        return await service.prove(runtime, session_id, command.code)
    assert command.identifier is not None  # noqa: S101 - one of the three is there
    return await service.ask_second(runtime, session_id, command.identifier, origin=origin(request))


@post("/v1/subject/documents", tags=TAGS, guards=[subject(1)], **takes_file())
async def send_document(
    request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[DocumentTaken]:
    """Send a document instead of a second phone or e-mail: a page of a passport, or an identity card.

    Send multipart form data with one part named `file`: a PDF, JPEG or PNG of at most 10 MiB. Cover what is not your
    name, your birth date and your picture. A moderator compares it with what is held, then it is deleted. You are
    written to; with the `claim` and a new code you then have two proofs, for 90 days.
    """
    person = person_of(request)
    _, content = await file_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: documents.send(session, person, content),
            body=content,
        )


@delete("/v1/subject/sessions/current", tags=TAGS, status_code=200, guards=[subject(1)])
async def end_session(request: Caller) -> SessionEnded:
    """End your session: its token, and what you proved in it, are good no longer. Nobody can go on with it."""
    async with transaction(runtime_of(request)) as session:
        session_id = person_of(request).session_id
        await service.end(session, session_id)
    return SessionEnded(session_id=session_id)


def _language(request: Caller) -> str:
    """The first of our languages that the caller reads; Ukrainian without one."""
    return accepted_language(request.headers.get("accept-language", "")) or Language.UK


ROUTES = [start_session, prove, send_document, end_session]
