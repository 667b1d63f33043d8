"""The read replica: what it answers, how old that may be, and that nothing fails with it."""

import asyncio
import dataclasses
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from registry import app
from registry.platform import db, migrate, reading, recent, replica, runtime
from registry.platform.db import DatabaseUnfit
from registry.platform.reading import replicated
from registry.platform.replica import ReplicaState
from registry.platform.runtime import Runtime, Session, read_only
from registry.platform.settings import Settings
from registry.staff.rules import Role
from tests.factories.registry import Registry, Shop
from tests.factories.standby import Standby, followed, following, until

#: What the replica answers: no other call does.
LISTS = {
    "/v1/reports",
    "/v1/disputes",
    "/v1/transparency",
    "/docs/figures",
    "/v1/operations/audit",
    "/v1/operations/businesses",
    "/v1/operations/alarms",
    "/v1/operations/conduct",
}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may be busy."""
    monkeypatch.setattr(replica, "PATIENCE", 30.0)
    monkeypatch.setattr(reading, "PATIENCE", 30.0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica may be as old as a test needs it to be."""
    monkeypatch.setattr(replica, "BEHIND_AT_MOST", 600.0)


async def listed(shop: Shop) -> list[str]:
    """The ids of the business's reports, as its list shows them."""
    answer = await shop.call("GET", "/v1/reports")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def answers(registry: Registry, by: str) -> int:
    """How many lists and reports were answered by the replica, or by the primary in its place."""
    told = (await registry.http.get("/metrics")).text
    found = re.search(rf'^registry_replica_reads_total{{by="{by}"}} (\S+)$', told, re.MULTILINE)
    return int(float(found[1])) if found else 0


@pytest.mark.usefixtures("patient")
async def test_a_list_comes_from_the_replica_and_a_single_report_from_the_primary(
    mirrored: Registry, standby: Standby
) -> None:
    shop = await mirrored.shop()
    earlier = await shop.report()
    async with standby.held():
        later = await shop.report()
        assert await listed(shop) == [earlier["id"]]
        assert (await shop.view(later["id"]))["id"] == later["id"]
    await standby.catch_up()
    assert await listed(shop) == [later["id"], earlier["id"]]


async def _get(registry: Registry, shop: Shop, path: str) -> int:
    if path.startswith("/v1/operations"):
        return (await registry.as_staff(Role.OPERATOR, "GET", path)).status_code
    if path.startswith("/v1/moderation"):
        return (await registry.as_staff(Role.MODERATOR, "GET", path)).status_code
    return (await shop.call("GET", path)).status_code


@pytest.mark.usefixtures("patient")
async def test_the_replica_answers_these_lists_and_reports_and_nothing_else(
    mirrored: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "LIFETIME", 0.0)  # figures are read each time
    shop = await mirrored.shop()
    report = await mirrored.published(shop)
    lookup = await shop.look_up(phone="0505550177")
    paths = {path for route in app.ROUTES if "GET" in route.http_methods for path in route.paths}
    asked = {path for path in paths if "{" not in path and not path.startswith("/v1/subject")}
    asked |= {f"/v1/reports/{report['id']}", f"/v1/lookups/{lookup['lookup_id']}"}
    asked |= {f"/v1/businesses/{shop.id}", f"/v1/moderation/reports/{report['id']}"}
    replied = set()
    for path in asked:
        before = await answers(mirrored, "replica")
        assert await _get(mirrored, shop, path) == 200, path
        if await answers(mirrored, "replica") > before:
            replied.add(path)
    assert replied == LISTS


