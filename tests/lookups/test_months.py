"""Recorded lookups lie in partitions by month, made and dropped by the worker: no lookup depends on it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from registry.lookups import jobs, store
from registry.platform import clock
from registry.platform.ids import made_at, uuid7
from registry.platform.runtime import Runtime, transaction
from tests.attacks.test_lookup_role import KEEP
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query

MONTH = timedelta(days=31)
PHONE = "+380505550170"


async def _partitions(runtime: Runtime) -> list[str]:
    said = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'lookups'::regclass"
    return sorted(one["name"] for one in await rows.select(runtime, said))


async def _where(runtime: Runtime, lookup_id: str) -> str:
    said = "SELECT tableoid::regclass::text AS name FROM lookups WHERE id = :id"
    (found,) = await rows.select(runtime, said, id=UUID(lookup_id))
    name: str = found["name"]
    return name


def _month(at: datetime) -> str:
    return f"lookups_{at.astimezone(UTC):%Y_%m}"


async def _run(runtime: Runtime) -> int:
    """What the worker does with months, until nothing is left to do."""
    done = 0
    while now := await jobs.add_months(runtime) + await jobs.sweep(runtime):
        done += now
    return done


async def _asks(shop: Shop) -> str:
    """A lookup that is answered, and whose receipt says the same; returns its id."""
    answer = await shop.look_up(phone=PHONE)
    receipt = await shop.call("GET", f"/v1/lookups/{answer['lookup_id']}")
    assert receipt.json() == answer
    id_: str = answer["lookup_id"]
    return id_


async def _plan(runtime: Runtime, business_id: UUID, lookup_id: str) -> tuple[set[str], str]:
    """The partitions that reading a receipt touches, and how."""
    sent: list[tuple[str, Sequence[Any]]] = []

    def note(_: Connection, __: Any, statement: str, values: Sequence[Any], *___: object) -> None:
        sent.append((statement, values))

    engine = runtime.database.engine.sync_engine
    async with transaction(runtime, business_id=business_id) as session:
        event.listen(engine, "before_cursor_execute", note)
        try:
            await store.get(session, business_id, UUID(lookup_id))
        finally:
            event.remove(engine, "before_cursor_execute", note)
        ((statement, values),) = sent
        connection = await session.connection()
        told = await connection.exec_driver_sql(f"EXPLAIN {statement}", tuple(values))
        plan = "\n".join(told.scalars())
    return {name for name in await _partitions(runtime) if f" {name} " in f"{plan} "}, plan


async def test_a_receipt_reads_one_partition(registry: Registry) -> None:
    """By its primary key, as one of its asker. Within an hour of a month's end, two."""
    shop = await registry.shop()
    lookup_id = await _asks(shop)
    touched, plan = await _plan(registry.runtime, shop.id, lookup_id)
    made, partitions = made_at(UUID(lookup_id)), await _partitions(registry.runtime)
    months = {_month(made - store.SKEW), _month(made + store.SKEW)}
    # A registry that was set up in this month has no partition for the month before.
    assert touched == {month if month in partitions else "lookups_default" for month in months}
    assert plan.count("Index Scan using") == len(touched)
    assert len(partitions) == jobs.AHEAD + 2


async def test_months_are_there_before_they_begin(registry: Registry) -> None:
    """Each month the worker makes one more, and a lookup of any of them lies in its own."""
    assert await _run(registry.runtime) == 0
    shop, now = await registry.shop(), datetime.now(UTC)
    for months in range(1, 4):
        with clock.shifted(months * MONTH):
            assert await _run(registry.runtime) <= 2
            assert await _where(registry.runtime, await _asks(shop)) == _month(now + months * MONTH)


async def test_every_partition_is_made_like_the_others(registry: Registry) -> None:
    """Storage, indexes and security hold for those of the migration and for those of the worker."""
    with clock.shifted(6 * MONTH):
        assert await jobs.add_months(registry.runtime) > 4
    said = """
        SELECT c.relname, c.reloptions, a.attstorage::text, c.relrowsecurity AND c.relforcerowsecurity AS forced,
               ARRAY(SELECT indisprimary FROM pg_index WHERE indrelid = c.oid AND indexrelid IN (
                   SELECT inhrelid FROM pg_inherits) ORDER BY 1) AS indexes,
               (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f') AS foreign_keys
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'sealed'
        WHERE inhparent = 'lookups'::regclass
    """
    made = await rows.select(registry.runtime, said)
    assert len(made) > jobs.AHEAD + 5
    for one in made:
        name = one.pop("relname")
        assert one == {
            "reloptions": ["toast_tuple_target=8160"],
            "attstorage": "e",
            "forced": True,
            "indexes": [False, True],
            "foreign_keys": 1,
        }, name


@pytest.mark.parametrize("months", [10, 240, -120])
async def test_without_a_partition_a_lookup_is_kept_all_the_same(
    registry: Registry, months: int
) -> None:
    """No worker ran for ten months; or the clock stands years off."""
    shop = await registry.shop()
    with clock.shifted(months * MONTH):
        answered = [await _asks(shop) for _ in range(2)]
        for one in answered:
            assert await _where(registry.runtime, one) == "lookups_default"
        await jobs.add_months(registry.runtime)
        assert await _where(registry.runtime, await _asks(shop)) == "lookups_default"
    with clock.shifted((months + 2) * MONTH):
        assert "default" not in await _where(registry.runtime, await _asks(shop))
        for one in answered:
            assert (await shop.call("GET", f"/v1/lookups/{one}")).status_code == 200


