"""`registry serve` as a process: it starts, shares, replaces, refuses, and leaves nothing behind."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Member
from tests.cli.processes import folder, run, running_on, served, until


def test_it_serves_the_pages_that_it_names(member: Member) -> None:
    said = member.server.said()
    for page in ("/docs", "/health/ready", "/metrics"):
        assert member.server.url + page in said
        assert httpx.get(member.server.url + page).status_code == 200
    assert str(member.server.data_dir / "outbox") in said


def test_the_server_says_little_of_itself(member: Member) -> None:
    headers = httpx.get(f"{member.server.url}/health/live").headers
    assert "server" not in headers
    assert "date" in headers


def test_the_worker_delivers(member: Member) -> None:
    outbox = member.server.data_dir / "outbox"
    until(lambda: outbox.is_dir() and list(outbox.glob("*.json")), 15)


def test_a_second_server_shares_the_database_and_leaves_it_to_the_first(member: Member) -> None:
    with served(member.server.data_dir, "--no-worker", REGISTRY_POLICY="sandbox") as second:
        assert second.url != member.server.url
        ended = member.call("lookup", "--phone", "0505557766", REGISTRY_URL=second.url)
        assert ended.code == 0, ended.err
        assert second.worker() is None
        assert second.end() == 0
    assert member.server.ready()


def test_one_life_of_a_server() -> None:
    """The worker and PostgreSQL are replaced when killed; SIGTERM ends all; after a SIGKILL the next start goes on."""
    with folder() as data_dir:
        with served(data_dir) as server:
            first = server.worker()
            assert first is not None
            os.kill(first, signal.SIGKILL)
            until(lambda: server.worker() not in (None, first))
            assert server.ready()
            postmaster = next(data_dir.rglob("postmaster.pid")).read_text().split()[0]
            os.kill(int(postmaster), signal.SIGKILL)
            until(lambda: not server.ready())
            until(server.ready, 20)
            assert server.end(signal.SIGTERM) == 0
            assert running_on(data_dir) == []
        with served(data_dir, "--workers", "2") as server:
            until(lambda: server.worker() is not None)
            assert server.ready()
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
            until(lambda: running_on(data_dir) == [], 20)
        with served(data_dir) as server:
            assert server.end(signal.SIGINT) == 0
            assert running_on(data_dir) == []


def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("serve", "--port", port, "--data-dir", tmp_path / "var")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"port {port}: Address already in use" in refused.err
    assert "--port" in refused.err
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"REGISTRY_COLOUR": "red"}, "REGISTRY_COLOUR is not a setting"),
        ({"REGISTRY_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"}, "127.0.0.1:1/x"),
    ],
    ids=["settings", "database"],
)
def test_what_keeps_it_from_starting_is_told_in_one_line(
    variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    data = {"REGISTRY_DATA_DIR": str(tmp_path / "var")} | variables
    refused = run("serve", "--port", "0", **data)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert said in refused.err
    assert "hidden" not in refused.err


def test_a_login_role_that_sees_everything_is_refused(member: Member) -> None:
    home = member.server.data_dir / "postgres"
    password = next(home.rglob("superuser.password")).read_text().strip()
    url = f"postgresql://postgres:{password}@/registry?host={home / 'socket'}&port=5432"
    refused = run("migrate", REGISTRY_DATABASE_URL=url, REGISTRY_DATA_DIR="unused")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "superuser" in refused.err
    assert password not in refused.err
