"""The sides of `lookup.py` and `ingest.py`: ours, ours with one control taken out, a bare handler, minimal endpoints.

All are served by the server and the settings of `registry serve`.
"""

import dataclasses
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, post

from registry import app
from registry.businesses import access
from registry.lookups import desk, queries, store
from registry.lookups.wire import LookupRequest
from registry.matching import phone
from registry.platform import gates, guard, logs, runtime
from registry.platform.db import plain_dsn
from registry.platform.ids import uuid7
from registry.platform.policy import Plan
from registry.platform.routing import Routes
from registry.platform.runtime import Runtime
from registry.platform.server import Protocol
from registry.platform.settings import from_env
from registry.reports.wire import ReportSubmission


def ours(url: str, folder: Path) -> Any:
    """The registry as it is served, its plan raised so that the bench measures answers and not refusals."""
    settings = from_env({}, data_dir=folder)

    @asynccontextmanager
    async def opening() -> AsyncIterator[Runtime]:
        async with runtime.running(settings, url) as opened:
            plans = {
                "partner": Plan(
                    minute=10_000_000,
                    day=100_000_000,
                    unmatched=100_000_000,
                    reports_day=10**6,
                    reports_month=10**6,
                )
            }
            raised = msgspec.structs.replace(opened.policy, plans=plans, newcomer_reports=0)
            yield dataclasses.replace(opened, policy=raised)

    return app.serving(opening)


def bare(answer: bytes) -> Any:
    """Behind our guard of bad input, a handler that decodes the same body and returns the same bytes, always."""

    @post("/v1/lookups", status_code=200)
    async def look_up(request: Request[Any, Any, Any]) -> Response[bytes]:
        msgspec.json.decode(await request.body(), type=LookupRequest)
        return Response(answer, media_type="application/json")

    application = Litestar([look_up], openapi_config=None, logging_config=None)
    return guard.Guard(application, Routes(application, {}, {}, gates.OTHERS))


def plain(url: str) -> Any:
    """One select, one insert, an answer."""

    @post("/v1/lookups", status_code=200)
    async def look_up(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = msgspec.json.decode(await request.body(), type=LookupRequest)
        number = body.subject.phone
        pool: asyncpg.Pool[Any] = request.app.state.pool
        async with pool.acquire() as connection:
            facts = await connection.fetchval(
                "SELECT facts FROM plain_people WHERE phone = $1", number
            )
            await connection.execute(
                "INSERT INTO plain_log VALUES ($1, $2, $3)", uuid7(), number, datetime.now(UTC)
            )
        return Response(facts.encode() if facts else b"[]", media_type="application/json")

    return _pooled(look_up, url)


def plain_reports(url: str) -> Any:
    """One insert, an answer."""

    @post("/v1/reports")
    async def report(request: Request[Any, Any, Any]) -> dict[str, str]:
        body = await request.body()
        msgspec.json.decode(body, type=ReportSubmission)
        made = uuid7()
        pool: asyncpg.Pool[Any] = request.app.state.pool
        async with pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO plain_reports VALUES ($1, $2)", made, body.decode()
            )
        return {"id": str(made)}

    return _pooled(report, url)


