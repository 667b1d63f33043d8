"""What waits in one tick is done together; each gets its own answer, and nobody another's fault."""

import asyncio
from collections.abc import Sequence

import pytest

from registry.platform.ticks import Ticks


class Work:
    """Answers numbers by their doubles, odd ones above 100 by a fault; waits in the middle until it is let go."""

    def __init__(self, *, held: bool = False) -> None:
        self.runs: list[list[int]] = []
        self.at_once = self.most_at_once = 0
        self.gate = asyncio.Event()
        if not held:
            self.gate.set()

    async def run(self, items: Sequence[int]) -> list[int | Exception]:
        self.runs.append(list(items))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        if -1 in items:
            raise ArithmeticError
        return [ValueError(str(item)) if item > 100 else item * 2 for item in items]


async def test_what_comes_in_one_tick_is_one_run() -> None:
    work = Work()
    ticks = Ticks(work.run, largest=100, lanes=2)
    assert await asyncio.gather(*(ticks.ask(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert work.runs == [[0, 1, 2, 3, 4]]


async def test_runs_are_bounded_in_size_and_number() -> None:
    work = Work(held=True)
    ticks = Ticks(work.run, largest=4, lanes=2)
    asked = [asyncio.ensure_future(ticks.ask(n)) for n in range(50)]
    await asyncio.sleep(0.01)
    assert work.runs == [[0, 1, 2, 3], [4, 5, 6, 7]]
    work.gate.set()
    assert await asyncio.gather(*asked) == [2 * n for n in range(50)]
    assert max(map(len, work.runs)) == 4
    assert work.most_at_once == 2
    assert [n for run in work.runs for n in run] == list(range(50))


async def test_who_comes_while_all_lanes_are_busy_waits_and_goes_together() -> None:
    work = Work(held=True)
    ticks = Ticks(work.run, largest=100, lanes=1)
    first = asyncio.ensure_future(ticks.ask(1))
    await asyncio.sleep(0.01)
    later = [asyncio.ensure_future(ticks.ask(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0.01)
    assert work.runs == [[1]]
    work.gate.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6, 8]
    assert work.runs == [[1], [2, 3, 4]]


async def test_size_counts_and_one_that_is_larger_than_a_run_goes_alone() -> None:
    work = Work()
    ticks = Ticks(work.run, largest=10, lanes=1, size=lambda n: n)
    await asyncio.gather(*(ticks.ask(n) for n in (4, 4, 4, 50, 1)))
    assert work.runs == [[4, 4], [4], [50], [1]]


async def test_a_fault_is_its_own() -> None:
    work = Work()
    ticks = Ticks(work.run, largest=100, lanes=1)
    got = await asyncio.gather(*(ticks.ask(n) for n in (1, 101, 3)), return_exceptions=True)
    assert [got[0], got[2]] == [2, 6]
    assert isinstance(got[1], ValueError)


async def test_a_run_that_fails_fails_all_in_it_and_no_later_one() -> None:
    work = Work()
    ticks = Ticks(work.run, largest=2, lanes=1)
    got = await asyncio.gather(*(ticks.ask(n) for n in (1, -1, 3)), return_exceptions=True)
    assert [type(one) for one in got] == [ArithmeticError, ArithmeticError, int]
    assert await ticks.ask(5) == 10


async def test_who_gave_up_is_left_out() -> None:
    work = Work(held=True)
    ticks = Ticks(work.run, largest=100, lanes=1)
    first = asyncio.ensure_future(ticks.ask(1))
    await asyncio.sleep(0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ticks.ask(2)
    third = asyncio.ensure_future(ticks.ask(3))
    work.gate.set()
    assert list(await asyncio.gather(first, third)) == [2, 6]
    assert work.runs == [[1], [3]]


async def test_beside_another_run_a_few_are_waited_for_but_not_long() -> None:
    """The first goes at once; then three are enough, and one that stays alone waits its moment and no longer."""
    work = Work(held=True)
    ticks = Ticks(work.run, largest=100, lanes=3, enough=3, wait=0.05)
    asked = [asyncio.ensure_future(ticks.ask(1))]
    await asyncio.sleep(0.01)
    assert work.runs == [[1]]
    asked += [asyncio.ensure_future(ticks.ask(n)) for n in (2, 3)]
    await asyncio.sleep(0.01)
    assert work.runs == [[1]]
    asked.append(asyncio.ensure_future(ticks.ask(4)))
    await asyncio.sleep(0.01)
    assert work.runs == [[1], [2, 3, 4]]
    asked.append(asyncio.ensure_future(ticks.ask(5)))
    await asyncio.sleep(0.01)
    assert len(work.runs) == 2
    await asyncio.sleep(0.1)
    assert work.runs[2:] == [[5]]
    work.gate.set()
    assert await asyncio.gather(*asked) == [2, 4, 6, 8, 10]
