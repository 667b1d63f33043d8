"""The database: connections and roles.

Four roles own no table and log in nowhere; connections assume them:

    registry_member   one business: row-level security shows it its own rows
    registry_system   moderators, operators, jobs and the resolution of identities: all rows
    registry_lookup   the lookup path: may execute its functions and nothing else
    registry_definer  the rights with which those functions run

A connection starts as `registry_member` with no business set, which sees nothing;
`runtime.transaction` chooses the role and the business for one transaction, and `as_system` widens it for one step.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import AdaptedConnection, ColumnElement, SQLColumnExpression, event, text, tuple_
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from registry.platform.settings import Settings, SettingsError

MEMBER_ROLE, SYSTEM_ROLE, LOOKUP_ROLE = "registry_member", "registry_system", "registry_lookup"
LOWEST_VERSION = 150000
STATEMENT_TIMEOUT, LOOKUP_TIMEOUT = timedelta(seconds=15), timedelta(seconds=3)
#: Seconds after which a connection is opened anew, as the lookup path's pool does: there are firewalls that forget one
#: without telling either end.
_OLDEST = 300

_CHOOSE = (
    "SELECT set_config('role', :role, true), set_config('registry.business_id', :business, true),"
    " clock_timestamp() AS at"
)
_BEGIN = text(_CHOOSE)
#: The same for a transaction that may change nothing.
_BEGIN_READING = text(f"{_CHOOSE}, set_config('transaction_read_only', 'on', true)")


class DatabaseUnfit(SettingsError):
    """The database or the login role may not be used; the message says what to change."""


# The rows of a subquery without tables come in its order, so everybody locks in the same one.
_LOCK = text("SELECT pg_advisory_xact_lock(lock) FROM unnest(CAST(:locks AS bigint[])) AS lock")


@dataclass(frozen=True)
class Database:
    """The engine for transactions and the pool of the lookup path."""

    engine: AsyncEngine
    lookups: asyncpg.Pool

    async def close(self) -> None:
        """Close every connection."""
        await self.lookups.close()
        await self.engine.dispose()


def make_engine(url: str, *, role: str | None = MEMBER_ROLE, pool_size: int = 5) -> AsyncEngine:
    """An engine whose connections begin in `role` (None: the login role itself, for migrations)."""
    settings = {"application_name": "client-registry", "timezone": "UTC"}
    if role is not None:
        settings["role"] = role
        settings["statement_timeout"] = str(int(STATEMENT_TIMEOUT.total_seconds() * 1000))
    engine = create_async_engine(
        _spoken_by("postgresql+asyncpg", url, "ssl"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_recycle=_OLDEST,
        hide_parameters=True,
        connect_args={"server_settings": settings},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(opened: DBAPIConnection, _: object, __: object) -> None:
    """Let the pool open another connection for one that the server has closed.

    The driver is told of that by the socket; SQLAlchemy's own `pool_pre_ping` asks by three statements each time.
    """
    driver = cast(AdaptedConnection, opened).driver_connection
    if driver is None or driver.is_closed():
        raise DisconnectionError


async def connect(settings: Settings, url: str) -> Database:
    """Open the engine and the lookup pool, and refuse a login role that row-level security does not bind."""
    engine = make_engine(url, pool_size=settings.pool_size)
    try:
        await check(engine)
        pool = await asyncpg.create_pool(
            dsn=plain_dsn(url),
            min_size=1,
            max_size=settings.lookup_pool_size,
            command_timeout=LOOKUP_TIMEOUT.total_seconds() + 1,
            reset=_leave_as_it_is,
            server_settings={
                "role": LOOKUP_ROLE,
                "application_name": "client-registry-lookup",
                "statement_timeout": str(int(LOOKUP_TIMEOUT.total_seconds() * 1000)),
            },
        )
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine, pool)


async def _leave_as_it_is(_: "asyncpg.Connection[Any]") -> None:
    """Nothing to reset: the lookup path's functions leave no trace on a connection, and a reset costs a trip."""


def plain_dsn(url: str) -> str:
    """The URL in the form that asyncpg itself reads."""
    return _spoken_by("postgresql", url, "sslmode").render_as_string(hide_password=False)


