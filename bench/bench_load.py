"""The load of a bench: kept-alive connections that ask as fast as they are answered, or at a constant rate.

The client costs about 15 us a call, so that on a machine of two cores what is measured is the server. At a constant
rate a call's time counts from when it was due, not from when a connection was free: a server that stalls is not
flattered.
"""

import asyncio
import contextlib
import itertools
import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
WARM_SECONDS = 0.5


def length(head: bytes) -> int:
    """The announced length of an answer's body."""
    found = LENGTH.search(head)
    if found is None:
        raise SystemExit(f"an answer without a length: {head!r}")
    return int(found[1])


class Load(NamedTuple):
    """What a load measured: answers a second, milliseconds, and microseconds of CPU that an answer took.

    The last two say what a machine shared with others can say: they grow less with its load than the others do.
    """

    rate: float
    p50: float
    p99: float
    server: float = 0.0
    database: float = 0.0


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection; calls back with each answer's status."""

    def __init__(self, load: "_Running") -> None:
        self._load, self._held, self._end = load, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self._load.free(self)

    def ask(self, request: bytes, due: float) -> None:
        """Send a request."""
        self._due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take what came; tell when the answer is whole."""
        held = self._held = self._held + data if self._held else data
        if not self._end:
            head = held.find(b"\r\n\r\n")
            if head < 0:
                return
            self._end = head + 4 + length(held)
        if len(held) >= self._end:
            self._held, self._end = b"", 0
            self._load.answered(self, held, self._due)


class _Running:
    """One load while it runs."""

    def __init__(self, requests: Iterator[bytes], seconds: float, rate: float | None) -> None:
        self._requests = requests
        #: Seconds between two calls; None: as fast as they are answered.
        self._step, self._seconds = rate and 1 / rate, seconds
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._took: list[float] = []
        self._begins = self._ends = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """From here on it counts, after a while to warm up."""
        now = time.perf_counter()
        self._begins = now + WARM_SECONDS
        self._ends = self._begins + self._seconds
        if self._step is not None:
            self._next = now
            self._pace(self._step)
            return
        idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.ask(next(self._requests), time.perf_counter())

    def _pace(self, step: float) -> None:
        """Let what is due now begin."""
        now = time.perf_counter()
        while self._next <= now:
            self._due.append(self._next)
            self._next += step
        self._send()
        if now < self._ends:
            asyncio.get_running_loop().call_later(0.001, self._pace, step)
        else:
            self._finish()

    def _send(self) -> None:
        while self._due and self._idle:
            self._idle.popleft().ask(next(self._requests), self._due.popleft())

    def free(self, connection: Connection) -> None:
        """A connection that waits for work."""
        self._idle.append(connection)

    def answered(self, connection: Connection, answer: bytes, due: float) -> None:
        """Note an answer, and go on."""
        now = time.perf_counter()
        if answer[9:11] != b"20":
            self._finish(SystemExit(f"answered {answer[:500]!r}"))
            return
        if self._begins <= now < self._ends:
            self._took.append(now - due)
        if self._step is not None:
            self.free(connection)
            self._send()
        elif now < self._ends:
            connection.ask(next(self._requests), now)
        else:
            self._finish()

    def _finish(self, fault: BaseException | None = None) -> None:
        if self.done.done():
            return
        if fault is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(fault)

    def result(self) -> Load:
        """What was measured; calls that were due and never sent count as endless."""
        took = sorted(self._took) + [float("inf")] * len(self._due)
        if not took:
            raise SystemExit("nothing was answered")
        return Load(
            len(self._took) / self._seconds,
            took[len(took) // 2] * 1000,
            took[min(len(took) - 1, len(took) * 99 // 100)] * 1000,
        )


async def run(
    port: int,
    requests: Iterable[bytes],
    *,
    seconds: float,
    connections: int,
    rate: float | None = None,
) -> Load:
    """Ask with these requests in turn, over and over; `rate` a second, or as fast as they are answered."""
    loop = asyncio.get_running_loop()
    running = _Running(itertools.cycle(requests), seconds, rate)
    opened = [
        await loop.create_connection(lambda: Connection(running), "127.0.0.1", port)
        for _ in range(connections)
    ]
    running.start()
    await running.done
    for transport, _ in opened:
        transport.abort()
    await asyncio.sleep(0.1)
    return running.result()


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time that these processes have used."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = (
                Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def parent_of(pid: int) -> int:
    """The process that has started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def children_of(parent: int) -> list[int]:
    """The processes that this one has started."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in path.read_text(encoding="utf-8").split()]


def request(path: str, key: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A request as a shop's program sends it."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n{more}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
