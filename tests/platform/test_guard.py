"""The guard, attacked: directly as ASGI, around Litestar, and through a real server on a raw socket."""

import asyncio
import contextlib
import itertools
import json
import re
import socket
import threading
import time
from typing import Any

import msgspec
import pytest
import uvicorn
from litestar import Litestar, Request, post
from structlog.testing import capture_logs

from registry.platform import gates
from registry.platform.errors import Unavailable
from registry.platform.guard import BodyTooLarge, Guard
from registry.platform.head import Limits
from registry.platform.routing import KIB, MIB, Routes, takes_file
from registry.platform.server import Protocol

MEDIA = "application/json application/x-msgpack text/plain multipart/form-data;boundary=x"
HOST, CL, TE = (b"host", b"a"), b"content-length", b"transfer-encoding"
JSON, PACK, TEXT, PARTS = ((b"content-type", media.encode()) for media in MEDIA.split())
FORM = (b"content-type", b"application/x-www-form-urlencoded")
CHUNKED = (TE, b"chunked")
QUICK = Limits(body_time=0.2, upload_slack=0.3)
SIZES = {"/v1/lookups": 64 * KIB, "/v1/lookups/batch/": MIB, "/v1/evidence": 64 * KIB}
MANY = [(b"x-%d" % index, b"v") for index in range(64)]
SECRET = b"0501234567"
row = lambda status, expected, *chunks, **request: (status, expected, chunks, request)  # noqa: E731 - a row
FAILURES: dict[str, BaseException] = {
    "/fail": RuntimeError(SECRET), "/late": ValueError(SECRET), "/cancel": asyncio.CancelledError(),
    "/refuse": Unavailable("later", retry_after=5), "/excess/raise/evidence": RuntimeError(SECRET),
}  # fmt: skip


@post(["/v1/evidence", "/busy/evidence", "/excess/{what:str}/evidence"], **takes_file())
async def evidence(request: Request) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


@post("/v1/lookups")
async def lookup(request: Request) -> dict:
    return {"id": request.scope["state"]["request_id"], "got": await request.json()}


@post("/v1/lookups/batch", opt={"body_size": MIB})
async def batch() -> None: ...


FRAMEWORK = Litestar([evidence, lookup, batch], openapi_config=None, request_max_body_size=None)
ROUTES = Routes(FRAMEWORK, {}, gates.FILES, gates.OTHERS)


class Client:
    """Plays the server's part for one request, and keeps what comes back."""

    def __init__(self, chunks, then):
        self.chunks, self.then, self.received, self.sent = list(chunks), then, 0, []

    async def receive(self):
        if self.chunks:
            await asyncio.sleep(0.1 if self.then == "drips" else 0)
            self.received += 1
            more = len(self.chunks) > 1 or self.then is not None
            return {"type": "http.request", "body": self.chunks.pop(0), "more_body": more}
        if self.then == "hangs":
            await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def headers(self):
        return dict(self.sent[0]["headers"])

    @property
    def body(self):
        return b"".join(message["body"] for message in self.sent[1:])

    def problem(self, status, slug):
        """The body of a refusal, which is whole and as the contract says."""
        assert self.sent[0]["status"] == status, self.body
        assert self.headers[b"content-type"] == b"application/problem+json"
        assert int(self.headers[CL]) == len(self.body)
        assert not self.sent[-1]["more_body"]
        body = json.loads(self.body)
        assert body["type"] == f"urn:registry:problem:{slug}"
        assert body["status"] == status
        assert body["instance"].encode() == self.headers[b"x-request-id"]
        assert min(len(body["title"]), len(body["detail"])) > 4
        return body


class App:
    """Does what its path says; else reads the whole body, remembers what it saw, and answers."""

    def __init__(self):
        self.scope, self.pieces = {}, []

    async def __call__(self, scope, receive, send):
        self.scope, path, more = scope, scope["path"], True
        if path.startswith("/excess"):
            await self.exceed(path, receive, send)
        if path == "/late":
            await answer(send, b"half", more=True)
        if path in FAILURES:
            raise FAILURES[path] from KeyError(SECRET)
        while more and not path.startswith(("/silent", "/excess")):
            message = await receive()
            self.pieces.append(message["body"])
            more = message["more_body"]
            await asyncio.sleep(0.1 if path == "/busy/evidence" else 0)
        if more is False:
            await answer(send, headers=[(b"X-Request-Id", b"forged-1")])

    async def exceed(self, path, receive, send):
        for _ in range(30 if "again" in path else 12):
            with contextlib.suppress(BodyTooLarge):
                await receive()
        if "answer" in path:
            await answer(send, b"stored!")


