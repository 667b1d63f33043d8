"""Estimating weights: what was planted is found again, with labels and without."""

import math
import random
from collections import Counter

from registry.matching import estimation
from registry.matching.comparison import Evidence
from registry.matching.estimation import Pattern

#: field -> level -> (share among matches, share among others).
PLANTED = {
    "phone": {"same": (0.8, 0.02), "differs": (0.2, 0.98)},
    "given": {"same": (0.9, 0.1), "differs": (0.1, 0.9)},
    "surname": {"same": (0.85, 0.02), "slip": (0.1, 0.03), "differs": (0.05, 0.95)},
    "city": {"same": (0.7, 0.2), "differs": (0.3, 0.8)},
}
SHARE = 0.2


def pairs(number: int, seed: int) -> list[tuple[Pattern, bool]]:
    """Pairs drawn from the planted shares; each field is missing now and then."""
    dice, drawn = random.Random(seed), []
    for _ in range(number):
        same = dice.random() < SHARE
        pattern = []
        for field, levels in PLANTED.items():
            if dice.random() < 0.9:
                shares = [share[not same] for share in levels.values()]
                pattern.append(Evidence(field, dice.choices(list(levels), shares)[0]))
        drawn.append((tuple(pattern), same))
    return drawn


def planted(field: str, level: str) -> float:
    m, u = PLANTED[field][level]
    return math.log2(m / u)


def test_without_labels_the_planted_weights_are_found() -> None:
    counts = Counter(pattern for pattern, _ in pairs(40_000, 1))
    prior, weights = estimation.unlabelled(counts)
    assert abs(prior - math.log2(SHARE / (1 - SHARE))) < 0.3
    for field, levels in PLANTED.items():
        for level in levels:
            assert abs(weights[field][level] - planted(field, level)) < 0.6, (field, level)


def test_with_labels_the_odds_are_right() -> None:
    """Weights of a field may shift together, so what is held to the truth is each pattern's odds."""
    counts: dict[Pattern, tuple[int, int]] = {}
    for pattern, same in pairs(40_000, 2):
        no, yes = counts.get(pattern, (0, 0))
        counts[pattern] = (no + (not same), yes + same)
    prior, weights = estimation.labelled(counts)
    for pattern in counts:
        if len(pattern) == len(PLANTED):
            true = math.log2(SHARE / (1 - SHARE)) + sum(planted(*one) for one in pattern)
            found = prior + sum(weights[field][level] for field, level in pattern)
            assert abs(found - true) < 1.2, pattern


def test_a_level_seen_on_one_side_only_weighs_no_infinity() -> None:
    same, differs = Evidence("tax_id", "same"), Evidence("tax_id", "differs")
    agreeing, other = Evidence("given", "same"), Evidence("given", "differs")
    counts: dict[Pattern, tuple[int, int]] = {
        (same, agreeing): (0, 50),
        (differs, other): (900, 0),
    }
    for weights in (
        estimation.labelled(counts)[1],
        estimation.unlabelled({p: no + yes for p, (no, yes) in counts.items()})[1],
    ):
        assert 1 < weights["tax_id"]["same"] < 40
        assert -40 < weights["tax_id"]["differs"] < 0


def test_what_is_believed_moves_as_far_as_the_pairs_say() -> None:
    """A belief without pairs stays; a few pairs against it move it a little, many as far as they say."""
    pattern = (Evidence("surname", "alike"),)
    believed = (0.0, {"surname": {"alike": 4.0, "same": 6.0}})
    found = []
    for number in (1, 10, 400):
        prior, weights = estimation.labelled({pattern: (number, number)}, around=believed)
        assert prior == 0.0
        assert weights.keys() == {"surname"}
        found.append(weights["surname"]["alike"])
    assert 4 > found[0] > found[1] > found[2]
    assert abs(found[2]) < 0.1, "as many of one person as of two: it says nothing"
