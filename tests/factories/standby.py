"""A primary of the tests' own and a streaming replica of it: to be held back, stopped and frozen."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import URL, make_url

from registry.platform import embedded
from registry.platform.db import plain_dsn
from registry.platform.embedded import account as accounts
from registry.platform.embedded import binaries, processes
from registry.platform.embedded.account import Account
from registry.platform.replica import ReplicaState
from tests.factories.registry import Registry

PATIENCE = 30.0
NAME = "registry-test-standby"
OPTIONS = {"cluster_name": NAME, "fsync": "off", "logging_collector": "off"}


@dataclass
class Standby:
    """A replica. Its roles and their passwords are the primary's."""

    folder: Path
    programs: Path
    account: Account
    #: The primary's URL, and the password of the superuser of both.
    primary_url: str
    superuser: str
    pid: int = 0

    @property
    def url(self) -> str:
        """The database of the primary's URL, here."""
        return _written(self._url)

    @property
    def superuser_url(self) -> str:
        """The same, as one whom row-level security does not bind."""
        return _written(self._url.set(username="postgres", password=self.superuser))

    def copy(self) -> None:
        """Copy the primary as it runs, and follow it from there."""
        passwords = self.folder / "passwords"
        self.account.write(passwords, f"*:*:*:postgres:{self.superuser}\n")
        host = make_url(self.primary_url).query["host"]
        where = f"host={host} port=5432 user=postgres passfile={passwords}"
        command: list[str | Path] = [self.programs / "pg_basebackup", "--dbname", where]
        command += ["--pgdata", self.folder / "data", "--write-recovery-conf"]
        done = self.account.run([*command, "--checkpoint=fast", "--no-sync", "--no-manifest"])
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it; it can be read when this returns."""
        command: list[str | Path] = [self.programs / "postgres", "-D", self.folder / "data"]
        for name, value in {**OPTIONS, "unix_socket_directories": str(self.folder)}.items():
            command += ["-c", f"{name}={value}"]
        (self.folder / "log").unlink(missing_ok=True)
        log = self.account.create(self.folder / "log")
        try:
            self.pid = self.account.spawn(command, log)
        finally:
            os.close(log)
        self._wait(lambda: self._status() == "ready")

    def stop(self) -> None:
        """End it at once, as a machine that loses its power."""
        if self.pid:
            os.kill(self.pid, signal.SIGQUIT)
            self._wait(lambda: processes.gone(self.pid))
        self.pid = 0

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and answers nothing."""
        pids = [self.pid, *processes.children(NAME)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """It shows all that was committed by now, and nothing that comes after."""
        await self.catch_up()
        await self._ask("SELECT pg_wal_replay_pause()")
        try:
            await until(lambda: self._ask("SELECT pg_get_wal_replay_pause_state() = 'paused'"))
            yield
        finally:
            await self._ask("SELECT pg_wal_replay_resume()")

    async def catch_up(self) -> None:
        """Wait until it shows all that the primary has committed by now."""
        connection = await asyncpg.connect(plain_dsn(self.primary_url))
        try:
            # A message of its own, since the tests' server commits without waiting for the disk.
            said = "SELECT CAST(pg_logical_emit_message(false, 'test', '', true) AS text)"
            place = await connection.fetchval(said)
        finally:
            await connection.close()
        await until(lambda: self._ask(f"SELECT pg_last_wal_replay_lsn() >= '{place}'"))

    @property
    def _url(self) -> URL:
        return make_url(self.primary_url).update_query_dict({"host": str(self.folder)})

    async def _ask(self, question: str) -> Any:
        connection = await asyncpg.connect(plain_dsn(self.superuser_url))
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    def _status(self) -> str:
        """What its own file says: `ready` is said of a replica that can be read, too."""
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return lines[7].strip() if len(lines) > 7 and lines[0] == str(self.pid) else ""

    def _wait(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.02)


@contextmanager
def following() -> Iterator[Standby]:
    """An empty primary, as the registry starts one, and its replica; both are gone with the block."""
    account = accounts.ensure()
    folder = Path(tempfile.mkdtemp(prefix="standby-"))
    # So that the servers' own user, when the tests run as root, can reach what lies in it.
    folder.chmod(0o755)
    primary = embedded.start(folder / "primary", options={"fsync": "off"})
    try:
        superuser = next(primary.data_dir.rglob("superuser.password")).read_text().strip()
        programs = binaries.locate(account, folder / "programs", print).folder
        account.folder(folder / "replica")
        standby = Standby(folder / "replica", programs, account, primary.url, superuser)
        standby.copy()
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()
    finally:
        primary.release()
        shutil.rmtree(folder)


async def until(true: Callable[[], Awaitable[Any]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await true():
            await asyncio.sleep(0.02)


async def followed(registry: Registry, *states: ReplicaState) -> bool:
    """Whether the registry finds its replica in one of these states."""
    return (await registry.http.get("/health/ready")).json()["replica"] in states


def _written(url: URL) -> str:
    return url.render_as_string(hide_password=False)
