"""How a command reaches the database: the settings with its options, the server, the migrations.

A database of one's own is named by URL. Without one, PostgreSQL is started in `<data_dir>/postgres` or, when
a `registry serve` on the same folder runs already, shared with it. Ours is migrated on the way; somebody's
own only by `registry serve` and `registry migrate`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.platform.runtime import Runtime
    from registry.platform.settings import Settings

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

FOLDER = "postgres"
CONNECT_SECONDS = 15
LOG_LEVELS = ("debug", "info", "warning", "error")


def options(command: F) -> F:
    """The options of a command that works on the database itself."""
    folder = click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the embedded database, keys, files and outbox. \\[default: REGISTRY_DATA_DIR, else var]",
    )
    url = click.option(
        "--database-url",
        metavar="URL",
        help="A PostgreSQL of your own, postgresql://user:password@host/database, in place of the "
        "embedded one. \\[default: REGISTRY_DATABASE_URL]",
    )
    return folder(url(command))


def settings(
    *, data_dir: Path | None, database_url: str | None, folder: bool = True, makes: bool = False
) -> "Settings":
    """The settings, with the command's options, checked as far as that goes without starting anything.

    `folder`: whether the command needs a data folder even when the database is elsewhere. `makes`: whether it makes a
    registry where there is none; every other command refuses an empty folder.
    """
    from registry.messages.service import usable_channels
    from registry.platform import blobs, embedded, keyring, policy
    from registry.platform.runtime import parameters_of
    from registry.platform.settings import SettingsError, from_env

    found = from_env(data_dir=data_dir, database_url=database_url)
    policy.load(found.policy)
    parameters_of(found)
    usable_channels(found)
    blobs.open_store(found)
    blobs.open_journal(found)
    if found.log_level.lower() not in LOG_LEVELS:
        raise SettingsError(f"REGISTRY_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    if min(found.pool_size, found.lookup_pool_size) < 1:
        raise SettingsError("REGISTRY_POOL_SIZE and REGISTRY_LOOKUP_POOL_SIZE must be 1 or more.")
    if found.database_url:
        async_url(found.database_url)
    if found.replica_url:
        async_url(found.replica_url, "REGISTRY_REPLICA_URL")
    if folder or not found.database_url:
        _writable(found.data_dir)
    if found.keys or found.key_path.exists():
        keyring.load(found)
    if not (makes or found.database_url or embedded.is_made(found.data_dir / FOLDER)):
        raise Refusal(
            f"There is no registry in {found.data_dir.resolve()}. Name its folder with --data-dir or REGISTRY_DATA_DIR,"
            " or its database with --database-url or REGISTRY_DATABASE_URL. To make a new one, run: registry serve"
        )
    return found


def async_url(text: str, setting: str = "REGISTRY_DATABASE_URL") -> str:
    """The URL with the one driver that is used, however its scheme was written."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    wanted = f"{setting} must look like postgresql://user:password@host/database."
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise Refusal(wanted) from None
    if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        raise Refusal(wanted)
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _writable(folder: Path) -> None:
    """Refuse a data folder that could not be made or written, without making it yet."""
    standing = next(path for path in (folder, *folder.parents) if path.exists())
    if not standing.is_dir():
        problem = f"{standing} is not a folder"
    elif not os.access(standing, os.W_OK | os.X_OK):
        problem = f"{standing} cannot be written by this user"
    else:
        return
    raise Refusal(
        f"The data folder {folder} cannot be used: {problem}. Choose another with --data-dir or"
        " REGISTRY_DATA_DIR."
    )


@contextmanager
def database(found: "Settings") -> Iterator[str]:
    """The URL of the database; an embedded server is held within the block."""
    if found.database_url:
        yield async_url(found.database_url)
        return
    from registry.platform import embedded

    server = embedded.start(found.data_dir / FOLDER)
    try:
        yield server.url
    finally:
        server.release()


async def migrated(url: str) -> list[str]:
    """Check the database, then bring it to the newest revision; returns what was applied."""
    from asyncpg import InsufficientPrivilegeError
    from sqlalchemy.exc import DBAPIError

    from registry.platform import migrate

    await check(url)
    try:
        return await migrate.upgrade(url)
    except DBAPIError as fault:
        if isinstance(_root(fault), InsufficientPrivilegeError):
            raise Refusal(
                "The login role may not make the registry's tables and roles. As a superuser: ALTER ROLE"
                " ... CREATEROLE; ALTER DATABASE ... OWNER TO ...; then start again."
            ) from fault
        raise


async def current(found: "Settings", url: str) -> None:
    """Bring an embedded database up to date; refuse another one that is not."""
    if not found.database_url:
        await migrated(url)
        return
    from registry.platform import migrate
    from registry.platform.db import make_engine

    await check(url)
    engine = make_engine(url, role=None, pool_size=1)
    try:
        missing = await migrate.pending(engine)
    finally:
        await engine.dispose()
    if missing:
        raise Refusal(f"The database lacks {len(missing)} migrations; run: registry migrate")


async def check(url: str) -> None:
    """Refuse a database that cannot be reached, is too old, or would not be bound by row-level security."""
    from asyncpg import InterfaceError, PostgresError
    from sqlalchemy.exc import SQLAlchemyError

    from registry.platform import db

    engine = db.make_engine(url, role=None, pool_size=1)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await db.check(engine)
    except (OSError, PostgresError, InterfaceError, SQLAlchemyError, TypeError) as fault:
        shown = engine.url.set(drivername="postgresql").render_as_string(hide_password=True)
        said = str(_root(fault)).partition("\n")[0] or "no answer"
        raise Refusal(
            f"The database {shown} cannot be used: {said}. Check that PostgreSQL runs there, and"
            " REGISTRY_DATABASE_URL (or --database-url)."
        ) from fault
    finally:
        await engine.dispose()


def _root(fault: BaseException) -> BaseException:
    """The driver's own error inside SQLAlchemy's."""
    while (inner := fault.__cause__ or getattr(fault, "orig", None)) is not None:
        fault = inner
    return fault


@asynccontextmanager
async def opened(found: "Settings") -> AsyncIterator["Runtime"]:
    """A runtime for as long as a server process lives, with its own share of an embedded server."""
    from registry.platform import embedded
    from registry.platform.reading import replicated
    from registry.platform.runtime import running

    if found.database_url:
        url = async_url(found.database_url)
        async with running(found, url) as runtime, replicated(runtime) as opened_:
            yield opened_
        return
    server = await asyncio.to_thread(embedded.start, found.data_dir / FOLDER)
    try:
        async with running(found, server.url) as runtime, replicated(runtime) as opened_:
            yield opened_
    finally:
        await asyncio.to_thread(server.release)


def command_of(type_: type[T], fields: dict[str, object]) -> T:
    """The fields as a service's command; refuses with every fault, by the field's name."""
    import msgspec

    from registry.platform.faults import faults
    from registry.platform.text import as_seen

    fields = as_seen(fields)
    if wrong := faults(type_, fields):
        raise Refusal("; ".join(f"{one.pointer.strip('/')}: {one.detail}" for one in wrong))
    return msgspec.convert(fields, type_)


def perform(found: "Settings", work: Callable[["Runtime"], Awaitable[T]]) -> T:
    """Do a command's work on the database and return what it returns."""
    from registry.platform import logs
    from registry.platform.runtime import running

    logs.configure("warning")

    async def do(url: str) -> T:
        await current(found, url)
        async with running(found, url) as runtime:
            return await work(runtime)

    with database(found) as url:
        return asyncio.run(do(url))
