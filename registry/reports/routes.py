"""The reporter's side: reports and their evidence."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from registry.businesses.access import member, member_of
from registry.businesses.rules import Scope
from registry.identities import service as identities
from registry.platform import cursors
from registry.platform.cursors import Page
from registry.platform.faults import Fault
from registry.platform.http import (
    Connection,
    Cursor,
    IdempotencyKey,
    Limit,
    file_of,
    idempotent,
    page_of,
    runtime_of,
    takes,
)
from registry.platform.reading import reading
from registry.platform.routing import takes_file
from registry.platform.runtime import Session, transaction
from registry.reports import evidence, quota, service
from registry.reports.rules import State
from registry.reports.wire import (
    EvidenceView,
    Reason,
    Reinsertion,
    ReportChange,
    ReportSubmission,
    ReportSummary,
    ReportView,
)

TAGS = ["Reports"]
GUARDS = [member(Scope.REPORT)]
#: Of calls that spend from the budget of reports.
FILES = [member(Scope.REPORT, reports=True)]
#: What a suspended business may still do.
OWN_PAST = [member(Scope.REPORT, suspended=True)]
Caller = Request[Any, Any, Any]
ReportState = Annotated[
    State | None, QueryParameter(name="state", description="Only reports in this state.")
]


def _values(request: Connection, body: object) -> list[Fault]:
    """What of the subject cannot be read, beside what is wrong with the form."""
    return identities.value_faults(body, country=member_of(request).country)


@post("/v1/reports", tags=TAGS, guards=FILES, **takes(ReportSubmission, _values))
async def submit(
    command: NamedDependency[ReportSubmission],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[ReportView]:
    """Report a client who did not keep a contract.

    The report rests for the cooling-off time, in which you may edit it or take it back freely. Then a
    moderator screens it, the person is told, and after the notice days lookups show its facts: the category,
    month and amount band, never your name or your words. `visible_from` is the earliest time for that.

    Your plan has a budget of reports a day and a month, which only reports spend that are taken in. Until moderators
    have decided on ten of your reports, three at most may wait for a decision at once.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: quota.spend(
                request, session, caller, lambda: service.submit(session, caller, command)
            ),
        )


@get("/v1/reports", tags=TAGS, guards=OWN_PAST)
async def list_reports(
    request: Caller,
    limit: Limit = cursors.DEFAULT_LIMIT,
    cursor: Cursor = None,
    report_state: ReportState = None,
) -> Page[ReportSummary]:
    """List your reports, newest first. The list may be five seconds old; a report read by itself never is."""
    caller = member_of(request)
    bound = (caller.business_id, "reports", report_state)

    async def listed(session: Session) -> Page[ReportSummary]:
        before = cursors.read(session.keyring, cursor, *bound)
        rows = await service.list_own(
            session, caller, state=report_state, before=before, limit=limit + 1
        )
        return page_of(list(rows), limit, session, lambda row: row.id, *bound)

    return await reading(runtime_of(request), listed, business_id=caller.business_id)


@get("/v1/reports/{report_id:uuid}", tags=TAGS, guards=OWN_PAST)
async def view_report(report_id: FromPath[UUID], request: Caller) -> ReportView:
    """Read one of your reports: its state, its evidence, what moderators decided, and what is due next."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.view(session, caller, report_id)


@patch("/v1/reports/{report_id:uuid}", tags=TAGS, guards=GUARDS, **takes(ReportChange, _values))
async def edit_report(
    report_id: FromPath[UUID], command: NamedDependency[ReportChange], request: Caller
) -> ReportView:
    """Change a report.

    You may do so while it cools off, or in answer to a moderator's question (`needs_info`). An answer sends
    the report back to screening; after a file that was asked for, words may still follow. Fields that you
    leave out stay as they are. The `subject` can change only while the report cools off: afterwards a moderator has
    read whom it is about.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.edit(session, caller, report_id, command)


@post("/v1/reports/{report_id:uuid}/evidence", tags=TAGS, guards=GUARDS, **takes_file())
async def add_evidence(
    report_id: FromPath[UUID], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[EvidenceView]:
    """Add an evidence file.

    Send multipart form data with one part named `file`: a PDF, JPEG or PNG of at most 10 MiB. Files are
    taken while the report is `submitted`, in `screening` or on `needs_info`; a report without any can be
    submitted, but not published. On `needs_info` for missing evidence, the file is the answer.
    """
    caller = member_of(request)
    name, content = await file_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: evidence.add(session, caller, report_id, name, content),
            body=content,
        )


@post(
    "/v1/reports/{report_id:uuid}/withdraw",
    tags=TAGS,
    guards=OWN_PAST,
    status_code=200,
    **takes(Reason),
)
async def withdraw_report(
    report_id: FromPath[UUID], command: NamedDependency[Reason], request: Caller
) -> ReportView:
    """Take a report back.

    That is possible in every state that is not final, for a suspended business too. Lookups show it no longer, at once.

    Afterwards the same report comes back only by reinsertion; while it cools off, withdrawing leaves no trace.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.withdraw(session, caller, report_id, command.reason)


@post(
    "/v1/reports/{report_id:uuid}/settle",
    tags=TAGS,
    guards=OWN_PAST,
    status_code=200,
    **takes(Reason),
)
async def settle_report(
    report_id: FromPath[UUID], command: NamedDependency[Reason], request: Caller
) -> ReportView:
    """Settle a report: the client paid or made it good.

    That is possible from `notice` on, for a suspended business too. Lookups show it no longer, at once.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.settle(session, caller, report_id, command.reason)


@post("/v1/reports/{report_id:uuid}/reinsertion", tags=TAGS, guards=FILES, **takes(Reinsertion))
async def reinsert_report(
    report_id: FromPath[UUID],
    command: NamedDependency[Reinsertion],
    request: Caller,
    idempotency_key: IdempotencyKey = None,
) -> Response[ReportView]:
    """Bring an ended report back.

    It comes back as a new one, with new evidence and your certification. Two moderators must agree to
    publish it, and the person is notified again. This is also how you contest an erasure by rule: the letter
    names the rule, say in `reason` why it was wrong, and add the file that shows it.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await idempotent(
            request,
            session,
            caller.business_id,
            idempotency_key,
            lambda: quota.spend(
                request,
                session,
                caller,
                lambda: service.reinsert(session, caller, report_id, command),
            ),
        )


ROUTES = [
    submit,
    list_reports,
    view_report,
    edit_report,
    add_evidence,
    withdraw_report,
    settle_report,
    reinsert_report,
]
