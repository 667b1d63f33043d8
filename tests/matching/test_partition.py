"""Parties derived from decisions on pairs: what binds, what excludes, and what is left undecided."""

import random
from collections.abc import Iterable

import pytest

from registry.matching.partition import MARGIN, partition

Pairs = Iterable[str]


Links = Iterable[tuple[float, str, str]]


def divided(records: str, links: Links, *, bound: Pairs = (), apart: Pairs = ()) -> list[str]:
    """The parties as words, such as ["abc", "d"]; a pair is two letters."""
    parties = partition(
        list(records),
        links,
        bound=[(pair[0], pair[1]) for pair in bound],
        apart=[(pair[0], pair[1]) for pair in apart],
    )
    return ["".join(party) for party in parties]


@pytest.mark.parametrize(
    ("records", "links", "bound", "apart", "parties", "why"),
    [
        ("abc", [], [], [], ["a", "b", "c"], "nothing is known"),
        ("abc", [(5, "a", "b"), (5, "b", "c")], [], [], ["abc"], "a chain is one party"),
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
