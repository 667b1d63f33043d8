"""The HTTP server's protocol: uvicorn's, with limits on what happens before and after the guard handles a request.

    head       `HEAD_SIZE` bytes and `HEAD_TIME` seconds; else 431 or 408
    waiting    `MOST_WAITING` connections without a complete head; then the oldest is closed
    version    HTTP/1.0 and HTTP/1.1, without an upgrade to another protocol; else 505 or 400
    answer     a client that reads slower than `READ_RATE` is cut off: what it does not read is held in memory

A refusal here has the registry's form, and closes the connection. It has no line in the access log, since no request
was read; the metrics count it.
"""

import asyncio
import os
import time
from typing import Any, ClassVar, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from registry.platform import metrics
from registry.platform.errors import problem
from registry.platform.routing import KIB

#: Above what the guard takes (16 KiB of headers, 3 KiB of path and query), so that its own refusal is the usual one.
HEAD_SIZE: Final = 32 * KIB
#: Seconds.
HEAD_TIME = 10.0
#: Connections without a complete head. One younger than `YOUNG` seconds is never closed for another: in a burst of
#: honest clients the server accepts many before it reads the first head.
MOST_WAITING, YOUNG = 512, 1.0
#: Bytes a second that a client must read of an answer which waits for it, looked at every `READ_TIME` seconds.
READ_RATE, READ_TIME = 4 * KIB, 20.0
#: Seconds for a refused client to read the answer.
LINGER_TIME: Final = 2.0
VERSIONS: Final = frozenset({"1.0", "1.1"})


class Protocol(HttpToolsProtocol):
    """One connection."""

    #: Connections without a complete head, oldest first, with the time since when they wait.
    _waiting: ClassVar[dict["Protocol", float]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None
        #: Bytes of the head that is being read; None while none is. Whether all that comes just now is of one head.
        self._head_size: int | None = None
        self._all_head = False
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Wait for a head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._end_wait()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, as long as the head keeps its bounds; what a refused client still sends is dropped."""
        if self._refused:
            return
        if not self._answering:
            self._wait()
        self._all_head = self._head_size is not None or not self._answering
        super().data_received(data)
        if self._head_size is not None and self._all_head:
            self._head_size += len(data)
            if self._head_size > HEAD_SIZE:
                self._refuse(431, "headers-too-large", "The headers are too large")

    def on_message_begin(self) -> None:
        """Count the head from here."""
        if self._refused:
            return
        super().on_message_begin()
        self._head_size = 0

    def on_headers_complete(self) -> None:
        """Begin the request, if what it speaks is spoken here."""
        if self._refused:
            return
        self._end_wait()
        self._head_size, self._all_head = None, False
        if self.parser.get_http_version() not in VERSIONS:
            self._refuse(505, "http-version-not-supported", "Only HTTP/1.1 is spoken here")
        elif self.parser.should_upgrade():
            # The parser ends such a request with its head, and would read its body as the next request.
            self._refuse(
                400, "malformed", "No other protocol is spoken here: send no Upgrade header"
            )
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of body, unless its request was refused."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body, unless its request was refused."""
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, "malformed", "The request cannot be read")

    def pause_writing(self) -> None:
        """Watch whether the client reads: more of the answer waits for it than is sent at a time."""
        super().pause_writing()
        if self._reader_timer is None:
            self._watch_reader(None)

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _watch_reader(self, before: int | None) -> None:
        size = self.transport.get_write_buffer_size()
        self._reader_timer = None
        if before is not None and before - size < READ_RATE * READ_TIME and size:
            self.transport.abort()
        elif size:
            self._reader_timer = self.loop.call_later(READ_TIME, self._watch_reader, size)

    def _wait(self) -> None:
        if self._head_timer is not None:
            return
        self._head_timer = self.loop.call_later(HEAD_TIME, self._too_slow)
        now = time.monotonic()
        self._waiting[self] = now
        while len(self._waiting) > MOST_WAITING:
            oldest, since = next(iter(self._waiting.items()))
            if now - since < YOUNG:
                break
            oldest._too_slow()

    def _end_wait(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
            del self._waiting[self]

    def _too_slow(self) -> None:
        if self._head_size is not None:
            self._refuse(408, "body-too-slow", "The request did not arrive in time")
        else:  # nothing was asked, so nothing is answered
            self._end_wait()
            self.transport.close()

    def _refuse(self, status: int, slug: str, title: str) -> None:
        """Answer, and close when the client has read it."""
        self._end_wait()
        self._refused, self._head_size = True, None
        metrics.turned_away("head")
        if self._answering:
            self.transport.abort()  # the answer to an earlier request is not whole: nothing can follow it
            return
        instance = os.urandom(16).hex()
        body = msgspec.json.encode(problem(status, slug, title, title, instance))
        headers = (
            f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {instance}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + headers.encode() + body)
        self.transport.write_eof()
        self.loop.call_later(LINGER_TIME, self.transport.close)
