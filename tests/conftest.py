"""A real PostgreSQL for every test: one embedded server a session, one template, one clone a test."""

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy.engine import make_url

from registry.platform import embedded, migrate, runtime, scratch
from registry.platform.reading import replicated
from registry.platform.replica import ReplicaState
from registry.platform.runtime import Runtime
from registry.platform.settings import Settings, from_env
from tests.factories.registry import Registry, serving
from tests.factories.standby import Standby, followed, following, until

#: The machine that runs the tests may be busy.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--planted`, which `tests/attacks/conftest.py` reads."""
    said = "run the attacks with their controls taken away, in which each must succeed"
    parser.addoption("--planted", action="store_true", help=said)


FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The embedded server's URL; another server by REGISTRY_TEST_DATABASE_URL (its role needs CREATEDB)."""
    given = os.environ.get("REGISTRY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="registry-test-") as folder:
        # So that the server's own user, when the tests run as root, can reach what lies in it.
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder) / "data", options=FAST)
        try:
            yield server.url
        finally:
            server.release()


@pytest.fixture(scope="session")
async def template_url(server_url: str) -> str:
    """A database migrated by alembic, to be cloned."""
    name = f"template_{os.getpid()}"
    await scratch.execute(server_url, f"DROP DATABASE IF EXISTS {name}")
    await scratch.execute(server_url, f"CREATE DATABASE {name}")
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    await migrate.upgrade(url)
    return url


@asynccontextmanager
async def cloned(server_url: str, template_url: str) -> AsyncIterator[str]:
    """A fresh clone of the template, dropped at the end."""
    name, template = f"test_{secrets.token_hex(6)}", make_url(template_url).database
    async with scratch.database(server_url, name, template=template) as url:
        yield url


@pytest.fixture
async def database_url(server_url: str, template_url: str) -> AsyncIterator[str]:
    """The URL of a fresh database."""
    async with cloned(server_url, template_url) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a deployment with nothing configured, in a folder of the test's own."""
    return from_env({}, data_dir=tmp_path / "var")


@pytest.fixture
async def running(settings: Settings, database_url: str) -> AsyncIterator[Runtime]:
    """A runtime under the default policy."""
    async with runtime.running(settings, database_url) as opened:
        yield opened


@pytest.fixture
async def registry(running: Runtime) -> AsyncIterator[Registry]:
    """A registry over HTTP under the default policy."""
    async with serving(running) as opened:
        yield opened


@pytest.fixture
async def sandbox(tmp_path: Path, database_url: str) -> AsyncIterator[Registry]:
    """A registry over HTTP under the policy `sandbox`: no cooling off, no notice days."""
    sandboxed = from_env({}, data_dir=tmp_path / "sandbox", policy="sandbox")
    async with runtime.running(sandboxed, database_url) as opened, serving(opened) as served:
        yield served


@pytest.fixture(scope="module")
async def shared(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Registry]:
    """One registry for all tests of a module that do not disturb each other, under the default policy."""
    chosen = from_env({}, data_dir=tmp_path_factory.mktemp("shared") / "var")
    async with (
        cloned(server_url, template_url) as url,
        runtime.running(chosen, url) as opened,
        serving(opened) as served,
    ):
        yield served


@pytest.fixture(scope="module")
async def shared_sandbox(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Registry]:
    """As `shared`, under the policy `sandbox`: no cooling off, no notice days."""
    folder = tmp_path_factory.mktemp("shared-sandbox") / "var"
    async with (
        cloned(server_url, template_url) as url,
        runtime.running(from_env({}, data_dir=folder, policy="sandbox"), url) as opened,
        serving(opened) as served,
    ):
        yield served


@pytest.fixture(scope="session")
async def standby() -> AsyncIterator[Standby]:
    """A migrated server of its own, and its streaming replica."""
    with following() as opened:
        await migrate.upgrade(opened.primary_url)
        yield opened


@pytest.fixture(scope="session")
def standby_settings(standby: Standby, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a deployment with a replica; its keys are those of the standby's database."""
    folder = tmp_path_factory.mktemp("standby") / "var"
    return from_env({}, data_dir=folder, policy="sandbox", replica_url=standby.url)


@pytest.fixture
async def mirrored(standby: Standby, standby_settings: Settings) -> AsyncIterator[Registry]:
    """A registry under the policy `sandbox` whose replica answers lists and reports."""
    async with (
        runtime.running(standby_settings, standby.primary_url) as opened,
        replicated(opened) as beside,
        serving(beside) as served,
    ):
        await until(lambda: followed(served, ReplicaState.USED))
        yield served
