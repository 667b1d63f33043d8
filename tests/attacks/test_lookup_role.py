"""Whoever gets SQL through on the lookup path: its four functions, and nothing else at all."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from registry.platform.db import plain_dsn
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime
from tests.factories import rows
from tests.factories.registry import Registry

ITS_OWN = {"registry_spend", "registry_ask", "registry_keep", "registry_refused"}
ASK = (
    "SELECT * FROM registry_ask($1, $2, $3, '0', $4, '{1}', '{5}', '{60}', '{1}', '{false}', '{}', '{}', '{}', '{}',"
    " '{}', '1 day')"
)
KEEP = (
    "SELECT * FROM registry_keep('{0}', $1, $2, $3, $4, '{order}', '{no_record}', '{\"{}\"}', '{x}', '{x}',"
    " '{NULL}', '{NULL}')"
)
DENIED = asyncpg.InsufficientPrivilegeError


async def _ask(runtime: Runtime, statement: str, *values: Any) -> Any:
    async with runtime.database.lookups.acquire() as connection, connection.transaction():
        return await connection.fetch(statement, *values)


async def test_it_is_the_lookup_role(shared: Registry) -> None:
    (row,) = await _ask(shared.runtime, "SELECT current_user AS role")
    assert row["role"] == "registry_lookup"


async def test_every_table_is_closed(shared: Registry) -> None:
    """To reading and writing alike; the system's role reads each, so each is there."""
    said = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace"
    )
    tables = [one["relname"] for one in await rows.select(shared.runtime, said)]
    assert len(tables) > 20
    for table in tables:
        for statement in (
            f"SELECT 1 FROM {table}",
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET ctid = ctid",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"LOCK TABLE {table}",
        ):
            refused = (DENIED, asyncpg.FeatureNotSupportedError)
            with pytest.raises(refused if "ctid" in statement else DENIED):
                await _ask(shared.runtime, statement)
        await rows.count(shared.runtime, table)


async def test_every_function_but_its_own_is_closed(shared: Registry) -> None:
    """And its own are closed to every other role: they see all businesses' rows.

    Five functions see no more than the role that asks: row policies and triggers ask two of them, resolution three; two
    more, that make and drop the months of lookups, are the worker's.
    """
    asked = {
        ("registry_member", "registry_business"),
        ("registry_system", "registry_one_source"),
        ("registry_system", "registry_neighbours"),
        ("registry_system", "registry_linked"),
        ("registry_system", "registry_hold_linked"),
        ("registry_system", "registry_add_lookups"),
        ("registry_system", "registry_drop_lookups"),
    }
    said = "SELECT oid, proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    functions = await rows.select(shared.runtime, said)
    assert {one["proname"] for one in functions} > ITS_OWN
    allowed = "SELECT has_function_privilege($1, $2::oid, 'EXECUTE') AS may"
    for one in functions:
        for role in ("registry_lookup", "registry_member", "registry_system", "pg_monitor"):
            (row,) = await _ask(shared.runtime, allowed, role, one["oid"])
            its_own = role == "registry_lookup" and one["proname"] in ITS_OWN
            may = its_own or (role, one["proname"]) in asked
            assert row["may"] == may, (role, one["proname"])
    with pytest.raises(DENIED):
        await _ask(shared.runtime, "SELECT registry_business()")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "ALTER FUNCTION registry_ask SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION registry_spend() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT registry_system TO registry_lookup",
        "SELECT setval('alembic_version', 1)",
    ],
)
async def test_it_makes_and_changes_nothing(shared: Registry, statement: str) -> None:
    with pytest.raises((DENIED, asyncpg.WrongObjectTypeError)):
        await _ask(shared.runtime, statement)


async def test_its_functions_cannot_be_led_astray(shared: Registry) -> None:
    """A temporary table of the same name does not come in the way of what a function reads and writes."""
    shop = await shared.shop()
    runtime = shared.runtime
    async with runtime.database.lookups.acquire() as connection, connection.transaction():
        await connection.execute("CREATE TEMP TABLE lookups (LIKE pg_class) ON COMMIT DROP")
        await connection.execute("CREATE TEMP TABLE buckets (name text, arrival timestamptz)")
        await connection.execute("INSERT INTO pg_temp.buckets VALUES ('x', 'infinity')")
        (row,) = await connection.fetch(ASK, [], [], [shop.id], ["x"])
        assert row["admitted"] == [1]
        kept = uuid7()
        columns = ([kept], [shop.id], [uuid7()], [datetime.now(UTC)])
        assert await connection.fetch(KEEP, *columns) == []
        await connection.execute("DROP TABLE pg_temp.buckets")
    assert (await rows.row(runtime, "lookups", kept))["business_id"] == shop.id


async def test_values_are_bound_and_never_spliced(shared: Registry) -> None:
    """What is asked for is data to every function: an index value that looks like SQL is a value."""
    value = b"'; DROP TABLE standings; --"
    name = "x'); DELETE FROM buckets; --"
    (row,) = await _ask(shared.runtime, ASK, [value], [True], [], [name])
    assert (row["facts"], row["admitted"]) == (None, [1])
    assert (
        len(await rows.select(shared.runtime, "SELECT 1 FROM buckets WHERE name = :n", n=name)) == 1
    )
    assert await rows.count(shared.runtime, "standings") == 0


async def test_the_control_is_the_role(shared: Registry) -> None:
    """The same login without that role reads the same table: it is SET ROLE that closes it."""
    url = shared.runtime.database.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute("SET ROLE registry_system")
        assert await connection.fetchval("SELECT count(*) FROM businesses") >= 0
        await connection.execute("SET ROLE registry_lookup")
        with pytest.raises(DENIED):
            await connection.fetchval("SELECT count(*) FROM businesses")
    finally:
        await connection.close()