def _pooled(handler: Any, url: str) -> Litestar:
    @asynccontextmanager
    async def lifespan(application: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(plain_dsn(url), min_size=8, max_size=8) as pool:
            application.state.pool = pool
            yield

    return Litestar([handler], lifespan=[lifespan], openapi_config=None, logging_config=None)


# --- one control out ------------------------------------------------------------------------------


def _without_key() -> None:
    """Every call is the first caller's: no key is hashed, checked or looked for."""
    real, known = access.authenticate, []

    async def first(connection: Any, opened: Any) -> Any:
        if not known:
            known.append(await real(connection, opened))
        return known[0]

    access.authenticate = first


def _without_budget() -> None:
    """Nothing is locked, spent, counted or refused."""
    real = store.ask
    _without_distinct()

    async def free(connection: Any, businesses: Any, budgets: Any, calls: Any) -> Any:
        costs = [cost for _, cost in budgets]
        read = await real(connection, businesses, [(budget, 0) for budget, _ in budgets], calls)
        spent = [
            dataclasses.replace(one, admitted=c) for one, c in zip(read.spent, costs, strict=True)
        ]
        return read._replace(spent=spent)

    store.ask = free


def _without_distinct() -> None:
    """Nothing distinct is marked, and so nothing of it counted or watched."""
    queries._marks = lambda *_: []


def _without_record() -> None:
    """Nothing is sealed, kept or audited."""
    real = desk.make_row
    first: list[Any] = []

    async def kept(*_: Any) -> dict[int, str]:
        return {}

    def row(*given: Any) -> Any:
        if not first:
            first.append(real(*given))
        return first[0]

    store.keep, desk.make_row = kept, row


def _without_standing() -> None:
    """Nothing is searched and so nothing found."""
    real = store.ask

    async def none(connection: Any, businesses: Any, budgets: Any, calls: Any) -> Any:
        empty = [
            call._replace(query=msgspec.structs.replace(call.query, values={}, marks=()))
            for call in calls
        ]
        return await real(connection, businesses, budgets, empty)

    store.ask = none


def _without_normal_form() -> None:
    """The number is taken as it was sent."""
    phone.normalise = lambda text, _: text


def _without_index_value() -> None:
    """No keyed digests: one value, always."""
    tokens = queries.identities.asked_tokens
    first: list[Any] = []

    def same(*given: Any) -> Any:
        if not first:
            first.extend(tokens(*given))
        return first

    queries.identities.asked_tokens = same


class _Through:
    """In the place of a middleware: nothing."""

    def __init__(self, application: Any, *_: Any, **__: Any) -> None:
        self._app = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["request_id"] = "none"
        await self._app(scope, receive, send)


class _Body(_Through):
    """In the place of the guard: the body is read, and nothing of it looked at."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        chunks, more = [], scope["type"] == "http"
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        scope.setdefault("state", {})["body"] = b"".join(chunks)
        await super().__call__(scope, receive, send)


def _without_guard() -> None:
    app.Guard = _Body


def _without_admission() -> None:
    """Neither gates nor deadlines, nor a share of each business, which the gates give back."""
    app.Admission = _Through
    app.Shares.take = lambda *_: None


def _without_access_log() -> None:
    app.AccessLog = _Through


def _without_headers() -> None:
    app.AnswerHeaders = _Through


#: Control -> what takes it out of this process.
CONTROLS: dict[str, Callable[[], None]] = {
    "key check": _without_key,
    "guard of bad input": _without_guard,
    "normal form": _without_normal_form,
    "index value": _without_index_value,
    "budget": _without_budget,
    "distinct and watch": _without_distinct,
    "standing": _without_standing,
    "sealed record and audit entry": _without_record,
    "gates and deadline": _without_admission,
    "access log and metrics": _without_access_log,
    "budget headers": _without_headers,
}


# --- serving --------------------------------------------------------------------------------------


class _Announced(uvicorn.Server):
    """Says so when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        (Path(os.environ["BENCH_DIR"]) / f"serving-{os.getpid()}").touch()


def serve() -> None:
    """Serve the side that the environment names, on the socket that was handed over."""
    side, _, without = os.environ["BENCH_SIDE"].partition(" without ")
    url, folder = os.environ["BENCH_URL"], Path(os.environ["BENCH_DIR"])
    logs.configure("info")
    if without:
        CONTROLS[without]()
    if side == "bare":
        application = bare((folder / "answer.json").read_bytes())
    else:
        sides = {"plain": plain, "plain reports": plain_reports}
        application = sides[side](url) if side in sides else ours(url, folder)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )
    listener = socket.socket(fileno=int(os.environ["BENCH_SOCKET"]))
    _Announced(config).run(sockets=[listener])
