"""Databases made for a while: beside a live one, and gone at the end.

Who makes one needs a login role that may (`CREATEDB`); the embedded server's may.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url

from registry.platform.db import plain_dsn

# Sessions of our own role only. `DROP DATABASE ... WITH (FORCE)` would try to end an autovacuum worker as well, which
# an ordinary role may not; without it PostgreSQL itself asks that worker to leave, and waits.
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = $1 AND usename = current_user AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def database(url: str, name: str, *, template: str | None = None) -> AsyncIterator[str]:
    """Make a database on the server of `url`, as a copy of `template` if one is named; yields its URL."""
    await execute(url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        connection = await asyncpg.connect(plain_dsn(url))
        try:
            await connection.fetch(_END_SESSIONS, name)
            await connection.execute(f"DROP DATABASE {name}")
        finally:
            await connection.close()


async def execute(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
