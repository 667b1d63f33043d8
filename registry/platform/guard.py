"""The guard: refuses what no honest client sends, before anything parses it.

It wraps the application from outside, as plain ASGI, because the server lets through two Hosts and
a megabyte of headers, the framework answers bad UTF-8 and deep nesting with a 500, and msgspec
takes the last of duplicate keys. Here live sizes, framing, the time to send a body and media types;
what is wrong in *any* JSON is found by `text`, what is wrong for one endpoint by its Struct.

    head    number and size of headers, one Host, honest framing, length of path and query
    media   JSON or MessagePack; forms and uploads only where they are taken
    body    counted and timed as it arrives; held back until checked, but uploads pass as they come
    answer  the request id on every response; problem+json for what is refused or has failed

Behind it there is one parse path: MessagePack goes on as JSON. A log line holds the request id and
places in the code, never the message of an exception: that may repeat a person's data.
"""

import asyncio
import os
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NoReturn

import msgspec
import structlog

from registry.platform.errors import Malformed, RegistryError, TooLarge, UnsupportedMedia
from registry.platform.text import clean_json, json_from_messagepack

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

KIB: Final = 1024
MIB: Final = 1024 * KIB
#: After a refusal the rest of the body is read and dropped, or the client would see a reset
#: connection in place of the answer. So much, and so long (seconds), we wait for it.
LINGER_SIZE: Final = 16 * MIB
LINGER_TIME: Final = 2.0

