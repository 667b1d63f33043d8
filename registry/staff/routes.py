"""What operators do: decide on businesses, and read the audit log."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from registry.audit import service as audit
from registry.audit.wire import AuditEntry
from registry.businesses import alarms, verification
from registry.businesses import service as businesses
from registry.businesses.access import forget_keys
from registry.businesses.rules import State
from registry.businesses.wire import (
    AlarmView,
    BusinessCase,
    BusinessDecision,
    BusinessListed,
    BusinessView,
    Lifting,
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
from registry.platform.reading import reading
from registry.platform.runtime import Session, transaction
from registry.staff.access import staff, staff_of
from registry.staff.rules import Role

ObjectId = Annotated[
    UUID | None,
    QueryParameter(description="Only entries about this report, business, key or lookup."),
]
Action = Annotated[
    str | None,
    QueryParameter(description="Only this action, such as `report.publish`.", max_length=64),
]
BusinessState = Annotated[
    State | None, QueryParameter(name="state", description="Only businesses in this state.")
]


@get("/v1/operations/audit", tags=["Operations"], guards=[staff(Role.OPERATOR)])
async def list_audit(
    request: Request[Any, Any, Any],
    limit: Limit = cursors.DEFAULT_LIMIT,
    cursor: Cursor = None,
    object_id: ObjectId = None,
    action: Action = None,
) -> Page[AuditEntry]:
    """Read the audit log: who did what to which report, business, key or lookup. Newest first."""
    caller = staff_of(request)
    bound = (caller.id, "audit", object_id, action)

    async def listed(session: Session) -> Page[AuditEntry]:
        before = cursors.read(session.keyring, cursor, *bound)
        entries = await audit.list_entries(
            session, before=before, limit=limit + 1, object_id=object_id, action=action
        )
        return page_of(list(entries), limit, session, lambda entry: entry.id, *bound)

    return await reading(runtime_of(request), listed)


@get("/v1/operations/businesses", tags=["Operations"], guards=[staff(Role.OPERATOR)])
async def list_businesses(
    request: Request[Any, Any, Any],
    limit: Limit = cursors.DEFAULT_LIMIT,
    cursor: Cursor = None,
    business_state: BusinessState = None,
) -> Page[BusinessListed]:
    """List businesses, newest first; with `state=pending` those that wait to be verified."""
    bound = (staff_of(request).id, "businesses", business_state)

    async def listed(session: Session) -> Page[BusinessListed]:
        before = cursors.read(session.keyring, cursor, *bound)
        views = await businesses.list_views(
            session, state=business_state, before=before, limit=limit + 1
        )
        return page_of(views, limit, session, lambda view: view.id, *bound)

    return await reading(runtime_of(request), listed)


@get(
    "/v1/operations/businesses/{business_id:uuid}",
    tags=["Operations"],
    guards=[staff(Role.OPERATOR)],
)
async def view_business_case(
    business_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> BusinessCase:
    """Read all that is needed to decide on a business: who else claims its register code, and who may own it too."""
    async with transaction(runtime_of(request)) as session:
        return await verification.case(session, business_id)


@post(
    "/v1/operations/businesses/{business_id:uuid}/decision",
    tags=["Operations"],
    guards=[staff(Role.OPERATOR)],
    status_code=200,
    **takes(BusinessDecision),
)
async def decide_business(
    business_id: FromPath[UUID],
    command: NamedDependency[BusinessDecision],
    request: Request[Any, Any, Any],
    idempotency_key: IdempotencyKey = None,
) -> Response[BusinessView]:
    """Decide on a business: verify, refuse, suspend or close it. `verify` also lifts a suspension.

    Verifying rests on your reason: the register entry, and control of the business's own e-mail
    (`email_proven_at`) or domain. It answers all that the case asks: `claims` says what becomes of other pending claims
    to the register code (one business at most is verified under it); `owners` says which of the businesses whose owner
    may be the same have one. Suspending hides all its reports at once.
    """
    caller = staff_of(request)
    async with transaction(runtime_of(request)) as session:
        answer = await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: verification.decide(session, caller.actor, business_id, command),
        )
    forget_keys(request)
    return answer


@get("/v1/operations/alarms", tags=["Operations"], guards=[staff(Role.OPERATOR)])
async def list_alarms(
    request: Request[Any, Any, Any], limit: Limit = cursors.DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[AlarmView]:
    """List alarms about what businesses look up. Newest first, and whether lookups were suspended."""
    bound = (staff_of(request).id, "alarms")

    async def listed(session: Session) -> Page[AlarmView]:
        before = cursors.read(session.keyring, cursor, *bound)
        views = await alarms.list_views(session, before=before, limit=limit + 1)
        return page_of(views, limit, session, lambda view: view.id, *bound)

    return await reading(runtime_of(request), listed)


@post(
    "/v1/operations/businesses/{business_id:uuid}/lift",
    tags=["Operations"],
    guards=[staff(Role.OPERATOR)],
    status_code=200,
    **takes(Lifting),
)
async def lift_suspension(
    business_id: FromPath[UUID],
    command: NamedDependency[Lifting],
    request: Request[Any, Any, Any],
    idempotency_key: IdempotencyKey = None,
) -> Response[BusinessView]:
    """Lift the suspension of a business's lookups.

    Its keys may look up again, but those that were revoked. What was noticed is counted anew; what was spent stays
    spent. The business is told by letter.
    """
    caller = staff_of(request)

    async def lifted(session: Session) -> BusinessView:
        await alarms.lift(session, caller.actor, business_id, command)
        return await businesses.view(session, business_id)

    async with transaction(runtime_of(request)) as session:
        answer = await idempotent(
            request,
            session,
            caller.id,
            idempotency_key,
            lambda: lifted(session),
        )
    forget_keys(request)
    return answer


ROUTES = [
    list_audit,
    list_alarms,
    list_businesses,
    view_business_case,
    decide_business,
    lift_suspension,
]
