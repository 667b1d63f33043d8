"""The job loop: woken at once, never idle longer than its interval, stopped by nothing but its stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from registry.platform import jobs
from registry.platform.db import plain_dsn
from registry.platform.jobs import Job, run_all
from registry.platform.runtime import Runtime, transaction
from tests.factories import rows


class Work:
    """So many pieces, done one a run."""

    def __init__(self, pieces: int = 0) -> None:
        self.left, self.runs = pieces, 0

    async def __call__(self, _: Runtime) -> int:
        self.runs += 1
        if self.left == 0:
            return 0
        self.left -= 1
        return 1


async def _fail(_: Runtime) -> int:
    raise ValueError("planted secret")


@asynccontextmanager
async def looping(runtime: Runtime, url: str, work: Sequence[Job]) -> AsyncIterator[asyncio.Event]:
    """The loop, run beside the block and stopped after it."""
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.loop(runtime, url, work, stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def _until(holds: Callable[[], bool | Awaitable[bool]], seconds: float = 5) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return time.monotonic() - began
        await asyncio.sleep(0.01)
    pytest.fail(f"it did not come about within {seconds} s")


async def test_run_all_goes_on_until_nothing_is_left(running: Runtime) -> None:
    """Also when a later job makes work for an earlier one."""
    first, second = Work(), Work(3)

    async def feeds(runtime: Runtime) -> int:
        first.left += 1 if second.left else 0
        return await second(runtime)

    assert await run_all(running, [Job("first", first, 1), Job("second", feeds, 1)]) == 6
    assert (first.left, second.left) == (0, 0)


async def test_everything_runs_at_the_start(running: Runtime, database_url: str) -> None:
    work, slow = Work(5), Work(1)
    async with looping(running, database_url, [Job("a", work, 600), Job("b", slow, 600)]):
        await _until(lambda: work.left == slow.left == 0)


async def test_a_commit_wakes_the_jobs_at_once(running: Runtime, database_url: str) -> None:
    """Those that want to be woken, long before their interval; a rolled back change wakes nobody."""
    work, sleeper = Work(), Work()
    chosen = [Job("work", work, 600), Job("sleeper", sleeper, 600, wakes=False)]
    async with looping(running, database_url, chosen):
        await _until(lambda: work.runs >= 2)  # at the start, and when the listener is there
        await asyncio.sleep(0.3)
        runs = work.runs
        async with rows.rolled_back(running) as session:
            await jobs.wake(session)
        await asyncio.sleep(0.3)
        assert work.runs == runs
        async with transaction(running) as session:
            await jobs.wake(session)
        await _until(lambda: work.runs > runs)
        assert sleeper.runs == 1


async def test_without_any_wake_the_interval_is_the_net(
    running: Runtime, database_url: str
) -> None:
    work = Work()
    async with looping(running, database_url, [Job("work", work, 0.2)]):
        await _until(lambda: work.runs >= 5, 4)


async def test_a_job_that_fails_stops_no_other(
    running: Runtime, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is tried again at its interval; the log names the fault, not its words."""
    work = Work()
    async with looping(running, database_url, [Job("bad", _fail, 0.1), Job("work", work, 0.1)]):
        await _until(lambda: work.runs >= 3)
    told = capsys.readouterr().out
    assert told.count("job_failed") >= 2
    assert "ValueError" in told
    assert "planted" not in told


async def test_a_lost_listener_comes_back(running: Runtime, database_url: str) -> None:
    """The database cuts its connection: a while later a commit wakes again."""
    work = Work()
    async with looping(running, database_url, [Job("work", work, 600)]):
        await _until(lambda: work.runs >= 2)
        connection = await asyncpg.connect(plain_dsn(database_url))
        cut = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        assert await connection.fetchval(cut) == 1
        await connection.close()
        runs = work.runs
        await _until(lambda: work.runs > runs)  # it listens again, and looks at once


async def test_what_is_in_hand_is_finished_first(running: Runtime, database_url: str) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def slow(_: Runtime) -> int:
        begun.set()
        await asyncio.sleep(0.3)
        done.set()
        return 1

    async with looping(running, database_url, [Job("slow", slow, 600)]) as stop:
        await begun.wait()
        stop.set()
    assert done.is_set()


async def test_it_says_that_it_lives(running: Runtime, database_url: str) -> None:
    async def beaten() -> bool:
        return await rows.count(running, "heartbeats") == 1

    async with looping(running, database_url, [Job("work", Work(), 600)]):
        await _until(beaten)
    async with looping(running, database_url, [Job("work", Work(), 600)]):
        await asyncio.sleep(0.3)
    assert await beaten()
    (beat,) = await rows.select(running, "SELECT now() - at AS age FROM heartbeats")
    assert beat["age"].total_seconds() < 5


async def test_no_database_no_end(running: Runtime) -> None:
    """A database that cannot be reached at first does not end the loop."""
    work = Work()
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:9/none"
    async with looping(running, nowhere, [Job("work", work, 0.1)]):
        with suppress(TimeoutError):
            await _until(lambda: work.runs >= 3)
