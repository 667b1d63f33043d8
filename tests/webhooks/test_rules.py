"""When an event is tried again, and when an endpoint is switched off."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.webhooks import rules
from registry.webhooks.rules import Resting

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_it_is_tried_eight_times_within_about_a_day() -> None:
    for dice in (0.0, 1.0):
        at, tries = NOW, 1
        while (again := rules.next_try(tries, at, dice)) is not None:
            assert again > at
            at, tries = again, tries + 1
        assert tries == 8
        assert timedelta(hours=24) < at - NOW < timedelta(hours=28)


def test_the_dice_spread_what_failed_together() -> None:
    first, last = (rules.next_try(1, NOW, dice) for dice in (0.0, 1.0))
    assert (first, last) == (NOW + timedelta(seconds=60), NOW + timedelta(seconds=66))


@pytest.mark.parametrize(
    ("status", "days", "why"),
    [
        (410, 0, Resting.GONE),
        (500, 0, None),
        (500, 2.9, None),
        (500, 3, Resting.FAILING),
        (None, 3, Resting.FAILING),
    ],
)
def test_an_endpoint_rests(status: int | None, days: float, why: Resting | None) -> None:
    assert rules.rests(status, NOW - timedelta(days=days), NOW) == why


@pytest.mark.parametrize(
    ("status", "taken"), [(200, True), (204, True), (299, True), (302, False), (500, False)]
)
def test_only_2xx_means_that_it_arrived(status: int, taken: bool) -> None:
    assert rules.taken(status) is taken
    assert not rules.taken(None)
