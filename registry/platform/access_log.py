"""The access log: one JSON line a request, and its metrics.

A line holds the request id, who called (ids), the route's template, status and duration: never a body, a
query string, a key, a header or a path as it was sent.
"""

import time
from typing import Any

import structlog

from registry.platform import metrics

log = structlog.get_logger("registry.access")

KNOWN_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class AccessLog:
    """ASGI middleware, outermost of all."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on; note what was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        # Litestar writes into the state it is given; holding it here shows what the guards learnt.
        state = scope.setdefault("state", {})

        async def watch(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watch)
        finally:
            _note(scope, state, status, time.perf_counter() - began)


def _note(scope: Any, state: Any, status: int, seconds: float) -> None:
    route = scope.get("path_template") or "unknown"
    method = scope["method"] if scope["method"] in KNOWN_METHODS else "OTHER"
    metrics.answered(method, route, status, seconds)
    caller, staff = state.get("member"), state.get("staff")
    log.info(
        "request",
        request_id=state.get("request_id"),
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
        business_id=str(caller.business_id) if caller else None,
        key_id=str(caller.key_id) if caller else None,
        staff_id=str(staff.id) if staff else None,
    )