async def test_a_replica_that_is_too_far_behind_answers_nothing_until_it_has_caught_up(
    mirrored: Registry, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await mirrored.shop()
    async with standby.held():
        report = await shop.report()
        monkeypatch.setattr(replica, "BEHIND_AT_MOST", 2.0)
        await until(lambda: followed(mirrored, ReplicaState.BEHIND))
        assert await listed(shop) == [report["id"]]
        lag = (await mirrored.http.get("/health/ready")).json()["replica_lag"]
        assert lag > 2.0
    await until(lambda: followed(mirrored, ReplicaState.USED))
    before = await answers(mirrored, "replica")
    assert await listed(shop) == [report["id"]]
    assert await answers(mirrored, "replica") == before + 1


async def test_nothing_is_older_than_was_promised_however_long_nobody_looked(
    mirrored: Registry, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found a while ago does not count for longer than the bound."""
    primary = mirrored.runtime.database.engine
    unwatched = replica.Replica(primary, db.make_engine(standby.url))
    beside = dataclasses.replace(mirrored.runtime, replica=unwatched)
    monkeypatch.setattr(replica, "BEHIND_AT_MOST", 600.0)
    await standby.catch_up()
    await unwatched.look()
    assert await reading.reading(beside, _is_replica)
    monkeypatch.setattr(replica, "BEHIND_AT_MOST", 0.2)
    await asyncio.sleep(0.3)
    assert unwatched.state == ReplicaState.USED
    assert not await reading.reading(beside, _is_replica)
    await unwatched.close()


async def _is_replica(session: Session) -> bool:
    return bool(await session.scalar(text("SELECT pg_is_in_recovery()")))


async def test_the_replica_of_an_idle_primary_is_not_taken_for_a_late_one(
    mirrored: Registry, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = mirrored.runtime.replica
    assert beside is not None
    await standby.catch_up()
    monkeypatch.setattr(replica, "BEHIND_AT_MOST", 2.0)
    await asyncio.sleep(3)
    await until(lambda: _usable(beside))


async def _usable(beside: replica.Replica) -> bool:
    return beside.usable


async def test_a_replica_that_stops_fails_no_call_and_is_told_once(
    mirrored: Registry, standby: Standby
) -> None:
    shop = await mirrored.shop()
    report = await shop.report()
    with capture_logs() as told:
        standby.stop()
        try:
            for _ in range(3):
                assert await listed(shop) == [report["id"]]
                await until(lambda: followed(mirrored, ReplicaState.UNREACHABLE))
            ready = await mirrored.http.get("/health/ready")
            assert (ready.status_code, ready.json()["replica_lag"]) == (200, None)
            assert "registry_replica_lag_seconds -1.0" in (await mirrored.http.get("/metrics")).text
        finally:
            standby.start()
        await until(lambda: followed(mirrored, ReplicaState.USED))
    events = [line for line in told if line["event"].startswith("replica")]
    assert [line.get("state") for line in events].count(ReplicaState.UNREACHABLE) == 1
    assert events[-1]["event"] == "replica_used"


async def test_a_replica_that_answers_nothing_any_more_holds_no_call_up_for_long(
    mirrored: Registry, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.5)
    shop = await mirrored.shop()
    report = await shop.report()
    await standby.catch_up()
    with standby.frozen():
        began = time.monotonic()
        assert await listed(shop) == [report["id"]]
        assert time.monotonic() - began < 10
        assert await followed(mirrored, ReplicaState.UNREACHABLE)
    await until(lambda: followed(mirrored, ReplicaState.USED))


async def test_a_replica_that_answers_nothing_any_more_keeps_no_process_from_ending(
    mirrored: Registry, standby: Standby
) -> None:
    async with AsyncExitStack() as open_, AsyncExitStack() as frozen:
        beside = await open_.enter_async_context(_with(mirrored, standby.url))
        assert (
            await asyncio.gather(*[reading.reading(beside, _nothing) for _ in range(5)]) == [1] * 5
        )
        frozen.enter_context(standby.frozen())
        async with asyncio.timeout(10):
            await open_.aclose()


async def test_an_answer_that_the_replica_breaks_off_is_given_by_the_primary(
    mirrored: Registry, standby: Standby
) -> None:
    """What is replayed may cancel whoever reads it: the call is made again, and not failed."""
    shop = await mirrored.shop()
    await standby.catch_up()
    where = []

    async def broken_off_there(session: Session) -> Any:
        asked = text("SELECT pg_is_in_recovery() AS here, pg_backend_pid() AS pid")
        row = (await session.execute(asked)).one()
        where.append(row.here)
        if row.here:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": row.pid})
        return await session.scalar(text("SELECT count(*) FROM reports"))

    answer = await reading.reading(mirrored.runtime, broken_off_there, business_id=shop.id)
    assert (answer, where) == (0, [True, False])


async def _write(session: Session) -> None:
    await session.execute(text("UPDATE businesses SET plan = 'pro'"))


async def test_nothing_is_written_by_what_reads_with_a_replica_or_without(
    mirrored: Registry, standby: Standby
) -> None:
    both = mirrored.runtime
    alone = dataclasses.replace(both, replica=None)
    for beside in (both, alone):
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await reading.reading(beside, _write)
    assert both.replica is not None
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with read_only(both, both.replica.engine, None) as session:
            await _write(session)


@pytest.mark.usefixtures("patient")
async def test_a_business_sees_its_own_rows_only_on_the_replica_too(
    mirrored: Registry, standby: Standby
) -> None:
    one, other = await mirrored.shop(), await mirrored.shop()
    report = await one.report()
    await standby.catch_up()

    async def seen(session: Session) -> tuple[bool, list[str]]:
        here = await session.scalar(text("SELECT pg_is_in_recovery()"))
        rows = await session.scalars(
            text("SELECT id FROM reports WHERE business_id = :id"), {"id": one.id}
        )
        return bool(here), [str(row) for row in rows]

    assert await reading.reading(mirrored.runtime, seen, business_id=one.id) == (
        True,
        [report["id"]],
    )
    assert await reading.reading(mirrored.runtime, seen, business_id=other.id) == (True, [])


@asynccontextmanager
async def _with(registry: Registry, url: str) -> AsyncIterator[Runtime]:
    """The registry's runtime beside another replica."""
    settings = msgspec.structs.replace(registry.runtime.settings, replica_url=url)
    alone = dataclasses.replace(registry.runtime, settings=settings, replica=None)
    async with replicated(alone) as beside:
        yield beside


async def _nothing(session: Session) -> Any:
    return await session.scalar(text("SELECT 1"))


async def test_what_is_no_replica_of_this_database_answers_nothing(
    mirrored: Registry, standby: Standby
) -> None:
    primary = standby.primary_url
    another_database = standby.url.replace("/registry?", "/postgres?")
    assert another_database != standby.url
    with following() as elsewhere:
        await migrate.upgrade(elsewhere.primary_url)
        await elsewhere.catch_up()
        for url in (primary, another_database, elsewhere.url):
            async with _with(mirrored, url) as unfit:
                assert unfit.replica is not None
                assert unfit.replica.state == ReplicaState.UNFIT
                assert not unfit.replica.usable


async def test_a_replica_is_not_entered_as_a_superuser(
    mirrored: Registry, standby: Standby
) -> None:
    with pytest.raises(DatabaseUnfit, match="REGISTRY_REPLICA_URL"):
        async with _with(mirrored, standby.superuser_url):
            pytest.fail("it was entered")


async def test_a_registry_starts_without_the_replica_that_it_names(
    standby: Standby, standby_settings: Settings
) -> None:
    standby.stop()
    try:
        async with (
            runtime.running(standby_settings, standby.primary_url) as opened,
            replicated(opened) as beside,
        ):
            assert beside.replica is not None
            assert beside.replica.state == ReplicaState.UNREACHABLE
            await reading.reading(beside, _nothing)
    finally:
        standby.start()


async def test_without_a_replica_nothing_is_told_of_one(registry: Registry) -> None:
    ready = (await registry.http.get("/health/ready")).json()
    assert (ready["replica"], ready["replica_lag"]) == (None, None)
