"""What the counts of a business mean: when it is told, when its key is stopped, and what a spent quota lets through."""

import pytest

from registry.limits.watch import (
    CANARIES,
    LEAST_REFUSALS,
    NEIGHBOURS,
    NEIGHBOURS_TOLD,
    REFUSALS,
    Counts,
    Signal,
    admitted,
    alarms,
    block_of,
    stops,
)

QUOTA = 200


@pytest.mark.parametrize(
    ("counts", "told", "stopped"),
    [
        (Counts(0, 0, 0, QUOTA), [], []),
        (Counts(1, 0, 0, QUOTA), [Signal.CANARIES], []),
        (Counts(CANARIES, 0, 0, QUOTA), [Signal.CANARIES], [Signal.CANARIES]),
        (Counts(0, NEIGHBOURS_TOLD - 1, 0, QUOTA), [], []),
        (Counts(0, NEIGHBOURS_TOLD, 0, QUOTA), [Signal.NEIGHBOURS], []),
        (Counts(0, NEIGHBOURS - 1, 0, QUOTA), [Signal.NEIGHBOURS], []),
        (Counts(0, NEIGHBOURS, 0, QUOTA), [Signal.NEIGHBOURS], [Signal.NEIGHBOURS]),
        (Counts(0, 0, REFUSALS * QUOTA - 1, QUOTA), [Signal.REFUSALS], []),
        (Counts(0, 0, REFUSALS * QUOTA, QUOTA), [Signal.REFUSALS], [Signal.REFUSALS]),
        (Counts(0, 0, LEAST_REFUSALS // 2 - 1, 5), [], []),
        (Counts(0, 0, LEAST_REFUSALS - 1, 5), [Signal.REFUSALS], []),
        (Counts(0, 0, LEAST_REFUSALS, 5), [Signal.REFUSALS], [Signal.REFUSALS]),
    ],
)
def test_what_is_told_and_what_stops(
    counts: Counts, told: list[Signal], stopped: list[Signal]
) -> None:
    """Part of a limit is told of, the whole of it stops; one canary may be a slip and is told of alone."""
    assert alarms(counts) == told
    assert stops(counts) == stopped


def test_a_spent_quota_refuses_matches_too() -> None:
    """Were matches still answered, a refusal would say for nothing that there is no record."""
    assert admitted(0, [(1, 0), (1, 1)]) == (0, 0)
    assert admitted(1, [(1, 0), (1, 1), (1, 0)]) == (2, 1)
    assert admitted(QUOTA, [(1, 0)] * 300) == (300, 0)


def test_a_lookup_with_several_identifiers_is_answered_when_all_of_them_fit() -> None:
    assert admitted(3, [(4, 0), (1, 1)]) == (0, 0)
    assert admitted(3, [(3, 1), (2, 2), (1, 1)]) == (2, 3)


def test_what_was_asked_for_in_vain_before_is_answered_again() -> None:
    assert admitted(0, [(0, 0), (0, 0), (1, 0)]) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "one", "other", "together"),
    [
        ("phone", "+380671234567", "+380671234999", True),
        ("phone", "+380671234567", "+380671235567", False),
        ("tax_id", "UA:3184710691", "UA:3184710999", True),
        ("company_code", "UA:99001128", "UA:99001999", True),
    ],
)
def test_neighbours_share_all_but_the_last_digits(
    kind: str, one: str, other: str, together: bool
) -> None:
    assert (block_of(kind, one) == block_of(kind, other)) is together


@pytest.mark.parametrize(
    ("kind", "text"),
    [("email", "a123@shop.example"), ("handle", "telegram:a123"), ("phone", "+380505550123")],
)
def test_what_has_no_neighbours(kind: str, text: str) -> None:
    """What nobody gives out in order; and the invented numbers, with which the registry is tried out."""
    assert block_of(kind, text) is None
