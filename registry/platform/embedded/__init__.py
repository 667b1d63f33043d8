"""Embedded PostgreSQL: a server of our own on packaged programs, for a machine that has none.

What lives here is the server's life: where its data lies and whose it is, making it, starting it,
sharing it between processes, stopping it. What must not: connections, tables, migrations; the
application sees a URL and can't tell this server from any other. POSIX only, and synchronous:
from a coroutine call it in a thread. It uses nothing else of the registry.

Invariants: no folder above ours is changed; no port is opened; the role of the URL is neither a
superuser nor exempt from row-level security; no statement or value reaches the server's log.

    errors <- account <- binaries, holders <- cluster <- postmaster <- this file
"""

import atexit
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from registry.platform.embedded import account as accounts
from registry.platform.embedded import binaries, cluster, holders, postmaster
from registry.platform.embedded.account import Account
from registry.platform.embedded.errors import EmbeddedError

__all__ = ["EmbeddedError", "Server", "is_made", "location", "start"]

#: Root's place for data that the server's user could not reach where it was asked for.
_STATE = Path("/var/lib/client-registry")


@dataclass(frozen=True)
class Server:
    """A running server of which this process holds a share, until `release` or its end."""

    #: SQLAlchemy's URL of the application's role; it holds the password, so repr leaves it out.
    url: str = field(repr=False)
    #: Where the data really lies.
    data_dir: Path
    _share: holders.Share = field(repr=False, compare=False)
    _account: Account = field(repr=False, compare=False)

    def release(self) -> None:
        """Give the share up; the last holder stops the server. Again, or after a fork: nothing.

        A process that ends without having called it does so on its way out; a killed one leaves
        the server to the next who starts or shares it.
        """
        atexit.unregister(self.release)
        if self._share.inherited:
            return
        if not self.data_dir.is_dir():
            self._share.give_up()
            return
        with holders.turn(self.data_dir, self._account):
            _leave(self.data_dir, self._share)


def location(data_dir: Path) -> Path:
    """Where the data of `data_dir` lies, or will lie once started. Changes nothing.

    It is `data_dir` itself, unless we are root and the server's user can't pass a folder above it.
    A database that exists is never left behind because permissions have changed since.
    """
    asked = data_dir.expanduser().resolve()
    account = accounts.known()
    if not account.switch or cluster.exists(asked):
        return asked
    elsewhere = _STATE / hashlib.sha256(os.fsencode(asked)).hexdigest()[:16]
    return elsewhere if cluster.exists(elsewhere) or not account.reaches(asked) else asked


def is_made(data_dir: Path) -> bool:
    """Tell whether there is a database for `data_dir`. Changes nothing."""
    return cluster.exists(location(data_dir))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def start(
    data_dir: Path,
    *,
    options: Mapping[str, str] | None = None,
    notify: Callable[[str], None] = _tell,
) -> Server:
    """Start the server of `data_dir`, or share the one that runs, and hold it until `release`.

    Makes the database the first time. `data_dir` is a folder of the server's own, empty or absent
    at first. options: further PostgreSQL settings for the command line; a running server keeps its
    own. notify: takes lines for the person at the terminal; where the data lies comes first when
    it is not `data_dir`. Raises EmbeddedError, whose text says what to do.
    """
    try:
        return _start(data_dir, options or {}, notify)
    except OSError as error:
        barred = isinstance(error, PermissionError) and accounts.known().switch
        hint = " As an ordinary user it may work." if barred else ""
        raise EmbeddedError(
            f"The database of {data_dir} can't be started: {error}.{hint}"
        ) from error


def _start(data_dir: Path, options: Mapping[str, str], notify: Callable[[str], None]) -> Server:
    account = accounts.ensure()
    home = location(data_dir)
    if home != data_dir.expanduser().resolve():
        notify(f"Database: {home}, for {account.name} could not reach {data_dir}.")
        binaries.make_state(_STATE)
    if not account.reaches(home):
        raise EmbeddedError(
            f"{account.name} can't pass the folders above {home}. Let others pass them "
            "(chmod o+x), or move the database to a folder that everyone can pass."
        )
    accounts.claim(home, account, holders.START)
    with holders.turn(home, account):
        share = holders.Share(home, account)
        try:
            programs = binaries.locate(account, _STATE, notify)
            sockets = postmaster.ensure(home, programs, account, options)
            url = _url(cluster.password(home), sockets)
        except BaseException:
            _leave(home, share)
            raise
    server = Server(url, home, share, account)
    atexit.register(server.release)
    return server


def _leave(home: Path, share: holders.Share) -> None:
    if share.give_up():
        postmaster.stop(home)


def _url(password: str, sockets: Path) -> str:
    # With the port, for a client would take it from PGPORT otherwise.
    host = quote(str(sockets), safe="/")
    return (
        f"postgresql+asyncpg://{cluster.ROLE}:{password}@/{cluster.DATABASE}?host={host}&port=5432"
    )
