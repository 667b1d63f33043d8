"""Lookups a second: the whole lookup beside a bare handler and beside one select and one insert.

    ours    key, guard, normal form, index value, budget, standing, durable sealed record, log: everything on
    bare    a Litestar handler behind the same guard that decodes the same body and returns the bytes of a typical hit
    plain   a minimal Litestar + asyncpg endpoint: one select, one audit insert

All run under the server of `registry serve` on one embedded PostgreSQL that waits for its disk, and are asked by the
same client over 64 kept-alive connections, in turn, several rounds. Prints medians and ratios: hits, misses and a mix
(3 % hits), with one process and with two; the time of a call at a constant rate, half of our own peak; and what each
control costs, by switching it off.

    python bench/lookup.py [--rounds 5] [--seconds 3] [--persons 2000] [--only peak,rate,controls]
                           [--controls "budget,distinct and watch"]
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import bench_load
import uvloop
from bench_load import Load
from bench_sides import CONTROLS, serve

from registry.businesses import service as businesses
from registry.businesses import verification
from registry.businesses.rules import Scope, Verdict
from registry.businesses.wire import BusinessDecision, KeyRequest, SignUp
from registry.identities import service as identities
from registry.identities.rules import FactCodes
from registry.identities.wire import SubjectDescription
from registry.platform import embedded, migrate, runtime, vault
from registry.platform.actor import CONSOLE, Actor, ActorKind
from registry.platform.db import plain_dsn
from registry.platform.ids import uuid7
from registry.platform.runtime import Session, transaction
from registry.platform.settings import from_env

T = TypeVar("T")
CONNECTIONS = 64
SIDES = ("ours", "bare", "plain")
START_SECONDS = 60
#: So many strangers are asked for in turn: few of them twice while a side is measured.
STRANGERS = 50_000


async def prepare(url: str, folder: Path, persons: int) -> tuple[str, int]:
    """A verified business on the largest plan, and `persons` with one shown fact each.

    Returns its key, and the process that PostgreSQL's others are children of.
    """
    async with runtime.running(from_env({}, data_dir=folder), url) as opened:
        async with transaction(opened) as session:
            business_id, key = await member(session)
        async with transaction(opened) as session:
            for number in range(persons):
                await person(session, business_id, number)
    connection = await asyncpg.connect(plain_dsn(url))
    await connection.execute("CREATE TABLE plain_people (phone text PRIMARY KEY, facts jsonb)")
    await connection.execute(
        "CREATE TABLE plain_log (id uuid PRIMARY KEY, phone text, at timestamptz)"
    )
    await connection.executemany(
        "INSERT INTO plain_people VALUES ($1, $2)",
        [(phone(n), json.dumps([{"category": "parcel_refused"}])) for n in range(persons)],
    )
    backend: int = await connection.fetchval("SELECT pg_backend_pid()")
    postmaster = bench_load.parent_of(backend)
    await connection.close()
    return key, postmaster


async def member(session: Session) -> tuple[UUID, str]:
    """A verified business and its key for lookups."""
    body = SignUp(name="Bench", country="UA", register_code="41000012", email="b@shop.example")
    business = await businesses.sign_up(session, body, plan="partner")
    decision = BusinessDecision(decision=Verdict.VERIFY, reason="bench", version=1)
    await verification.decide(session, CONSOLE, business.id, decision)
    actor = Actor(kind=ActorKind.BUSINESS, business_id=business.id)
    made = await businesses.create_key(
        session, actor, KeyRequest(label="b", scopes=[Scope.LOOKUP, Scope.REPORT])
    )
    return business.id, made.api_key


async def person(session: Session, business_id: UUID, number: int) -> None:
    """A person with one shown fact."""
    key = await vault.create(session, session.keyring, owner=business_id)
    described = SubjectDescription(phone=phone(number), name="Тест Особа")
    resolved = await identities.add_published(
        session, identities.read(described, country="UA"), key
    )
    codes = FactCodes(
        category="parcel_refused",
        month=f"{session.now:%Y-%m}",
        amount_band="1000-5000",
        currency="UAH",
        evidence_grade="documented",
        state="active",
        since=session.now,
        until=session.now.replace(year=session.now.year + 1),
    )
    await identities.show(
        session,
        report_id=uuid7(),
        record_id=resolved.record_id,
        business_id=business_id,
        codes=codes,
    )


def phone(number: int) -> str:
    """An invented number of the demonstration range, then of the ones beside it."""
    return f"+3805055{number:05d}"


def stranger(number: int) -> str:
    """A number of nobody's, each another, in no order: far from its neighbours, as those of an honest shop are."""
    return f"+38067{number * 7_919 % 10_000_000:07d}"


