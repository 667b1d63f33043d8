"""The database's URL as people write it, and connections that the server has closed."""

import asyncio

import pytest
from sqlalchemy import text

from registry.platform.db import make_engine, plain_dsn


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_urls_as_people_write_them(scheme: str) -> None:
    """Any usual scheme and `sslmode` serve both SQLAlchemy and asyncpg itself."""
    url = f"{scheme}://registry:p%40ss@db.example:6432/registry?sslmode=require"
    engine = make_engine(url)
    assert engine.url.render_as_string(hide_password=False) == (
        "postgresql+asyncpg://registry:p%40ss@db.example:6432/registry?ssl=require"
    )
    assert plain_dsn(url) == "postgresql://registry:p%40ss@db.example:6432/registry?sslmode=require"
    await engine.dispose()


async def test_a_connection_that_the_server_closed_is_not_lent(database_url: str) -> None:
    """As after a restart of PostgreSQL: whoever comes next is given another, and sees no error."""
    pooled, other = make_engine(database_url, pool_size=1), make_engine(database_url, role=None)
    said = text("SELECT pg_backend_pid()")
    async with pooled.connect() as connection:
        before = await connection.scalar(said)
    async with other.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
    await asyncio.sleep(0.2)  # as long as the word of it may be on its way
    async with pooled.connect() as connection:
        assert await connection.scalar(said) not in (None, before)
    await pooled.dispose()
    await other.dispose()
