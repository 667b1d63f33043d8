"""The two sides of `lookup.py`: ours with a budget that a bench cannot spend, and the minimal endpoint."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, post

from registry import app
from registry.platform import logs, runtime
from registry.platform.db import plain_dsn
from registry.platform.ids import uuid7
from registry.platform.policy import Plan
from registry.platform.runtime import Runtime
from registry.platform.settings import from_env


def ours(url: str, folder: Path) -> Any:
    """The registry as it is served, its plan raised so that the bench measures answers and not refusals."""
    logs.configure("critical")
    settings = from_env({}, data_dir=folder, log_level="critical")

    @asynccontextmanager
    async def opening() -> AsyncIterator[Runtime]:
        async with runtime.running(settings, url) as opened:
            plans = {"partner": Plan(minute=10_000_000, day=100_000_000, unmatched=1)}
            raised = msgspec.structs.replace(opened.policy, plans=plans)
            yield dataclasses.replace(opened, policy=raised)

    return app.serving(opening)


def plain(url: str) -> Litestar:
    """One select, one insert, an answer."""

    @post("/v1/lookups", status_code=200)
    async def look_up(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = msgspec.json.decode(await request.body())
        phone = body["subject"]["phone"]
        pool: asyncpg.Pool[Any] = request.app.state.pool
        async with pool.acquire() as connection:
            facts = await connection.fetchval(
                "SELECT facts FROM plain_people WHERE phone = $1", phone
            )
            await connection.execute(
                "INSERT INTO plain_log VALUES ($1, $2, $3)", uuid7(), phone, datetime.now(UTC)
            )
        return Response(facts.encode() if facts else b"[]", media_type="application/json")

    @asynccontextmanager
    async def lifespan(application: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(plain_dsn(url), min_size=8, max_size=8) as pool:
            application.state.pool = pool
            yield

    return Litestar([look_up], lifespan=[lifespan], openapi_config=None, logging_config=None)
