"""The job loop: what happens when no one is asking.

A deadline lives on its own row (`due_at`), so the row is the queue: nothing is enqueued twice, lost with a
crash or left behind by a change. The loop runs each job whenever the database wakes it, and at the latest
after the job's own interval. Any number of workers may run; jobs lock what they take and skip what is
locked.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from registry.platform.ids import uuid7
from registry.platform.listening import listen
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.tables import Heartbeat

CHANNEL = "registry_due"
HEARTBEAT_SECONDS = 5.0
DUE_AT_ONCE = 100

log = structlog.get_logger("registry.jobs")


@dataclass(frozen=True)
class Job:
    """A piece of work. `run` does a bounded batch and returns how much it did; nought means all is done."""

    name: str
    run: Callable[[Runtime], Awaitable[int]]
    #: Seconds after which it runs even if nothing woke it.
    every: float
    #: Whether a wake-up from the database runs it at once.
    wakes: bool = True


async def wake(session: Session) -> None:
    """Let the workers look at once when this transaction commits."""
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


async def advance_each(
    runtime: Runtime,
    what: str,
    list_due: Callable[[Session, int, Collection[UUID]], Awaitable[Sequence[UUID]]],
    advance: Callable[[UUID], Awaitable[None]],
) -> int:
    """Advance everything that is due, each in a transaction of its own; returns how many moved.

    `list_due` answers so many that are due at most, but for some ids. One that fails is told in the log, holds up no
    other, and is tried again in the next round.
    """
    moved, failed = 0, set[UUID]()
    while True:
        async with transaction(runtime) as session:
            due = await list_due(session, DUE_AT_ONCE, failed)
        if not due:
            return moved
        for id_ in due:
            try:
                await advance(id_)
                moved += 1
            except Exception as fault:
                failed.add(id_)
                log.error("advance_failed", what=what, id=str(id_), fault=type(fault).__name__)


async def run_all(runtime: Runtime, jobs: Sequence[Job]) -> int:
    """Run the jobs in turn until none has anything left to do (tests, seeding); returns how much was done."""
    total = 0
    while done := sum([await job.run(runtime) for job in jobs]):
        total += done
    return total


async def loop(runtime: Runtime, url: str, jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Run the jobs until `stop` is set; what is in hand is finished first."""
    woken = asyncio.Event()
    listener = asyncio.create_task(listen(url, CHANNEL, woken.set))
    heart = asyncio.create_task(_beat(runtime, stop))
    last_run = dict.fromkeys((job.name for job in jobs), 0.0)
    try:
        while not stop.is_set():
            urgent = woken.is_set()
            woken.clear()
            for job in jobs:
                due = time.monotonic() - last_run[job.name] >= job.every
                if not stop.is_set() and (due or (urgent and job.wakes)):
                    last_run[job.name] = time.monotonic()
                    await _run(runtime, job, stop)
            await _wait(woken, stop, min(job.every for job in jobs))
    finally:
        for task in (listener, heart):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _run(runtime: Runtime, job: Job, stop: asyncio.Event) -> None:
    try:
        while not stop.is_set() and await job.run(runtime):
            pass
    except Exception as fault:  # the next round tries again; other jobs must go on
        log.error("job_failed", job=job.name, fault=type(fault).__name__)


async def _wait(woken: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.ensure_future(woken.wait()), asyncio.ensure_future(stop.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _beat(runtime: Runtime, stop: asyncio.Event) -> None:
    """Write that this worker lives, every few seconds; one row a machine."""
    worker = socket.gethostname() or str(uuid7())
    while not stop.is_set():
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with transaction(runtime) as session:
                statement = insert(Heartbeat).values(worker=worker, at=session.real)
                await session.execute(
                    statement.on_conflict_do_update(
                        index_elements=["worker"], set_={"at": session.real}
                    )
                )
        await asyncio.sleep(HEARTBEAT_SECONDS)
