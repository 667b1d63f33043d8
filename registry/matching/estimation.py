"""Estimating match weights, with labels or without.

Lives here: `labelled` (logistic regression over the levels) and `unlabelled` (expectation-maximisation for
the Fellegi-Sunter model; Dempster, Laird and Rubin 1977; Winkler 1988). Both take counted evidence: how often
each combination of levels occurred, which is all that either depends on, so that a million pairs cost no
more than the few thousand combinations that they make.

Both answer weights in bits for each field and level, and a prior. Those of `labelled` allow for fields that
agree together more often than chance would have it (a name and the e-mail address made of it), which the
independence that expectation-maximisation assumes counts twice.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from registry.matching.comparison import Evidence

Pattern = tuple[Evidence, ...]
Weights = dict[str, dict[str, float]]

#: Added to each count, so that a level that was never seen on one side weighs no infinity.
SMOOTHING = 0.5
_LN2 = math.log(2)
_LOWEST = 1e-12


def labelled(
    counts: Mapping[Pattern, tuple[int, int]],
    *,
    ridge: float = 1.0,
    rounds: int = 400,
    around: tuple[float, Weights] | None = None,
) -> tuple[float, Weights]:
    """Fit weights to pattern -> (pairs of two parties, pairs of one); answer the prior and the weights.

    Ridge-penalised logistic regression over indicator variables, by gradient steps with a diagonal
    preconditioner (Jacobi); the penalty keeps a level seen a few times near nought, or near its weight in `around`
    (a prior, which stays, and weights: what is believed before the pairs are seen).
    """
    rows = [(pattern, no, yes) for pattern, (no, yes) in counts.items()]
    names = sorted({level for levels, _, _ in rows for level in levels})
    place = {name: number for number, name in enumerate(names)}
    coded = [([place[level] for level in levels], no, yes) for levels, no, yes in rows]
    prior, believed = around or (0.0, {})
    start = [believed.get(field, {}).get(level, 0.0) * _LN2 for field, level in names]
    beta, intercept = list(start), prior * _LN2
    velocity, drift = [0.0] * len(names), 0.0
    for _ in range(rounds):
        gradient = [ridge * (was - value) for was, value in zip(start, beta, strict=True)]
        curvature = [ridge + 1e-9] * len(beta)
        slope = bend = 1e-9
        for levels, no, yes in coded:
            score = intercept + sum(beta[number] for number in levels)
            chance = _sigmoid(score)
            error = yes - (no + yes) * chance
            weight = (no + yes) * chance * (1 - chance)
            slope, bend = slope + error, bend + weight
            for number in levels:
                gradient[number] += error
                curvature[number] += weight
        # Levels occur together, so the diagonal alone would step too far.
        for number in range(len(beta)):
            velocity[number] = 0.8 * velocity[number] + gradient[number] / curvature[number] / 8
            beta[number] += velocity[number]
        if around is None:
            drift = 0.8 * drift + slope / bend / 8
            intercept += drift
    return intercept / _LN2, _nested({name: beta[place[name]] / _LN2 for name in names})


def unlabelled(
    counts: Mapping[Pattern, int],
    *,
    chance: Mapping[Pattern, int] | None = None,
    share: float = 0.1,
    rounds: int = 200,
) -> tuple[float, Weights]:
    """Fit weights to pattern -> candidate pairs, without labels; answer the prior and the weights.

    `chance` are the patterns of pairs drawn at random, nearly all of two parties: they fix where u starts,
    which keeps the two classes from changing places. `share` is where the share of matches starts.
    """
    rows = list(counts.items())
    fields: dict[str, set[str]] = defaultdict(set)
    for levels, _ in rows:
        for field, level in levels:
            fields[field].add(level)
    strangers = dict(counts) if chance is None else dict(chance)
    u = _shares([(p, float(n)) for p, n in strangers.items()], fields)
    m = {
        field: {
            level: 0.9 if level == "same" else 0.1 / max(len(levels) - 1, 1) for level in levels
        }
        for field, levels in fields.items()
    }
    for _ in range(rounds):
        matching: list[tuple[Pattern, float]] = []
        other: list[tuple[Pattern, float]] = []
        for levels, number in rows:
            odds = math.log(share / (1 - share))
            odds += sum(math.log(m[f][x] / u[f][x]) for f, x in levels)
            posterior = _sigmoid(odds)
            matching.append((levels, number * posterior))
            other.append((levels, number * (1 - posterior)))
        total = sum(weight for _, weight in matching)
        renewed = total / sum(number for _, number in rows)
        m, u = _shares(matching, fields), _shares(other, fields)
        done = abs(renewed - share) < 1e-7
        share = min(max(renewed, _LOWEST), 1 - _LOWEST)
        if done:
            break
    weights = {f: {x: math.log2(m[f][x] / u[f][x]) for x in levels} for f, levels in fields.items()}
    return math.log2(share / (1 - share)), weights


def _shares(
    rows: Sequence[tuple[Pattern, float]], fields: Mapping[str, set[str]]
) -> dict[str, dict[str, float]]:
    """How often each level holds, of the pairs that have the field."""
    seen = {field: dict.fromkeys(levels, SMOOTHING) for field, levels in fields.items()}
    for levels, number in rows:
        for field, level in levels:
            if level in seen.get(field, ()):
                seen[field][level] += number
    return {
        field: {level: number / sum(levels.values()) for level, number in levels.items()}
        for field, levels in seen.items()
    }


def _nested(flat: Mapping[tuple[str, str], float]) -> Weights:
    nested: Weights = {}
    for (field, level), weight in flat.items():
        nested.setdefault(field, {})[level] = round(weight, 3)
    return nested


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, value))))