class Bench:
    """What all rounds share."""

    def __init__(
        self, options: argparse.Namespace, url: str, folder: Path, key: str, postmaster: int
    ) -> None:
        self.options, self.url, self.folder = options, url, folder
        #: Port -> the processes that serve there; and PostgreSQL's first.
        self._pids: dict[int, list[int]] = {}
        self._postmaster = postmaster
        hits = [asked(key, phone(n)) for n in range(options.persons)]
        misses = [asked(key, stranger(n)) for n in range(STRANGERS)]
        mix = [hits[n % len(hits)] if n % 33 == 0 else misses[n] for n in range(STRANGERS)]
        self.mixes = {"hits": hits, "misses": misses, "mix": mix}

    def pids(self, port: int) -> list[int]:
        """The processes that serve there."""
        return self._pids[port]

    @contextlib.contextmanager
    def serving(self, sides: Sequence[str], processes: int = 1) -> Iterator[dict[str, int]]:
        """Each side in processes of its own; side -> port."""
        with contextlib.ExitStack() as stack:
            yield {side: stack.enter_context(self._served(side, processes)) for side in sides}

    @contextlib.contextmanager
    def _served(self, side: str, processes: int) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
            environment = {
                **os.environ,
                "BENCH_URL": self.url,
                "BENCH_DIR": str(self.folder),
                "BENCH_SIDE": side,
                "BENCH_SOCKET": str(listener.fileno()),
            }
            with (self.folder / "log").open("ab") as log:
                started = [
                    subprocess.Popen(
                        [sys.executable, str(Path(__file__).resolve()), "--serve"],
                        env=environment,
                        pass_fds=[listener.fileno()],
                        stdout=log,
                        stderr=log,
                    )
                    for _ in range(processes)
                ]
            try:
                for process in started:
                    wait_until_serving(process, self.folder / f"serving-{process.pid}")
                port: int = listener.getsockname()[1]
                self._pids[port] = [process.pid for process in started]
                yield port
            finally:
                for process in started:
                    process.terminate()
                for process in started:
                    process.wait()

    async def rounds(
        self,
        ports: dict[str, int],
        requests: Iterable[bytes],
        connections: int = CONNECTIONS,
        rates: dict[str, float] | None = None,
    ) -> dict[str, Load]:
        """Every side in turn, several times; the medians."""
        found: dict[str, list[Load]] = {side: [] for side in ports}
        for _ in range(self.options.rounds):
            for side, port in ports.items():
                rate = rates and rates[side]
                found[side].append(await self.load(port, requests, connections, rate))
        return {
            side: Load(*map(statistics.median, zip(*loads, strict=True)))
            for side, loads in found.items()
        }

    async def load(
        self, port: int, requests: Iterable[bytes], connections: int, rate: float | None = None
    ) -> Load:
        """One load, with the CPU that an answer took."""
        database = bench_load.children_of(self._postmaster)
        before = bench_load.cpu_seconds(self._pids[port]), bench_load.cpu_seconds(database)
        load = await bench_load.run(
            port,
            requests,
            seconds=self.options.seconds,
            connections=connections,
            rate=rate,
        )
        after = bench_load.cpu_seconds(self._pids[port]), bench_load.cpu_seconds(database)
        answers = load.rate * (self.options.seconds + bench_load.WARM_SECONDS) / 1e6
        server, statements = ((b - a) / answers for a, b in zip(before, after, strict=True))
        return load._replace(server=server, database=statements)

    async def peak(self, processes: int) -> dict[str, float]:
        """As fast as it goes; returns the peak of the mix, by side."""
        print(f"\n{processes} process{'es' if processes > 1 else ''}, as fast as it goes")
        with self.serving(SIDES, processes) as ports:
            for mix, requests in self.mixes.items():
                got = await self.rounds(ports, requests)
                ours = got["ours"].rate
                print(
                    f"  {mix:7}"
                    + "".join(
                        f" {side} {load.rate:6.0f}/s {load.p50:5.1f} ms {load.p99:5.1f} ms"
                        f" ({load.server:3.0f} + {load.database:3.0f} us)  "
                        for side, load in got.items()
                    )
                    + f" ours/bare {ours / got['bare'].rate:.2f}  ours/plain {ours / got['plain'].rate:.2f}"
                )
            return {side: load.rate for side, load in got.items()}

    async def constant(self, processes: int, peaks: dict[str, float]) -> None:
        """Half of our own peak, and for the bare handler half of its own as well."""
        print(f"\n{processes} process{'es' if processes > 1 else ''}, at a constant rate")
        half = dict.fromkeys(SIDES, peaks["ours"] / 2)
        own = {side: peak / 2 for side, peak in peaks.items()}
        with self.serving(SIDES, processes) as ports:
            for name, rates in (("half of our peak", half), ("half of each one's own peak", own)):
                got = await self.rounds(ports, self.mixes["mix"], rates=rates)
                print(
                    f"  {name:28}"
                    + "".join(
                        f" {side} {rates[side]:5.0f}/s p50 {load.p50:5.2f} p99 {load.p99:6.2f} ms  "
                        for side, load in got.items()
                    )
                    + f" p99 ours/bare {got['ours'].p99 / got['bare'].p99:.2f}"
                )

    async def controls(self) -> None:
        """What a call costs more with each control than without it."""
        print("\nCPU of a call with each control and without it (hits, one process)")
        for control in self.options.controls.split(","):
            with self.serving(("ours", f"ours without {control}")) as ports:
                got = await self.rounds(ports, self.mixes["hits"])
                on, off = (load.server + load.database for load in got.values())
            print(f"  {control:30} {on:6.0f} us with, {off:6.0f} us without: {on - off:5.0f} us")

    async def run(self, only: Sequence[str]) -> None:
        """Everything that is asked for."""
        for processes in self.options.processes:
            peaks = await self.peak(processes) if {"peak", "rate"} & set(only) else {}
            if "rate" in only:
                await self.constant(processes, peaks)
        if "controls" in only:
            await self.controls()


