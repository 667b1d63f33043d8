"""Gates: limit how many calls of a kind a process works on at a time, and share the places fairly among callers.

A caller is a business, a member of staff or a reported person once their key is known, else a network address. Each
gate has places and a queue:

    1. No caller holds all places of a gate that has more than one.
    2. A free place goes to the next waiting caller in turn, whatever the order in which the calls arrived.
    3. A call waits a few seconds at most. When the queue is full, the caller with the most waiting calls loses the
       last of them to a caller with fewer.

A call that is turned away gets 503. Its `Retry-After` is drawn at random, so that the callers do not all come back at
once. `Shares` limits the calls of one caller over all gates (429).
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any, Final

from registry.platform import metrics
from registry.platform.errors import QuotaExceeded, Unavailable

#: Calls of one caller at a time in one process.
OF_ONE_CALLER = 64
#: Seconds: to wait at a gate, to answer, to answer a lookup.
PATIENCE, DEADLINE, LOOKUP_DEADLINE = 2.0, 20.0, 5.0
#: The same for a file: the store may be slow, and a person who has sent ten megabytes should not send them again.
FILE_PATIENCE, FILE_DEADLINE = 10.0, 45.0
LOOKUPS_AT_ONCE = 256
#: Waiting calls for each place of a gate; waiting uploads of a gate.
WAITING, FILES_WAITING = 4, 32
MOST_RETRY_SECONDS = 5

LOOKUPS: Final = "lookups"
PEOPLE: Final = "people"
STAFF: Final = "staff"
ACCOUNTS: Final = "accounts"
OTHERS: Final = "others"
#: Gate of a route -> gate of its uploads.
FILES: Final[Mapping[str | None, str]] = {PEOPLE: "people_files", OTHERS: "files"}


class Overloaded(Unavailable):
    """More is asked than can be done just now; or what was asked took too long."""

    slug, title = "overloaded", "The registry has too much to do just now"


class TooManyAtOnce(QuotaExceeded):
    """The caller has too many calls under way."""

    slug, title = "too-many-at-once", "Too many of your calls are under way at once"


def overloaded(detail: str = "Nothing was done. Try again in a moment.") -> Overloaded:
    """Make the refusal, with a `Retry-After` of its own."""
    return Overloaded(detail, retry_after=1 + secrets.randbelow(MOST_RETRY_SECONDS))


class Gate:
    """Places for calls of a kind.

    A call may hold one for `deadline` seconds and wait for one for `patience` seconds; `room` calls may wait.
    """

    def __init__(
        self,
        name: str,
        at_once: int,
        deadline: float = DEADLINE,
        *,
        patience: float = PATIENCE,
        room: int | None = None,
    ) -> None:
        self.name, self.at_once = name, at_once
        self.deadline, self._patience = deadline, patience
        self._free, self._most = at_once, max(1, at_once - 1)
        self._held = Counter[Hashable]()
        #: Waiting calls by caller; the callers in the order of their turns.
        self._turns: dict[Hashable, deque[asyncio.Future[None]]] = {}
        self._room = at_once * WAITING if room is None else room

    async def enter(self, caller: Hashable) -> None:
        """Take a place for the caller, or wait a moment for one; raises `Overloaded`."""
        if self._free and self._held[caller] < self._most:
            self._take(caller)
            return
        if not self._room:
            self._make_room(caller)
        place = asyncio.get_running_loop().create_future()
        self._turns.setdefault(caller, deque()).append(place)
        self._room -= 1
        try:
            async with asyncio.timeout(self._patience):
                await place
        except BaseException as ended:
            if place.cancelled():
                self._forget(caller, place)
            elif place.exception() is None:  # the place was given in the same moment
                self.leave(caller)
            if isinstance(ended, TimeoutError):
                self._turn_away()
            raise

    def leave(self, caller: Hashable) -> None:
        """Give a place back; the next caller whose turn it is gets it."""
        self._free += 1
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]
        for next_, places in self._turns.items():
            place = next((one for one in places if not one.done()), None)
            if place is not None and self._held[next_] < self._most:
                self._forget(next_, place)
                if places:  # to the end of the turns
                    self._turns[next_] = self._turns.pop(next_)
                self._take(next_)
                place.set_result(None)
                return

    def _take(self, caller: Hashable) -> None:
        self._free -= 1
        self._held[caller] += 1

    def _make_room(self, caller: Hashable) -> None:
        """Turn away the last call of the caller with the most waiting calls, or else this one."""
        greedy = max(self._turns, key=lambda one: len(self._turns[one]))
        if len(self._turns[greedy]) <= len(self._turns.get(caller, ())) + 1:
            self._turn_away()
        last = self._turns[greedy][-1]
        if last.done():  # it gives up in this moment
            self._turn_away()
        self._forget(greedy, last)
        metrics.turned_away(self.name)
        last.set_exception(overloaded())

    def _forget(self, caller: Hashable, place: "asyncio.Future[None]") -> None:
        self._turns[caller].remove(place)
        self._room += 1
        if not self._turns[caller]:
            del self._turns[caller]

    def _turn_away(self) -> None:
        metrics.turned_away(self.name)
        raise overloaded() from None


class Shares:
    """Limits the calls of each known caller that are under way in this process."""

    def __init__(self, most: int = OF_ONE_CALLER) -> None:
        self._most = most
        self._held = Counter[Hashable]()

    def take(self, state: dict[str, Any], caller: Hashable) -> None:
        """Count a call until it is answered, and note whose it is in its `state`; raises `TooManyAtOnce`."""
        if self._held[caller] >= self._most:
            metrics.turned_away("caller")
            raise TooManyAtOnce(
                f"At most {self._most} of your calls are answered at once. Nothing was done.",
                retry_after=1 + secrets.randbelow(2),
            )
        self._held[caller] += 1
        state["caller"], state["answered"] = caller, partial(self._give_back, caller)

    def _give_back(self, caller: Hashable) -> None:
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]


def gates(pool: int) -> dict[str, Gate]:
    """Return the gates of a process with so many database connections, besides the lookups' own.

    Together they let no more calls through than there are connections, less the few that replayed lookups take.
    """
    share = {PEOPLE: 4, STAFF: 3, ACCOUNTS: 2, OTHERS: 4}
    places = {name: max(1, pool * part // 20) for name, part in share.items()}
    file_places = max(1, pool // 10)
    return {
        LOOKUPS: Gate(LOOKUPS, LOOKUPS_AT_ONCE, LOOKUP_DEADLINE),
        **{name: Gate(name, at_once) for name, at_once in places.items()},
        **{
            name: Gate(name, file_places, FILE_DEADLINE, patience=FILE_PATIENCE, room=FILES_WAITING)
            for name in FILES.values()
        },
    }
