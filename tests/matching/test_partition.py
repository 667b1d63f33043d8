"""Parties derived from decisions on pairs: what binds, what excludes, and what is left undecided."""

import random
from collections.abc import Iterable

import pytest

from registry.matching.partition import MARGIN, partition

Pairs = Iterable[str]


Links = Iterable[tuple[float, str, str]]


def divided(
    records: str, links: Links, *, bound: Pairs = (), apart: Pairs = (), agree: Pairs = ()
) -> list[str]:
    """The parties as words, such as ["abc", "d"]; a pair is two letters."""
    agreeing = {frozenset(pair) for pair in agree}
    parties = partition(
        list(records),
        links,
        lambda one, other: frozenset((one, other)) in agreeing,
        bound=[(pair[0], pair[1]) for pair in bound],
        apart=[(pair[0], pair[1]) for pair in apart],
    )
    return ["".join(party) for party in parties]


@pytest.mark.parametrize(
    ("records", "links", "bound", "apart", "parties", "why"),
    [
        ("abc", [], [], [], ["a", "b", "c"], "nothing is known"),
        (
            "abc",
            [(5, "a", "b"), (5, "b", "c"), (5, "a", "c")],
            [],
            [],
            ["abc"],
            "all share a number",
        ),
        ("abc", [(5, "a", "b"), (5, "b", "c")], [], [], ["a", "b", "c"], "two numbers, one voice"),
        ("abc", [(9, "a", "b"), (5, "b", "c")], [], [], ["ab", "c"], "one voice for the second"),
        ("abc", [(9, "a", "b"), (5, "b", "c")], [], ["ac"], ["ab", "c"], "the heavier link wins"),
        ("abc", [(6, "a", "b"), (5, "b", "c")], [], ["ac"], ["a", "b", "c"], "two fit equally"),
        ("abc", [(5, "b", "c")], ["ab"], [], ["abc"], "a moderator's link joins as well"),
        ("abc", [(5, "b", "c")], ["ab"], ["ac"], ["ab", "c"], "and excludes whom it contradicts"),
        ("ab", [(20, "a", "b")], [], ["ab"], ["a", "b"], "no weight beats a contradiction"),
        ("ab", [], ["ab"], ["ab"], ["ab"], "a moderator does"),
        (
            "abcd",
            [(9, "a", "b"), (9, "c", "d"), (4, "b", "c")],
            [],
            ["ad"],
            ["ab", "cd"],
            "one excluded pair keeps whole groups apart",
        ),
    ],
)
def test_what_decisions_make(
    records: str,
    links: list[tuple[float, str, str]],
    bound: list[str],
    apart: list[str],
    parties: list[str],
    why: str,
) -> None:
    assert divided(records, links, bound=bound, apart=apart) == parties, why


def test_a_report_of_many_numbers_joins_nobody() -> None:
    """Eight strangers and one report that lists all of their numbers, whichever came first."""
    star = [(5.0, "r", stranger) for stranger in "abcdefgh"]
    assert divided("abcdefghr", star) == list("abcdefghr")
    assert divided("rabcdefgh", star) == list("rabcdefgh")


def test_two_voices_join_what_one_does_not() -> None:
    """Two reports that name both numbers; or one, where the others agree by name."""
    links = [(9, "a", "b"), (9, "b", "c")]
    assert divided("abc", links) == ["ab", "c"]
    assert divided("abc", links, agree=["ac"]) == ["abc"]
    twice = [*links, (9, "a", "d"), (9, "d", "c"), (9, "b", "d")]
    assert divided("abcd", twice) == ["abcd"]


def test_a_moderators_word_for_one_bridge_is_none_for_the_next() -> None:
    star = [(5.0, "r", stranger) for stranger in "abc"]
    assert divided("abcr", star, bound=["ar"]) == ["ar", "b", "c"]


def test_just_beyond_the_margin_the_heavier_wins() -> None:
    links = [(5 + MARGIN + 0.1, "a", "b"), (5, "b", "c")]
    assert divided("abc", links, apart=["ac"]) == ["ab", "c"]


@pytest.mark.parametrize("seed", range(40))
def test_neither_the_order_of_links_nor_their_direction_matters(seed: int) -> None:
    dice = random.Random(seed)
    records = "abcdefgh"
    pairs = [x + y for x in records for y in records if x < y]
    links = [(float(dice.randint(1, 12)), *pair) for pair in dice.sample(pairs, 9)]
    apart = dice.sample(pairs, 6)
    first = divided(records, links, apart=apart)
    turned = [(weight, y, x) for weight, x, y in dice.sample(links, len(links))]
    assert divided(records, turned, apart=apart) == first
    assert not any(set(pair) <= set(party) for pair in apart for party in first)


def test_parties_come_in_the_order_of_their_first_records() -> None:
    assert divided("dcba", [(5, "a", "d")]) == ["da", "c", "b"]
