"""Lookups a second: the whole lookup beside a minimal endpoint with one select and one insert.

Both sides run under uvicorn in a process of their own on one embedded PostgreSQL, and are asked by the same
client over 16 kept-alive connections, in turn, several rounds. Prints medians and the ratio.

    python bench/lookup.py [--rounds 5] [--seconds 4] [--persons 2000]
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import uvicorn
from bench_sides import ours, plain

from registry.businesses import service as businesses
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

CONNECTIONS = 16
OURS, PLAIN = 18431, 18432


async def prepare(url: str, folder: Path, persons: int) -> str:
    """A verified business on the largest plan, and `persons` with one shown fact each; returns its key."""
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
    await connection.close()
    return key


async def member(session: Session) -> tuple[UUID, str]:
    """A verified business and its key for lookups."""
    body = SignUp(name="Bench", country="UA", register_code="41000012", email="b@shop.example")
    business = await businesses.sign_up(session, body, plan="partner")
    decision = BusinessDecision(decision=Verdict.VERIFY, reason="bench")
    await businesses.decide(session, CONSOLE, business.id, decision)
    actor = Actor(kind=ActorKind.BUSINESS, business_id=business.id)
    made = await businesses.create_key(session, actor, KeyRequest(label="b", scopes=[Scope.LOOKUP]))
    return business.id, made.api_key


async def person(session: Session, business_id: UUID, number: int) -> None:
    """A person with one shown fact."""
    key = await vault.create(session, session.keyring, owner=business_id)
    described = SubjectDescription(phone=phone(number), name="Тест Особа")
    record = await identities.resolve(session, identities.read(described, country="UA"), key)
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
        session, report_id=uuid7(), record_id=record, business_id=business_id, codes=codes
    )


def phone(number: int) -> str:
    """An invented number of the demonstration range, then of the ones beside it."""
    return f"+3805055{number:05d}"


class Client:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    async def open(self) -> None:
        """Connect."""
        self._read, self._write = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, number: str) -> int:
        """One lookup; returns its status."""
        body = json.dumps(
            {"subject": {"phone": number}, "purpose": "order", "reference": "bench"}
        ).encode()
        head = (
            f"POST /v1/lookups HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._write.write(head.encode() + body)
        answer = await self._read.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await self._read.readexactly(length)
        return int(answer[9:12])


async def load(port: int, key: str, seconds: float, numbers: list[str]) -> tuple[float, float]:
    """Answers a second, and the median milliseconds of one."""
    clients = [Client(port, key) for _ in range(CONNECTIONS)]
    for client in clients:
        await client.open()
    end, took = time.perf_counter() + seconds, []

    async def run(client: Client, start: int) -> None:
        position = start
        while time.perf_counter() < end:
            began = time.perf_counter()
            status = await client.ask(numbers[position % len(numbers)])
            if status != 200:
                raise SystemExit(f"port {port} answered {status}")
            took.append(time.perf_counter() - began)
            position += CONNECTIONS

    began = time.perf_counter()
    await asyncio.gather(*(run(client, start) for start, client in enumerate(clients)))
    return len(took) / (time.perf_counter() - began), statistics.median(took) * 1000


async def listening(port: int) -> None:
    """Wait until the side answers."""
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"port {port} does not listen")


def serve(side: str, url: str, folder: Path) -> subprocess.Popen[bytes]:
    """One side in a process of its own."""
    environment = {**os.environ, "BENCH_URL": url, "BENCH_DIR": str(folder), "BENCH_SIDE": side}
    # The budgets of the largest plan are for honest shops; a bench is none.
    return subprocess.Popen([sys.executable, __file__, "--serve"], env=environment)


def run_side() -> None:
    """Serve the side that the environment names."""
    url, folder = os.environ["BENCH_URL"], Path(os.environ["BENCH_DIR"])
    side = os.environ["BENCH_SIDE"]
    application, port = (ours(url, folder), OURS) if side == "ours" else (plain(url), PLAIN)
    uvicorn.run(application, port=port, log_level="error", access_log=False)


async def measure(options: argparse.Namespace, url: str, folder: Path) -> None:
    """Build the data, run the rounds, print the table."""
    key = await prepare(url, folder, options.persons)
    sides = [serve("ours", url, folder), serve("plain", url, folder)]
    try:
        for port in (OURS, PLAIN):
            await listening(port)
        hits = [phone(n) for n in range(options.persons)]
        misses = [phone(n + 50_000) for n in range(options.persons)]
        for name, numbers in (("hits", hits), ("misses", misses)):
            rates: dict[int, list[tuple[float, float]]] = {OURS: [], PLAIN: []}
            for _ in range(options.rounds):
                for port in (OURS, PLAIN):
                    rates[port].append(await load(port, key, options.seconds, numbers))
            ours, plain = (statistics.median(rate for rate, _ in rates[p]) for p in (OURS, PLAIN))
            slow, quick = (statistics.median(ms for _, ms in rates[p]) for p in (OURS, PLAIN))
            print(
                f"{name:7} ours {ours:7.0f}/s {slow:6.2f} ms   one select + one insert {plain:7.0f}/s"
                f" {quick:6.2f} ms   ratio {ours / plain:.2f}"
            )
    finally:
        for side in sides:
            side.terminate()
            side.wait()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--persons", type=int, default=2000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        run_side()
        return
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder) / "data")
        try:
            asyncio.run(migrate.upgrade(server.url))
            asyncio.run(measure(options, server.url, Path(folder)))
        finally:
            server.release()


if __name__ == "__main__":
    main()
