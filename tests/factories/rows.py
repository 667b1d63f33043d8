"""What lies in the database, as plain values: to see that something changed, or that nothing did."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text

from registry.platform.db import plain_dsn
from registry.platform.runtime import Runtime, Session, transaction


class Undone(Exception):
    """Raised to roll back."""


@asynccontextmanager
async def rolled_back(runtime: Runtime) -> AsyncIterator[Session]:
    """A system transaction of which nothing stays."""
    with suppress(Undone):
        async with transaction(runtime) as session:
            yield session
            raise Undone


@asynccontextmanager
async def owning(runtime: Runtime) -> "AsyncIterator[asyncpg.Connection[Any]]":
    """A transaction as the owner of every table, to take a control away; nothing of it stays."""
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute("BEGIN")
        yield connection
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()


async def select(runtime: Runtime, statement: str, **values: Any) -> list[dict[str, Any]]:
    """Rows that the system role reads."""
    async with transaction(runtime) as session:
        return [dict(row) for row in (await session.execute(text(statement), values)).mappings()]


async def row(runtime: Runtime, table: str, id_: UUID | str) -> dict[str, Any]:
    """One row by its id."""
    (found,) = await select(runtime, f"SELECT * FROM {table} WHERE id = :id", id=UUID(str(id_)))
    return found


async def count(runtime: Runtime, table: str) -> int:
    """How many rows a table has."""
    (found,) = await select(runtime, f"SELECT count(*) AS n FROM {table}")
    rows: int = found["n"]
    return rows


async def actions(runtime: Runtime, object_id: UUID | str) -> list[str]:
    """What the audit log says of an object, oldest first."""
    said = "SELECT action FROM audit_entries WHERE object_id = :id ORDER BY at, id"
    return [one["action"] for one in await select(runtime, said, id=UUID(str(object_id)))]


async def write(runtime: Runtime, statement: str, **values: Any) -> None:
    """One statement with the system's rights."""
    async with transaction(runtime) as session:
        await session.execute(text(statement), values)
