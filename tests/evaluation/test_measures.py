"""Measures worked out by hand."""

import pytest

from registry.evaluation.measures import b_cubed, joined, pairwise

TRUTH = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}


def test_a_perfect_partition() -> None:
    found = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"}
    for figures in (pairwise(found, TRUTH), b_cubed(found, TRUTH)):
        assert (figures.precision, figures.recall, figures.f1) == (1, 1, 1)


def test_one_wrong_and_one_missed() -> None:
    """c was taken from its party and put to another: of 4 true pairs 2 are found, of 4 held 2 are true."""
    found = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}
    pairs = pairwise(found, TRUTH)
    assert (pairs.precision, pairs.recall) == (0.5, 0.5)
    cubed = b_cubed(found, TRUTH)
    assert cubed.precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)


def test_singletons_are_sure_and_find_nothing() -> None:
    figures = pairwise({record: record for record in TRUTH}, TRUTH)
    assert (figures.precision, figures.recall, figures.f1) == (1, 0, 0)


def test_answers_bring_clusters_together() -> None:
    found = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
    after = joined(found, [("a", "b"), ("b", "c"), ("e", "d"), ("d", "e")])
    assert pairwise(after, TRUTH).f1 == 1
