"""Builds the application: the only list of routes, and the only place that wires HTTP to the slices."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection

from registry.businesses import access as member_access
from registry.businesses import routes as businesses
from registry.businesses import webhook_routes
from registry.businesses.access import Member
from registry.disputes import document_routes, operator_routes
from registry.disputes import moderation_routes as dispute_moderation
from registry.disputes import reporter_routes as dispute_answers
from registry.disputes import routes as disputes
from registry.erasure import routes as erasure
from registry.identities import routes as identities
from registry.lookups import routes as lookups
from registry.lookups.desk import Desk
from registry.lookups.lane import Lane
from registry.platform import documents, gates, health, networks, secrets
from registry.platform.access_log import AccessLog
from registry.platform.admission import Admission
from registry.platform.answer_headers import AnswerHeaders
from registry.platform.gates import Shares
from registry.platform.guard import Guard
from registry.platform.head_requests import HeadAsGet
from registry.platform.http import EXCEPTION_HANDLERS, Negotiated, key_in
from registry.platform.listening import listen
from registry.platform.recent import Recent
from registry.platform.routing import Routes, with_options
from registry.platform.runtime import Runtime
from registry.reports import moderation_routes, receipt_routes
from registry.reports import routes as reports
from registry.staff import access as staff_access
from registry.staff import routes as staff
from registry.staff.access import Staff
from registry.subjects import routes as subjects
from registry.transparency import routes as transparency

ROUTES = [
    *lookups.ROUTES,
    *reports.ROUTES,
    *businesses.ROUTES,
    *webhook_routes.ROUTES,
    *disputes.ROUTES,
    *dispute_answers.ROUTES,
    *moderation_routes.ROUTES,
    *receipt_routes.ROUTES,
    *dispute_moderation.ROUTES,
    *erasure.ROUTES,
    *document_routes.ROUTES,
    *operator_routes.ROUTES,
    *identities.ROUTES,
    *subjects.ROUTES,
    *transparency.ROUTES,
    *staff.ROUTES,
    *health.ROUTES,
    *documents.ROUTES,
]

#: Where the database tells of changed keys (`migrations/versions/0009`).
KEYS_CHANGED = "registry_keys"

#: Gates by the tag of a route; a route with another tag waits at `others`. A flood of one kind of call must not keep
#: the reported person, staff or the revocation of a key from being heard. Health checks pass without a gate.
GATES = {
    "The reported person": gates.PEOPLE,
    "Moderation": gates.STAFF,
    "Operations": gates.STAFF,
    "Account": gates.ACCOUNTS,
    "Health": None,
}

Opening = Callable[[], AbstractAsyncContextManager[Runtime]]


def build(opening: Opening | None = None) -> Litestar:
    """The Litestar application; `opening` gives the runtime that it lives on (none: to read its routes)."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        assert opening is not None  # noqa: S101 - an application that serves has a runtime
        async with opening() as runtime:
            attach(app, runtime)
            told = asyncio.create_task(_told(app, runtime))
            # What was made so far stays: collecting garbage need not go through all of it again and again.
            gc.collect()
            gc.freeze()
            yield
            told.cancel()

    return Litestar(
        route_handlers=with_options(ROUTES),
        lifespan=[lifespan] if opening else [],
        exception_handlers=EXCEPTION_HANDLERS,
        response_class=Negotiated,
        openapi_config=None,
        # The guard counts bodies; Litestar's own limit would refuse an allowed file, in plain JSON.
        request_max_body_size=None,
        logging_config=None,
    )


def attach(app: Litestar, runtime: Runtime) -> None:
    """Give the application its runtime, and what goes with it: the memory of keys, the desk of lookups."""
    app.state.runtime = runtime
    app.state.member_keys = member_access.remembered(runtime)
    app.state.staff_keys = staff_access.remembered(runtime)
    app.state.lookups = Desk(runtime, app.state.member_keys.forget)
    app.state.gates = gates.gates(2 * runtime.settings.pool_size)
    app.state.shares = Shares()
    app.state.figures = transparency.remembered(runtime)


async def _told(app: Litestar, runtime: Runtime) -> None:
    """Forget keys whenever the database tells that one has changed, here or in another process."""

    def forget() -> None:
        app.state.member_keys.forget()
        app.state.staff_keys.forget()

    url = runtime.database.engine.url.render_as_string(hide_password=False)
    await listen(url, KEYS_CHANGED, forget)


def serving(opening: Opening) -> Any:
    """The application as it is served, on the runtime that it opens."""
    return wrapped(build(opening))


def wrapped(application: Litestar, *, lane: bool = True) -> Any:
    """The ASGI application behind the access log, what every answer tells, and the guard of bad input."""

    async def budget(scope: Any) -> dict[str, str]:
        known: Any = {**scope, "litestar_app": application}
        return await member_access.told_to(ASGIConnection(known))

    routes = Routes(application, GATES, gates.FILES, gates.OTHERS)
    admitted = Admission(
        Lane(application) if lane else application,
        routes,
        lambda: application.state.gates,
        lambda scope: _caller(application, scope),
    )
    return HeadAsGet(AccessLog(AnswerHeaders(Guard(admitted, routes), budget)))


def _caller(application: Litestar, scope: Any) -> Hashable:
    """Whom a call counts as at a gate, before its key is checked: a known key's holder, else a network address."""
    state = application.state
    if key := key_in(scope):
        digest = secrets.digest(state.runtime.keyring, key)
        members: Recent[Member] = state.member_keys
        if (business := members.known(digest)) is not None:
            return business.business_id
        staff_keys: Recent[Staff] = state.staff_keys
        if (moderator := staff_keys.known(digest)) is not None:
            return moderator.id
    client = scope.get("client")
    return networks.origin(client[0] if client else "").address
