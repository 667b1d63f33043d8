"""Headers of every answer, the guard's refusals included.

    budget                   to a caller whose key is known
    Cache-Control            `no-store`, unless the answer says otherwise: nearly every answer is about somebody
    X-Content-Type-Options   `nosniff`: no browser guesses a type other than the one that the answer names

Whoever spent puts the headers, or a function that reads them, into `scope["state"]["answer_headers"]`. An
answer given before anybody knew the caller (a body that is no JSON, an unknown path) asks `ask`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

log = structlog.get_logger("registry.http")

_UNLESS_SAID = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

#: Callers whose budget is read at a time for answers that were given before anybody knew them.
MOST_ASKING = 8

Ask = Callable[[Any], Awaitable[Mapping[str, str]]]


class AnswerHeaders:
    """ASGI middleware between the access log and the guard."""

    def __init__(self, app: Any, ask: Ask) -> None:
        self._app, self._ask = app, ask
        self._asking = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on; add the headers to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                extra = await self._read(scope, state)
                pairs = [(name.lower().encode(), value.encode()) for name, value in extra.items()]
                said = {name.lower() for name, _ in message["headers"]}
                pairs += [pair for pair in _UNLESS_SAID if pair[0] not in said]
                message["headers"] = [*message["headers"], *pairs]
            await send(message)

        await self._app(scope, receive, told)

    async def _read(self, scope: Any, state: Any) -> Mapping[str, str]:
        wanted = state.get("answer_headers")
        try:
            if wanted is None:
                return await self._ask_within_bounds(scope)
            found: Mapping[str, str] = await wanted() if callable(wanted) else wanted
        except Exception as fault:  # an answer without its budget is better than none
            log.warning("budget_unread", fault=type(fault).__name__)
            return {}
        return found

    async def _ask_within_bounds(self, scope: Any) -> Mapping[str, str]:
        # No gate bounds these answers: refused calls with invented keys must not queue before those who look up.
        if self._asking >= MOST_ASKING:
            return {}
        self._asking += 1
        try:
            return await self._ask(scope)
        finally:
            self._asking -= 1