def _spoken_by(driver: str, url: str, ssl: str) -> URL:
    """The URL for a driver: people write `postgresql://` and `sslmode`, which SQLAlchemy's asyncpg calls `ssl`."""
    parsed = make_url(url)
    query = {
        ssl if key in ("ssl", "sslmode") else key: value for key, value in parsed.query.items()
    }
    return parsed.set(drivername=driver, query=query)


async def check(engine: AsyncEngine, setting: str = "REGISTRY_DATABASE_URL") -> None:
    """Refuse an old server, a superuser, and a role that bypasses row-level security; `setting` named it."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int AS version, rolname, rolsuper,"
                    " rolbypassrls FROM pg_roles WHERE rolname = session_user"
                )
            )
        ).one()
    if row.version < LOWEST_VERSION:
        raise DatabaseUnfit("PostgreSQL 15 or newer is needed.")
    if row.rolsuper or row.rolbypassrls:
        raise DatabaseUnfit(
            f"The login role {row.rolname!r} is a superuser or bypasses row-level security, which keeps"
            " businesses apart. Make an ordinary one: CREATE ROLE registry LOGIN CREATEROLE PASSWORD '...';"
            f" ALTER DATABASE ... OWNER TO registry; and name it in {setting}."
        )


@asynccontextmanager
async def as_system(session: AsyncSession) -> AsyncIterator[None]:
    """Run one step of a business's transaction with the system's view, such as the resolution of identities.

    When the step raises, the transaction is lost anyway and the role is left to the rollback.
    """
    if session.info["role"] == SYSTEM_ROLE:
        yield
        return
    await session.flush()
    await session.execute(text(f"SET LOCAL ROLE {SYSTEM_ROLE}"))
    session.info["role"] = SYSTEM_ROLE
    yield
    await session.flush()
    await session.execute(text(f"SET LOCAL ROLE {MEMBER_ROLE}"))
    session.info["role"] = MEMBER_ROLE


def behind(
    at: SQLColumnExpression[Any], id_: SQLColumnExpression[UUID], place: tuple[datetime, UUID]
) -> ColumnElement[bool]:
    """What comes after a place in a list that goes by a time and then by id."""
    return tuple_(at, id_) > tuple_(*place)


async def lock_values(session: AsyncSession, values: Iterable[bytes]) -> None:
    """Make transactions that name the same keyed values wait for one another, in one fixed order, to their end."""
    locks = locks_of(values)
    if locks:
        await session.execute(_LOCK, {"locks": locks})


def locks_of(values: Iterable[bytes]) -> list[int]:
    """The locks that stand for keyed values, in the order in which everybody takes them."""
    return sorted({int.from_bytes(value[:8], signed=True) for value in values})


async def fetch_rows(session: AsyncSession, statement: str, *values: Any) -> "list[asyncpg.Record]":
    """Run a statement of a transaction that `begin` began by the driver itself, without SQLAlchemy between.

    For the few that every write waits for: SQLAlchemy takes as long to pass one as PostgreSQL to run it.
    """
    if session.new or session.dirty or session.deleted:
        await session.flush()
    opened = await (await session.connection()).get_raw_connection()
    return await cast("asyncpg.Connection[Any]", opened.driver_connection).fetch(statement, *values)


async def vacuum_keys(engine: AsyncEngine) -> None:
    """Overwrite the pages of deleted data keys and answers, so that a copy of the data folder holds them no longer.

    Runs as the login role, which owns the tables; where it does not, PostgreSQL warns and skips.
    """
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("SET ROLE NONE"))
        try:
            await connection.execute(text("VACUUM data_keys, stored_answers"))
        finally:
            await connection.execute(text(f"SET ROLE {MEMBER_ROLE}"))


async def begin(
    session: AsyncSession, business_id: UUID | None, *, reading: bool = False
) -> datetime:
    """Choose the role and the business of a transaction that just began; returns the database's time.

    One that is `reading` may change nothing.
    """
    role = SYSTEM_ROLE if business_id is None else MEMBER_ROLE
    begun = await session.execute(
        _BEGIN_READING if reading else _BEGIN, {"role": role, "business": str(business_id or "")}
    )
    session.info["role"] = role
    at: datetime = begun.one().at
    return at.astimezone(UTC)
