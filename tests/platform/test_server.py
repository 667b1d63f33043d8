"""The server's protocol, attacked on raw sockets: heads without end, unknown versions, clients that do not read."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from litestar import Litestar, Response, get
from litestar.exceptions import HTTPException

from registry.platform import server

ASK = b"GET /small HTTP/1.1\r\nHost: a\r\n"
LARGE = 64 * 1024 * 1024


@get("/small", sync_to_thread=False)
def small() -> str:
    return "here"


@get("/large", sync_to_thread=False)
def large() -> Response[bytes]:
    return Response(bytes(LARGE))


@get("/held")
async def held() -> str:
    await asyncio.sleep(30)
    raise HTTPException


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """uvicorn as in production, on a free port."""
    application = Litestar([small, large, held], openapi_config=None, logging_config=None)
    how: dict[str, Any] = {"http": server.Protocol, "loop": "uvloop", "log_config": None}
    listener = socket.create_server(("127.0.0.1", 0))
    serving = uvicorn.Server(
        uvicorn.Config(application, timeout_graceful_shutdown=1, access_log=False, **how)
    )
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    while not serving.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    serving.should_exit = True
    thread.join()
    listener.close()


@contextlib.contextmanager
def line_to(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        yield line


def heard(line: socket.socket) -> bytes:
    """What comes until the server closes; a reset ends it too."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            found += piece
    return found


def waits(line: socket.socket) -> bool:
    """Whether the server has neither answered nor closed."""
    line.setblocking(False)
    try:
        line.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    return False


def refused(answer: bytes, status: int) -> None:
    """It is one answer, whole, in the registry's form."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"connection: close" in head
    assert b"content-length: %d\r\n" % len(body) in head
    assert b'"status":%d' % status in body


def test_a_head_without_end_is_refused_before_it_ends(port: int) -> None:
    """Many lines, one long line, a long address: the rest of it is dropped, not kept."""
    for lines in ((b"x: " + b"v" * 1000 + b"\r\n") * 64, b"x: " + b"v" * 64_000):
        with line_to(port) as line:
            line.sendall(ASK + lines)
            refused(heard(line), 431)
    with line_to(port) as line:
        line.sendall(b"GET /" + b"a" * 64_000)
        refused(heard(line), 431)


def test_a_head_within_the_bounds_may_come_in_pieces(port: int) -> None:
    with line_to(port) as line:
        for piece in (ASK, b"x: ", b"v" * 16_000, b"\r\nConnection: close\r\n", b"\r\n"):
            line.sendall(piece)
            time.sleep(0.02)
        assert heard(line).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_does_not_end_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a new connection and on one that is kept; a connection that sent nothing is closed without an answer."""
    monkeypatch.setattr(server, "HEAD_TIME", 0.3)
    with line_to(port) as line:
        line.sendall(ASK)
        refused(heard(line), 408)
    with line_to(port) as line:
        line.sendall(ASK + b"\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        line.sendall(ASK)
        refused(heard(line), 408)
    with line_to(port) as line:
        assert heard(line) == b""


def test_blank_lines_keep_no_connection_alive(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser skips them before a request."""
    monkeypatch.setattr(server, "HEAD_TIME", 0.3)
    with line_to(port) as line:
        line.sendall(ASK + b"\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                line.sendall(b"\r\n")
                time.sleep(0.05)
            pytest.fail("the connection is still open")


def test_so_many_connections_wait_for_a_head(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are closed for the newest, unless they are young: a burst of honest clients looks the same."""
    monkeypatch.setattr(server, "MOST_WAITING", 4)
    for young, left in ((0.0, 4), (60.0, 10)):
        monkeypatch.setattr(server, "YOUNG", young)
        with contextlib.ExitStack() as opened:
            lines = []
            for _ in range(10):
                line = opened.enter_context(line_to(port))
                line.sendall(ASK)
                lines.append(line)
                time.sleep(0.05)
            assert [waits(line) for line in lines] == [False] * (10 - left) + [True] * left
            last = lines[-1]
            last.setblocking(True)
            last.sendall(b"Connection: close\r\n\r\n")
            assert heard(last).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.2)


def test_a_second_head_is_bounded_while_the_first_request_is_answered(port: int) -> None:
    with line_to(port) as line:
        line.sendall(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n" + ASK)
        with contextlib.suppress(ConnectionError):
            for _ in range(10_000):
                line.sendall(b"x: " + b"v" * 1000 + b"\r\n")
            pytest.fail("ten megabytes were taken")


@pytest.mark.parametrize("version", ["0.9", "2.0", "3.0", "1.2"])
def test_another_version_is_refused(port: int, version: str) -> None:
    sent = f"GET /small HTTP/{version}\r\nHost: a\r\n\r\n".encode()
    with line_to(port) as line:
        line.sendall(sent * 2)
        refused(heard(line), 505 if version in ("0.9", "2.0") else 400)


@pytest.mark.parametrize("to", ["h2c", "websocket", "foo"])
def test_the_body_of_an_upgrade_is_not_read_as_the_next_request(port: int, to: str) -> None:
    head = f"POST /small HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {to}\r\n"
    inner = ASK + b"\r\n"
    with line_to(port) as line:
        line.sendall(f"{head}Content-Length: {len(inner)}\r\n\r\n".encode())
        time.sleep(0.2)
        line.sendall(inner)
        refused(heard(line), 400)


def test_what_is_no_http_is_refused_in_the_same_form(port: int) -> None:
    with line_to(port) as line:
        line.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        refused(heard(line), 400)


def test_a_client_that_does_not_read_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that reads slowly is not."""
    monkeypatch.setattr(server, "READ_TIME", 0.3)
    ask = b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with line_to(port) as line:
        line.sendall(ask)
        time.sleep(2)
        assert len(heard(line)) < LARGE
    with line_to(port) as line:
        line.sendall(ask)
        found = 0
        while piece := line.recv(4 * 1024 * 1024):
            found += len(piece)
            time.sleep(0.02)
        assert found > LARGE
