"""Reports a second: the whole submission beside a bare insert of the same body.

    ours    key, guard, rules, normal form, who is who, tombstones, sealed content, audit, idempotent answer: all of it
    plain   a minimal Litestar + asyncpg endpoint: the body is decoded and inserted, durably

Both run under the server of `registry serve`, one process, on one embedded PostgreSQL that waits for its disk, and are
sent reports of strangers by the same client, one connection and then several, in turn, several rounds. Prints medians
and ratios, and the CPU of a report (server + database).

    python bench/ingest.py [--rounds 5] [--seconds 3] [--people 20000]
"""

import argparse
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import bench_load
from bench_load import Load
from lookup import Bench, on_its_own, prepare

from registry.platform.db import plain_dsn

SIDES = ("ours", "plain reports")
SURNAMES = ("Петренко", "Ткачук", "Мельник", "Kovalenko", "Бондар", "Гончар", "Шульга")
GIVEN = ("Іван", "Олена", "Степан", "Софія", "Iryna", "Марко", "Дмитро", "Ганна")


def report(key: str, number: int, people: int, happened: date) -> bytes:
    """A submission, as a shop's program sends it; some people are reported again."""
    person = number % people
    scattered = person * 7_919_117 % 10_000_000
    body = {
        "subject": {
            "phone": f"+38067{scattered:07d}",
            "name": f"{SURNAMES[person % 7]} {GIVEN[person // 7 % 8]}",
            "city": "Київ",
        },
        "category": "parcel_refused",
        "incident_date": str(happened),
        "contract_reference": f"order-{number}",
        "amount": {"amount": 125_000, "currency": "UAH"},
        "statement": "Ordered with cash on delivery, confirmed by phone, did not collect.",
        "contacts": [],
        "settlement_attempts": "Two calls and one message, no answer.",
    }
    headers = {"Idempotency-Key": str(uuid4())}
    return bench_load.request("/v1/reports", key, json.dumps(body).encode(), headers)


async def measure(options: argparse.Namespace, url: str, folder: Path) -> None:
    """Build the data, run the rounds, print."""
    key, postmaster = await prepare(url, folder, persons=1)
    connection = await asyncpg.connect(plain_dsn(url))
    await connection.execute("CREATE TABLE plain_reports (id uuid PRIMARY KEY, body jsonb)")
    await connection.close()
    bench = Bench(options, url, folder, key, postmaster)
    happened = datetime.now(UTC).date() - timedelta(days=20)
    sent = (report(key, number, options.people, happened) for number in itertools.count())
    with bench.serving(SIDES) as ports:
        for connections in options.connections:
            got = await bench.rounds(ports, sent, connections)
            print(
                f"{connections:2} connection{'s' if connections > 1 else ' '}",
                show(got),
                flush=True,
            )


def show(got: dict[str, Load]) -> str:
    """One line."""
    said = "".join(
        f"  {side} {load.rate:5.0f}/s p50 {load.p50:5.1f} p99 {load.p99:6.1f} ms"
        f" ({load.server:5.0f} + {load.database:4.0f} us)"
        for side, load in got.items()
    )
    rates: Sequence[float] = [load.rate for load in got.values()]
    return f"{said}  ours/plain {rates[0] / rates[1]:.2f}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 8])
    # `Bench` makes lookups of so many persons ready; none is asked here.
    parser.set_defaults(persons=1)
    options = parser.parse_args()
    on_its_own(lambda url, folder: measure(options, url, folder))


if __name__ == "__main__":
    main()
