"""Admission: how much a process does at a time, so that a flood of one kind of call keeps no other from being heard.

    gates      so many calls of a kind at a time, so many more that wait a moment; whoever comes then is told to come
               again (503), at a moment that differs from call to call, so that they do not all come back together
    shares     so many calls of one business at a time (429)
    deadline   so long a call may take (503); the database stops by itself, see `db.STATEMENT_TIMEOUT`

Disputes, the revocation of keys and moderation have a gate of their own, and the gates together let no more through to
the database than it has connections. Lookups have their own pool and one gate; what they need of the common connections
is bounded where they take it. Bodies are read before the gate, so that a slow sender holds no place; files, which pass
as they come, have a gate for themselves.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from registry.platform import metrics
from registry.platform.errors import QuotaExceeded, Unavailable

#: Calls of one business at a time in one process.
OF_ONE_BUSINESS = 64
#: Seconds: to wait at a gate, to answer, to answer a lookup.
PATIENCE, DEADLINE, LOOKUP_DEADLINE = 2.0, 20.0, 5.0
LOOKUPS_AT_ONCE, FILES_AT_ONCE = 256, 32
#: For each call at work so many wait.
WAITING = 4
MOST_RETRY_SECONDS = 5


class Overloaded(Unavailable):
    """More is asked than can be done just now; or what was asked took too long."""

    slug, title = "overloaded", "The registry has too much to do just now"


class TooManyAtOnce(QuotaExceeded):
    """The business has too many calls under way."""

    slug, title = "too-many-at-once", "Too many of your calls are under way at once"


def overloaded(detail: str) -> Overloaded:
    """The refusal, with a `Retry-After` of its own."""
    return Overloaded(detail, retry_after=1 + secrets.randbelow(MOST_RETRY_SECONDS))


@dataclass
class Gate:
    """So many calls of a kind at a time."""

    name: str
    at_once: int
    deadline: float | None = DEADLINE
    _free: asyncio.Semaphore = field(init=False)
    _waiting: int = 0

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.at_once)

    async def enter(self) -> None:
        """Take a place, or wait a moment for one; raises `Overloaded`."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._waiting >= self.at_once * WAITING:
            self._turn_away()
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            self._turn_away()
        finally:
            self._waiting -= 1

    def _turn_away(self) -> None:
        metrics.turned_away(self.name)
        raise overloaded("Nothing was done. Try again in a moment.") from None

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()


class Shares:
    """How many calls of each business are under way in this process."""

    def __init__(self, most: int = OF_ONE_BUSINESS) -> None:
        self._most = most
        self._held: Counter[UUID] = Counter()

    def take(self, state: dict[str, Any], holder: UUID) -> None:
        """Count a call until it is answered; raises `TooManyAtOnce`."""
        if self._held[holder] >= self._most:
            metrics.turned_away("business")
            raise TooManyAtOnce(
                f"At most {self._most} of your calls are answered at once. Nothing was done.",
                retry_after=1 + secrets.randbelow(2),
            )
        self._held[holder] += 1
        state["answered"] = partial(self._give_back, holder)

    def _give_back(self, holder: UUID) -> None:
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]


def gates(pool: int) -> dict[str, Gate]:
    """The gates of one process that has so many database connections, besides the lookups' own."""
    share = max(1, pool // 4)
    return {
        "lookups": Gate("lookups", LOOKUPS_AT_ONCE, LOOKUP_DEADLINE),
        "kept": Gate("kept", share),
        "others": Gate("others", share),
        # The guard times their bodies, and they are at the database only when these have come.
        "files": Gate("files", FILES_AT_ONCE, None),
    }


class Admission:
    """ASGI middleware inside the guard, which has read the body.

    `kept` and `free` are beginnings of paths, free ones pass without a gate; `lookups` are paths. `standing` answers
    the gates.
    """

    def __init__(
        self,
        app: Any,
        standing: Callable[[], Mapping[str, Gate]],
        *,
        lookups: Sequence[str],
        kept: Sequence[str],
        free: Sequence[str],
    ) -> None:
        self._app, self._gates = app, standing
        self._lookups, self._kept, self._free = frozenset(lookups), tuple(kept), tuple(free)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, at the gate of its kind."""
        if scope["type"] != "http" or scope["path"].startswith(self._free):
            await self._app(scope, receive, send)
            return
        gate = self._gates()[self._kind(scope)]
        try:
            await gate.enter()
        except Overloaded:
            # Whoever is turned away here is not asked who they are: their budget would be read for nothing.
            scope["state"]["answer_headers"] = {}
            raise
        limit = asyncio.timeout(gate.deadline)
        try:
            async with limit:
                await self._app(scope, receive, send)
        except TimeoutError:
            if not limit.expired():
                raise
            metrics.turned_away("deadline")
            raise overloaded(
                "It took too long and was given up. With an Idempotency-Key it is safe to send again."
            ) from None
        finally:
            gate.leave()
            answered: Callable[[], None] | None = scope["state"].pop("answered", None)
            if answered is not None:
                answered()

    def _kind(self, scope: Any) -> str:
        path: str = scope["path"]
        if path in self._lookups and scope["method"] == "POST":
            return "lookups"
        if path.endswith("/evidence") and scope["method"] == "POST":
            return "files"
        return "kept" if path.startswith(self._kept) else "others"
