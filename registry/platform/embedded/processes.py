"""What the operating system says: which process lives, which one serves that folder.

A pid in a file proves nothing: after a crash, and in every restarted container, the number belongs
to someone else. So a process counts as the server only when its command line names the data, and
its children are known by the cluster name that they carry in their titles.
Read from /proc, or from `ps` where there is none.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether this process is a live PostgreSQL server that was started on `data`.

    A zombie has no command line, so it is none.
    """
    if _has_proc():
        words = _words(pid)
        return b"-D" in words and words[words.index(b"-D") + 1 :][:1] == [os.fsencode(data)]
    return any(seen == pid and f" -D {data} " in f"{line} " for seen, line in _ps())


def children(cluster_name: str) -> dict[int, str]:
    """What each process of the server of this name does, by pid, the postmaster aside.

    They may outlive the postmaster.
    """
    prefix = f"postgres: {cluster_name}: "
    return {pid: t.removeprefix(prefix).strip() for pid, t in _titles() if t.startswith(prefix)}


def gone(pid: int) -> bool:
    """Whether a process has ended: a zombie has. Reaps it when it is a child of ours.

    Only for a process that is known to be a server: reaping another would rob its owner of it.
    """
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    with suppress(OSError):
        # "<pid> (<name>) <state> ...": the name may hold anything, the state follows the last ")"
        return (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    return False


def _has_proc() -> bool:
    return (_PROC / "self" / "cmdline").exists()


def _words(pid: int) -> list[bytes]:
    """The command line of a process; empty when it has ended or hides."""
    with suppress(OSError):
        return (_PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    return []


def _titles() -> Iterator[tuple[int, str]]:
    if not _has_proc():
        yield from _ps()
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name), b" ".join(_words(int(entry.name))).decode(errors="replace")


def _ps() -> Iterator[tuple[int, str]]:
    listed = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="],  # noqa: S607 - it lies in another place everywhere
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command.strip()