async def answer(send, body=b"fine", more=False, headers=()):
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": more})


def ask(app, *chunks, headers=(), length=True, then=None, host=(HOST,), **scope):
    """Send one request through a guard; Host and framing are added unless given."""
    names = {name for name, _ in headers}
    added = [] if b"host" in names else [*host]
    if chunks and not names & {CL, TE}:
        added.append((CL, str(sum(map(len, chunks))).encode()) if length else CHUNKED)
    client = Client(chunks or [b""], then)
    head = {"method": "POST", "path": "/v1/lookups", "query_string": b""}
    scope = {**head, **scope, "headers": [*added, *headers]}
    asyncio.run(Guard(app, ROUTES, QUICK)({"type": "http", **scope}, client.receive, client.send))
    return client


REQUEST_IDS = {
    b"order-4711": True, b"A.b_c-12": True, b"x" * 64: True, b"": False, b"short": False, b"x" * 65: False,
    b"with blank": False, b"a\r\nSet-Cookie: x": False, b"<script>": False, b"12345678\n": False,
    "їжак-їжак".encode(): False,
}  # fmt: skip


@pytest.mark.parametrize("given", REQUEST_IDS)
def test_a_usable_request_id_is_kept_and_any_other_replaced(given):
    for times in (1, 2):
        app = App()
        client = ask(app, headers=[(b"x-request-id", given)] * times)
        [(_, used)] = client.sent[0]["headers"]
        assert app.scope["state"]["request_id"] == used.decode()
        kept = REQUEST_IDS[given] and times == 1
        assert used == given if kept else re.fullmatch(rb"[0-9a-f]{32}", used)


TAKEN = [
    row(200, b"", headers=MANY[:63]),
    row(200, b"", headers=[(b"x", b"v" * (16 * KIB - 6))]),
    row(200, b"", path="/" + "a" * 1023, query_string=b"q" * 2048),
    row(200, b"", headers=[(CL, b"0")]),
    row(200, b"", headers=[TEXT], method="GET"),
    row(200, b"", http_version="2", method="GET"),
    *[row(200, b'{"a": 1}', b'{"a"', b": ", b"1}", headers=[(b"content-type", media)]) for media in (
        b"application/json", b"Application/JSON;charset=UTF-8", b'application/json; charset="utf-8"',
        b"application/ld+json", b"application/json; charset=utf8; x=y")],
    row(200, b"", b"", headers=[JSON]),
    row(200, b"", b"", headers=[PACK, CHUNKED]),
    row(200, b"{}", b"{}", headers=[JSON, (b"content-encoding", b"identity")]),
    *[row(200, b"{}".rjust(most), b"{}".rjust(most), headers=[JSON], path=path) for path, most in SIZES.items()],
    row(200, b"a" * 161 * 64 * KIB, *[b"a" * 64 * KIB] * 161, headers=[PARTS], path="/v1/evidence"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "chunks", "request_"), TAKEN)
@pytest.mark.parametrize("length", [True, False])
def test_what_is_within_the_limits_is_taken(status, body, chunks, request_, length):
    app = App()
    assert ask(app, *chunks, length=length, **request_).body == b"fine"
    assert b"".join(app.pieces) == body
    streamed = PARTS in request_.get("headers", ()) and "evidence" in request_.get("path", "")
    assert len(app.pieces) == (len(chunks) if streamed else 1)
    assert app.scope["state"].get("body", b"") == (b"" if streamed else body)


