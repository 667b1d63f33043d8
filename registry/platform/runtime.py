"""What one process runs on, and the transaction: the only place that commits.

A `Session` is a SQLAlchemy session that also knows the transaction's time, the policy and the keys,
so that a service function needs no more than `session, actor, command`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from registry.matching import parameters as release
from registry.matching.parameters import Parameters
from registry.platform import clock, db, keyring, policy
from registry.platform.blobs import BlobStore, open_journal, open_store
from registry.platform.db import Database
from registry.platform.keyring import Keyring
from registry.platform.policy import Policy
from registry.platform.replica import Replica
from registry.platform.settings import Settings, SettingsError
from registry.platform.tables import Deployment


class Session(AsyncSession):
    """A transaction's session."""

    #: The registry's time, read once: the database's, plus the offset of tests and the seeder.
    now: datetime
    #: The database's own time.
    real: datetime
    runtime: "Runtime"

    @property
    def policy(self) -> Policy:
        """The policy of this deployment."""
        return self.runtime.policy

    @property
    def keyring(self) -> Keyring:
        """The keys of this deployment."""
        return self.runtime.keyring


@dataclass(frozen=True)
class Runtime:
    """Settings, policy, keys, database and files of one process."""

    settings: Settings
    policy: Policy
    keyring: Keyring
    database: Database
    files: BlobStore
    #: Which reports were erased, kept apart from the database.
    journal: BlobStore
    #: What evidence weighs in who is who.
    parameters: Parameters
    sessions: async_sessionmaker[Session]
    #: What answers lists and reports in the database's place; see `reading`.
    replica: Replica | None = None


@asynccontextmanager
async def running(settings: Settings, database_url: str) -> AsyncIterator[Runtime]:
    """Open everything that a process needs, and close it at the end."""
    profile = policy.load(settings.policy)
    files, journal = open_store(settings), open_journal(settings)
    parameters = parameters_of(settings)
    database = await db.connect(settings, database_url)
    sessions = async_sessionmaker(database.engine, class_=Session, expire_on_commit=False)
    try:
        keys = keyring.load(settings, may_create=await _is_new(database))
        runtime = Runtime(settings, profile, keys, database, files, journal, parameters, sessions)
        await _check_keys(runtime)
        yield runtime
    finally:
        await database.close()


@asynccontextmanager
async def transaction(
    runtime: Runtime, *, business_id: UUID | None = None
) -> AsyncIterator[Session]:
    """One transaction: as that business under row-level security, or as the system when none is given.

    Commits at the end of the block and rolls back when the block raises.
    """
    async with _begun(runtime, runtime.sessions(), business_id, reading=False) as session:
        yield session


@asynccontextmanager
async def read_only(
    runtime: Runtime, engine: AsyncEngine, business_id: UUID | None
) -> AsyncIterator[Session]:
    """As `transaction`, on the primary's or the replica's engine, and PostgreSQL refuses to change anything.

    Routes call `reading.reading`, which chooses the engine.
    """
    opened = Session(engine, expire_on_commit=False)
    async with _begun(runtime, opened, business_id, reading=True) as session:
        yield session


@asynccontextmanager
async def _begun(
    runtime: Runtime, opened: Session, business_id: UUID | None, *, reading: bool
) -> AsyncIterator[Session]:
    async with opened as session, session.begin():
        session.runtime = runtime
        session.real = await db.begin(session, business_id, reading=reading)
        session.now = session.real + clock.offset()
        yield session


def parameters_of(settings: Settings) -> Parameters:
    """What evidence weighs in this deployment; raises `SettingsError` for a file that holds no parameters."""
    try:
        return release.load(settings.parameters)
    except release.BadParameters as fault:
        raise SettingsError(f"REGISTRY_PARAMETERS: {fault}.") from None


async def _is_new(database: Database) -> bool:
    """Whether no process ever opened this database with keys."""
    async with AsyncSession(database.engine) as session, session.begin():
        await db.begin(session, None)
        return await session.get(Deployment, 1) is None


async def _check_keys(runtime: Runtime) -> None:
    """Refuse keys that are not this database's: everything would be written under the wrong ones."""
    expected = runtime.keyring.digest("key-check", "deployment")
    async with transaction(runtime) as session:
        first = insert(Deployment).values(id=1, key_check=expected).on_conflict_do_nothing()
        await session.execute(first)
        mark = await session.get_one(Deployment, 1)
        if mark.key_check != expected:
            raise SettingsError(
                "The master keys do not belong to this database. Restore the key file that was made with"
                f" it (looked at {runtime.settings.key_path}), or set REGISTRY_KEYS."
            )
