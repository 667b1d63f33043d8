"""What many calls want of the database in one tick of the event loop, done for all of them at once.

Calls come one by one and are answered one by one; what they ask for is gathered and done together, so that the work
of a trip is shared by more calls the more there are. Who comes alone goes at the next turn of the loop. While others
are under way a few are waited for, a moment at most; while every lane is busy, all that come.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Ticks(Generic[A, R]):
    """Runs `run` for what waits: at most `largest` units at once, in at most `lanes` runs at a time.

    Beside another run one begins when `enough` wait, or after `wait` seconds. `run` answers each item by a result or
    by the exception that its caller gets; what it raises itself all of them get.
    """

    def __init__(
        self,
        run: Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]],
        *,
        largest: int,
        lanes: int,
        enough: int = 1,
        wait: float = 0.0,
        size: Callable[[A], int] = lambda _: 1,
    ) -> None:
        self._run, self._size = run, size
        self._largest, self._lanes, self._free = largest, lanes, lanes
        self._enough, self._wait = enough, wait
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._called: asyncio.Handle | None = None
        self._soon = False

    async def ask(self, item: A) -> R:
        """The result for the item. Whoever is cancelled meanwhile is left out of runs that have not begun."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, answer))
        if self._free and not self._soon:
            if self._free == self._lanes or len(self._waiting) >= self._enough:
                self._soon = True
                self._call(loop.call_soon(self._start))
            elif self._called is None:
                self._call(loop.call_later(self._wait, self._start))
        return await answer

    def _call(self, handle: asyncio.Handle) -> None:
        """Begin then, and not when it was meant before."""
        if self._called is not None:
            self._called.cancel()
        self._called = handle

    def _start(self) -> None:
        """Begin with whatever came meanwhile."""
        self._called, self._soon = None, False
        while self._free and (batch := self._take()):
            self._free -= 1
            task = asyncio.ensure_future(self._lane(batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _lane(self, batch: list[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            while batch:
                await self._answer(batch)
                batch = self._take()
        finally:
            self._free += 1

    def _take(self) -> list[tuple[A, asyncio.Future[R]]]:
        taken: list[tuple[A, asyncio.Future[R]]] = []
        room = self._largest
        while self._waiting and room > 0:
            size = self._size(self._waiting[0][0])
            if taken and size > room:
                break
            item, answer = self._waiting.popleft()
            if not answer.done():
                taken.append((item, answer))
                room -= size
        return taken

    async def _answer(self, batch: list[tuple[A, asyncio.Future[R]]]) -> None:
        results: Sequence[R | Exception]
        try:
            results = await self._run([item for item, _ in batch])
        except Exception as fault:
            results = [fault] * len(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
