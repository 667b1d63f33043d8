"""The running server: find it, start it, wait for it, stop it.

Called in one's turn (see holders), so no one else of ours starts or stops it meanwhile; it may
still die, or be on its way up or down because whoever was doing that got killed.
"""

import hashlib
import os
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from registry.platform.embedded import cluster, processes
from registry.platform.embedded.account import Account
from registry.platform.embedded.binaries import Binaries
from registry.platform.embedded.errors import EmbeddedError

_SOCKET = ".s.PGSQL.5432"
#: Linux takes 107 bytes, macOS 103.
_LONGEST = 100
#: In the list of socket folders, and in a client's list of hosts, other characters have a meaning.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")

#: Seconds. A recovery must be let come to its end, for it would begin anew each time; a shutdown
#: writes what is in memory.
_START_WITHIN = 3600.0
_STOP_WITHIN = 60.0
_ABORT_WITHIN = 15.0
_TICK = 0.02

#: Servers that this process started: its children, to be reaped when they are found dead.
_launched: set[int] = set()


def ensure(home: Path, binaries: Binaries, account: Account, options: Mapping[str, str]) -> Path:
    """Leave a server that takes connections on the cluster in `home`; return its socket folder."""
    running = _settled(home, account)
    if running is not None:
        cluster.check_version(home, binaries)
        return running
    _clear(home)
    cluster.prepare(home, binaries, account, options)
    return _launch(home, binaries, account, options)


def stop(home: Path) -> None:
    """Stop the server cleanly, cutting connections; nothing to do when none runs."""
    data = cluster.data(home)
    pid = _running(data)
    if pid is None:
        return
    _, folder, state = _status(data)
    if state == "ready":  # PostgreSQL forgets a fast shutdown that reaches it in a recovery
        _wait(lambda: processes.gone(pid) or _serves(home), _STOP_WITHIN)
    for order, patience in ((signal.SIGINT, _STOP_WITHIN), (signal.SIGQUIT, _ABORT_WITHIN)):
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        if _wait(lambda: processes.gone(pid), patience):
            break
    else:
        raise EmbeddedError(f"PostgreSQL (process {pid}, data in {home}) does not stop.")
    if folder is not None and folder.parent != home:
        with suppress(OSError):
            folder.rmdir()


def _running(data: Path) -> int | None:
    """The pid of the server, when it truly is one of this data."""
    pid, _, _ = _status(data)
    return pid if pid and processes.is_postmaster(pid, data) else None


def _serves(home: Path) -> bool:
    """Whether the server is fully up: then it has a WAL writer.

    While it recovers from the crash of one of its processes, postmaster.pid still says "ready".
    """
    return "walwriter" in processes.children(cluster.name(home)).values()


def _status(data: Path) -> tuple[int | None, Path | None, str]:
    """What postmaster.pid says, which may be long untrue: pid, socket folder, state."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None, None, ""
    lines += [""] * 8
    pid = lines[0].strip()
    folder = Path(lines[4]) if lines[4].startswith("/") else None
    return abs(int(pid)) if pid.lstrip("-").isdigit() else None, folder, lines[7].strip()


def _settled(home: Path, account: Account) -> Path | None:
    """The socket folder of a running server, waited for if it is coming up; None if there is none.

    A server that can't be seen among the processes yet answers on its socket runs in another
    container that has the same folder: it is shared too, for a second one would ruin the data.
    """
    data = cluster.data(home)

    def decided() -> bool:
        return _running(data) is None or (_status(data)[2] == "ready" and _serves(home))

    if not _wait(decided, _START_WITHIN):
        raise EmbeddedError(
            f"PostgreSQL in {home} runs but does not serve after {_START_WITHIN:.0f} s. "
            f"Try again later; its log is {cluster.log(home)}."
        )
    if _running(data) is not None:
        return _status(data)[1]
    return next((place for place in _places(home, account) if _answers(place / _SOCKET)), None)


def _clear(home: Path) -> None:
    """Clear away what a dead server left: its pid file, and children that have not noticed yet.

    The pid file must go when its number now belongs to another process of the same user, which
    PostgreSQL would take for a rival. Killing the children is safe: without the postmaster they can
    only be recovered from.
    """
    _launched.difference_update([pid for pid in _launched if processes.gone(pid)])
    (cluster.data(home) / "postmaster.pid").unlink(missing_ok=True)
    for pid in processes.children(cluster.name(home)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not _wait(lambda: not processes.children(cluster.name(home)), _ABORT_WITHIN):
        raise EmbeddedError(f"Processes of a dead PostgreSQL on {home} do not end; end them first.")


def _launch(home: Path, binaries: Binaries, account: Account, options: Mapping[str, str]) -> Path:
    """Start the server and wait until it takes connections; return its socket folder."""
    data = cluster.data(home)
    folder = _socket_folder(home, account)
    command: list[str | Path] = [binaries.program("postgres"), "-D", data]
    for key, value in {**options, "unix_socket_directories": str(folder)}.items():
        command += ["-c", f"{key}={value}"]
    output = cluster.log(home) / "start.log"
    output.unlink(missing_ok=True)
    handle = account.create(output)
    try:
        pid = account.spawn(command, handle)
    finally:
        os.close(handle)
    _launched.add(pid)

    def decided() -> bool:
        at, _, state = _status(data)
        return processes.gone(pid) or (at == pid and state == "ready")

    if not _wait(decided, _START_WITHIN) or processes.gone(pid):
        raise EmbeddedError(f"PostgreSQL did not start in {home}:\n{cluster.tail(home)}")
    return folder


def _socket_folder(home: Path, account: Account) -> Path:
    """Make the private folder of the socket and clear what a dead server left in it.

    Its lock file must go as the pid file must, and for the same reason.
    """
    for folder in _places(home, account):
        account.folder(folder)
        (folder / _SOCKET).unlink(missing_ok=True)
        (folder / f"{_SOCKET}.lock").unlink(missing_ok=True)
        return folder
    raise EmbeddedError(
        f"No place for the database's socket: {home} is too long a path for one, or holds "
        "characters that addresses can't, and neither /run nor /tmp can be used. "
        "Choose a shorter and plainer data folder."
    )


def _places(home: Path, account: Account) -> Iterator[Path]:
    """Where the socket may lie: in `home`, or in a short place when that path does not serve.

    The names follow from `home`, so a server started again after a crash is found at the same
    address by those who held the dead one.
    """
    inside = home / "socket"
    if len(os.fsencode(inside / _SOCKET)) <= _LONGEST and _PLAIN.issuperset(str(inside)):
        yield inside
        return
    for base in map(Path, ["/run", "/tmp"] if account.switch else ["/tmp"]):  # noqa: S108 - a folder of our own is made in it
        if not (os.access(base, os.W_OK | os.X_OK) and account.reaches(base / "socket")):
            continue
        for attempt in range(10):  # in /tmp anyone may have taken a name before us
            digest = hashlib.sha256(os.fsencode(f"{home}\n{attempt}")).hexdigest()[:16]
            folder = base / f"client-registry-{digest}"
            if _is_ours(folder, account):
                yield folder


def _is_ours(folder: Path, account: Account) -> bool:
    """Whether a name is free or already a private folder of the account."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return True
    mode = stat.S_IMODE(found.st_mode)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and mode == 0o700


def _answers(path: Path) -> bool:
    """Whether someone listens on a unix socket, be it too busy to take us."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(os.fspath(path))
        except (BlockingIOError, TimeoutError):
            return True
        except OSError:
            return False
    return True


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_TICK)
    return True
