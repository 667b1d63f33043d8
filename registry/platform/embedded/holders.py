"""Who uses the server: shares and turns, kept as file locks so that a killed process leaves none.

Two files in the folder, never removed. `start.lock` is taken alone by whoever starts or stops the
server, one at a time. `holders.lock` is held shared by every user of the server for as long as it
uses it; whoever can take it alone when leaving was the last. The kernel drops the locks of a
process that dies, so there is nothing to clean up. Python opens files so that no child started
with exec inherits them: the server itself never holds a lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.platform.embedded.account import Account

START = "start.lock"
_HOLDERS = "holders.lock"


@contextmanager
def turn(home: Path, account: Account) -> Iterator[None]:
    """Wait until no one else starts or stops the server in `home`, and keep them waiting."""
    handle = _locked(home / START, account, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


class Share:
    """One user's share of the server in `home`, taken and given up during one's turn."""

    def __init__(self, home: Path, account: Account) -> None:
        self._path = home / _HOLDERS
        self._owner = os.getpid()
        self._handle = _locked(self._path, account, fcntl.LOCK_SH)

    @property
    def inherited(self) -> bool:
        """Whether this is a forked copy: the share is its parent's to give up."""
        return os.getpid() != self._owner

    def give_up(self) -> bool:
        """Give the share up; True when it was the last one."""
        handle, self._handle = self._handle, -1
        if handle < 0:
            return False
        try:
            if not _is_at(handle, self._path):
                return False  # the folder was replaced: its server is not the one we shared
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True


def _locked(path: Path, account: Account, kind: int) -> int:
    """Open a lock file, making it when missing, and wait for the lock."""
    while True:
        handle = _opened(path, account)
        try:
            fcntl.flock(handle, kind)
            if _is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # replaced while we waited


def _opened(path: Path, account: Account) -> int:
    while True:
        try:
            return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            pass
        try:
            return account.create(path)
        except FileExistsError:
            continue


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False
