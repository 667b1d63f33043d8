"""The database's URL as people write it."""

import pytest

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
