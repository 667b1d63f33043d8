"""A small memory of what was read lately: the reason why a key costs one query every few seconds, not one a call.

An entry is trusted for `LIFETIME` and then read again, so that a revocation made anywhere reaches every process within
that time even when no message about it arrives (`listening` brings one at once). What is in use is read again before
its end, while calls go on with what is known; many who ask for the same wait for one reading.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

V = TypeVar("V")

LIFETIME = 4.0
RENEWED = LIFETIME / 2
LARGEST = 10_000
#: Readings at a time: whoever sends invented keys takes no more of the database than this.
LOADS = 2


class Recent(Generic[V]):
    """Values by their digest, least recently used dropped first. Absence is not remembered."""

    def __init__(self, load: Callable[[bytes], Awaitable[V | None]]) -> None:
        self._load = load
        self._entries: OrderedDict[bytes, tuple[float, V]] = OrderedDict()
        self._loading: dict[bytes, asyncio.Task[V | None]] = {}
        self._loads = asyncio.Semaphore(LOADS)

    def known(self, digest: bytes) -> V | None:
        """Return what is remembered, however old, without reading: good enough to tell callers apart."""
        found = self._entries.get(digest)
        return None if found is None else found[1]

    async def get(self, digest: bytes) -> V | None:
        """The value, read again when what is remembered is older than `LIFETIME` seconds."""
        known = self._entries.get(digest)
        if known is not None and (age := time.monotonic() - known[0]) < LIFETIME:
            if age >= RENEWED:
                _ = self._begin(digest)
            self._entries.move_to_end(digest)
            return known[1]
        # Whoever leaves takes the reading from nobody else.
        return await asyncio.shield(self._begin(digest))

    def _begin(self, digest: bytes) -> "asyncio.Task[V | None]":
        """The reading under way, or a new one."""
        task = self._loading.get(digest)
        if task is None:
            task = self._loading[digest] = asyncio.ensure_future(self._read(digest))
            # A reading that nobody waits for may fail: the next one tells.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _read(self, digest: bytes) -> V | None:
        mine = asyncio.current_task()
        try:
            async with self._loads:
                read_at = time.monotonic()
                value = await self._load(digest)
        finally:
            current = self._loading.get(digest) is mine
            if current:
                del self._loading[digest]
        if not current:
            return value  # it was forgotten meanwhile: good for who waited, and to be read again
        if value is None:
            self._entries.pop(digest, None)
            return None
        self._entries[digest] = (read_at, value)
        if len(self._entries) > LARGEST:
            self._entries.popitem(last=False)
        return value

    def forget(self) -> None:
        """Drop everything, what is being read just now too; the next call reads again."""
        self._entries.clear()
        self._loading.clear()
