"""Match a request to its route, for what the layers around the framework decide by it.

The guard chooses the size of a body by the route, and `admission` chooses the gate. Both ask the framework's own
router, so that no spelling of a path (a trailing slash, `%65`, `//`) is one route for them and another for it.
A route declares how much body it takes in its `opt` (`http.takes`, `takes_file`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.utils import normalize_path

KIB: Final = 1024
MIB: Final = 1024 * KIB
#: Bytes of body: of any call, of a batch of lookups, of an upload with its multipart wrapping.
BODY_SIZE, BATCH_SIZE, UPLOAD_SIZE = 64 * KIB, MIB, 10 * MIB + 64 * KIB
#: What `opt["takes"]` of a route says that takes an uploaded file.
FILE: Final = "file"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a request may bring and where it waits, by the route that it matches."""

    #: The gate at which it waits; None: it passes without one.
    gate: str | None
    #: Most bytes of body.
    body_size: int = BODY_SIZE
    #: Whether the route takes a file as multipart form data.
    upload: bool = False


class Routes:
    """Finds the call of a request among the routes of `application`.

    `gates` names gates by the tag of a route; a route may name its own in `opt["gate"]`, and one with neither has
    `others`. `files` names the gate of uploads by that of the route.
    """

    def __init__(
        self,
        application: Litestar,
        gates: Mapping[str, str | None],
        files: Mapping[str | None, str],
        others: str,
    ) -> None:
        self._match = application.asgi_router.handle_routing
        self._gates, self._files = gates, files
        self._unknown = Call(gate=others)
        self._calls: dict[BaseRouteHandler, Call] = {}

    def of(self, scope: Any) -> Call:
        """Return the call of an HTTP request; an unknown path or method gets the smallest limits."""
        known: Call | None = scope["state"].get("call")
        if known is None:
            known = scope["state"]["call"] = self._find(scope["path"], scope["method"])
        return known

    def _find(self, path: str, method: Any) -> Call:
        try:
            _, handler, *_ = self._match(path=normalize_path(path), method=method)
        except HTTPException:
            return self._unknown
        call = self._calls.get(handler)
        if call is None:
            call = self._calls[handler] = self._read(handler)
        return call

    def _read(self, handler: Any) -> Call:
        tags = [tag for tag in handler.tags or () if tag in self._gates]
        gate = self._gates[tags[0]] if tags else self._unknown.gate
        gate = handler.opt.get("gate", gate)
        upload = handler.opt.get("takes") == FILE
        return Call(
            gate=self._files[gate] if upload else gate,
            body_size=handler.opt.get("body_size", BODY_SIZE),
            upload=upload,
        )


def takes_file() -> dict[str, Any]:
    """Options of a route that takes one uploaded file; its handler reads it with `http.file_of`."""
    return {"opt": {"takes": FILE, "body_size": UPLOAD_SIZE}}


def with_options(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Return the handlers, after an OPTIONS handler for each path that lists all its methods.

    The framework's own would list the methods of the handler that was registered first.
    """
    given = list(handlers)
    methods = defaultdict[str, set[str]](lambda: {"OPTIONS"})
    for handler in given:
        for path in handler.paths:
            methods[path].update(handler.http_methods)
            if "GET" in handler.http_methods:
                methods[path].add("HEAD")
    return [*(_options(path, found) for path, found in methods.items()), *given]


def _options(path: str, methods: Iterable[str]) -> HTTPRouteHandler:
    allowed = ", ".join(sorted(methods))

    @route(path, http_method=["OPTIONS"], include_in_schema=False)
    async def tell_methods() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": allowed})

    return tell_methods