log = structlog.get_logger("registry.guard")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is taken of what: sizes in bytes, times in seconds."""

    headers: int = 64
    headers_size: int = 16 * KIB
    path_size: int = KIB
    query_size: int = 2 * KIB
    body_size: int = 64 * KIB
    body_time: float = 30.0
    #: Paths that take larger bodies than the others.
    larger: Mapping[str, int] = msgspec.field(default_factory=lambda: {"/v1/lookups/batch": MIB})
    #: Endings of the paths that take an upload (multipart), the size of the wrapping included.
    uploads: Mapping[str, int] = msgspec.field(
        default_factory=lambda: dict.fromkeys(
            ("/evidence", "/subject/documents"), 10 * MIB + 64 * KIB
        )
    )
    upload_time: float = 120.0
    #: Beginnings of the paths that take HTML forms.
    forms: tuple[str, ...] = ()


class HeadersTooLarge(RegistryError):
    """More headers, or more of them, than an honest client sends."""

    status, slug, title = 431, "headers-too-large", "The headers are too large"


class UrlTooLong(RegistryError):
    """A longer path or query than any of ours."""

    status, slug, title = 414, "url-too-long", "The URL is too long"


class BodyTooLarge(TooLarge):
    """Announced or sent more than is taken here."""

    title = "The body is too large"


class BodyTooSlow(RegistryError):
    """The body did not arrive in time."""

    status, slug, title = 408, "body-too-slow", "The body did not arrive in time"


# --- head -----------------------------------------------------------------------------------------

_WATCHED: Final = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"content-type", b"content-encoding")
) | {b"x-request-id"}
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_CONTROL: Final = re.compile(rb"%(?:0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"""(?:^|;)\s*charset\s*=\s*["']?([^"';\s]*)""")
_MULTIPART: Final = b"multipart/form-data"
_FORMS: Final = (_MULTIPART, b"application/x-www-form-urlencoded")
MESSAGEPACK: Final = (b"application/vnd.msgpack", b"application/x-msgpack")


class _Head:
    """What the guard wants to know of the request line and the headers."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.seen: dict[bytes, list[bytes]] = {name: [] for name in _WATCHED}
        for name, value in scope["headers"]:
            if name in _WATCHED:
                self.seen[name].append(value)
        given = self.seen[b"x-request-id"]
        usable = len(given) == 1 and _REQUEST_ID.fullmatch(given[0])
        self.request_id = given[0].decode() if usable else os.urandom(16).hex()
        self.media, _, self.parameters = (
            b"".join(self.seen[b"content-type"]).lower().partition(b";")
        )
        self.media = self.media.strip()
        self.path: str = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")

    @property
    def length(self) -> int | None:
        """The announced size of the body; None when it is not announced, or not readable."""
        lengths = self.seen[b"content-length"]
        return int(lengths[0]) if lengths and _LENGTH.fullmatch(lengths[0]) else None

    @property
    def bodiless(self) -> bool:
        """No body can follow; HTTP/2 does not say."""
        if self.seen[b"transfer-encoding"] or self.scope.get("http_version", "1.1") > "1.1":
            return False
        return self.seen[b"content-length"] in ([], [b"0"])

    @property
    def is_json(self) -> bool:
        return self.media == b"application/json" or (
            self.media.startswith(b"application/") and self.media.endswith(b"+json")
        )

    def check(self, limits: Limits) -> None:
        """Refuse a head that is too large, ambiguous or dishonest."""
        headers = self.scope["headers"]
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > limits.headers or size > limits.headers_size:
            raise HeadersTooLarge(
                f"At most {limits.headers} headers of {limits.headers_size} bytes in all are taken."
            )
        path = self.scope.get("raw_path") or self.scope["path"].encode("utf-8", "surrogateescape")
        query = self.scope.get("query_string", b"")
        if len(path) > limits.path_size or len(query) > limits.query_size:
            raise UrlTooLong(
                f"At most {limits.path_size} bytes of path, {limits.query_size} of query are taken."
            )
        if _CONTROL.search(path) or b"%00" in query:
            raise Malformed("The URL holds a control character.")
        if len(self.seen[b"host"]) != 1 or not self.seen[b"host"][0]:
            raise Malformed("Exactly one Host header is needed.")
        self._check_framing()

    def _check_framing(self) -> None:
        lengths, coding = self.seen[b"content-length"], self.seen[b"transfer-encoding"]
        if lengths and coding:
            raise Malformed("Content-Length and Transfer-Encoding exclude each other.")
        if lengths and (len(lengths) > 1 or self.length is None):
            raise Malformed("Content-Length must be given once, as a whole number.")
        if coding and [value.lower() for value in coding] != [b"chunked"]:
            raise Malformed("The only Transfer-Encoding taken is chunked.")
        if len(self.seen[b"content-type"]) > 1:
            raise Malformed("Content-Type must be given once.")

    def allowance(self, limits: Limits) -> tuple[int, bool]:
        """How many bytes of body are taken, and whether they pass unbuffered, as an upload."""
        if self.media == _MULTIPART:
            for ending, size in limits.uploads.items():
                if self.path.endswith(ending):
                    return size, True
        return limits.larger.get(self.path, limits.body_size), False

    def check_media(self, limits: Limits) -> None:
        """Refuse a body in a form that is not taken here."""
        coding = [value.strip().lower() for value in self.seen[b"content-encoding"]]
        if any(value not in (b"", b"identity") for value in coding):
            raise UnsupportedMedia("A body is taken as it is, without a Content-Encoding.")
        charset = _CHARSET.search(self.parameters)
        if charset and charset[1] not in (b"utf-8", b"utf8"):
            raise UnsupportedMedia("The only charset taken is UTF-8.")
        form = self.media in _FORMS and self.path.startswith(limits.forms)
        _, upload = self.allowance(limits)
        if not (self.is_json or self.media in MESSAGEPACK or form or upload):
            raise UnsupportedMedia("Send application/json or application/vnd.msgpack.")


# --- the exchange ---------------------------------------------------------------------------------


class _Exchange:
    """One request and its answer: counts and times what comes in, marks what goes out."""

    def __init__(self, receive: Receive, send: Send, head: _Head) -> None:
        self._receive, self._send = receive, send
        self.request_id = head.request_id
        #: More of the body may come; the answer has begun; the client has left.
        self.pending, self.started, self.gone = not head.bodiless, False, False
        self.refusal: RegistryError | None = None
        #: Bytes of body that are taken, bytes that may still come, seconds that we still wait.
        self._most, self._left, self._patience = 0, 0, 0.0

    def expect(self, announced: int, most: int, patience: float) -> None:
        """Take at most so many bytes of body, and wait for them at most so many seconds."""
        self._most, self._left, self._patience = most, most, patience
        if announced > most:
            self._reject(self._too_large())

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"At most {self._most} bytes of body are taken here.")

    def _reject(self, refusal: RegistryError) -> NoReturn:
        self.refusal = refusal
        raise refusal

    async def receive(self) -> Message:
        """Pass on what the client sends, until it is too much or too slow."""
        if self.refusal is not None:
            raise self.refusal
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._patience if self.pending else None):
                message = await self._receive()
        except TimeoutError:
            self._reject(BodyTooSlow())
        self._patience -= time.monotonic() - begun
        if message["type"] == "http.disconnect":
            self.gone, self.pending = True, False
        elif self.pending:
            self._left -= len(message.get("body", b""))
            self.pending = message.get("more_body", False)
            if self._left < 0:
                self._reject(self._too_large())
        return message

    async def whole(self) -> bytes:
        """Read the body to its end."""
        chunks = []
        while self.pending:
            chunks.append((await self.receive()).get("body", b""))
        return b"".join(chunks)

    async def send(self, message: Message) -> None:
        """Pass on the application's answer, unless a refusal has overtaken it."""
        if self.refusal is not None and not self.started:
            return
        if message["type"] == "http.response.start":
            self.started = True
            headers = [
                pair for pair in message.get("headers", ()) if pair[0].lower() != b"x-request-id"
            ]
            headers.append((b"x-request-id", self.request_id.encode()))
            message = {**message, "headers": headers}
        await self._send(message)

    async def close(self, error: Exception | None) -> None:
        """Answer what the application left unanswered: because we refused, or because it failed."""
        if error is None and (self.started or self.gone):
            return
        fact = self.refusal or error
        foreseen = fact if isinstance(fact, RegistryError) else None
        if foreseen is None or self.started:
            kind = type(fact).__qualname__ if fact else "Unanswered"
            log.error("failed", fault=kind, places=_places(fact), request_id=self.request_id)
        if not self.started:  # else the server closes the connection: the answer is not complete
            unforeseen = "Tell us the request id and we will find out why."
            await self._refuse(foreseen or RegistryError(unforeseen))

    async def _refuse(self, fact: RegistryError) -> None:
        body = msgspec.json.encode(fact.problem(self.request_id))
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", self.request_id.encode()),
        ]
        if fact.retry_after is not None:
            headers.append((b"retry-after", str(fact.retry_after).encode()))
        if self.pending:
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": fact.status, "headers": headers})
        linger = self.pending and not isinstance(fact, BodyTooSlow)
        await self._send({"type": "http.response.body", "body": body, "more_body": linger})
        if linger:
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        left = LINGER_SIZE
        try:
            async with asyncio.timeout(LINGER_TIME):
                while left > 0 and (message := await self._receive())["type"] == "http.request":
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _places(error: BaseException | None) -> list[str]:
    """Name the exceptions and the lines they passed, innermost last, but none of their text."""
    places: list[str] = []
    while error is not None:
        trace = traceback.walk_tb(error.__traceback__)
        lines = [f"{f.f_globals.get('__name__')}:{line} {f.f_code.co_name}" for f, line in trace]
        places = [*lines[-12:], type(error).__qualname__, *places]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return places


