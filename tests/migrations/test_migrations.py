"""The migrations build exactly the tables that the code declares, and bind every one by row-level security."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from registry.platform import migrate, scratch
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
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
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


@asynccontextmanager
async def at_revision(server_url: str, revision: str) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """A database as an earlier version left it."""
    async with scratch.database(server_url, f"at_{secrets.token_hex(6)}") as url:
        engine = make_engine(url, role=None)
        async with engine.begin() as connection:
            await connection.run_sync(lambda it: command.upgrade(migrate.config(it), revision))
        yield url, engine
        await engine.dispose()


@asynccontextmanager
async def as_system(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Every row is seen, which is more than the owner of the tables sees."""
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL ROLE registry_system"))
        yield connection


_BUSINESS = """
    WITH key AS (
        INSERT INTO data_keys (id, wrapped, kek_version) VALUES (gen_random_uuid(), 'x', 1) RETURNING id
    )
    INSERT INTO businesses (id, state, state_since, version, plan, country, source_id, data_key_id, sealed_profile,
                            register_code_index, created_at, email_code_tries)
    SELECT id, 'verified', now(), 1, 'free', 'UA', id, id, 'x', 'x', now(), 0 FROM key
"""
_LOOKUPS = """
    INSERT INTO lookups (id, business_id, key_id, at, purpose, result, report_ids, sealed, digest, idempotency,
                         fingerprint)
    SELECT gen_random_uuid(), id, id, now() + make_interval(0, months), 'booking', 'no_record', ARRAY[id], 'x', 'y',
           convert_to(months::text, 'UTF8'), 'z'
    FROM businesses, unnest(ARRAY[-30, -5, -1, 0, 3, 99]) AS months
"""


_REPORTS = """
    WITH report AS (
        INSERT INTO reports (id, business_id, version, state, state_since, category, incident_on, contract_index,
                             evidence_count, contacts_count, approvals_needed, submitted_at, retention_until, policy,
                             record_id, due_at, due_event)
        SELECT gen_random_uuid(), id, 1, 'notice', now(), 'no_show', now(), 'x', 0, 0, 1, now(),
               now() + interval '9 months', 'ua', gen_random_uuid(), now() + interval '44 days', 'undeliverable'
        FROM businesses, generate_series(1, 2)
        RETURNING record_id
    )
    INSERT INTO detachments (id, index_value, ground, state, records, at, due, version)
    SELECT record_id, 'x', 'not_me', 'pending', ARRAY[record_id], now(), now(), 1 FROM report LIMIT 1
"""


async def test_what_is_pending_holds_its_report_after_the_upgrade(server_url: str) -> None:
    """Until its retention ends; another report keeps its clock."""
    async with at_revision(server_url, "0023") as (url, engine):
        async with as_system(engine) as connection:
            await connection.execute(text(_BUSINESS))
            await connection.execute(text(_REPORTS))
        assert "0024" in await migrate.upgrade(url)
        async with as_system(engine) as connection:
            said = "SELECT notice_held, due_at = retention_until AS late FROM reports ORDER BY 1"
            assert (await connection.execute(text(said))).all() == [(False, False), (True, True)]


async def test_recorded_lookups_are_moved_into_their_months(server_url: str) -> None:
    """Every row once, the oldest and that of a moved clock too; keys in use beside them."""
    kept = "SELECT id, at, report_ids FROM lookups ORDER BY at"
    async with at_revision(server_url, "0021") as (url, engine):
        async with as_system(engine) as connection:
            await connection.execute(text(_BUSINESS))
            await connection.execute(text(_LOOKUPS))
            before = (await connection.execute(text(kept))).all()
        assert "0022" in await migrate.upgrade(url)
        async with as_system(engine) as connection:
            assert (await connection.execute(text(kept))).all() == before
            unmoved = await connection.scalars(text("SELECT id FROM lookups_default"))
            assert unmoved.all() == [before[-1].id]
            keys = text("SELECT lookup_id FROM lookup_idempotency ORDER BY at")
            assert (await connection.scalars(keys)).all() == [row.id for row in before]
