"""Judging the comparison of two names: a file of pairs in, a score a pair and figures out.

Lives here: `read`, `score`, `figures`. Not here: the command (`cli.evaluate_names`), the score itself
(`matching.names`). Names are prepared in blocks, so that a long file needs little memory; the time that
this takes is kept apart from the time of the comparisons.
"""

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from registry.matching import names

#: Recall is told where this many of the pairs held to be one person's are.
PRECISION = 0.99
_HALF = 0.5
_BLOCK = 2_000
_COLUMNS = ("left", "right", "label")
_LABELS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class BadPair(ValueError):
    """A line that holds no pair; the message names the line and what is wrong."""


class Pair(NamedTuple):
    """Two names, and whether they are one person's where that is known."""

    left: str
    right: str
    label: bool | None


class Scored(NamedTuple):
    """The scores of pairs, in their order, and what they took."""

    scores: list[float]
    preparing: float
    comparing: float


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the scores of a file come to; the lower half only where the truth is known."""

    pairs: int
    #: Comparisons of prepared names a second, and microseconds to prepare one name.
    pairs_per_second: int
    preparation_us_per_name: float
    same: int | None = None
    best_f1: float | None = None
    #: The score from which on pairs are held to be one person's for the best F1.
    best_threshold: float | None = None
    recall_at_precision_99: float | None = None
    f1_at_half: float | None = None


def read(path: Path) -> list[Pair]:
    """Read a file of pairs; raise `BadPair` for the first line that holds none."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            pairs = list(_pairs(csv.reader(file, strict=True)))
        except UnicodeDecodeError:
            raise BadPair("the file is not in UTF-8") from None
    labelled = sum(pair.label is not None for pair in pairs)
    if labelled not in (0, len(pairs)):
        raise BadPair(f"{len(pairs) - labelled} pairs have no label, and the others have one")
    return pairs


def _pairs(lines: "csv._reader") -> Iterator[Pair]:  # type: ignore[name-defined]  # typeshed's name
    places: tuple[int, ...] | None = None
    try:
        for row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if places is None:
                heads = [cell.strip().casefold() for cell in row]
                if set(_COLUMNS[:2]) <= set(heads):
                    places = tuple(heads.index(name) for name in _COLUMNS if name in heads)
                    continue
                places = tuple(range(min(len(row), len(_COLUMNS))))
            yield _pair(row, places, lines.line_num)
    except csv.Error as fault:
        raise BadPair(f"line {lines.line_num}: {fault}") from None


def _pair(row: Sequence[str], places: Sequence[int], line: int) -> Pair:
    cells = [row[place].strip() if place < len(row) else "" for place in places]
    if len(cells) < 2 or not cells[0] or not cells[1]:
        raise BadPair(f"line {line}: a pair needs a left and a right name")
    if len(cells) < 3 or not cells[2]:
        return Pair(cells[0], cells[1], None)
    label = _LABELS.get(cells[2].casefold())
    if label is None:
        raise BadPair(f"line {line}: the label must be 1 or 0")
    return Pair(cells[0], cells[1], label)


def score(pairs: Sequence[Pair], step: Callable[[int], None] = lambda _: None) -> Scored:
    """Compare every pair; `step` is told how many are done."""
    names.compare(names.prepare("Олександр"), names.prepare("Олег"))  # reads the tables
    scores: list[float] = []
    preparing = comparing = 0.0
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        began = time.perf_counter()
        ready = [(names.prepare(pair.left), names.prepare(pair.right)) for pair in block]
        prepared = time.perf_counter()
        found = [names.compare(left, right) for left, right in ready]
        comparing += time.perf_counter() - prepared
        preparing += prepared - began
        scores += [one.score if one else 0.0 for one in found]
        step(len(block))
    return Scored(scores, preparing, comparing)


def figures(pairs: Sequence[Pair], scored: Scored) -> Figures:
    """Answer what the scores come to."""
    pace = Figures(
        len(pairs),
        round(len(pairs) / scored.comparing) if scored.comparing else 0,
        round(scored.preparing / (2 * len(pairs) or 1) * 1e6, 1),
    )
    same = sum(pair.label is True for pair in pairs)
    if not same:
        return pace
    labels = [pair.label is True for pair in pairs]
    best, threshold, recall = 0.0, 1.0, 0.0
    for cut, right, held in _cuts(scored.scores, labels):
        f1 = 2 * right / (held + same)
        if f1 > best:
            best, threshold = f1, cut
        if right / held >= PRECISION:
            recall = right / same
    held = sum(one >= _HALF for one in scored.scores)
    right = sum(one >= _HALF and label for one, label in zip(scored.scores, labels, strict=True))
    return msgspec.structs.replace(
        pace,
        same=same,
        best_f1=round(best, 4),
        best_threshold=round(threshold, 4),
        recall_at_precision_99=round(recall, 4),
        f1_at_half=round(2 * right / (held + same), 4),
    )


def _cuts(scores: Sequence[float], labels: Sequence[bool]) -> Iterator[tuple[float, int, int]]:
    """Yield each score from the highest, how many pairs reach it and are one person's, how many reach it."""
    ordered = sorted(zip(scores, labels, strict=True), reverse=True)
    right = 0
    for held, (one, label) in enumerate(ordered, 1):
        right += label
        if held == len(ordered) or ordered[held][0] != one:
            yield one, right, held
