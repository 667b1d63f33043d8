"""The guard: refuses what no honest client sends, before anything parses it.

It wraps the application from outside, as plain ASGI, because the server lets through two Hosts, the framework answers
bad UTF-8 and deep nesting with a 500, and msgspec takes the last of duplicate keys. Here live sizes, framing, the time
to send a body and media types; what is wrong in *any* JSON is found by `text`, what is wrong for one endpoint by its
Struct.

    head    number and size of headers, one Host, honest framing, length of path and query (`head`)
    media   JSON or MessagePack; uploads only on routes that take one
    body    counted and timed as it arrives; held back until checked, but uploads pass on to `admission` as they come
    answer  the request id on every response; problem+json for what is refused or has failed

An answer that precedes the end of the body closes the connection: the client may never send the rest, and a proxy may
put another request in its place. What still comes is read and dropped within `LINGER_SIZE` and `LINGER_TIME`, or the
client would see a reset connection in place of the answer.

Behind the guard there is one parse path: MessagePack goes on as JSON. A log line holds the request id and places in the
code, never the message of an exception: that may repeat a person's data.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any, Final, NoReturn

import msgspec
import structlog

from registry.platform import bodies, networks
from registry.platform.bodies import Bodies, Body
from registry.platform.errors import ClientLeft, RegistryError, TooLarge
from registry.platform.head import MESSAGEPACK, MULTIPART, Head, Limits, Scope
from registry.platform.routing import BODY_SIZE, MIB, Routes
from registry.platform.text import clean_json, json_from_messagepack

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

LINGER_SIZE: Final = 16 * MIB
#: Seconds.
LINGER_TIME: Final = 2.0

log = structlog.get_logger("registry.guard")


class BodyTooLarge(TooLarge):
    """Announced or sent more than is taken here."""

    title = "The body is too large"


class BodyTooSlow(RegistryError):
    """The body did not arrive in time."""

    status, slug, title = 408, "body-too-slow", "The body did not arrive in time"


# --- the exchange ---------------------------------------------------------------------------------


class _Exchange:
    """One request and its answer: counts and times what comes in, marks what goes out."""

    def __init__(self, receive: Receive, send: Send, head: Head) -> None:
        self._receive, self._send = receive, send
        self.request_id = head.request_id
        #: More of the body may come; the answer has begun; the client has left.
        self.pending, self.started, self.gone = not head.bodiless, False, False
        self.refusal: RegistryError | None = None
        #: Whether the answer began before the body was complete, and whether only its end is still to be sent.
        self._early, self._unended = False, False
        #: Bytes of body that are taken, bytes that may still come.
        self._most, self._left = 0, 0
        #: Seconds that we still wait, the most that these may become, bytes that earn one second more (0: none do).
        self._patience, self._slack, self._rate = 0.0, 0.0, 0

    def expect(self, announced: int, most: int, patience: float, rate: int = 0) -> None:
        """Take `most` bytes of body, and wait `patience` seconds for them; each `rate` bytes earn a second more."""
        self._most, self._left = most, most
        self._patience, self._slack, self._rate = patience, patience, rate
        if announced > most:
            self._reject(self._too_large())

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"At most {self._most} bytes of body are taken here.")

    def _reject(self, refusal: RegistryError) -> NoReturn:
        self.refusal = refusal
        raise refusal

    async def receive(self) -> Message:
        """Pass on what the client sends; raises a refusal when it is too much or too slow, `ClientLeft` at its end."""
        if self.refusal is not None:
            raise self.refusal
        begun = monotonic()
        try:
            async with asyncio.timeout(self._patience if self.pending else None):
                message = await self._receive()
        except TimeoutError:
            self._reject(BodyTooSlow())
        self._patience -= monotonic() - begun
        if message["type"] == "http.disconnect":
            self.gone = True
            if self.pending:
                raise ClientLeft
        elif self.pending:
            size = len(message.get("body", b""))
            self._left -= size
            self.pending = message.get("more_body", False)
            if self._left < 0:
                self._reject(self._too_large())
            if self._rate:
                self._patience = min(self._slack, self._patience + size / self._rate)
        return message

    async def whole(self, body: Body) -> bytes:
        """Read the body to its end, into memory that is counted."""
        while self.pending:
            body.add((await self.receive()).get("body", b""))
        return bytes(body.content)

    async def send(self, message: Message) -> None:
        """Pass on the application's answer, unless a refusal has overtaken it or nobody is there."""
        if self.gone or (self.refusal is not None and not self.started):
            return
        if message["type"] == "http.response.start":
            self.started, self._early = True, self.pending
            headers = [
                pair for pair in message.get("headers", ()) if pair[0].lower() != b"x-request-id"
            ]
            headers.append((b"x-request-id", self.request_id.encode()))
            if self._early:
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        elif self._early and not message.get("more_body", False):
            # The end is sent by `close`, when no place at a gate is held any more.
            self._unended = True
            message = {**message, "more_body": True}
        await self._send(message)

    async def close(self, error: Exception | None) -> None:
        """End the answer; answer what the application left unanswered: because we refused, or because it failed."""
        fact = self.refusal or error
        foreseen = fact if isinstance(fact, RegistryError) else None
        answered = error is None and (self.started or self.gone)
        if not answered and not isinstance(fact, ClientLeft) and (self.started or not foreseen):
            kind = type(fact).__qualname__ if fact else "Unanswered"
            log.error("failed", fault=kind, places=_places(fact), request_id=self.request_id)
        if self.gone:
            return
        if not self.started:
            unforeseen = "Tell us the request id and we will find out why."
            await self._refuse(foreseen or RegistryError(unforeseen))
        # An answer that broke off stays so: the server closes its connection.
        if self._unended:
            if not isinstance(fact, BodyTooSlow):
                await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _refuse(self, fact: RegistryError) -> None:
        body = msgspec.json.encode(fact.problem(self.request_id))
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        if fact.retry_after is not None:
            headers.append((b"retry-after", str(fact.retry_after).encode()))
        self.refusal = None  # from here on it is the answer
        await self.send({"type": "http.response.start", "status": fact.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

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
    """ASGI middleware around the application; `scope["state"]` gets `request_id`, `call` and `body`."""

    def __init__(self, app: App, routes: Routes, limits: Limits | None = None) -> None:
        self._app, self._routes = app, routes
        self._limits = limits or Limits()
        self._bodies = Bodies(bodies.SMALL, bodies.SMALL // 2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = Head(scope)
        exchange = _Exchange(receive, send, head)
        scope.setdefault("state", {})["request_id"] = head.request_id
        try:
            await self._pass(head, exchange)
        except Exception as error:
            await exchange.close(error)
        else:
            await exchange.close(None)

    async def _pass(self, head: Head, exchange: _Exchange) -> None:
        """Let the request through to the application, as far as it is in order."""
        limits = self._limits
        head.check(limits)
        call = self._routes.of(head.scope)
        upload = call.upload and head.media == MULTIPART
        if upload:
            rate = limits.upload_rate
            exchange.expect(head.length or 0, call.body_size, limits.upload_slack, rate)
        else:
            size = BODY_SIZE if call.upload else call.body_size
            exchange.expect(head.length or 0, size, limits.body_time)
        if head.length or upload:
            head.check_media(upload=upload)
        if not exchange.pending or upload:
            await self._app(head.scope, exchange.receive, exchange.send)
            return
        client = head.scope.get("client")
        with Body(self._bodies, networks.origin(client[0] if client else "").address) as held:
            body = await exchange.whole(held)
            if body and not head.length:
                head.check_media(upload=False)
            body = _document(head, body)
            head.scope["state"]["body"] = body
            await self._app(head.scope, _replay(body, exchange), exchange.send)


def _document(head: Head, body: bytes) -> bytes:
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
