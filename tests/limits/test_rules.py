"""How budgets are told, as pure rules."""

from datetime import UTC, datetime

import pytest

from registry.limits import rules
from registry.limits.rules import Budget, Spent

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def spent(
    remaining: tuple[int, int] = (498, 28),
    resets: tuple[float, float] = (345.1, 3.2),
    wait: float = 0,
) -> Spent:
    budget = rules.lookups("somebody", 30, 500)
    return Spent(budget=budget, admitted=1, remaining=remaining, resets=resets, wait=wait, at=NOW)


def test_both_generations_of_header_fields() -> None:
    assert rules.headers(spent()) == {
        "RateLimit-Policy": '"burst";q=30;w=60, "daily";q=500;w=86400',
        "RateLimit": '"burst";r=28;t=4, "daily";r=498;t=346',
        "X-RateLimit-Limit": "30",
        "X-RateLimit-Remaining": "28",
        "X-RateLimit-Reset": "4",
    }


def test_the_older_fields_tell_the_tighter_window() -> None:
    told = rules.headers(spent(remaining=(5, 28), resets=(80_000.5, 3.2)))
    older = [told[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
    assert older == ["500", "5", "80001"]


@pytest.mark.parametrize(
    ("wait", "seconds"), [(0.0, 1), (0.01, 1), (1.0, 1), (1.01, 2), (172.7, 173)]
)
def test_retry_after_is_whole_seconds_and_never_too_short(wait: float, seconds: int) -> None:
    assert spent(wait=wait).retry_after == seconds


def test_the_widest_window_is_locked_first() -> None:
    """Everybody takes the rows in one order, or two would wait for each other."""
    for budget in (rules.lookups("a", 30, 500), rules.staff("a")):
        assert isinstance(budget, Budget)
        widths = [seconds for _, _, seconds in budget.windows]
        assert widths == sorted(widths, reverse=True)
