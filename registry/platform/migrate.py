"""Migrations: run on start under an advisory lock, so that processes starting together wait for one another."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from registry.platform.db import make_engine

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
#: Any number that nothing else in this database locks.
LOCK = 7_205_759_403_792_793_601


async def upgrade(url: str) -> list[str]:
    """Bring the database to the newest revision; returns the revisions that were applied."""
    engine = make_engine(url, role=None, pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            await connection.commit()
            try:
                applied = await connection.run_sync(_upgrade)
                await connection.commit()
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
                await connection.commit()
    finally:
        await engine.dispose()
    return applied


async def pending(engine: AsyncEngine) -> list[str]:
    """Revisions that the database lacks; empty when it is current."""
    async with engine.connect() as connection:
        return await connection.run_sync(_pending)


def config(connection: Connection) -> Config:
    """Alembic's configuration for this connection."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["connection"] = connection
    return settings


def _upgrade(connection: Connection) -> list[str]:
    missing = _pending(connection)
    if missing:
        command.upgrade(config(connection), "head")
    return missing


def _pending(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(config(connection))
    have = set(MigrationContext.configure(connection).get_current_heads())
    known = [revision.revision for revision in scripts.walk_revisions()]
    if not have:
        return list(reversed(known))
    done = {
        r.revision for head in have & set(known) for r in scripts.iterate_revisions(head, "base")
    }
    return [revision for revision in reversed(known) if revision not in done]
