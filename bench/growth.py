"""Whether a lookup takes longer where more people are known: from 50 thousand index values to 5 million.

Each size is a database of its own on one embedded PostgreSQL, filled as the registry fills it: of each person a record
under a key, five index values, and a standing with one fact beside each of them. One person is made by the registry
itself and multiplied by SQL; 10,000 of each size, spread over it, hold numbers that can be asked for. All sizes are
then asked in turn, several rounds: hits and strangers, by one connection (the time of a lookup by itself) and by 64.
Prints medians, and their ratio to the smallest size; what is aimed at is 1.25 at most for the time by itself.

Takes some 6 GB and a quarter of an hour; everything is deleted at the end.

    python bench/growth.py [--values 50000,500000,5000000] [--rounds 7] [--seconds 2] [--plot bench/growth.svg]
"""

import argparse
import contextlib
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import bench_load
from lookup import CONNECTIONS, Bench, member, on_its_own, person, phone
from tools import plot

from registry.identities import service as identities
from registry.identities.wire import SubjectDescription
from registry.platform import migrate, runtime, scratch
from registry.platform.db import plain_dsn
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import from_env

GOAL = 1.25
#: Index values of a person, of which the first is a number that may be asked for.
KINDS = ("phone", "phone", "email", "tax_id", "handle")
ASKED = 10_000
CHUNK = 20_000

_PEOPLE = """
WITH made AS (
    SELECT n, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
    FROM generate_series($1::bigint, $2::bigint) AS n
), keys AS (
    INSERT INTO data_keys (id, owner_id, wrapped, kek_version)
    SELECT made.id, owner_id, wrapped, kek_version
    FROM made, data_keys k WHERE k.id = (SELECT data_key_id FROM records WHERE id = $3)
), people AS (
    INSERT INTO identities (id, created_at) SELECT made.id, created_at FROM made, identities i WHERE i.id = $3
), told AS (
    INSERT INTO facts (report_id, record_id, business_id, codes)
    SELECT made.id, made.id, business_id, codes FROM made, facts f WHERE f.record_id = $3
)
INSERT INTO records (id, identity_id, publication, data_key_id, sealed, created_at)
SELECT made.id, made.id, 0, made.id, sealed, created_at FROM made, records r WHERE r.id = $3
"""
_VALUES = """
WITH made AS (
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id, kind,
           CASE WHEN place = 1 AND asked.value IS NOT NULL THEN asked.value
           ELSE decode(md5(place || ' ' || n), 'hex') END AS value
    FROM generate_series($1::bigint, $2::bigint) AS n LEFT JOIN asked USING (n)
    CROSS JOIN unnest($4::text[]) WITH ORDINALITY AS kinds (kind, place)
), held AS (
    INSERT INTO record_identifiers (record_id, index_value, kind, key_version, published)
    SELECT id, value, kind, 1, true FROM made
)
INSERT INTO standings (index_value, identity_id, kind, facts)
SELECT value, made.id, made.kind,
       jsonb_build_array(s.facts->0 || jsonb_build_object('record', made.id, 'report', made.id))
FROM made, (SELECT facts FROM standings WHERE identity_id = $3 LIMIT 1) AS s
"""


async def build(url: str, folder: Path, values: int) -> tuple[str, int]:
    """A registry that knows so many index values; returns a member's key, and PostgreSQL's first process."""
    async with runtime.running(from_env({}, data_dir=folder), url) as opened:
        async with transaction(opened) as session:
            business_id, key = await member(session)
        async with transaction(opened) as session:
            # Another number than those that are asked for.
            await person(session, business_id, ASKED)
        connection = await asyncpg.connect(plain_dsn(url))
        try:
            await _fill(connection, opened, values)
            postmaster = bench_load.parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
        finally:
            await connection.close()
    return key, postmaster