# --- the guard ------------------------------------------------------------------------------------


class Guard:
    """ASGI middleware around the application; `scope["state"]` gets `request_id` and `body`."""

    def __init__(self, app: App, limits: Limits | None = None) -> None:
        self._app = app
        self._limits = limits or Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = _Head(scope)
        exchange = _Exchange(receive, send, head)
        scope.setdefault("state", {})["request_id"] = head.request_id
        try:
            await self._pass(head, exchange)
        except Exception as error:
            await exchange.close(error)
        else:
            await exchange.close(None)

    async def _pass(self, head: _Head, exchange: _Exchange) -> None:
        """Let the request through to the application, as far as it is in order."""
        head.check(self._limits)
        size, upload = head.allowance(self._limits)
        patience = self._limits.upload_time if upload else self._limits.body_time
        exchange.expect(head.length or 0, size, patience)
        if head.length or upload:
            head.check_media(self._limits)
        if not exchange.pending or upload:
            await self._app(head.scope, exchange.receive, exchange.send)
            return
        body = await exchange.whole()
        if exchange.gone:
            return
        if body and not head.length:
            head.check_media(self._limits)
        body = _document(head, body)
        head.scope["state"]["body"] = body
        await self._app(head.scope, _replay(body, exchange), exchange.send)


def _document(head: _Head, body: bytes) -> bytes:
    """Check and clean a JSON body, and put JSON in the place of MessagePack.

    The scope is changed, not copied: what wraps the guard reads the route from it afterwards.
    """
    packed = head.media in MESSAGEPACK
    document = body
    if body and (packed or head.is_json):
        document = json_from_messagepack(body) if packed else clean_json(body)
    if packed or document is not body:
        replaced = (b"content-type", b"content-length", b"transfer-encoding")
        headers = [pair for pair in head.scope["headers"] if pair[0] not in replaced]
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", str(len(document)).encode()))
        head.scope["headers"] = headers
    return document


def _replay(body: bytes, exchange: _Exchange) -> Receive:
    """Hand the held-back body to the application in one piece; after it, what the client does."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else await exchange.receive()

    return receive
