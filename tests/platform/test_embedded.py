"""The embedded server's life, on real servers: start, share, crash, stop, and who may reach it."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from registry.platform import embedded
from registry.platform.embedded import account, binaries, cluster, postmaster, processes

ROOT = Path(__file__).parents[2]
FAST = {"fsync": "off"}
LOST = (asyncpg.PostgresError, OSError)
ROLE = "FROM pg_roles WHERE rolname = current_user"
HOLDER = f"""
import os, pathlib, signal, sys
from registry.platform import embedded
signal.signal(signal.SIGINT, lambda *_: None)
if become := int(os.environ.get("BECOME", "0")):
    os.setgroups([]), os.setgid(become), os.setuid(become)
server = embedded.start(pathlib.Path(sys.argv[1]), options={FAST!r}, notify=lambda line: None)
print(server.url, flush=True)
for order in map(str.strip, sys.stdin):
    child = os.fork() if order == "release in a fork" else 0
    if order.startswith("release") and not child:
        server.release()
    if order == "release in a fork":
        os.waitpid(child, 0) if child else os._exit(0)
    print("done", flush=True)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server to a user")


@contextlib.contextmanager
def folder(mode: int) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(mode)
    try:
        yield path
    finally:
        for place in path.rglob("cluster"):
            postmaster.stop(place.parent)
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a server may lie: absent at first, below a folder that everyone can pass."""
    with folder(0o755) as parent, folder(0o755) as state:
        monkeypatch.setattr(embedded, "_STATE", state)  # instead of the machine's own
        yield parent / "db"


def start(data: Path, **options: str) -> embedded.Server:
    return embedded.start(data, options=FAST | options, notify=lambda line: None)


def ask(
    url: str, query: str, *values: object, act: Callable[[int], object] | None = None, **login: Any
) -> Any:
    """The answer of a query; `act` is done to the pid of its server process meanwhile."""

    async def asked() -> Any:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""), **login)
        try:
            answer = asyncio.ensure_future(connection.fetchval(query, *values))
            if act:
                await asyncio.sleep(0.2)
                act(connection.get_server_pid())
            return await answer
        finally:
            connection.terminate()

    return asyncio.run(asked())


def postmaster_of(home: Path) -> int:
    """The pid of the running server; 0 when there is none."""
    file = cluster.data(home) / "postmaster.pid"
    pid = int(file.read_text().split()[0]) if file.exists() else 0
    return pid if pid and processes.is_postmaster(pid, cluster.data(home)) else 0


def wait(done: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def holder(data: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Another process, in a bare environment, that holds a share and obeys orders."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]} | environment,
        cwd="/",
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], order: str = "") -> str:
    assert process.stdin and process.stdout  # noqa: PT018 - one fact for the type checker
    if order:
        print(order, file=process.stdin, flush=True)
    return process.stdout.readline().strip()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def crash(home: Path) -> None:
    """Kill the server and all its processes, as a power cut would."""
    pids = [postmaster_of(home), *processes.children(cluster.name(home))]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait(lambda: all(processes.gone(pid) for pid in pids))


def test_first_start_makes_a_private_database_for_a_plain_role(data: Path) -> None:
    above = {path: mode(path) for path in data.parents}
    server = start(data)
    rights = "array[rolsuper, rolbypassrls, rolcreaterole, rolcreatedb]"
    assert ask(server.url, f"SELECT {rights} {ROLE}") == [False, False, True, True]
    made = "array[pg_get_userbyid(datdba)::text, datcollate, pg_encoding_to_char(encoding)]"
    query = f"SELECT {made} FROM pg_database WHERE datname = current_database()"
    assert ask(server.url, query) == ["registry", "C", "UTF8"]
    shown = [ask(server.url, f"SHOW {name}") for name in ("data_checksums", "timezone", "fsync")]
    assert shown == ["on", "UTC", "off"]
    ask(server.url, "CREATE TABLE t (n int)")
    assert make_url(server.url).query["host"] == str(data / "socket")
    assert server.data_dir == data == embedded.location(data)
    assert {path: mode(path) for path in data.parents} == above
    private = [data, data / "cluster", cluster.data(data), data / "socket", cluster.log(data)]
    assert [mode(path) for path in private] == [0o700] * 5
    secret = [*data.glob("cluster/*.password"), *data.glob("*.lock"), *data.glob("log/*")]
    assert [mode(path) for path in secret] == [0o600] * 6
    assert "registry:" not in repr(server)
    for user in ("registry", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.url, "SELECT 1", user=user, password="wrong")
    superuser = (data / "cluster" / "superuser.password").read_text()
    assert ask(server.url, f"SELECT rolsuper {ROLE}", user="postgres", password=superuser) is True
    server.release()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_server_has_no_network_port_and_no_lock_of_ours(data: Path) -> None:
    server = start(data)
    links = []
    for pid in [postmaster_of(data), *processes.children(cluster.name(data))]:
        links += [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [link for link in links if link.endswith(".lock")]
    sockets = {link.removeprefix("socket:[").rstrip("]") for link in links if "socket:[" in link}
    tables = [Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6", "udp", "udp6")]
    inodes = {line.split()[9] for table in tables for line in table.splitlines()[1:]}
    assert sockets
    assert not sockets & inodes
    server.release()


def test_data_and_address_stay_over_a_restart(data: Path) -> None:
    first = start(data)
    ask(first.url, "CREATE TABLE kept AS SELECT 7 AS n")
    first.release()
    assert not postmaster_of(data)
    second = start(data)
    assert second.url == first.url
    first.release()  # again: it has no share any more
    assert ask(second.url, "SELECT n FROM kept") == 7
    second.release()
    assert "database system is shut down" in cluster.tail(data)


def test_processes_share_and_the_last_one_to_leave_stops(data: Path) -> None:
    with holder(data) as one, holder(data) as two, holder(data) as three:
        urls = {said(process) for process in (one, two, three)}  # they raced for the first start
        assert len(urls) == 1
        pid = postmaster_of(data)
        mine = start(data)
        said(one, "release")
        said(two, "release")
        mine.release()
        said(three, "release in a fork")  # which has nothing to give up
        assert ask(*urls, "SELECT 1") == 1
        assert postmaster_of(data) == pid
        assert three.stdin
        three.stdin.close()  # an end without a release counts as one
        assert three.wait(10) == 0
        assert processes.gone(pid)


def test_interrupted_or_killed_holder_leaves_a_server_that_the_next_one_stops(data: Path) -> None:
    with holder(data) as process:
        url = said(process)
        pid = postmaster_of(data)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C at its terminal
        assert said(process, "nothing") == "done"
        assert ask(url, "SELECT 1") == 1
        process.kill()
        process.wait()
    server = start(data)
    assert postmaster_of(data) == pid
    server.release()
    assert not postmaster_of(data)


def test_starts_after_everything_was_killed_and_its_pid_is_another_process(data: Path) -> None:
    with holder(data) as process:
        ask(said(process), "CREATE TABLE kept AS SELECT 7 AS n")
        process.kill()
        crash(data)
    stranger = account.known().spawn(["/bin/sleep", "60"], 2)
    for stale in (cluster.data(data) / "postmaster.pid", data / "socket" / ".s.PGSQL.5432.lock"):
        stale.write_text(f"{stranger}\n{stale.read_text().partition(chr(10))[2]}")
    server = start(data)
    assert ask(server.url, "SELECT n FROM kept") == 7
    server.release()
    assert not processes.gone(stranger)
    os.kill(stranger, signal.SIGKILL)
    wait(lambda: processes.gone(stranger))


def test_holder_outlives_its_server_and_keeps_the_address(data: Path) -> None:
    first = start(data)
    started: list[embedded.Server] = []

    def replace_the_postmaster(_: int) -> None:
        os.kill(postmaster_of(data), signal.SIGKILL)
        started.append(start(data))

    # A busy process of the dead server does not notice, and would bar the new one.
    with pytest.raises(LOST):
        ask(first.url, "DO $$ BEGIN LOOP END LOOP; END $$", act=replace_the_postmaster)
    assert started[0].url == first.url
    started[0].release()
    assert ask(first.url, "SELECT 1") == 1
    os.kill(postmaster_of(data), signal.SIGKILL)
    first.release()
    assert not postmaster_of(data)


def test_half_made_database_is_made_anew(data: Path) -> None:
    with holder(data) as process:
        wait(lambda: list(data.glob("unfinished-*/data/base")))
        process.kill()
    assert not cluster.exists(data)
    server = start(data)
    assert ask(server.url, "SELECT 1") == 1
    server.release()
    start(data).release()
    assert not list(data.glob("unfinished-*"))


def test_failure_says_why_and_leaves_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with folder(0o755) as broken, monkeypatch.context() as patch:
        (broken / "initdb").write_text("#!/bin/sh\necho No space left on device >&2\nexit 1\n")
        (broken / "initdb").chmod(0o755)
        patch.setattr(binaries, "locate", lambda *_: binaries.Binaries(broken, "16.1"))
        with pytest.raises(embedded.EmbeddedError, match="No space left on device"):
            start(data)
    assert {path.name for path in data.iterdir()} == {"start.lock", "holders.lock"}
    with pytest.raises(embedded.EmbeddedError, match=r'shared_buffers.*"plenty"'):
        start(data, shared_buffers="plenty")
    start(data).release()
    assert not postmaster_of(data)


def test_data_of_another_version_and_folders_of_others_are_refused(data: Path) -> None:
    start(data).release()
    (cluster.data(data) / "PG_VERSION").write_text("12\n")
    with pytest.raises(embedded.EmbeddedError, match=r"made by PostgreSQL 12.*pg_dump"):
        start(data)
    before = data.parent.stat()
    with pytest.raises(embedded.EmbeddedError, match=r"other files \(db\)"):
        start(data.parent)
    assert data.parent.stat()[:7] == before[:7]


@pytest.mark.parametrize("below", ["long-" * 30, "it's $HOME, ä {x} %s \\ \""])
def test_any_path_serves(data: Path, below: str) -> None:
    server = start(data / below)
    sockets = Path(str(make_url(server.url).query["host"]))
    assert len(str(sockets / ".s.PGSQL.5432")) < 107
    assert mode(sockets) == 0o700
    crash(server.data_dir)
    again = start(data / below)
    assert again.url == server.url
    assert ask(server.url, "SELECT 1") == 1
    again.release()
    server.release()
    assert not sockets.exists()


def test_log_holds_no_statement_and_no_value(data: Path) -> None:
    server = start(data)
    ask(server.url, "CREATE TABLE people (phone text PRIMARY KEY CHECK (phone <> '+380501'))")
    ask(server.url, "INSERT INTO people VALUES ($1)", "+380500")
    add, cast = "INSERT INTO people VALUES ($1)", "SELECT ($1::text || '+380502')::int"
    absent = "SELECT FROM people_380504 WHERE phone = $1"
    for query, value in ((add, "+380500"), (add, "+380501"), (cast, "+38050"), (absent, "+38050")):
        with pytest.raises(asyncpg.PostgresError):
            ask(server.url, query, value)
    slow = "SELECT '+380506', pg_sleep(9)"
    with pytest.raises(LOST):
        ask(server.url, slow, act=lambda pid: os.kill(pid, signal.SIGKILL))
    server.release()
    logged = "".join(path.read_text() for path in cluster.log(data).iterdir())
    assert "was terminated by signal 9" in logged
    assert "38050" not in logged
    assert "people" not in logged


def test_bare_and_misleading_environments_serve(data: Path) -> None:
    misleading = {"PGPORT": "9", "PGDATA": "/nowhere", "PGHOST": "nowhere", "PGTZ": "Asia/Tokyo"}
    misleading |= {"TMPDIR": "/nowhere", "LC_ALL": "nowhere", "PGOPTIONS": "-c work_mem=1"}
    with holder(data, **misleading) as process:
        assert ask(said(process), "SHOW timezone") == "UTC"
        said(process, "release")


@as_root
def test_root_goes_elsewhere_when_a_folder_above_is_closed(data: Path) -> None:
    data.mkdir(mode=0o700)
    lines: list[str] = []
    server = embedded.start(data / "db", options=FAST, notify=lines.append)
    assert server.data_dir == embedded.location(data / "db")
    assert server.data_dir.parent == embedded._STATE
    assert str(server.data_dir) in lines[0]
    assert (mode(data), data.stat().st_uid) == (0o700, 0)
    assert server.data_dir.stat().st_uid == account.known().uid
    server.release()
    data.chmod(0o755)
    assert embedded.location(data / "db") == server.data_dir  # data is never left behind


@as_root
def test_root_copies_programs_that_the_server_cannot_reach(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries.packaged().parent
    skip = shutil.ignore_patterns("include")
    with folder(0o700) as closed:
        for part in package.parent.glob(f"{package.name}*"):
            shutil.copytree(part, closed / part.name, ignore=skip)
        inside = closed / package.name / binaries.packaged().name
        monkeypatch.setattr(binaries, "packaged", lambda: inside)
        lines: list[str] = []
        server = embedded.start(data, options=FAST, notify=lines.append)
        assert ask(server.url, "SELECT 1") == 1
        assert [line for line in lines if str(embedded._STATE) in line]
        assert mode(closed) == 0o700
        server.release()


@as_root
def test_root_needs_useradd(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "SYSTEM_USER", "no-such-user")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(embedded.EmbeddedError, match=r"useradd.*by hand"):
        start(data)
    assert not data.exists()


@as_root
def test_ordinary_user_runs_the_server_as_itself(data: Path) -> None:
    nobody = 65534
    os.chown(data.parent, nobody, nobody)
    with holder(data, BECOME=str(nobody)) as process:
        url = said(process)
        assert data.stat().st_uid == nobody
        assert ask(url, "SELECT 1") == 1
        with pytest.raises(embedded.EmbeddedError, match=f"belongs to user id {nobody}"):
            start(data)
        said(process, "release")
        assert not postmaster_of(data)
