"""Bodies that are too large, too slow or not waited for: how the guard ends their exchange."""

import pytest
from structlog.testing import capture_logs

from registry.platform import guard
from registry.platform.routing import KIB, MIB
from tests.platform.test_guard import JSON, PARTS, App, answer, ask

UPLOAD = {"path": "/v1/evidence", "headers": [PARTS]}


def test_an_excess_is_refused_and_the_rest_dropped_before_closing():
    client = ask(App(), *[b"a" * KIB] * 100, headers=[JSON])
    assert "65536" in client.problem(413, "too-large")["detail"]
    assert client.headers[b"connection"] == b"close"
    assert [message.get("more_body") for message in client.sent] == [None, True, False]
    assert client.received == 100
    assert b"connection" not in ask(App(), b"{", headers=[JSON]).headers


@pytest.mark.parametrize("what", ["hide", "raise", "answer", "again"])
def test_whatever_the_application_makes_of_an_excess_the_client_gets_413(what):
    sent = {"path": f"/excess/{what}/evidence", "headers": [PARTS], "length": False}
    with capture_logs() as logs:
        client = ask(App(), *[b"a" * MIB] * 11, b"x", **sent)
    client.problem(413, "too-large")
    assert client.received == 12  # the excess, and what was dropped after it
    assert logs == []


def test_of_a_slow_upload_only_the_waiting_counts_and_who_leaves_gets_no_answer():
    busy = {"path": "/busy/evidence", "headers": [PARTS]}
    assert ask(App(), *[b"a"] * 6, **busy).body == b"fine"
    ask(App(), b"a", then="hangs", length=False, **busy).problem(408, "body-too-slow")
    assert ask(App(), b"{", headers=[JSON], then="leaves").sent == []


@pytest.mark.parametrize(("size", "taken"), [(64 * KIB, True), (KIB, False)])
def test_an_upload_has_to_keep_a_rate(size, taken, monkeypatch):
    """A fifth of a second for each piece, by a clock that nobody waits for; the slack is three tenths."""
    now = [0.0]

    def clock() -> float:
        now[0] += 0.2
        return now[0]

    monkeypatch.setattr(guard, "monotonic", clock)
    client = ask(App(), *[b"a" * size] * 30, **UPLOAD)
    if taken:
        assert client.body == b"fine"
    else:
        client.problem(408, "body-too-slow")
        assert client.received < 5


async def unread(scope, receive, send):
    """Answers by the head alone, as the check of a key does."""
    await answer(send, b"no key", headers=[(b"content-length", b"6")])


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_that_precedes_the_body_closes_the_connection(length):
    """Else a proxy sends the next client's request where the rest of this body is expected."""
    client = ask(unread, *[b"a" * 64 * KIB] * 20, length=length, **UPLOAD)
    assert client.headers[b"connection"] == b"close"
    assert client.body == b"no key"
    assert [message.get("more_body") for message in client.sent] == [None, True, False]
    assert (
        client.received == 20
    )  # read and dropped, so that the client sees the answer and no reset


def test_what_is_dropped_after_an_answer_is_bounded(monkeypatch):
    monkeypatch.setattr(guard, "LINGER_SIZE", MIB)
    monkeypatch.setattr(guard, "LINGER_TIME", 0.05)
    client = ask(unread, *[b"a" * 64 * KIB] * 100, **UPLOAD)
    assert client.received == 16
    client = ask(unread, b"a", then="hangs", length=False, **UPLOAD)
    assert [message.get("more_body") for message in client.sent] == [None, True, False]


def test_an_answer_after_the_body_keeps_the_connection():
    for sent in ({"headers": [JSON]}, UPLOAD):
        assert b"connection" not in ask(App(), b"{}", **sent).headers
    assert b"connection" not in ask(unread, **UPLOAD).headers


def test_who_leaves_is_answered_nothing_and_is_no_failure():
    with capture_logs() as logs:
        for sent in ({"headers": [JSON]}, UPLOAD):
            assert ask(App(), b"{", then="leaves", **sent).sent == []
    assert logs == []