def asked(key: str, number: str) -> bytes:
    """A lookup by a phone."""
    body = {"subject": {"phone": number}, "purpose": "order", "reference": "order-4711"}
    return bench_load.request("/v1/lookups", key, json.dumps(body).encode())


def wait_until_serving(process: "subprocess.Popen[bytes]", mark: Path) -> None:
    """Wait until the side has left its mark."""
    end = time.monotonic() + START_SECONDS
    while not mark.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("a side did not start")
        time.sleep(0.02)


async def typical(bench: Bench) -> bytes:
    """The body that ours answers a hit with."""
    with bench.serving(("ours",)) as ports:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["ours"])
        writer.write(bench.mixes["hits"][0])
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(bench_load.length(head))
        writer.close()
    if json.loads(body)["result"] != "record":
        raise SystemExit(f"no hit: {body!r}")
    return body


async def measure(options: argparse.Namespace, url: str, folder: Path) -> None:
    """Build the data, run the rounds, print."""
    bench = Bench(options, url, folder, *await prepare(url, folder, options.persons))
    (folder / "answer.json").write_bytes(await typical(bench))
    await bench.run(options.only.split(","))


def on_its_own(work: Callable[[str, Path], Coroutine[Any, Any, T]]) -> T:
    """Do the work on an empty registry of its own: its database's address, and a folder."""
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder) / "data")
        try:
            asyncio.run(migrate.upgrade(server.url))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(work(server.url, Path(folder)))
        finally:
            server.release()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--persons", type=int, default=2000)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--only", default="peak,rate,controls")
    parser.add_argument("--controls", default=",".join(CONTROLS), help="which to switch off")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    on_its_own(lambda url, folder: measure(options, url, folder))


if __name__ == "__main__":
    main()
