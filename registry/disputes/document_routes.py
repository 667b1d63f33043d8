"""Documents as second proof: what moderators read and decide of them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.disputes import documents
from registry.disputes.wire import DocumentCase, DocumentDecision
from registry.platform.http import download, runtime_of, takes
from registry.platform.runtime import transaction
from registry.staff.access import staff, staff_of
from registry.staff.rules import Role

TAGS = ["Moderation"]
GUARDS = [staff(Role.MODERATOR)]
Caller = Request[Any, Any, Any]


@get("/v1/moderation/documents/{document_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_document(document_id: FromPath[UUID], request: Caller) -> DocumentCase:
    """Read all that is needed to decide on a document: what is held under its sender's identifier. It is on record."""
    async with transaction(runtime_of(request)) as session:
        return await documents.case(session, staff_of(request), document_id)


@get(
    "/v1/moderation/documents/{document_id:uuid}/file",
    tags=TAGS,
    guards=GUARDS,
    media_type="application/octet-stream",
)
async def read_document(document_id: FromPath[UUID], request: Caller) -> Response[bytes]:
    """Download the document. Keep no copy: it is deleted when you decide. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        media_type, content = await documents.read(session, staff_of(request), document_id)
    return download(document_id, media_type, content)


@post(
    "/v1/moderation/documents/{document_id:uuid}/decision",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(DocumentDecision),
)
async def decide_document(
    document_id: FromPath[UUID], command: NamedDependency[DocumentDecision], request: Caller
) -> DocumentCase:
    """Accept a document as a second proof, or refuse it. It is deleted either way.

    Accept it for the reports whose person it shows: name and birth date agree with what is held, allowing for
    spelling. Its sender then reads the file of that person. In doubt, refuse and say what is missing.
    """
    return await documents.decide(runtime_of(request), staff_of(request), document_id, command)


ROUTES = [view_document, read_document, decide_document]
