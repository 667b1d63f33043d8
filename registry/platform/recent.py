"""A small memory of what was read lately: the reason why a key costs one query every few seconds, not one a call.

An entry is trusted for `LIFETIME` and then read again, so that a revocation made anywhere reaches every
process within that time, whether or not a message about it arrives.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

V = TypeVar("V")

LIFETIME = 3.0
LARGEST = 10_000


class Recent(Generic[V]):
    """Values by their digest, least recently used dropped first. Absence is not remembered."""

    def __init__(self, load: Callable[[bytes], Awaitable[V | None]]) -> None:
        self._load = load
        self._entries: OrderedDict[bytes, tuple[float, V]] = OrderedDict()

    async def get(self, digest: bytes) -> V | None:
        """The value, read again when what is remembered is older than `LIFETIME` seconds."""
        known = self._entries.get(digest)
        if known is not None and time.monotonic() - known[0] < LIFETIME:
            self._entries.move_to_end(digest)
            return known[1]
        read_at = time.monotonic()
        value = await self._load(digest)
        if value is None:
            self._entries.pop(digest, None)
            return None
        self._entries[digest] = (read_at, value)
        if len(self._entries) > LARGEST:
            self._entries.popitem(last=False)
        return value

    def forget(self) -> None:
        """Drop everything; the next call reads again."""
        self._entries.clear()
