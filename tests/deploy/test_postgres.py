"""roles.sql on a real server: run twice by its superuser, then migrated, served and dumped under what it made."""

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from registry.platform import embedded, migrate, runtime
from registry.platform.db import plain_dsn
from registry.platform.embedded import binaries
from registry.platform.settings import Settings, from_env
from tests.conftest import FAST
from tests.deploy import places

ROLES = places.DEPLOY / "postgres/roles.sql"
LOGIN, DATABASE, PASSWORD = "registry_two", "registry_two", "a'b\"c %{} secret"


KEYS = json.dumps({"current": 1, "masters": {"1": base64.b64encode(bytes(32)).decode()}})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The same keys for every test: they belong to the database."""
    return from_env({"REGISTRY_KEYS": KEYS}, data_dir=tmp_path / "var")


class Server(NamedTuple):
    """A server of the test's own, and its superuser."""

    url: str
    superuser_password: str

    def program(
        self, name: str, *arguments: str, user: str = "postgres", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's own programs against it."""
        url = make_url(self.url)
        known = {"PGPASSWORD": self.superuser_password} | environment
        command = [str(binaries.packaged() / "bin" / name), "--username", user]
        command += ["--host", str(url.query["host"]), "--port", "5432", *arguments]
        return subprocess.run(
            command, env=os.environ | known, capture_output=True, text=True, check=False
        )

    def roles(self, **environment: str) -> subprocess.CompletedProcess[str]:
        given = [
            f"--set={name}"
            for name in ("ON_ERROR_STOP=1", f"login={LOGIN}", f"database={DATABASE}")
        ]
        return self.program(
            "psql", "--no-psqlrc", "--dbname=postgres", *given, f"--file={ROLES}", **environment
        )

    def login(self, role: str, password: str) -> str:
        url = make_url(self.url).set(username=role, password=password, database=DATABASE)
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="registry-roles-") as folder:
        started = embedded.start(Path(folder) / "data", options=FAST)
        try:
            found = started.data_dir / "cluster" / "superuser.password"
            yield Server(started.url, found.read_text(encoding="utf-8").strip())
        finally:
            started.release()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_without_a_password_it_stops(server: Server) -> None:
    done = server.roles()
    assert done.returncode != 0
    assert "Set DATABASE_PASSWORD" in done.stderr


async def test_it_makes_what_the_registry_needs(server: Server, settings: Settings) -> None:
    for _ in range(2):
        done = server.roles(DATABASE_PASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
    url = server.login(LOGIN, PASSWORD)
    assert await migrate.upgrade(url)
    taken = server.program(
        "psql", "--dbname=postgres", f"--command=ALTER ROLE {LOGIN} NOCREATEROLE"
    )
    assert taken.returncode == 0, taken.stderr
    assert await migrate.upgrade(url) == []
    async with runtime.running(settings, url) as opened:
        assert await migrate.pending(opened.database.engine) == []
    unbound = f"SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = '{LOGIN}'"
    assert await ask(url, unbound) is False


def test_the_owner_cannot_dump_and_the_backup_role_can(server: Server, tmp_path: Path) -> None:
    target = ["--format=custom", f"--dbname={DATABASE}", f"--file={tmp_path / 'dump'}"]
    refused = server.program("pg_dump", *target, user=LOGIN, PGPASSWORD=PASSWORD)
    assert "row-level security" in refused.stderr
    done = server.program("pg_dump", *target, "--role=registry_backup")
    assert done.returncode == 0, done.stderr


async def test_a_dump_comes_back(server: Server, settings: Settings, tmp_path: Path) -> None:
    """As docs/operations.md, "Restoring", says."""
    copy = f"--file={tmp_path / 'dump'}"
    dumped = server.program(
        "pg_dump", "--format=custom", f"--dbname={DATABASE}", "--role=registry_backup", copy
    )
    assert dumped.returncode == 0, dumped.stderr
    dropped = server.program(
        "psql", "--dbname=postgres", f"--command=DROP DATABASE {DATABASE} WITH (FORCE)"
    )
    assert dropped.returncode == 0, dropped.stderr
    assert server.roles(DATABASE_PASSWORD=PASSWORD).returncode == 0
    restored = server.program(
        "pg_restore", f"--dbname={DATABASE}", "--exit-on-error", str(tmp_path / "dump")
    )
    assert restored.returncode == 0, restored.stderr
    url = server.login(LOGIN, PASSWORD)
    async with runtime.running(settings, url) as opened:
        assert await migrate.pending(opened.database.engine) == []
    assert await ask(url, "SELECT count(*) FROM pg_policies") != 0
