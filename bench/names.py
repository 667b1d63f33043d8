"""Pairs of names: ours beside OpenSanctions' logic-v2 and plain rapidfuzz, on public pairs of real persons.

Two sets: nomenklatura's person cases, and the half of the EU's sanctioned persons with names in Cyrillic and Latin
that our weights were not fitted to (`tools/name_pairs.py` makes both). All sides score the same pairs in the same run,
in turn, several rounds; figures are of medians. The pairs are fetched when the bench runs and never committed; the
opponents live in an environment of the bench's own under build/.

    python bench/names.py [--rounds 3] [--nomenklatura FOLDER] [--opensanctions FOLDER]

FOLDER is a clone that is here already; without, git clones the two repositories into build/.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler
from tools import name_pairs

from registry.evaluation.name_pairs import Figures, Pair, Scored, figures, score

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "bench-names"
PYTHON = HOME / "bin" / "python"
OPPONENT = "nomenklatura==4.17.4"
SOURCES = {
    "nomenklatura": ("https://github.com/opensanctions/nomenklatura.git", "contrib/name_bench"),
    "opensanctions": ("https://github.com/opensanctions/opensanctions.git", name_pairs.LISTS),
}
#: What is asked of ours: F1, and recall at precision .99.
REACH = {"cases": (0.80, None), "multiscript": (0.97, 0.94)}
PAIRS_PER_SECOND = 50_000


def clone(name: str, given: Path | None) -> Path:
    """The folder of a source: the given one, or a sparse clone in build/."""
    if given:
        return given
    folder = HOME / name
    if not folder.exists():
        address, path = SOURCES[name]
        wanted = ["--quiet", "--depth=1", "--filter=blob:none", "--sparse"]
        for git in (
            ["git", "clone", *wanted, address, str(folder)],
            ["git", "-C", str(folder), "sparse-checkout", "set", path],
        ):
            if subprocess.run(git, check=False).returncode:
                raise SystemExit(f"{address} can't be fetched here: give --{name} FOLDER")
    return folder


def opponents() -> bool:
    """Make the opponents' environment; False, and why, where it can't be had."""
    if PYTHON.exists():
        return True
    print(f"Installing {OPPONENT} into build/ ...", flush=True)
    venv.create(HOME, with_pip=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", OPPONENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"logic-v2 can't be had here: {done.stderr.strip().splitlines()[-1]}")
        PYTHON.unlink()
    return not done.returncode


def logic_v2(pairs: Sequence[Pair]) -> Scored:
    """Ask logic-v2, in its own environment."""
    script = Path(__file__).parent / "tools" / "name_opponents.py"
    asked = json.dumps([(pair.left, pair.right) for pair in pairs])
    done = subprocess.run([PYTHON, script], input=asked, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return Scored(answer["scores"], 0.0, answer["seconds"])


def plain(scorer: Callable[[str, str], float]) -> Callable[[Sequence[Pair]], Scored]:
    """A side that compares the casefolded names as they are."""

    def run(pairs: Sequence[Pair]) -> Scored:
        ready = [(pair.left.casefold(), pair.right.casefold()) for pair in pairs]
        began = time.perf_counter()
        scores = [scorer(left, right) for left, right in ready]
        return Scored(scores, 0.0, time.perf_counter() - began)

    return run


def token_sort_ratio(left: str, right: str) -> float:
    """0 to 1, as the others are."""
    return fuzz.token_sort_ratio(left, right) / 100


def measure(name: str, pairs: list[Pair], sides: dict[str, Callable], rounds: int) -> bool:
    """Run the rounds, print the table; whether ours reaches what is asked."""
    found: dict[str, list[Figures]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            found[side].append(figures(pairs, run(pairs)))
    print(f"\n{name}: {len(pairs)} pairs, {sum(bool(pair.label) for pair in pairs)} of one person")
    print(f"{'':18} best F1  from  recall at .99  F1 at .5   pairs/s   ours is faster by")
    paces = {s: statistics.median(f.pairs_per_second for f in runs) for s, runs in found.items()}
    for side, runs in found.items():
        f, pace = runs[0], paces[side]
        print(
            f"{side:18} {f.best_f1:7.4f}  {f.best_threshold:.2f} {f.recall_at_precision_99:14.4f}"
            f" {f.f1_at_half:9.4f} {pace:9,.0f}   {paces['ours'] / pace:.2f}"
        )
    ours = found["ours"][0]
    took = max(f.preparation_us_per_name for f in found["ours"])  # later rounds find them kept
    print(f"{'ours prepares':18} {took} µs a name (not in pairs/s; a name once prepared is kept)")
    f1, recall = REACH[name]
    reached = (ours.best_f1 or 0) >= f1 and (ours.recall_at_precision_99 or 0) >= (recall or 0)
    return reached and paces["ours"] >= PAIRS_PER_SECOND


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nomenklatura", type=Path, metavar="FOLDER")
    parser.add_argument("--opensanctions", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    sides: dict[str, Callable[[Sequence[Pair]], Scored]] = {"ours": score}
    if opponents():
        sides["logic-v2"] = logic_v2
    sides |= {
        "token_sort_ratio": plain(token_sort_ratio),
        "Jaro-Winkler": plain(JaroWinkler.similarity),
    }
    sets = {
        "cases": name_pairs.cases(clone("nomenklatura", asked.nomenklatura)),
        "multiscript": name_pairs.multiscript(clone("opensanctions", asked.opensanctions), "judge"),
    }
    reached = [
        measure(name, [Pair(a, b, bool(label)) for a, b, label in pairs], sides, asked.rounds)
        for name, pairs in sets.items()
    ]
    print("\nOurs reaches what is asked." if all(reached) else "\nOurs falls short.")
    sys.exit(not all(reached))


if __name__ == "__main__":
    main()
