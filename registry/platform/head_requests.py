"""HEAD requests: answered as GET would be, without the body."""

from typing import Any


class HeadAsGet:
    """ASGI middleware, outermost of all: what is inside sees a GET, and logs and counts it as one."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on; drop the body of an answer to HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy: the server looks at its own scope to know that it sends no body.
        await self._app({**scope, "method": "GET"}, receive, headers_only)
