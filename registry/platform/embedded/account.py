"""Whose the server is: the OS user that owns the data and runs PostgreSQL.

PostgreSQL refuses to run as root, so root lends the server to a system user of its own; anyone
else runs it as themselves. What may be done on behalf of that user (run, write, own a folder) and
what that user may reach lives here. Nothing here touches a folder above the ones we are given:
a parent that cannot be passed is answered by going elsewhere, never by opening it up.
"""

import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from registry.platform.embedded.errors import EmbeddedError

#: The system user that owns the data when this process is root.
SYSTEM_USER = "client-registry"

#: What a folder may hold and still count as empty: what mounting or keeping a folder leaves there.
_LITTER = {"lost+found", ".gitkeep", ".gitignore"}

#: Nothing of the caller's environment reaches PostgreSQL: PG* variables would change its settings.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The OS user of the server; `switch` says that this process is root and must become it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, argv: Sequence[str | Path], stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as this user to its end, with its output kept."""
        return subprocess.run(
            [os.fspath(part) for part in argv],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def spawn(self, argv: Sequence[str | Path], output: int) -> int:
        """Start a command that outlives this process and return its pid.

        It gets a session of its own, so a Ctrl-C at the terminal does not reach it, and no file
        descriptor of ours but `output`.
        """
        process = subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=_ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )
        # It is reaped by its pid (see processes.gone): without this the object would warn, when
        # collected, of a child that is still running.
        process.returncode = 0
        return process.pid

    def create(self, path: Path) -> int:
        """Make a new file of this user, mode 0600, and return its descriptor for writing.

        O_EXCL and O_NOFOLLOW: root writes in a folder that a lesser user owns, and must not be
        led elsewhere by a link put there.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND
        handle = os.open(path, flags, 0o600)
        if self.switch:
            os.fchown(handle, self.uid, self.gid)
        return handle

    def write(self, path: Path, text: str) -> None:
        """Put a file of this user in place, whole or not at all."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(self.create(fresh), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def folder(self, path: Path) -> None:
        """Make a folder of this user, mode 0700, below one that exists; keep it if it is there."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if self.switch and path.lstat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if stat.S_IMODE(path.lstat().st_mode) != 0o700:
            path.chmod(0o700)
        found = path.lstat()
        if found.st_uid != self.uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise EmbeddedError(
                f"{path} cannot be made private to {self.name}: its file system does not keep "
                "owners and modes. Choose a data folder on a local disk."
            )

    def require_name(self) -> None:
        """Refuse a user id without a name: PostgreSQL's own programs look it up."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            raise EmbeddedError(
                f"User id {self.uid} has no name on this machine, and PostgreSQL makes no database "
                "for a user without one. Add it to /etc/passwd, run as a user that has a name, or "
                "set REGISTRY_DATABASE_URL to a PostgreSQL of your own."
            ) from None

    def allowed(self, path: Path, need: int) -> bool:
        """Whether the mode bits of an existing path grant this user `need` (os.R_OK, os.X_OK)."""
        found = path.stat()
        if found.st_uid == self.uid:
            granted = found.st_mode >> 6
        elif found.st_gid == self.gid:
            granted = found.st_mode >> 3
        else:
            granted = found.st_mode
        return granted & need == need

    def reaches(self, path: Path) -> bool:
        """Whether this user can pass every folder above `path` that exists already."""
        if not self.switch:
            return True
        return all(self.allowed(above, os.X_OK) for above in path.parents if above.is_dir())


def known() -> Account:
    """The server's user as it is now: before it is made, one whom only the bits for others suit."""
    if os.geteuid() != 0:
        with suppress(KeyError):
            return Account(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid(), False)
        return Account(f"user {os.geteuid()}", os.geteuid(), os.getegid(), False)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return Account(SYSTEM_USER, -1, -1, True)
    return Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid, True)


def ensure() -> Account:
    """The server's user; root makes it when it is missing."""
    account = known()
    if account.uid >= 0:
        return account
    tool = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    by_hand = (
        f"Make a system user named {SYSTEM_USER} by hand (Alpine: addgroup -S {SYSTEM_USER} && "
        f"adduser -S -D -H -G {SYSTEM_USER} {SYSTEM_USER}), run as an ordinary user, or set "
        "REGISTRY_DATABASE_URL to a PostgreSQL of your own."
    )
    if tool is None:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and the command useradd, which would make a user "
            f"for it, is missing. {by_hand}"
        )
    command = [tool, "--system", "--no-create-home", "--user-group", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    said = ""
    for _ in range(10):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        account = known()
        if account.uid >= 0:
            return account
        said = made.stderr.strip()
        time.sleep(0.3)  # someone else may hold the lock of /etc/passwd
    raise EmbeddedError(f"The user {SYSTEM_USER} was not made: {said}. {by_hand}")


def claim(home: Path, account: Account, mark: str) -> None:
    """Make `home` the private folder of the server; refuse one that holds anything else.

    mark: the file by which a folder of ours is known. A folder of ours stays with its owner.
    """
    if home.exists():
        if not home.is_dir():
            raise EmbeddedError(f"{home} is not a folder.")
        owner = home.stat().st_uid
        try:
            held = {entry.name for entry in home.iterdir()} - _LITTER
        except PermissionError:
            held = {mark}
        if held and mark not in held:
            raise EmbeddedError(
                f"{home} holds other files ({', '.join(sorted(held)[:3])}). "
                "The database wants a folder of its own: choose an empty or a new one."
            )
        if owner != account.uid and (held or not account.switch):
            raise EmbeddedError(
                f"{home} belongs to user id {owner}, and the server would run as {account.name}. "
                "Start as that user, choose another data folder, or, with the server stopped, give "
                f"the folder away: chown -R {account.uid}:{account.gid} '{home}'."
            )
    _make_parents(home.parent, account)
    account.folder(home)


def _make_parents(path: Path, account: Account) -> None:
    """Make the missing folders above ours; those that root makes can be passed by the server."""
    if path.exists():
        return
    _make_parents(path.parent, account)
    with suppress(FileExistsError):
        path.mkdir()
        if account.switch:
            path.chmod(0o755)
