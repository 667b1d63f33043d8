"""Budgets: exact under concurrency and across processes' pools, partial for batches, told in the headers."""

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.limits import rules, store
from registry.limits import service as limits
from registry.limits.rules import Budget, Spent
from registry.platform import runtime
from registry.platform.runtime import Runtime
from registry.platform.settings import Settings


def budget(minute: int = 50, day: int = 500, holder: str = "somebody") -> Budget:
    return rules.lookups(holder, minute, day)


async def test_a_burst_admits_exactly_its_quota(running: Runtime, settings: Settings) -> None:
    """300 spends at once, through the pools of two runtimes, with a burst of 50: exactly 50."""
    async with runtime.running(
        settings, running.database.engine.url.render_as_string(hide_password=False)
    ) as other:
        spends = [limits.spend(one, budget(), 1) for one in (running, other) for _ in range(150)]
        admitted = [spent.admitted for spent in await asyncio.gather(*spends)]
    assert sum(admitted) == 50


async def test_a_batch_gets_what_fits(running: Runtime) -> None:
    """Of 80 asked for at once 50 are admitted; then none, and the wait is until the next one fits."""
    assert (await limits.spend(running, budget(), 80)).admitted == 50
    spent = await limits.spend(running, budget(), 1)
    assert spent.admitted == 0
    assert 0 < spent.wait <= 60 / 50
    assert spent.retry_after in (1, 2)


async def test_the_narrowest_window_decides(running: Runtime) -> None:
    """A daily quota below the burst refuses, and what was refused was taken from no window."""
    narrow = budget(minute=50, day=3)
    assert [(await limits.spend(running, narrow, 1)).admitted for _ in range(5)] == [1, 1, 1, 0, 0]
    left = await limits.spend(running, narrow, 0)
    assert dict(zip(("daily", "burst"), left.remaining, strict=True)) == {"daily": 0, "burst": 47}
    assert left.retry_after == pytest.approx(86_400 / 3, abs=2)


async def test_reading_spends_nothing(running: Runtime) -> None:
    """A cost of nought only reads, also for a holder who never spent."""
    for _ in range(3):
        assert (await limits.spend(running, budget(), 0)).remaining == (500, 50)


async def test_it_refills(running: Runtime) -> None:
    """After a refusal, one more fits when `wait` is over."""
    quick = budget(minute=1200, day=100_000)
    await limits.spend(running, quick, 1200)
    spent = await limits.spend(running, quick, 1200)
    await asyncio.sleep(spent.wait + 0.05)
    assert (await limits.spend(running, quick, 1)).admitted == 1


async def test_holders_are_apart(running: Runtime) -> None:
    """One holder's spending leaves another's budget alone."""
    await limits.spend(running, budget(holder="a"), 50)
    assert (await limits.spend(running, budget(holder="b"), 50)).admitted == 50


async def test_the_headers(running: Runtime) -> None:
    """Both generations of header fields, the older one telling the tighter window."""
    told = rules.headers(await limits.spend(running, budget(minute=30), 1))
    assert told["RateLimit-Policy"] == '"burst";q=30;w=60, "daily";q=500;w=86400'
    assert told["RateLimit"].startswith('"burst";r=29;t=2, "daily";r=499;t=')
    assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("30", "29")
    assert told["X-RateLimit-Reset"] == "2"


async def test_many_budgets_in_one_statement(running: Runtime) -> None:
    """Each holder's own: what one asks for or lacks is no other's."""
    names = [f"holder-{n}" for n in range(20)]
    async with running.database.lookups.acquire() as connection:
        asked = [(budget(30, 25 + n, holder=h), n) for n, h in enumerate(names)]
        await store.spend(connection, asked)
        spent = await store.spend(connection, asked)
    # The second time: what is left of the narrower window, at most what was asked for.
    assert [one.admitted for one in spent] == [
        min(n, max(0, min(30, 25 + n) - n)) for n in range(20)
    ]
    assert [one.budget.holder for one in spent] == names
    assert spent[3].remaining == (22, 24)


async def test_processes_that_name_budgets_in_other_orders_never_block_each_other(
    running: Runtime,
) -> None:
    """Sets of holders in any order, new ones among them, many at once: each gets its answer, no deadlock."""
    random = Random(7)

    async def one(round_: int) -> int:
        holders = [f"holder-{n + round_}" for n in range(12)]
        random.shuffle(holders)
        async with running.database.lookups.acquire() as connection:
            spent = await store.spend(connection, [(budget(500, holder=h), 1) for h in holders])
        return sum(part.admitted for part in spent)

    assert await asyncio.gather(*(one(n // 8) for n in range(160))) == [12] * 160


@given(admitted=st.integers(0, 40), costs=st.lists(st.integers(0, 15), min_size=1, max_size=8))
def test_what_was_spent_together_is_divided_in_order(admitted: int, costs: list[int]) -> None:
    """As if each had come alone after the other."""
    admitted = min(admitted, sum(costs))
    whole = Spent(budget(60, 86_400), admitted, (500, 7), (3.0, 50.0), 2.0, datetime.now(UTC))
    parts = rules.divided(whole, costs)
    assert sum(part.admitted for part in parts) == admitted
    for number, part in enumerate(parts):
        later = sum(one.admitted for one in parts[number + 1 :])
        assert part.remaining == (500 + later, 7 + later)
        assert part.resets == pytest.approx((3.0 - later, 50.0 - later))
        refused = part.admitted < costs[number]
        assert not refused or (part.wait == 2.0 and not later)
