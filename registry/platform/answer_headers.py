"""What every answer tells beside its body: to a known caller the budget, the guard's refusals included; and that
nobody keeps a copy, since nearly every answer is somebody's, unless the answer itself says otherwise.

Whoever spent puts the headers, or a function that reads them, into `scope["state"]["answer_headers"]`. An
answer given before anybody knew the caller (a body that is no JSON, an unknown path) asks `ask`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

log = structlog.get_logger("registry.http")

Ask = Callable[[Any], Awaitable[Mapping[str, str]]]


class AnswerHeaders:
    """ASGI middleware between the access log and the guard."""

    def __init__(self, app: Any, ask: Ask) -> None:
        self._app, self._ask = app, ask

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
                if all(name.lower() != b"cache-control" for name, _ in message["headers"]):
                    pairs.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *pairs]
            await send(message)

        await self._app(scope, receive, told)

    async def _read(self, scope: Any, state: Any) -> Mapping[str, str]:
        wanted = state.get("answer_headers")
        try:
            if wanted is None:
                return await self._ask(scope)
            found: Mapping[str, str] = await wanted() if callable(wanted) else wanted
        except Exception as fault:  # an answer without its budget is better than none
            log.warning("budget_unread", fault=type(fault).__name__)
            return {}
        return found