async def test_a_month_that_has_rows_already_keeps_them(registry: Registry) -> None:
    """Its partition is not made, and those of the other months are."""
    shop = await registry.shop()
    with clock.shifted((jobs.AHEAD + 2) * MONTH):
        early = await _asks(shop)
        taken = _month(datetime.now(UTC) + clock.offset())
    with clock.shifted(jobs.AHEAD * MONTH):
        await jobs.add_months(registry.runtime)
    made = await _partitions(registry.runtime)
    assert taken not in made
    assert made[-2] > taken
    assert await _where(registry.runtime, early) == "lookups_default"


async def test_what_is_in_no_month_goes_on_its_day(registry: Registry) -> None:
    shop = await registry.shop()
    with clock.shifted(20 * MONTH):
        await _asks(shop)
        later = clock.offset()
    with clock.shifted(later + timedelta(days=364)):
        await _run(registry.runtime)
        assert await rows.count(registry.runtime, "lookups_default") == 1
    with clock.shifted(later + timedelta(days=367)):
        assert await jobs.sweep(registry.runtime) == 1
    assert await rows.count(registry.runtime, "lookups_default") == 0


async def test_a_key_is_kept_for_its_day(registry: Registry) -> None:
    shop = await registry.shop()
    await shop.create("/v1/lookups", query(phone=PHONE))
    with clock.shifted(timedelta(hours=23)):
        assert await jobs.sweep(registry.runtime) == 0
    with clock.shifted(timedelta(hours=25)):
        assert await jobs.sweep(registry.runtime) == 1
    assert await rows.count(registry.runtime, "lookup_idempotency") == 0
    assert await rows.count(registry.runtime, "lookups") == 1


async def test_what_is_read_for_long_is_dropped_later(registry: Registry) -> None:
    """As a backup reads: the worker gives way at once, and lookups go on before and behind it."""
    shop = await registry.shop()
    old = await _where(registry.runtime, await _asks(shop))
    with clock.shifted(14 * MONTH):
        async with transaction(registry.runtime) as session:
            await session.execute(text("SELECT count(*) FROM lookups"))
            tries = [jobs.sweep(registry.runtime), *(_asks(shop) for _ in range(5))]
            dropped, *_ = await asyncio.gather(*tries)
            assert dropped == 0
        assert old in await _partitions(registry.runtime)
        assert await jobs.sweep(registry.runtime) == 1
    assert old not in await _partitions(registry.runtime)


async def test_lookups_go_on_while_months_are_made_and_dropped(registry: Registry) -> None:
    shop = await registry.shop(plan="partner")
    with clock.shifted(16 * MONTH):
        calls = [shop.call("POST", "/v1/lookups", query(phone=PHONE)) for _ in range(40)]
        answers, *done = await asyncio.gather(
            asyncio.gather(*calls), _run(registry.runtime), _run(registry.runtime)
        )
        assert [answer.status_code for answer in answers] == [200] * 40
        assert sum(done) > 0
    assert await rows.count(registry.runtime, "lookups") == 40


async def test_no_id_is_kept_twice(registry: Registry) -> None:
    """Not in another month either, where no index of lookups could tell: its audit entry is there already."""
    shop, id_, now = await registry.shop(), uuid7(), datetime.now(UTC)
    refused = []
    async with registry.runtime.database.lookups.acquire() as connection:
        for at in (now, now + 2 * MONTH):
            columns = ([id_], [shop.id], [uuid7()], [at])
            refused.append([tuple(one) for one in await connection.fetch(KEEP, *columns)])
    assert refused == [[], [(0, "23505")]]
    assert await rows.count(registry.runtime, "lookups") == 1


@pytest.mark.parametrize("id_", [UUID(int=0), UUID(int=(1 << 128) - 1), UUID(int=7 << 76)])
async def test_no_id_is_too_odd_to_be_asked_for(registry: Registry, id_: UUID) -> None:
    shop = await registry.shop()
    assert (await shop.call("GET", f"/v1/lookups/{id_}")).status_code == 404


async def test_a_partition_by_itself_is_nobodys(registry: Registry) -> None:
    """Who may see which row is decided at `lookups`: its partitions are closed, even to their reader's own rows."""
    shop, other = await registry.shop(), await registry.shop()
    lookup_id = await _asks(shop)
    home = await _where(registry.runtime, lookup_id)
    for table in await _partitions(registry.runtime):
        for business_id in (shop.id, other.id, None):
            if business_id is None and table == "lookups_default":
                continue
            for statement in (
                f"SELECT 1 FROM {table}",
                f"UPDATE {table} SET result = 'record'",
                f"DELETE FROM {table}",
                f"INSERT INTO {table} SELECT * FROM lookups",
                f"ALTER TABLE lookups DETACH PARTITION {table}",
                f"DROP TABLE {table}",
            ):
                with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                    async with transaction(registry.runtime, business_id=business_id) as session:
                        await session.execute(text(statement))
    async with rows.owning(registry.runtime) as owner:
        assert await owner.fetchval(f"SELECT count(*) FROM {home}") == 0
    assert await _where(registry.runtime, lookup_id) == home
