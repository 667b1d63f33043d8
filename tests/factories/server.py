"""Real serving processes on a test's database: several of them on one socket, to be killed and replaced.

Run as a module it serves, what the environment says; it is the parent that starts it.
"""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import uvicorn

from registry import app
from registry.platform import logs, runtime
from registry.platform.policy import Plan
from registry.platform.runtime import Runtime
from registry.platform.server import Protocol
from registry.platform.settings import from_env

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0


@dataclass
class Servers:
    """Processes that serve one database on one socket."""

    listener: socket.socket
    environment: dict[str, str]
    folder: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where they are reached."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def start(self, count: int = 1) -> None:
        """So many more, which serve when this returns."""
        with (self.folder / "log").open("ab") as log:
            started = [
                subprocess.Popen(
                    [sys.executable, "-m", "tests.factories.server"],
                    env=self.environment,
                    pass_fds=[self.listener.fileno()],
                    stdout=log,
                    stderr=log,
                    cwd=ROOT,
                )
                for _ in range(count)
            ]
        self.running += started
        end = time.monotonic() + START_SECONDS
        for process in started:
            while not (self.folder / f"serving-{process.pid}").exists():
                assert process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
                assert time.monotonic() < end, "it did not start"
                time.sleep(0.02)

    def end(self, number: int) -> int:
        """Send the oldest a signal; its exit code."""
        process = self.running.pop(0)
        process.send_signal(number)
        return process.wait(30)


@contextmanager
def serving(database_url: str, folder: Path, plan: Plan, processes: int) -> Iterator[Servers]:
    """So many processes under a policy in which every plan is `plan` and no business is new, until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        environment = {
            **os.environ,
            "TEST_DATABASE": database_url,
            "TEST_FOLDER": str(folder),
            "TEST_SOCKET": str(listener.fileno()),
            "TEST_PLAN": msgspec.json.encode(plan).decode(),
        }
        servers = Servers(listener, environment, folder)
        try:
            servers.start(processes)
            yield servers
        finally:
            for process in servers.running:
                process.send_signal(signal.SIGKILL)
                process.wait()


class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        (Path(os.environ["TEST_FOLDER"]) / f"serving-{os.getpid()}").touch()


def main() -> None:
    """Serve."""
    plan = msgspec.json.decode(os.environ["TEST_PLAN"], type=Plan)
    settings = from_env({}, data_dir=Path(os.environ["TEST_FOLDER"]) / "var")
    logs.configure("warning")

    @asynccontextmanager
    async def opening() -> AsyncIterator[Runtime]:
        async with runtime.running(settings, os.environ["TEST_DATABASE"]) as opened:
            plans = dict.fromkeys(opened.policy.plans, plan)
            changed = msgspec.structs.replace(opened.policy, plans=plans, newcomer_reports=0)
            yield dataclasses.replace(opened, policy=changed)

    config = uvicorn.Config(
        app.serving(opening),
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
    )
    _Announced(config).run(sockets=[socket.socket(fileno=int(os.environ["TEST_SOCKET"]))])


if __name__ == "__main__":
    main()