async def _fill(connection: "asyncpg.Connection[Any]", opened: Runtime, values: int) -> None:
    people, began = values // len(KINDS), time.monotonic()
    await connection.execute("SET ROLE registry_system; SET synchronous_commit = off")
    await connection.execute("CREATE TEMP TABLE asked (n bigint PRIMARY KEY, value bytea)")
    rows = [(n * people // ASKED, _value(opened, n)) for n in range(ASKED)]
    await connection.copy_records_to_table("asked", records=rows)
    first: UUID = await connection.fetchval("SELECT id FROM records")
    for start in range(0, people, CHUNK):
        last = min(start + CHUNK, people) - 1
        await connection.execute(_PEOPLE, start, last, first)
        await connection.execute(_VALUES, start, last, first, KINDS)
        print(
            f"\r{values:>9,} index values: {(last + 1) * 100 // people:3} % of {people:,} people,"
            f" {time.monotonic() - began:.0f} s",
            end="",
            flush=True,
        )
    await connection.execute("RESET ROLE")
    await connection.execute("VACUUM ANALYZE")
    size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    print(f", {size}", flush=True)


def _value(opened: Runtime, number: int) -> bytes:
    """The index value of a number, as the registry makes it."""
    subject = identities.read(SubjectDescription(phone=phone(number)), country="UA")
    (token,) = identities.asked_tokens(opened.keyring, subject)
    return token.value


async def measure(options: argparse.Namespace, url: str, folder: Path) -> None:
    """Build every size, ask them in turn, print."""
    sizes = [int(size) for size in options.values.split(",")]
    async with contextlib.AsyncExitStack() as stack:
        benches, ports = {}, {}
        for size in sizes:
            made = await stack.enter_async_context(scratch.database(url, f"values_{size}"))
            await migrate.upgrade(made)
            place = folder / str(size)
            place.mkdir()
            benches[size] = Bench(options, made, place, *await build(made, place, size))
        for size in sizes:
            served = stack.enter_context(benches[size].serving(("ours",)))
            ports[size] = served["ours"]
        drawn: dict[str, dict[str, float]] = {f"{size:,}": {} for size in sizes}
        for connections in (1, CONNECTIONS):
            for mix in ("hits", "misses"):
                took = await rounds(options, benches, ports, mix, connections)
                tell(took, f"{mix}, {connections} connection{'s' * (connections > 1)}")
                for size in sizes if connections == 1 else ():
                    drawn[f"{size:,}"][mix] = statistics.median(took[size])
        if options.plot:
            title = "One lookup, median time, by the number of index values"
            options.plot.write_text(plot.bars(title, "ms", drawn), encoding="utf-8")


async def rounds(
    options: argparse.Namespace,
    benches: dict[int, Bench],
    ports: dict[int, int],
    mix: str,
    connections: int,
) -> dict[int, list[float]]:
    """The median milliseconds of a lookup in each round, by size; the sizes take turns at being first."""
    took: dict[int, list[float]] = defaultdict(list)
    sizes = list(benches)
    for number in range(options.rounds):
        at = number % len(sizes)
        for size in sizes[at:] + sizes[:at]:
            load = await bench_load.run(
                ports[size],
                benches[size].mixes[mix],
                seconds=options.seconds,
                connections=connections,
            )
            took[size].append(load.p50)
    return took


def tell(took: dict[int, list[float]], what: str) -> None:
    """Medians of the rounds, and of the rounds' own ratios to the smallest size."""
    smallest = min(took)
    print(f"{what}")
    for size in sorted(took):
        ratio = statistics.median(
            ours / least for ours, least in zip(took[size], took[smallest], strict=True)
        )
        aimed = f" (aimed at: {GOAL} at most)" if size == max(took) else ""
        print(
            f"  {size:>9,} index values: {statistics.median(took[size]):6.2f} ms, ratio {ratio:.2f}{aimed}",
            flush=True,
        )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", default="50000,500000,5000000")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the times by one connection"
    )
    parser.set_defaults(persons=ASKED)
    options = parser.parse_args()
    on_its_own(lambda url, folder: measure(options, url, folder))


if __name__ == "__main__":
    main()
