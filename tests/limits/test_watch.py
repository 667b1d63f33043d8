"""What the counts of a business mean: when it is told, when its key is stopped, and what a spent quota lets through."""

import pytest

from registry.limits.watch import (
    CANARIES,
    NEIGHBOURS,
    REFUSALS,
    Counts,
    Signal,
    admitted,
    alarms,
    stops,
)

QUOTA = 200


@pytest.mark.parametrize(
    ("counts", "told", "stopped"),
    [
        (Counts(0, 0, 0, QUOTA), [], []),
        (Counts(1, 0, 0, QUOTA), [Signal.CANARIES], []),
        (Counts(CANARIES, 0, 0, QUOTA), [Signal.CANARIES], [Signal.CANARIES]),
        (Counts(0, NEIGHBOURS // 2 - 1, 0, QUOTA), [], []),
        (Counts(0, NEIGHBOURS - 1, 0, QUOTA), [Signal.NEIGHBOURS], []),
        (Counts(0, NEIGHBOURS, 0, QUOTA), [Signal.NEIGHBOURS], [Signal.NEIGHBOURS]),
        (Counts(0, 0, REFUSALS * QUOTA - 1, QUOTA), [Signal.REFUSALS], []),
        (Counts(0, 0, REFUSALS * QUOTA, QUOTA), [Signal.REFUSALS], [Signal.REFUSALS]),
    ],
)
def test_what_is_told_and_what_stops(
    counts: Counts, told: list[Signal], stopped: list[Signal]
) -> None:
    """Half of a limit is told of, the whole of it stops; one canary may be a slip and is told of alone."""
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
