"""Admission: let each call through the gate of its route, and give up calls that work too long.

    gate       limits the calls of a kind that are at work, shared fairly by the callers (`gates`); else 503
    deadline   limits the seconds that a call may work (503); for its statements see `db.STATEMENT_TIMEOUT`

A place at a gate is held by work, not by a slow sender. The guard reads small bodies before the gate. An upload enters
twice: first for the check of its key, by its head alone; then, when all of it has arrived, for the work on it.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from registry.platform import bodies, gates, metrics
from registry.platform.bodies import Bodies, Body
from registry.platform.errors import ClientLeft
from registry.platform.gates import Gate, Overloaded
from registry.platform.routing import KIB, Routes

#: Bytes of a file that the application gets at a time.
_PIECE = 64 * KIB


class Admission:
    """ASGI middleware inside the guard.

    `standing` returns the gates by name. `caller_of` returns the caller that a request's head names, before its key is
    checked.
    """

    def __init__(
        self,
        app: Any,
        routes: Routes,
        standing: Callable[[], Mapping[str, Gate]],
        caller_of: Callable[[Any], Hashable],
    ) -> None:
        self._app, self._routes = app, routes
        self._gates, self._caller_of = standing, caller_of
        self._bodies = {
            name: Bodies(bodies.FILES, bodies.FILES // 3) for name in gates.FILES.values()
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, at the gate of the route."""
        call = self._routes.of(scope) if scope["type"] == "http" else None
        if call is None or call.gate is None:
            await self._app(scope, receive, send)
            return
        gate, state = self._gates()[call.gate], scope["state"]
        place = _Place(gate, self._caller_of(scope))
        try:
            await place.take()
        except Overloaded:
            # Do not read the budget of a caller who is turned away here.
            state["answer_headers"] = {}
            raise
        limit = asyncio.timeout(gate.deadline)
        try:
            with ExitStack() as held:
                if call.upload:
                    memory = self._bodies[call.gate]
                    receive = _Upload(receive, place, limit, state, memory, held)
                async with limit:
                    await self._app(scope, receive, send)
        except TimeoutError:
            if not limit.expired():
                raise
            metrics.turned_away("deadline")
            raise gates.overloaded(
                "It took too long and was given up. With an Idempotency-Key it is safe to send again."
            ) from None
        finally:
            place.leave()
            answered: Callable[[], None] | None = state.pop("answered", None)
            if answered is not None:
                answered()


class _Place:
    """A call's place at a gate, which it may leave and take again."""

    def __init__(self, gate: Gate, caller: Hashable) -> None:
        self.gate, self.caller = gate, caller
        self._taken = False

    async def take(self) -> None:
        """Wait for the place; raises `Overloaded`."""
        await self.gate.enter(self.caller)
        self._taken = True

    def leave(self) -> None:
        """Give the place back, if it is taken."""
        if self._taken:
            self._taken = False
            self.gate.leave(self.caller)


class _Upload:
    """Receive the body of an upload: outside the gate until all of it is in memory, then piece by piece."""

    def __init__(
        self,
        receive: Any,
        place: _Place,
        limit: asyncio.Timeout,
        state: dict[str, Any],
        memory: Bodies,
        held: ExitStack,
    ) -> None:
        self._receive, self._place, self._limit = receive, place, limit
        self._state, self._memory, self._held = state, memory, held
        self._pieces: Iterator[dict[str, Any]] | None = None

    async def __call__(self) -> Any:
        """Return the next piece; after the last one, what the client does."""
        if self._pieces is None:
            self._pieces = _cut(await self._whole())
        piece = next(self._pieces, None)
        return await self._receive() if piece is None else piece

    async def _whole(self) -> bytearray:
        self._place.leave()
        self._limit.reschedule(None)
        # By now the key was checked, where the route asks for one.
        self._place.caller = self._state.get("caller", self._place.caller)
        body = self._held.enter_context(Body(self._memory, self._place.caller))
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            body.add(message.get("body", b""))
            more = message.get("more_body", False)
        await self._place.take()
        self._limit.reschedule(asyncio.get_running_loop().time() + self._place.gate.deadline)
        return body.content


def _cut(content: bytearray) -> Iterator[dict[str, Any]]:
    whole = memoryview(content)
    for at in range(0, max(1, len(whole)), _PIECE):
        piece = bytes(whole[at : at + _PIECE])
        yield {"type": "http.request", "body": piece, "more_body": at + _PIECE < len(whole)}
