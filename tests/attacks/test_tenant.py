"""A member who wants to see what belongs to another, over HTTP and in SQL."""

from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from registry.platform import embedded
from registry.platform.db import DatabaseUnfit, check, make_engine, plain_dsn
from registry.platform.runtime import Runtime, transaction
from tests.factories.registry import Registry, Shop


async def _members(registry: Registry) -> tuple[Shop, Shop, str]:
    victim, attacker = await registry.shop(), await registry.shop()
    report = await victim.report()
    await victim.attach(report["id"])
    return victim, attacker, report["id"]


async def test_what_is_someone_elses_is_not_found(registry: Registry) -> None:
    """Reading, editing, ending or adding to another's report or receipt: 404, as for what does not exist."""
    victim, attacker, report_id = await _members(registry)
    answer = await victim.look_up(phone="0505550177")
    key = {"Idempotency_Key": str(uuid4())}
    tries = [
        await attacker.call("GET", f"/v1/reports/{report_id}"),
        await attacker.call("PATCH", f"/v1/reports/{report_id}", {"statement": "Mine now."}),
        await attacker.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "Mine now."}),
        await attacker.call("POST", f"/v1/reports/{report_id}/settle", {"reason": "Mine now."}),
        await attacker.attach(report_id),
        await attacker.call("GET", f"/v1/lookups/{answer['lookup_id']}"),
        await attacker.call("GET", f"/v1/businesses/{victim.id}"),
        await attacker.call("GET", f"/v1/reports/{uuid4()}"),
    ]
    assert [one.status_code for one in tries] == [404] * len(tries)
    bodies = {
        tuple(sorted((k, v) for k, v in one.json().items() if k != "instance")) for one in tries
    }
    assert len(bodies) == 1, "the answers do not tell what exists"
    assert (await attacker.call("GET", "/v1/reports")).json()["items"] == []
    keys = (await victim.call("GET", "/v1/api-keys")).json()["items"]
    revoked = await attacker.call("POST", f"/v1/api-keys/{keys[0]['id']}/revoke", **key)
    assert revoked.status_code == 404
    assert (await victim.view(report_id))["state"] == "submitted"


async def test_an_idempotency_key_is_no_door(registry: Registry) -> None:
    """Another member's stored answer cannot be had by guessing its key."""
    victim, attacker = await registry.shop(), await registry.shop()
    body = {"label": "new", "scopes": ["lookup"]}
    first = await victim.call("POST", "/v1/api-keys", body, Idempotency_Key="guessable")
    second = await attacker.call("POST", "/v1/api-keys", body, Idempotency_Key="guessable")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["key"]["id"] != first.json()["key"]["id"]
    assert "Idempotent-Replayed" not in second.headers


async def _tables(runtime: Runtime) -> list[str]:
    async with transaction(runtime) as session:
        names = await session.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
            )
        )
        return list(names)


async def _rows(runtime: Runtime, table: str, business_id: UUID | None) -> int | None:
    """How many rows raw SQL sees as that member; None where it may not even ask."""
    try:
        async with transaction(runtime, business_id=business_id or UUID(int=0)) as session:
            return await session.scalar(text(f"SELECT count(*) FROM {table}"))
    except ProgrammingError:
        return None


async def test_raw_sql_as_a_member_sees_its_own_rows_only(registry: Registry) -> None:
    """Every table of the catalogue, asked as the victim, a newcomer and nobody; and as the system, who sees all."""
    victim, _, _ = await _members(registry)
    newcomer = await registry.shop()
    own = {"businesses": 1, "data_keys": 1, "api_keys": 2, "stored_answers": 1}
    for table in await _tables(registry.runtime):
        assert await _rows(registry.runtime, table, None) in (None, 0), table
        assert await _rows(registry.runtime, table, newcomer.id) in (None, own.get(table, 0)), table
    assert await _rows(registry.runtime, "reports", victim.id) == 1
    async with transaction(registry.runtime) as session:
        assert await session.scalar(text("SELECT count(*) FROM businesses")) == 3


async def test_a_member_cannot_write_into_anothers_name(registry: Registry) -> None:
    """The database refuses a row of another business, and an update touches none."""
    victim, attacker, report_id = await _members(registry)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with transaction(registry.runtime, business_id=attacker.id) as session:
            await session.execute(
                text("INSERT INTO terms VALUES (:id, '[]', now())"), {"id": victim.id}
            )
    async with transaction(registry.runtime, business_id=attacker.id) as session:
        done = await session.execute(
            text("UPDATE reports SET state = 'withdrawn' WHERE id = :id RETURNING id"),
            {"id": report_id},
        )
        assert done.all() == []


async def test_the_lookup_role_may_run_its_functions_and_nothing_else(running: Runtime) -> None:
    """No table, and no function of ours but its own."""
    async with running.database.lookups.acquire() as connection:
        for table in await _tables(running):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM {table}")
        runnable = await connection.fetch(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype"
        )
    assert {row["proname"] for row in runnable} == {
        "registry_spend",
        "registry_standings",
        "registry_records",
        "registry_terms",
        "registry_keep_lookup",
        "registry_business",
    }


async def test_no_role_changes_an_audit_entry(registry: Registry) -> None:
    """Not even the system's own role may update or delete one."""
    await registry.shop()
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with transaction(registry.runtime) as session:
                await session.execute(text(statement))


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
async def test_start_up_refuses_a_role_that_is_not_bound(tmp_path: Path, right: str) -> None:
    """A superuser, or a role that bypasses row-level security, may not serve."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    server = embedded.start(tmp_path / "pg", options={"fsync": "off"}, notify=lambda _: None)
    try:
        secret = next(server.data_dir.rglob("superuser.password")).read_text().strip()
        mighty = make_url(server.url).set(username="postgres", password=secret)
        connection = await asyncpg.connect(plain_dsn(mighty.render_as_string(hide_password=False)))
        await connection.execute(f"CREATE ROLE mighty LOGIN PASSWORD 'm' {right}")
        await connection.close()
        engine = make_engine(
            mighty.set(username="mighty", password="m").render_as_string(hide_password=False),
            role=None,
        )
        with pytest.raises(DatabaseUnfit, match="superuser or bypasses"):
            await check(engine)
        await engine.dispose()
    finally:
        server.release()
