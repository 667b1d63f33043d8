"""Limit the memory that bodies of requests hold, in all and for each sender.

A body is held in memory from its first byte until its call is answered. Slow senders fill no more than the budget of
their kind, and one sender no more than a share of it. A body counts as `OVERHEAD` bytes more than it has, so that the
budget limits connections with empty bodies too.
"""

from collections import Counter
from collections.abc import Hashable
from typing import Final, Self

from registry.platform import metrics
from registry.platform.gates import overloaded
from registry.platform.routing import KIB, MIB

OVERHEAD: Final = 16 * KIB
#: Bytes for all bodies that are not uploads. One network address may hold half: callers behind a proxy that is not
#: trusted share an address.
SMALL: Final = 64 * MIB
#: Bytes for the uploads of each kind of caller; one caller may hold a third.
FILES: Final = 96 * MIB


class Bodies:
    """A budget of `most` bytes; one sender may hold `each` bytes of it."""

    def __init__(self, most: int, each: int) -> None:
        self._left, self._each = most, each
        self._held = Counter[Hashable]()

    def take(self, sender: Hashable, size: int) -> None:
        """Add `size` bytes to what the sender holds; raises `Overloaded` when they do not fit."""
        if size > self._left or self._held[sender] + size > self._each:
            metrics.turned_away("bodies")
            raise overloaded("Too many bodies are on their way. Nothing was done; try again soon.")
        self._left -= size
        self._held[sender] += size

    def give_back(self, sender: Hashable, size: int) -> None:
        """Return `size` bytes of the sender to the budget."""
        self._left += size
        self._held[sender] -= size
        if not self._held[sender]:
            del self._held[sender]


class Body:
    """One body in memory, counted while the block runs."""

    def __init__(self, bodies: Bodies, sender: Hashable) -> None:
        self._bodies, self._sender = bodies, sender
        self._counted = 0
        self.content = bytearray()

    def __enter__(self) -> Self:
        self._count(OVERHEAD)
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.give_back(self._sender, self._counted)

    def add(self, chunk: bytes) -> None:
        """Append what has arrived; raises `Overloaded` when there is no memory for it."""
        self._count(len(chunk))
        self.content += chunk

    def _count(self, size: int) -> None:
        self._bodies.take(self._sender, size)
        self._counted += size
