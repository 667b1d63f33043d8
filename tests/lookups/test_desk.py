"""Lookups that wait together: charged exactly, each on record before it is answered, nobody harmed by a neighbour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import httpx
import pytest

from registry.lookups import store
from registry.platform import runtime
from registry.platform.db import plain_dsn
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query, serving

SUBJECT = {"phone": "+380505550160", "name": "Білик Остап"}
OTHER = {"phone": "+380505550161", "name": "Білик Ольга"}


async def _at_once(*asked: tuple[Shop, str]) -> list[httpx.Response]:
    """Lookups of these businesses by these phones, sent in one tick."""
    calls = [shop.call("POST", "/v1/lookups", query(phone=phone)) for shop, phone in asked]
    return await asyncio.gather(*calls)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the statements that the desk sends."""
    sent: list[str] = []
    for name in ("ask", "keep"):
        real = getattr(store, name)

        async def seen(*given, name=name, real=real):
            sent.append(name)
            return await real(*given)

        monkeypatch.setattr(store, name, seen)
    return sent


async def test_all_that_wait_are_two_statements(registry: Registry, statements: list[str]) -> None:
    """Of however many businesses, single lookups and batches alike; each is on record under its own business."""
    shops = [await registry.shop() for _ in range(3)]
    rows_of_batch = {f"row-{n}": query(phone=f"+3805055502{n:02d}") for n in range(10)}
    batch = shops[0].call("POST", "/v1/lookups/batch", {"queries": rows_of_batch})
    # The keys are in memory before, or each call would come in a tick of its own.
    for shop in shops:
        await shop.call("GET", "/v1/usage")
    singles = _at_once(*((shop, f"+38050555010{n}") for n in range(4) for shop in shops))
    answers, whole = await asyncio.gather(singles, batch)
    assert statements == ["ask", "keep"]
    assert {answer.status_code for answer in [*answers, whole]} == {200}
    for shop, own in ((shops[0], 14), (shops[1], 4), (shops[2], 4)):
        kept = await rows.select(
            registry.runtime, "SELECT id FROM lookups WHERE business_id = :of", of=shop.id
        )
        assert len(kept) == own
        usage = (await shop.call("GET", "/v1/usage")).json()["plan_windows"]
        assert usage[1]["spent"] == own


async def test_each_is_told_what_was_left_after_itself(registry: Registry) -> None:
    """Several of one business in one statement: charged one by one, in the order in which they came."""
    shop = await registry.shop()
    await shop.call("GET", "/v1/usage")
    answers = await _at_once(*((shop, "0505550123") for _ in range(35)))
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 5
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(29, -1, -1)] + [0] * 5
    assert all(int(answer.headers["Retry-After"]) in (1, 2) for answer in answers[30:])


async def test_a_batch_and_single_lookups_share_what_is_left(registry: Registry) -> None:
    shop = await registry.shop()
    many = {f"row-{n}": query(phone=f"+3805055502{n:02d}") for n in range(28)}
    await shop.call("GET", "/v1/usage")
    whole, one, two, three = await asyncio.gather(
        shop.call("POST", "/v1/lookups/batch", {"queries": many}),
        *(shop.call("POST", "/v1/lookups", query(phone="0505550123")) for _ in range(3)),
    )
    assert [whole.status_code, one.status_code, two.status_code, three.status_code] == [
        200,
        200,
        200,
        429,
    ]


