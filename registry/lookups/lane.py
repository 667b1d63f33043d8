"""A lane of its own for `POST /v1/lookups`, past the framework.

A lookup stands between a shop and its checkout, and the framework's routing, injection of arguments and making of
responses took as long as all that a lookup itself does. So this call is taken before the framework sees it: the same
guard, the same reading of the body, the same `routes.answer_one`, the same refusals; the route itself stays for the
published contract and for other spellings of the path. A test holds the two together, answer by answer.
"""

from typing import Any

import msgspec
from litestar import Litestar, Request

from registry.lookups import routes
from registry.lookups.wire import LookupRequest
from registry.platform import idempotency
from registry.platform.http import Negotiated, command_of, header, prefers_messagepack, refused

PATH = "/v1/lookups"
_KEY = idempotency.HEADER.lower().encode()
_JSON = (b"content-type", b"application/json")


class Lane:
    """ASGI middleware right before the application."""

    def __init__(self, application: Litestar) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a lookup; pass everything else on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._application(scope, receive, send)
            return
        scope["litestar_app"], scope["path_template"] = self._application, PATH
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            await routes.ASKS(request, None)
            body = scope["state"].get("body", b"")
            command = command_of(request, body, LookupRequest, routes.values)
            answer, replayed = await routes.answer_one(request, command, header(request, _KEY))
        except Exception as fault:
            await _send(request, refused(request, fault))
            return
        headers = [(b"idempotent-replayed", b"true")] if replayed else []
        if prefers_messagepack(header(request, b"accept") or ""):
            given = {name.decode(): value.decode() for name, value in headers}
            await _send(request, Negotiated(answer, status_code=200, headers=given))
            return
        content = msgspec.json.encode(answer)
        length = (b"content-length", str(len(content)).encode())
        start = {"type": "http.response.start", "status": 200, "headers": [_JSON, length, *headers]}
        await send(start)
        await send({"type": "http.response.body", "body": content, "more_body": False})


async def _send(request: Request[Any, Any, Any], response: Any) -> None:
    answer = response.to_asgi_response(None, request)
    await answer(request.scope, request.receive, request.send)
