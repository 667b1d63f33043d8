"""Lookups, their receipts, budgets, and the member's own terms."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from registry.businesses.access import Member, member, member_of, tell_budget
from registry.businesses.rules import Scope
from registry.identities import service as identities
from registry.limits import service as limits
from registry.limits.rules import Spent
from registry.lookups import queries, service, terms
from registry.lookups.desk import Desk
from registry.lookups.queries import Query
from registry.lookups.wire import (
    BatchAnswer,
    BatchRequest,
    LookupAnswer,
    LookupRequest,
    RowProblem,
    TermsChange,
    TermsView,
    Usage,
    Window,
)
from registry.platform import gates, idempotency
from registry.platform.errors import RegistryError
from registry.platform.faults import Fault
from registry.platform.http import (
    Connection,
    IdempotencyKey,
    Negotiated,
    decode,
    request_id,
    runtime_of,
    takes,
)
from registry.platform.routing import BATCH_SIZE
from registry.platform.runtime import transaction

TAGS = ["Lookups"]
#: Who may look up.
ASKS = member(Scope.LOOKUP, test=True)
Caller = Request[Any, Any, Any]


def values(connection: Connection, body: object) -> list[Fault]:
    """What of the subject cannot be read, beside what is wrong with the form."""
    return identities.value_faults(body, country=member_of(connection).country)


@post(
    "/v1/lookups",
    tags=TAGS,
    status_code=200,
    guards=[ASKS],
    **takes(LookupRequest, values, gate=gates.LOOKUPS),
)
async def look_up(
    command: NamedDependency[LookupRequest], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[LookupAnswer]:
    """Look a client up before you sign or ship.

    Send whatever you have, written as you have it: a phone, an e-mail, a tax id, a company code or a handle,
    or a name with a birth date or city. The answer is facts about kept and broken contracts, and the advice
    of your own terms. It is also a receipt: it can be read again for 12 months.
    """
    answer, replayed = await answer_one(request, command, idempotency_key)
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return Negotiated(answer, status_code=200, headers=headers)


async def answer_one(
    connection: Connection, command: LookupRequest, idempotency_key: str | None
) -> tuple[LookupAnswer, bool]:
    """The answer to one lookup of the caller, and whether it was given before."""
    runtime, caller = runtime_of(connection), member_of(connection)
    key = idempotency.check_key(idempotency_key, required=False)
    query = queries.read(runtime, caller, command, key=key)
    stored = await _replays(_desk(connection), caller, [query])
    if stored:
        return stored.popitem()[1], True
    answers, spent = await service.look_up(_desk(connection), caller, [query])
    tell_budget(connection, spent)
    if not answers:
        raise limits.refuse(spent)
    return answers[0], False


@post(
    "/v1/lookups/batch",
    tags=TAGS,
    status_code=200,
    guards=[ASKS],
    **takes(BatchRequest, gate=gates.LOOKUPS, body_size=BATCH_SIZE),
)
async def look_up_batch(
    command: NamedDependency[BatchRequest], request: Caller, idempotency_key: IdempotencyKey = None
) -> Response[BatchAnswer]:
    """Look up to 100 clients up at once.

    Each row is answered, or gets a problem of its own. Each valid row costs one lookup; a row that cannot be
    read costs nothing; rows past the budget get `quota-exceeded`, and only when none fits is the answer 429.
    """
    runtime, caller = runtime_of(request), member_of(request)
    key = idempotency.check_key(idempotency_key, required=False)
    whole = msgspec.json.encode(command)
    answers: dict[str, LookupAnswer | RowProblem] = {}
    readable: dict[str, Query] = {}
    for name, raw in command.queries.items():
        try:
            # The first row stands under the key itself, so that another request under it is noticed. No key
            # holds a line end, so no other row's key looks like another request's.
            row_key = key if key is None or not readable else f"{key}\n{name}"
            readable[name] = queries.read(
                runtime, caller, decode(bytes(raw), LookupRequest), key=row_key, body=whole
            )
        except RegistryError as fault:
            answers[name] = RowProblem(problem=fault.problem(request_id(request.scope)))
    stored = await _replays(_desk(request), caller, list(readable.values()))
    fresh = {name: query for name, query in readable.items() if query.idempotency not in stored}
    answered, spent = await service.look_up(_desk(request), caller, list(fresh.values()))
    tell_budget(request, spent)
    if fresh and not answered and not stored:
        raise limits.refuse(spent)
    answers |= dict(zip(fresh, answered, strict=False))
    answers |= {
        name: stored[q.idempotency] for name, q in readable.items() if q.idempotency in stored
    }
    refusal = limits.refuse(spent).problem(request_id(request.scope))
    ordered = {name: answers.get(name, RowProblem(problem=refusal)) for name in command.queries}
    headers = {"Idempotent-Replayed": "true"} if stored and not fresh else {}
    return Negotiated(BatchAnswer(answers=ordered), status_code=200, headers=headers)


def _desk(connection: Connection) -> Desk:
    desk: Desk = connection.app.state.lookups
    return desk


async def _replays(
    desk: Desk, caller: Member, queries: list[Query]
) -> dict[bytes | None, LookupAnswer]:
    if not any(query.idempotency for query in queries) or caller.test:
        return {}
    async with desk.replays, transaction(desk.runtime, business_id=caller.business_id) as session:
        return await service.replays(session, caller, queries)


@get("/v1/lookups/{lookup_id:uuid}", tags=TAGS, guards=[member(Scope.LOOKUP)])
async def view_receipt(lookup_id: FromPath[UUID], request: Caller) -> LookupAnswer:
    """Read a receipt: what you were shown, and when.

    It is unchanged, except that a fact that is shown no longer stands as
    `{"state": "no_longer_shown", "since": ...}`.
    """
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await service.receipt(session, caller, lookup_id)


@get("/v1/usage", tags=["Account"], guards=[member(test=True)])
async def view_usage(request: Caller) -> Usage:
    """Read your budgets: limits, what is spent and what is left; and whether your keys may look up."""
    caller, runtime = member_of(request), runtime_of(request)
    spent = await service.usage(runtime, caller)
    reports = [] if caller.test else _windows(await limits.spend(runtime, caller.reports, 0))
    return Usage(
        plan=caller.plan,
        plan_windows=_windows(spent),
        report_windows=reports,
        lookups_suspended=caller.suspension,
    )


def _windows(spent: Spent) -> list[Window]:
    rows = list(zip(spent.budget.windows, spent.remaining, spent.resets, strict=True))
    return [
        Window(
            name=name,
            limit=quota,
            seconds=seconds,
            spent=quota - left,
            left=left,
            full_again_in=round(reset),
        )
        for (name, quota, seconds), left, reset in reversed(rows)
    ]


@get("/v1/terms", tags=["Terms"], guards=[member(Scope.MANAGE)])
async def view_terms(request: Caller) -> TermsView:
    """Read the rules by which your lookups are advised: your own, or the defaults."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await terms.view(session, caller)


@put("/v1/terms", tags=["Terms"], guards=[member(Scope.MANAGE)], **takes(TermsChange))
async def put_terms(command: NamedDependency[TermsChange], request: Caller) -> TermsView:
    """Set your own rules: so many reports of these categories, so recent, lead to this advice."""
    caller = member_of(request)
    async with transaction(runtime_of(request), business_id=caller.business_id) as session:
        return await terms.put(session, caller, command)


ROUTES = [look_up, look_up_batch, view_receipt, view_usage, view_terms, put_terms]
