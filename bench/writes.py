"""Who is who on publication: the time of resolution among many records, compared with writing the record alone.

A scratch database is filled with invented people (tests.persons): each record in the identity of an earlier one of
its person with which it shares a strong identifier, as the log says. Then the last of the file are published one by
one, each in a transaction of its own, as reports are. In turn with each goes the baseline: the same record and its
index values, written and nothing else. Both figures include the database and the commit.

    python bench/writes.py [--records 150000] [--writes 1000] [--difficulty medium]

Prints medians and 99th percentiles in milliseconds, the ratio, candidates a write, and of the writes whose person is
there already the share that met one of their records (blocking recall by cluster).
"""

import argparse
import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from registry.evaluation import run
from registry.evaluation.records import Judged, read
from registry.identities import resolution, store
from registry.identities import service as identities
from registry.identities.neighbours import PLACE, tokens
from registry.identities.tables import Identifier, PairDecision, Record, RecordCount
from registry.matching import blocking
from registry.matching.decision import Verdict
from registry.matching.fingerprints import STRONG
from registry.matching.profile import profile
from registry.matching.weights import Weighed
from registry.platform import embedded, vault
from registry.platform.db import as_system
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.vault import DataKey

ROOT = Path(__file__).resolve().parents[1]
BATCH = 500


def people(folder: Path, count: int, difficulty: str) -> list[Judged]:
    """Invented people, in the order of the file."""
    file = folder / "people.jsonl"
    made = ("-m", "tests.persons", "records", "--seed", "1", "--count", str(count))
    subprocess.run(
        [sys.executable, *made, "--difficulty", difficulty, "--out", file], cwd=ROOT, check=True
    )
    return list(read(file, Counter()))


async def plain(session: Session, record: Judged) -> UUID:
    """Write a record and its index values, compared with nothing."""
    key = await vault.create(session, session.keyring, owner=None)
    made = await identities.add(session, record.subject, key)
    found = tokens(session.keyring, record.subject, profile(record.subject))
    async with as_system(session):
        await store.add_identifiers(session, made, found)
    return made


def sealed(key: DataKey, record: Judged) -> dict[str, Any]:
    """What a record says, under its key."""
    return {"data_key_id": key.id, "sealed": key.seal(PLACE, record.subject)}


async def fill(runtime: Runtime, records: Sequence[Judged]) -> dict[UUID, str]:
    """Write the records in bulk, under the caps; returns whose each is."""
    whose: dict[UUID, str] = {}
    people = 0
    held: Counter[bytes] = Counter()
    #: A person and a strong identifier -> the record that had it first, and its identity.
    first: dict[tuple[str, bytes], tuple[UUID, UUID]] = {}
    for start in range(0, len(records), BATCH):
        async with transaction(runtime) as session:
            key = await vault.create(session, session.keyring, owner=None)
            written: list[dict[str, Any]] = []
            values: list[dict[str, Any]] = []
            told: list[dict[str, Any]] = []
            for record in records[start : start + BATCH]:
                found = tokens(session.keyring, record.subject, profile(record.subject))
                kept = [t for t in found if t.kind in STRONG or held[t.value] < blocking.CAP]
                held.update(token.value for token in kept)
                made, person = uuid7(), record.cluster_id or ""
                whose[made] = person
                strong = [(person, token.value) for token in kept if token.kind in STRONG]
                known = next((first[place] for place in strong if place in first), None)
                identity = known[1] if known else made
                if known:
                    told.append(link(session, known[0], made))
                for place in strong:
                    first.setdefault(place, (made, identity))
                row = {"id": made, "identity_id": identity, "created_at": session.now}
                written.append(row | {"publication": 0} | sealed(key, record))
                value = {"record_id": made, "key_version": 1, "published": True}
                values += [{**value, "index_value": v, "kind": kind} for kind, v in kept]
            async with as_system(session):
                new = [row["id"] for row in written if row["id"] == row["identity_id"]]
                await store.add_identities(session, new)
                people += len(new)
                await store.add_rows(session, Record, written)
                await store.add_rows(session, Identifier, values)
                await store.add_rows(session, PairDecision, told)
        print(f"\r{start + BATCH:,} records written", end="", file=sys.stderr, flush=True)
    async with transaction(runtime) as session:
        counted = {"part": 0, "published": len(records)}
        await store.add_rows(session, RecordCount, [counted])
    print(f"\n{people:,} identities", file=sys.stderr)
    return whose


def link(session: Session, one: UUID, other: UUID) -> dict[str, Any]:
    """An entry of the log: two records are of one person."""
    weighed = Weighed(total=20.0, parts=())
    return resolution.entry(
        session,
        (one, other),
        Verdict.SAME,
        weighed=weighed,
        parameters=session.runtime.parameters.version,
        publication=0,
    )


async def measure(runtime: Runtime, before: Sequence[Judged], asked: Sequence[Judged]) -> None:
    """Resolve the last records one by one, in turn with the baseline, and print what it took."""
    whose = await fill(runtime, before)
    gc.freeze()  # the people of the file are no part of what a server holds
    known = set(whose.values())
    ours: list[float] = []
    alone: list[float] = []
    met: list[bool] = []
    candidates = 0
    for record in asked:
        began = time.perf_counter()
        async with transaction(runtime) as session:
            key = await vault.create(session, session.keyring, owner=None)
            made = await identities.add_published(session, record.subject, key)
        ours.append(time.perf_counter() - began)
        candidates += len(made.neighbours)
        if record.cluster_id in known:
            met.append(record.cluster_id in {whose[n] for n in made.neighbours})
        whose[made.record_id] = record.cluster_id or ""
        known.add(record.cluster_id or "")
        began = time.perf_counter()
        async with transaction(runtime) as session:
            written = await plain(session, record)
        alone.append(time.perf_counter() - began)
        async with transaction(runtime) as session, as_system(session):
            await store.delete_record(session, written)
    tell(ours, alone)
    print(f"candidates a write {candidates / len(asked):.1f}")
    print(f"met a record of their person {sum(met) / max(len(met), 1):.4f} of {len(met)}")


def tell(ours: Sequence[float], alone: Sequence[float]) -> None:
    """Print both sides, in milliseconds."""
    shares: dict[str, list[float]] = defaultdict(list)
    for name, seconds in (("resolved", ours), ("written alone", alone)):
        cuts = statistics.quantiles(seconds, n=100)
        shares[name] = [statistics.median(seconds) * 1000, cuts[98] * 1000]
        print(f"{name:14} p50 {shares[name][0]:7.2f} ms   p99 {shares[name][1]:7.2f} ms")
    print(f"ratio of medians {shares['resolved'][0] / shares['written alone'][0]:.2f}")


async def work(url: str, records: Sequence[Judged], writes: int) -> None:
    """Fill a scratch database and measure."""
    async with run.beside(url) as runtime:
        await measure(runtime, records[:-writes], records[-writes:])


def main() -> None:
    """Make the people and the database, and measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--records", type=int, default=150_000)
    asked.add_argument("--writes", type=int, default=1000)
    asked.add_argument("--difficulty", choices=("medium", "hard"), default="medium")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-writes-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded server runs under an account of its own
        records = people(folder, given.records + given.writes, given.difficulty)
        server = embedded.start(folder / "data")
        try:
            # As `registry serve` runs.
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(work(server.url, records, given.writes))
        finally:
            server.release()


if __name__ == "__main__":
    main()
