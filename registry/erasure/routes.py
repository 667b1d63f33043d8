"""Erasure requests and objections: the person's calls, and the moderator's."""

import contextlib
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.erasure import moderation, service
from registry.erasure.rules import Kind
from registry.erasure.wire import (
    ErasureRequest,
    ObjectionCase,
    ObjectionDecision,
    ObjectionRequest,
    RequestList,
    RequestView,
)
from registry.platform.blobs import BlobsUnavailable
from registry.platform.http import IdempotencyKey, idempotent, runtime_of, takes
from registry.platform.runtime import Runtime, transaction
from registry.reports import evidence
from registry.staff.access import staff, staff_of
from registry.staff.rules import Role
from registry.subjects.access import person_of, subject

PERSON, STAFF = ["The reported person"], ["Moderation"]
GUARDS, MODERATORS = [subject()], [staff(Role.MODERATOR)]
Caller = Request[Any, Any, Any]


@post("/v1/subject/erasure-requests", tags=PERSON, guards=GUARDS, **takes(ErasureRequest))
async def ask_for_erasure(
    command: NamedDependency[ErasureRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[RequestView]:
    """Ask that a report of your file be erased. You have the answer at once.

    What has ended is erased with this call: settled, removed, withdrawn, rejected or expired. So is a report about
    somebody who was not of age by its own birth date, and one that was shown without word to you. Where only another
    report says so, a moderator decides: the answer is `pending`. A report that lookups show, or will, stays until its
    time is over: dispute it if it is wrong, object to it if it harms you more than it helps others.

    Backups hold what was erased for some weeks more; `complete_by` says until when.
    """
    person, runtime, gone = person_of(request), runtime_of(request), list[str]()
    async with transaction(runtime) as session:
        answer = await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: service.ask(session, person, command, gone),
        )
    await _delete(runtime, gone)
    return answer


@get("/v1/subject/erasure-requests", tags=PERSON, guards=GUARDS)
async def list_my_erasure_requests(request: Caller) -> RequestList:
    """List your requests for erasure, newest first. Of what was erased you see those of this session."""
    async with transaction(runtime_of(request)) as session:
        person = person_of(request)
        return RequestList(items=await service.list_own(session, person, Kind.ERASURE))


@post("/v1/subject/objections", tags=PERSON, guards=GUARDS, **takes(ObjectionRequest))
async def make_objection(
    command: NamedDependency[ObjectionRequest],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[RequestView]:
    """Object to a report, true or not, on grounds of your own situation. From this moment lookups do not show it.

    A moderator who has not seen the report before weighs your situation against the interest of those who ask, within
    30 days. If yours weighs more, the report is removed and erased at once, and whoever was shown it is told. If not,
    you read why, the report is shown again, and you can object once more within a year: another moderator then decides,
    and the report stays visible meanwhile.
    """
    person, runtime, gone = person_of(request), runtime_of(request), list[str]()
    async with transaction(runtime) as session:
        answer = await idempotent(
            request,
            session,
            person.session_id,
            idempotency_key,
            lambda: service.object_(session, person, command, gone),
        )
    await _delete(runtime, gone)
    return answer


@get("/v1/subject/objections", tags=PERSON, guards=GUARDS)
async def list_my_objections(request: Caller) -> RequestList:
    """List your objections, newest first, with by when each is decided."""
    async with transaction(runtime_of(request)) as session:
        person = person_of(request)
        return RequestList(items=await service.list_own(session, person, Kind.OBJECTION))


@get("/v1/moderation/objections/{objection_id:uuid}", tags=STAFF, guards=MODERATORS)
async def view_objection(objection_id: FromPath[UUID], request: Caller) -> ObjectionCase:
    """Read all that is needed to weigh an objection. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await moderation.case(session, staff_of(request), objection_id)


@post(
    "/v1/moderation/objections/{objection_id:uuid}/decision",
    tags=STAFF,
    guards=MODERATORS,
    status_code=200,
    **takes(ObjectionDecision),
)
async def decide_objection(
    objection_id: FromPath[UUID],
    command: NamedDependency[ObjectionDecision],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[ObjectionCase]:
    """Weigh an objection. `grant` removes and erases the report for good; `refuse` shows it again.

    To refuse needs compelling grounds: what this very report tells those who ask must weigh more than what it does to
    this person. Not for whoever screened the report, or decided on an earlier objection to it.
    """
    caller, runtime, gone = staff_of(request), runtime_of(request), list[str]()
    async with transaction(runtime) as session:
        answer = await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: moderation.decide(session, caller, objection_id, command, gone),
        )
    await _delete(runtime, gone)
    return answer


async def _delete(runtime: Runtime, names: list[str]) -> None:
    """Delete the files of an erased report; what cannot be deleted now is swept."""
    with contextlib.suppress(BlobsUnavailable):
        await evidence.delete_files(runtime, names)


ROUTES = [
    ask_for_erasure,
    list_my_erasure_requests,
    make_objection,
    list_my_objections,
    view_objection,
    decide_objection,
]
