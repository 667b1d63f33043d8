"""The migrations build exactly the tables that the code declares, and bind every one by row-level security."""

from alembic import command
from sqlalchemy import Connection, text

from registry.platform import migrate
from registry.platform.db import make_engine
from registry.platform.runtime import Runtime


async def test_migrations_and_tables_agree(database_url: str) -> None:
    """`alembic check` finds no difference between the migrated database and the declared tables."""
    engine = make_engine(database_url, role=None)

    def check(connection: Connection) -> None:
        command.check(migrate.config(connection))

    async with engine.connect() as connection:
        await connection.run_sync(check)
    await engine.dispose()


async def test_second_upgrade_changes_nothing(database_url: str) -> None:
    """A database that is current has nothing to apply."""
    assert await migrate.upgrade(database_url) == []


async def test_every_table_is_bound(running: Runtime) -> None:
    """Row-level security is enabled and forced on every table but alembic's own."""
    async with running.database.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                " AND NOT (relrowsecurity AND relforcerowsecurity)"
            )
        )
        assert [row.relname for row in rows] == ["alembic_version"]


async def test_roles_own_nothing(running: Runtime) -> None:
    """No role that connections assume owns a table, is a superuser or bypasses row-level security."""
    async with running.database.engine.connect() as connection:
        owned = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                " WHERE r.rolname LIKE 'registry\\_%'"
            )
        )
        strong = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'registry\\_%'"
                " AND (rolsuper OR rolbypassrls OR rolcanlogin)"
            )
        )
    assert (owned, strong) == (0, 0)
