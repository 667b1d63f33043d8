"""An administrator who points the registry at a role that row-level security does not bind: it refuses to serve."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

from registry.platform import embedded, migrate, runtime
from registry.platform.db import DatabaseUnfit, plain_dsn
from registry.platform.settings import from_env


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[tuple[URL, URL]]:
    """A migrated server of our own: the URL of its ordinary role, and that of its superuser."""
    with TemporaryDirectory(prefix="registry-unbound-") as folder:
        started = embedded.start(Path(folder) / "pg", options={"fsync": "off"})
        try:
            secret = next(started.data_dir.rglob("superuser.password")).read_text().strip()
            await migrate.upgrade(started.url)
            url = make_url(started.url)
            yield url, url.set(username="postgres", password=secret)
        finally:
            started.release()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys lie: one folder, for one database."""
    return tmp_path_factory.mktemp("unbound") / "var"


async def _serve(data_dir: Path, url: URL) -> None:
    async with runtime.running(from_env({}, data_dir=data_dir), _text(url)):
        pass


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS", "SUPERUSER BYPASSRLS"])
async def test_a_role_that_sees_everything_may_not_serve(
    data_dir: Path, server: tuple[URL, URL], right: str
) -> None:
    """The message names the role and says how to make a fit one; without the right the same role serves."""
    ordinary, mighty = server
    name = f"role_{right.replace(' ', '_').lower()}"
    connection = await asyncpg.connect(plain_dsn(_text(mighty)))
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x' {right}")
        for role in ("member", "system", "lookup"):
            await connection.execute(f"GRANT registry_{role} TO {name}")
        unbound = ordinary.set(username=name, password="x")
        with pytest.raises(DatabaseUnfit, match=name) as refused:
            await _serve(data_dir, unbound)
        assert "CREATE ROLE" in str(refused.value)
        await connection.execute(f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS")
        await _serve(data_dir, unbound)
    finally:
        await connection.close()


async def test_the_superuser_itself(data_dir: Path, server: tuple[URL, URL]) -> None:
    with pytest.raises(DatabaseUnfit, match="postgres"):
        await _serve(data_dir, server[1])


async def test_the_embedded_servers_own_role_is_fit(
    data_dir: Path, server: tuple[URL, URL]
) -> None:
    await _serve(data_dir, server[0])
