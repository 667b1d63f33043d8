"""Patience: what is tried again, with which key, how long, and what is not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from registry.cli import client
from registry.cli.client import Client, Refused, Target

RUNNING = {"type": client.STILL_RUNNING, "title": "Still running", "status": 409}
Answer = tuple[int, dict[str, str], Any]


class Script(HTTPServer):
    """A server that gives scripted answers, one a call; None hangs up without one."""

    def __init__(self, answers: list[Answer | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.keys: list[str | None] = []
        self.bodies: list[bytes] = []


class Handler(BaseHTTPRequestHandler):
    server: Script

    def do_POST(self) -> None:
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def scripted(*answers: Answer | None) -> Iterator[Script]:
    with Script(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("registry.cli.client.time.sleep", waits.append)
    return waits


def post(server: Script, retries: int = 3) -> tuple[dict[str, Any], bool]:
    target = Target(f"http://127.0.0.1:{server.server_port}", "key")
    with Client(target, retries) as registry:
        return registry.post("/v1/x", "the-key", json=lambda: {"a": 1})


def test_an_overloaded_server_is_asked_again_when_it_says_with_the_same_key(
    slept: list[float],
) -> None:
    busy: Answer = (503, {"Retry-After": "7"}, {"title": "Busy", "status": 503})
    with scripted(busy, (200, {}, {"ok": 1})) as server:
        assert post(server) == ({"ok": 1}, False)
    assert server.keys == ["the-key", "the-key"]
    assert server.bodies[0] == server.bodies[1]
    assert len(slept) == 1
    assert 7 <= slept[0] <= 7 + client.FIRST_WAIT


def test_a_lost_answer_and_a_request_still_running_are_tried_again() -> None:
    replayed = {"Idempotent-Replayed": "true"}
    with scripted(None, (409, {}, RUNNING), (201, replayed, {"ok": 1})) as server:
        assert post(server) == ({"ok": 1}, True)


def test_patience_ends(slept: list[float]) -> None:
    busy: Answer = (503, {"Retry-After": "86400"}, {"title": "Busy", "status": 503})
    with scripted(*[busy] * 3) as server, pytest.raises(Refused) as refused:
        post(server, retries=2)
    assert refused.value.exit_code == 5
    assert len(slept) == 2
    assert max(slept) <= client.LONGEST_WAIT + client.FIRST_WAIT


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 2), (401, 3), (403, 3), (404, 2), (409, 2), (413, 2), (422, 2), (429, 4), (500, 5)],
)
def test_a_refusal_is_final_and_has_its_exit_code(status: int, code: int) -> None:
    answer: Answer = (status, {"Retry-After": "1"}, {"title": "No", "status": status})
    with scripted(answer) as server, pytest.raises(Refused) as refused:
        post(server)
    assert refused.value.exit_code == code


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_what_is_no_registry_is_told_so(status: int) -> None:
    with scripted((status, {}, b"<html>")) as server, pytest.raises(Refused) as refused:
        post(server)
    assert "no registry" in refused.value.problem["title"]
