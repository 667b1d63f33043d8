"""Who is who in another order: the same records resolved in the order of the file and in shuffled ones.

    python bench/order.py [--records 1500] [--orders 2] [--difficulty medium]

Prints for each shuffled order the share of identities that the file's order made otherwise, beside the pairwise F1 of
both against the truth: an order that changes who is who must at least not change how often it is right.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from registry.evaluation import run
from registry.evaluation.measures import pairwise
from registry.evaluation.records import Judged, read
from registry.matching import parameters as release
from registry.platform import embedded

ROOT = Path(__file__).resolve().parents[1]


async def parties(url: str, records: Sequence[Judged]) -> dict[str, str]:
    """Record -> identity, of the records resolved in this order in a database of their own."""
    async with run.beside(url) as runtime:
        found = await run.resolve(runtime, records, parameters=release.default())
    return {record: str(identity) for record, identity in found.identities.items()}


def groups(identities: dict[str, str]) -> set[frozenset[str]]:
    """The identities as sets of records."""
    found = defaultdict(set)
    for record, identity in identities.items():
        found[identity].add(record)
    return {frozenset(members) for members in found.values()}


async def measure(url: str, records: Sequence[Judged], orders: int) -> None:
    """Resolve in each order, and print what differs."""
    truth = {record.record_id: record.cluster_id or record.record_id for record in records}
    first = await parties(url, records)
    print(
        f"the file's order: {len(groups(first)):,} identities, F1 {pairwise(first, truth).f1:.4f}"
    )
    for seed in range(1, orders + 1):
        shuffled = random.Random(seed).sample(records, len(records))
        found = await parties(url, shuffled)
        other = groups(first) - groups(found)
        share = len(other) / len(groups(first))
        print(f"shuffled, seed {seed}: {share:.2%} otherwise, F1 {pairwise(found, truth).f1:.4f}")


def main() -> None:
    """Make the people and the database, and measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--records", type=int, default=1500)
    asked.add_argument("--orders", type=int, default=2)
    asked.add_argument("--difficulty", default="medium")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-order-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded server runs under an account of its own
        file = folder / "people.jsonl"
        made = ("-m", "tests.persons", "records", "--seed", "1", "--count", str(given.records))
        command = [sys.executable, *made, "--difficulty", given.difficulty, "--out", file]
        subprocess.run(command, cwd=ROOT, check=True)
        server = embedded.start(folder / "data")
        try:
            asyncio.run(measure(server.url, list(read(file, Counter())), given.orders))
        finally:
            server.release()


if __name__ == "__main__":
    main()