@pytest.mark.parametrize(
    "broken",
    [
        # In PostgreSQL itself; in reading the fact; in opening the record.
        """UPDATE standings SET facts = jsonb_set(facts, '{0,since}', '"never"')""",
        "UPDATE standings SET facts = facts #- '{0,category}'",
        "UPDATE records SET sealed = '\\x01' || substr(sealed, 3)",
    ],
)
async def test_what_cannot_be_read_harms_nobody_else(sandbox: Registry, broken: str) -> None:
    """It fails the lookup that met it, and no other that waited with it."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    await sandbox.published(reporter, subject=SUBJECT)
    await sandbox.published(reporter, subject=OTHER)
    first = " WHERE identity_id = (SELECT id FROM identities ORDER BY created_at LIMIT 1)"
    await rows.write(sandbox.runtime, broken + first)
    asked = [SUBJECT, OTHER, {"phone": "0505550199"}]
    answers = await asyncio.gather(
        *(asker.call("POST", "/v1/lookups", query(**subject)) for subject in asked)
    )
    assert [answer.status_code for answer in answers] == [500, 200, 200]
    assert [answer.json()["result"] for answer in answers[1:]] == ["record", "no_record"]
    assert await rows.count(sandbox.runtime, "lookups") == 2


@asynccontextmanager
async def _another_process(registry: Registry):
    """The same registry as a process of its own would serve it."""
    url = registry.runtime.database.engine.url.render_as_string(hide_password=False)
    async with (
        runtime.running(registry.runtime.settings, url) as opened,
        serving(opened) as served,
    ):
        yield served


async def test_a_key_used_in_two_processes_at_once_makes_one_lookup(registry: Registry) -> None:
    """The other is told to wait; whoever waited beside it is answered; nothing is recorded unanswered."""
    shop, neighbour = await registry.shop(plan="partner"), await registry.shop(plan="partner")
    async with _another_process(registry) as other:
        for _ in range(8):
            key = {"Idempotency_Key": str(uuid4())}
            calls = []
            for http in (registry.http, other.http):
                mine = Shop(shop.id, shop.key, http)
                beside = Shop(neighbour.id, neighbour.key, http)
                calls.append(mine.call("POST", "/v1/lookups", query(phone="0505550123"), **key))
                calls += [
                    beside.call("POST", "/v1/lookups", query(phone="0505550124")) for _ in range(3)
                ]
            answers = await asyncio.gather(*calls)
            same = [answers[0], answers[4]]
            assert {answer.status_code for answer in same} <= {200, 409}
            made = {answer.json()["lookup_id"] for answer in same if answer.status_code == 200}
            assert len(made) == 1
            assert {answer.status_code for answer in answers[1:4] + answers[5:]} == {200}
    for one, own in ((shop, 8), (neighbour, 48)):
        kept = await rows.select(
            registry.runtime, "SELECT id FROM lookups WHERE business_id = :of", of=one.id
        )
        assert len(kept) == own


async def test_what_cannot_be_recorded_is_not_answered(registry: Registry) -> None:
    """It fails closed, as a 503 that may be tried again; then there is nothing on record either."""
    shop = await registry.shop()
    async with _without_records(registry):
        (refused,) = await _at_once((shop, "0505550123"))
    assert problem(refused) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) >= 1
    assert await rows.count(registry.runtime, "lookups") == 0
    (answered,) = await _at_once((shop, "0505550123"))
    assert answered.status_code == 200


@asynccontextmanager
async def _without_records(registry: Registry) -> AsyncIterator[None]:
    """The table of lookups takes no row."""
    url = registry.runtime.database.engine.url.render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain_dsn(url))
    try:
        await owner.execute("REVOKE INSERT ON lookups FROM registry_definer")
        yield
        await owner.execute("GRANT INSERT ON lookups TO registry_definer")
    finally:
        await owner.close()


async def test_a_request_is_recorded_whole_or_not_at_all(registry: Registry) -> None:
    """Of two requests in one statement, the one with a fault in its second row leaves no first row either."""
    shop = await registry.shop()
    member_rows = [
        [_row(shop), _row(shop, idempotency=b"same")],
        [_row(shop, idempotency=b"same"), _row(shop)],
        [_row(shop)],
    ]
    async with registry.runtime.database.lookups.acquire() as connection:
        assert await store.keep(connection, member_rows) == {1: "23505"}
    kept = {one["id"] for one in await rows.select(registry.runtime, "SELECT id FROM lookups")}
    assert kept == {row.id for number in (0, 2) for row in member_rows[number]}
    audited = await rows.select(
        registry.runtime, "SELECT object_id FROM audit_entries WHERE action = 'lookup.answered'"
    )
    assert {one["object_id"] for one in audited} == kept


def _row(shop: Shop, idempotency: bytes | None = None) -> store.Row:
    return store.Row(
        id=uuid4(),
        business_id=shop.id,
        key_id=uuid4(),
        at=datetime.now(UTC),
        purpose="order",
        result="no_record",
        report_ids=[],
        sealed=b"x",
        digest=b"x",
        idempotency=idempotency,
        fingerprint=idempotency,
    )
