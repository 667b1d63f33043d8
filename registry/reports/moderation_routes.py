"""The moderator's side of reports: a case with all that is needed to decide, the decision; and bounces."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.messages import service as messages
from registry.platform.http import IdempotencyKey, download, idempotent, runtime_of, takes
from registry.platform.runtime import transaction
from registry.reports import evidence, screening
from registry.reports.wire import BounceReport, NoticeBounced, ReportCase, ReportDecision
from registry.staff.access import staff, staff_of
from registry.staff.rules import Role

TAGS = ["Moderation"]
GUARDS = [staff(Role.MODERATOR)]
Caller = Request[Any, Any, Any]


@get("/v1/moderation/reports/{report_id:uuid}", tags=TAGS, guards=GUARDS)
async def view_case(report_id: FromPath[UUID], request: Caller) -> ReportCase:
    """Read all that is needed to decide on a report. That you read it is on record."""
    async with transaction(runtime_of(request)) as session:
        return await screening.case(session, staff_of(request), report_id)


@get(
    "/v1/moderation/reports/{report_id:uuid}/evidence/{evidence_id:uuid}",
    tags=TAGS,
    guards=GUARDS,
    media_type="application/octet-stream",
)
async def read_evidence(
    report_id: FromPath[UUID], evidence_id: FromPath[UUID], request: Caller
) -> Response[bytes]:
    """Download an evidence file as it was received. Its bytes are a stranger's: open it with care."""
    async with transaction(runtime_of(request)) as session:
        caller = staff_of(request)
        await screening.may_read(session, caller, report_id)
        media_type, content = await evidence.read(session, caller.actor, report_id, evidence_id)
    return download(evidence_id, media_type, content)


@post(
    "/v1/moderation/reports/{report_id:uuid}/decision",
    tags=TAGS,
    guards=GUARDS,
    status_code=200,
    **takes(ReportDecision),
)
async def decide(
    report_id: FromPath[UUID],
    command: NamedDependency[ReportDecision],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[ReportCase]:
    """Decide on a report: publish it, ask its reporter for more, or reject it. The reporter reads your reason."""
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        return await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: screening.decide(session, caller, report_id, command),
        )


@post(
    "/v1/operations/notices/{notice_id:uuid}/bounce",
    tags=["Operations"],
    guards=[staff(Role.OPERATOR)],
    status_code=200,
    **takes(BounceReport),
)
async def record_bounce(
    notice_id: FromPath[UUID], command: NamedDependency[BounceReport], request: Caller
) -> NoticeBounced:
    """Record a bounce: a mail or text to a person came back and proves no notice. Mail counts as told after 48 h."""
    async with transaction(runtime_of(request)) as session:
        outcome = await messages.bounce(session, notice_id)
        await screening.note_bounce(
            session, staff_of(request), outcome.about_id, notice_id, command.reason
        )
        return NoticeBounced(id=notice_id, state=outcome.state)


ROUTES = [view_case, read_evidence, decide, record_bounce]
