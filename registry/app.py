"""Builds the application: the only list of routes, and the only place that wires HTTP to the slices."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection

from registry.businesses import access as member_access
from registry.businesses import routes as businesses
from registry.disputes import moderation_routes as dispute_moderation
from registry.disputes import reporter_routes as dispute_answers
from registry.disputes import routes as disputes
from registry.identities import routes as identities
from registry.lookups import routes as lookups
from registry.lookups.desk import Desk
from registry.lookups.lane import Lane
from registry.platform import documents, health
from registry.platform.access_log import AccessLog
from registry.platform.answer_headers import AnswerHeaders
from registry.platform.guard import Guard
from registry.platform.http import EXCEPTION_HANDLERS, Negotiated
from registry.platform.runtime import Runtime
from registry.reports import moderation_routes, receipt_routes
from registry.reports import routes as reports
from registry.staff import access as staff_access
from registry.staff import routes as staff
from registry.subjects import routes as subjects

ROUTES = [
    *lookups.ROUTES,
    *reports.ROUTES,
    *businesses.ROUTES,
    *disputes.ROUTES,
    *dispute_answers.ROUTES,
    *moderation_routes.ROUTES,
    *receipt_routes.ROUTES,
    *dispute_moderation.ROUTES,
    *identities.ROUTES,
    *subjects.ROUTES,
    *staff.ROUTES,
    *health.ROUTES,
    *documents.ROUTES,
]

Opening = Callable[[], AbstractAsyncContextManager[Runtime]]


def build(opening: Opening | None = None) -> Litestar:
    """The Litestar application; `opening` gives the runtime that it lives on (none: to read its routes)."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        assert opening is not None  # noqa: S101 - an application that serves has a runtime
        async with opening() as runtime:
            attach(app, runtime)
            yield

    return Litestar(
        route_handlers=ROUTES,
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
    app.state.lookups = Desk(runtime)


def serving(opening: Opening) -> Any:
    """The application as it is served, on the runtime that it opens."""
    return wrapped(build(opening))


def wrapped(application: Litestar) -> Any:
    """The ASGI application behind the access log, what every answer tells, and the guard of bad input."""

    async def budget(scope: Any) -> dict[str, str]:
        known: Any = {**scope, "litestar_app": application}
        return await member_access.told_to(ASGIConnection(known))

    return AccessLog(AnswerHeaders(Guard(Lane(application)), budget))
