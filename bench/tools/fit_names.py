"""Fit the weights of the score of two names to labelled pairs, and write the file of parameters.

Each FILE is CSV with the columns left, right, label, as `registry evaluate names` reads it; FILE:WEIGHT says how
much all its pairs count together (1 without). A logistic regression over the grades of the parts, held to fall with
the grade: a worse agreement never weighs more than a better one.

    python bench/tools/fit_names.py --version 1 pairs.csv others.csv:0.5 --out registry/matching/name_weights.json
"""

import argparse
import csv
import math
from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from registry.matching import name_align, names
from registry.matching.name_grades import Grade
from registry.matching.name_score import MOST, Weights

Feature = tuple[str, int]
Row = tuple[Feature, ...]

_MISSING = int(Grade.MISSING)
_GRADES = ("given", "surname", "father", "against")
_COUNTS = ("agreed", "extra")
#: Rises are taken out over these runs of grades.
_FALLING = (range(Grade.SAME, Grade.PIECE), range(Grade.NEAR, Grade.DIFFERS + 1))


def read(argument: str) -> tuple[list[tuple[Row, int]], float]:
    """Answer the features and labels of a file's pairs, and how much they count together."""
    path, _, weight = argument.partition(":")
    rows = []
    with Path(path).open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            found = name_align.align(names.prepare(line["left"]), names.prepare(line["right"]))
            if found is not None:
                rows.append((features(found), int(line["label"])))
    return rows, float(weight or 1)


def features(found: name_align.Alignment) -> Row:
    """Answer what weighs in an alignment, as `name_score.score` sums it."""
    row = [(name, int(getattr(found, name))) for name in _GRADES]
    row += [(name, min(getattr(found, name), MOST)) for name in _COUNTS]
    return tuple(feature for feature in row if feature not in _NOTHING)


_NOTHING = {("father", _MISSING), ("against", _MISSING), ("agreed", 0), ("extra", 0)}


def fit(files: list[tuple[list[tuple[Row, int]], float]], ridge: float, rounds: int) -> dict:
    """Answer bias and weights: gradient ascent (Adam) on the likelihood, with a ridge."""
    counts: Counter[tuple[Row, int]] = Counter()
    for rows, weight in files:
        for row in rows:
            counts[row] += 1000 * weight / len(rows)
    weights: dict[Feature, float] = defaultdict(float)
    first: dict[Feature, float] = defaultdict(float)
    second: dict[Feature, float] = defaultdict(float)
    bias: Feature = ("bias", 0)
    for step in range(1, rounds + 1):
        slope: dict[Feature, float] = defaultdict(float)
        for (row, label), count in counts.items():
            total = weights[bias] + sum(weights[feature] for feature in row)
            gap = count * (label - 1 / (1 + math.exp(-max(-30, min(30, total)))))
            slope[bias] += gap
            for feature in row:
                slope[feature] += gap
        for feature, gap in slope.items():
            gap -= ridge * weights[feature] * (feature != bias)
            first[feature] += 0.1 * (gap - first[feature])
            second[feature] += 0.01 * (gap * gap - second[feature])
            pace = first[feature] / (1 - 0.9**step)
            spread = math.sqrt(second[feature] / (1 - 0.99**step)) + 1e-9
            weights[feature] += 0.05 * pace / spread
    seen: Counter[Feature] = Counter()
    for (row, _), count in counts.items():
        for feature in row:
            seen[feature] += count
    return {"weights": weights, "seen": seen}


def falling(values: list[float], seen: list[float]) -> list[float]:
    """Answer the values without rises, each rise pooled by how often it was seen (isotonic)."""
    values = list(values)
    for run in _FALLING:
        blocks: list[list[float]] = []  # mean, weight, length
        for place in run:
            blocks.append([values[place], seen[place] + 0.5, 1])
            while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
                mean, weight, length = blocks.pop()
                before = blocks[-1]
                total = before[1] + weight
                before[:] = [
                    (before[0] * before[1] + mean * weight) / total,
                    total,
                    before[2] + length,
                ]
        flat = [mean for mean, _, length in blocks for _ in range(int(length))]
        for place, value in zip(run, flat, strict=True):
            values[place] = value
    return values


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE[:WEIGHT]")
    parser.add_argument("--version", required=True)
    parser.add_argument("--source", default="", help="where the pairs came from, for the reader")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ridge", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=600)
    options = parser.parse_args()
    found = fit([read(file) for file in options.files], options.ridge, options.rounds)
    weights, seen = found["weights"], found["seen"]
    parts = {}
    for name in _GRADES:
        values = [weights[name, place] for place in range(len(Grade))]
        parts[name] = falling(values, [seen[name, place] for place in range(len(Grade))])
    for name in _COUNTS:
        parts[name] = [weights[name, place] for place in range(MOST + 1)]
    made = Weights(
        version=options.version,
        source=options.source,
        bias=round(weights["bias", 0], 3),
        **{name: tuple(round(value, 3) for value in values) for name, values in parts.items()},
    )
    body = msgspec.json.format(msgspec.json.encode(made), indent=1)
    options.out.write_bytes(body + b"\n")


if __name__ == "__main__":
    main()