REFUSED = [
    *[row(431, "headers-too-large", headers=headers) for headers in (
        MANY, MANY * 200, [(b"x", b"v" * 300)] * 60, [(b"x", SECRET * 200_000)], [(b"v" * 17 * KIB, b"")])],
    *[row(400, "malformed", headers=[(b"host", host) for host in hosts]) for hosts in (
        [b"a", b"a"], [b"a", SECRET], [b""])],
    row(400, "malformed", host=()),
    row(414, "url-too-long", path="/" + "a" * 1024),
    row(414, "url-too-long", path="/", raw_path=b"/" + b"%61" * 400),
    row(414, "url-too-long", path="/" + "ї" * 600, raw_path=None),
    row(414, "url-too-long", query_string=SECRET * 300),
    *[row(400, "malformed", raw_path=path) for path in (b"/v1/%00", b"/%0d%0aX", b"/%7F", b"/%1B[")],
    row(400, "malformed", query_string=SECRET + b"%00"),
    *[row(400, "malformed", b"{}", headers=headers) for headers in (
        [(CL, b"2"), CHUNKED], [CHUNKED, (CL, b"2")], [(CL, b"0"), CHUNKED], [(CL, b"2"), (CL, b"2")],
        [CHUNKED, CHUNKED], [JSON, PACK, (CL, b"2")])],
    *[row(400, "malformed", b"{}", headers=[(CL, value)]) for value in (
        b"", b"-1", b"+2", b"0x2", b"2, 2", b"1e1", b"2 ", "٢".encode(), b"9" * 30)],
    *[row(400, "malformed", b"{}", headers=[(TE, value)]) for value in (
        b"", b"gzip", b"chunked, chunked", b"gzip, chunked", b"identity", b"xchunked")],
    row(415, "unsupported-media", b"{}"),
    *[row(415, "unsupported-media", b"{}", headers=[(b"content-type", media)]) for media in (
        b"", b"text/plain", b"text/json", FORM[1], PARTS[1], b"application/jsonp", b"image/svg+json", SECRET,
        b"application/octet-stream", b"application/json, text/plain", b"application/json; charset=utf-16",
        b"application/json;charset=windows-1251")],
    *[row(415, "unsupported-media", b"{}", headers=[JSON, (b"content-encoding", coding)]) for coding in (
        b"gzip", b"br", b"identity, gzip")],
    row(400, "malformed", SECRET + b"}", headers=[JSON]),
    row(400, "malformed", b"\xff" + SECRET, headers=[JSON]),
    row(400, "invalid-values", rb'{"a": "0501234567\u0000"}', headers=[JSON]),
    row(400, "malformed", b"\xc1", headers=[PACK]),
    row(400, "invalid-values", b"\x82\xa1a\x01\xa1a\x02", headers=[PACK]),
    *[row(413, "too-large", b"{}".rjust(most + 1), headers=[JSON], path=path) for path, most in SIZES.items()],
    row(413, "too-large", b"{}".rjust(MIB), headers=[JSON, (CL, b"10")]),
    row(413, "too-large", b"{}".rjust(64 * KIB + 1), headers=[JSON], path="/v1/evidence"),
    *[row(415, "unsupported-media", b"a", headers=[PARTS], path=path) for path in (
        "/evidence", "/v1/lookups/evidence", "/subject/documents", "/v1/evidence/evidence")],
    row(408, "body-too-slow", b"{", headers=[JSON, (CL, b"2")], then="hangs"),
    row(408, "body-too-slow", *[b" "] * 9, headers=[JSON], then="drips"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "slug", "chunks", "request_"), REFUSED)
@pytest.mark.parametrize("length", [True, False])
def test_what_is_not_is_refused_at_the_door(status, slug, chunks, request_, length):
    app = App()
    client = ask(app, *chunks, length=length, **request_)
    client.problem(status, slug)
    assert app.scope == {}
    assert SECRET not in client.body


def test_messagepack_goes_on_as_json():
    value = {"subject": {"phone": "0501234567", "names": ["Шевченко"]}, "n": 2**63, "f": 1.5}
    body = msgspec.msgpack.encode(value)
    for media, length in itertools.product((b"application/vnd.msgpack", PACK[1]), (True, False)):
        app, headers = App(), [(b"content-type", media), (b"accept", media)]
        assert ask(app, body[:5], body[5:], headers=headers, length=length).body == b"fine"
        [document] = app.pieces
        assert json.loads(document) == value
        assert app.scope["state"]["body"] == document
        framed = (CL, str(len(document)).encode())
        assert dict(app.scope["headers"]) == dict([HOST, JSON, framed, headers[1]])


def test_a_failure_is_a_problem_and_the_log_has_places_but_no_words():
    with capture_logs() as logs:
        client = ask(App(), path="/fail", headers=[(b"x-request-id", b"order-4711")])
    client.problem(500, "internal")
    [entry] = logs
    assert (entry["request_id"], entry["fault"]) == ("order-4711", "RuntimeError")
    assert "KeyError" in entry["places"]
    assert any(re.search(r"test_guard:\d+ __call__$", place) for place in entry["places"])
    assert SECRET not in repr(logs).encode() + client.body


def test_an_answer_that_breaks_off_stays_broken_and_its_error_goes_no_further():
    with capture_logs() as logs:
        client = ask(
            App(), path="/late"
        )  # would the error come out, the server would log its words
    assert [message.get("more_body") for message in client.sent] == [None, True]
    assert [entry["fault"] for entry in logs] == ["ValueError"]
    assert SECRET.decode() not in repr(logs)


