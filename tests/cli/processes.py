"""Real processes of the command `registry`: run to their end, or served until told to stop."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from registry.platform import embedded
from registry.platform.embedded import postmaster

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "registry"]
START_SECONDS = 30.0


def environment(**variables: str) -> dict[str, str]:
    """An environment with nothing in it but what a process needs, and `variables`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLUMNS": "120", **variables}


@dataclass(frozen=True)
class Ended:
    """A process that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object, stdin: str = "", **variables: str) -> Ended:
    """Run `registry` with these arguments, in an environment of these variables, to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tempfile.gettempdir(),
        env=environment(**variables),
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A data folder that the database's own user can reach, gone at the end with all that ran on it."""
    path = Path(tempfile.mkdtemp(prefix="registry-cli-"))
    path.chmod(0o711)
    try:
        yield path / "var"
    finally:
        home = embedded.location(path / "var" / "postgres")
        postmaster.stop(home)
        shutil.rmtree(path, ignore_errors=True)


@dataclass
class Served:
    """A running `registry serve`."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    log: Path

    @property
    def url(self) -> str:
        found = re.search(r"http://\S+?:\d+(?=\s)", self.said())
        return found.group() if found else ""

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def ready(self) -> bool:
        return bool(self.url) and httpx.get(f"{self.url}/health/ready").status_code == 200

    def worker(self) -> int | None:
        """The pid of its job worker."""
        marks = (b"registry", b"worker", str(self.process.pid).encode())
        return next((pid for pid, words in _command_lines() if set(marks) <= set(words)), None)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextlib.contextmanager
def served(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Served]:
    """A `registry serve` on a free port that is ready, ended at the latest with the block."""
    log = data_dir.with_name(f"serve-{time.monotonic_ns()}.log")
    command = [*COMMAND, "serve", "--data-dir", str(data_dir), "--port", "0", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=tempfile.gettempdir(),
            env=environment(**variables),
        )
    with process:
        server = Served(process, data_dir, log)
        try:
            until(lambda: process.poll() is not None or server.url != "", START_SECONDS)
            assert server.url, server.said()
            yield server
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for something to become true; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def running_on(data_dir: Path) -> list[str]:
    """Command lines of all processes, the database's included, that name this folder."""
    home = os.fsencode(embedded.location(data_dir / "postgres"))
    marks = (os.fsencode(data_dir), home)
    lines = (b" ".join(words) for _, words in _command_lines())
    return [line.decode() for line in lines if any(mark in line for mark in marks)]


def _command_lines() -> Iterator[tuple[int, list[bytes]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