def test_other_ends_are_answered_as_what_they_are():
    with capture_logs() as logs:
        ask(App(), path="/silent").problem(500, "internal")
        client = ask(App(), path="/refuse")
    assert [entry["fault"] for entry in logs] == ["Unanswered"]
    client.problem(503, "unavailable")
    assert client.headers[b"retry-after"] == b"5"
    with pytest.raises(asyncio.CancelledError):
        ask(App(), path="/cancel")


# --- a real server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port():
    """uvicorn as in production, on a free port; `/fail` and `/late` go to the other application."""

    async def app(scope, receive, send):
        await (App() if scope.get("path") in FAILURES else FRAMEWORK)(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    how: dict[str, Any] = {"http": Protocol, "loop": "uvloop", "log_config": None}
    server = uvicorn.Server(uvicorn.Config(Guard(app, ROUTES, Limits(body_time=0.5)), **how))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


def talk(port, *parts, pause=0.0):
    """Send raw bytes, then read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for part in parts:
            line.sendall(part)
            time.sleep(pause)
        return b"".join(iter(lambda: line.recv(65536), b""))


START = b"POST /v1/lookups HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
TWO = b"Content-Length: 2\r\n\r\n{}"
OPEN = b"Transfer-Encoding: chunked\r\n"


def test_served_a_request_goes_through(port):
    answer = talk(
        port, START + b"X-Request-Id: order-4711\r\nContent-Length: 8\r\n\r\n", b'{"a": 1}'
    )
    assert answer.startswith(b"HTTP/1.1 201")
    assert b"\r\nx-request-id: order-4711\r\n" in answer
    assert answer.endswith(b'{"id":"order-4711","got":{"a":1}}')
    packed = START.replace(b"/json", b"/vnd.msgpack") + OPEN + b"\r\n1\r\n\x81\r\n"
    keep = START.replace(b"Connection: close\r\n", b"") + b"Content-Length: 1\r\n\r\n{"
    both = talk(port, keep, START + TWO, pause=0.2)  # a bad body does not cost the connection
    assert re.findall(rb"HTTP/1.1 (\d+)", both) == [b"400", b"201"]
    assert b'"got":{"a":1}' in talk(port, packed, b"3\r\n\xa1a\x01\r\n0\r\n\r\n", pause=0.05)


ATTACKS = [
    (400, START + b"Host: b\r\n" + TWO),
    (400, START.replace(b"Host: a\r\n", b"") + TWO),
    (400, START + OPEN + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    (400, START + b'Content-Length: 3\r\n\r\n"\xff"'),
    (400, START + b"Content-Length: 6000\r\n\r\n" + b"[" * 6000),
    (400, START.replace(b"lookups", b"lookups%00") + TWO),
    (431, START + b"X: " + b"v" * MIB + b"\r\n" + TWO),
    (414, START.replace(b"lookups", b"lookups?q=" + b"q" * 3000) + b"\r\n"),
    (413, START + b"Content-Length: 5000000\r\n\r\n" + b"a" * 5_000_000),
    (413, START + OPEN + b"\r\n10000\r\n" + b"a" * 65536 + b"\r\n4\r\naaaa\r\n0\r\n\r\n"),
    (413, START + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"),
    (408, START + b"Content-Length: 8\r\n\r\n{"),
    (415, START.replace(b"application/json", b"text/plain") + TWO),
]  # fmt: skip


@pytest.mark.parametrize(("status", "sent"), ATTACKS)
def test_served_attacks_are_answered_and_the_connection_is_closed(port, status, sent):
    answer = talk(port, sent)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1


def test_served_a_refused_upload_is_answered_though_the_client_sends_all_of_it_first(port):
    """Without the drain the kernel would answer the unread megabytes with a reset."""
    head = START.replace(b"lookups", b"evidence").replace(JSON[1], PARTS[1])
    size, body = 15 * MIB, b"a" * 15 * MIB
    for rest in (
        b"Content-Length: %d\r\n\r\n%b" % (size, body),
        OPEN + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (size, body),
    ):
        assert talk(port, head + rest).startswith(b"HTTP/1.1 413 ")


def test_served_a_failure_before_and_during_the_answer(port, caplog):
    with capture_logs() as logs:
        early = talk(port, b"GET /fail HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        late = talk(port, b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
    assert early.startswith(b"HTTP/1.1 500 ")
    assert b"urn:registry:problem:internal" in early
    assert late.endswith(b"half\r\n")  # no last chunk: whoever reads it knows that it broke off
    assert len(logs) == 2
    assert SECRET.decode() not in repr(logs) + caplog.text
