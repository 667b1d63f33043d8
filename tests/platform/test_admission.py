"""Too much at once: bounded, told when to come again, and never at the cost of a person who wants to be heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from registry import app
from registry.lookups import desk
from registry.platform import gates
from registry.platform.db import plain_dsn
from registry.platform.gates import Gate, Overloaded, Shares
from registry.platform.runtime import Runtime
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query


@asynccontextmanager
async def _held(runtime: Runtime, table: str) -> AsyncIterator[None]:
    """Whoever needs the table waits."""
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute("BEGIN")
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()


@asynccontextmanager
async def _narrow(
    registry: Registry, *, lookups: Gate | None = None, most: int = 64
) -> AsyncIterator[tuple[Registry, Litestar]]:
    """The same registry with less room."""
    application = app.build()
    app.attach(application, registry.runtime)
    if lookups is not None:
        application.state.gates["lookups"] = lookups
    application.state.shares = Shares(most)
    transport = httpx.ASGITransport(app.wrapped(application))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry.test", timeout=60
    ) as http:
        yield Registry(registry.runtime, http, registry.keys), application


def _lookups(shop: Shop, count: int) -> list["asyncio.Task[httpx.Response]"]:
    calls = (shop.call("POST", "/v1/lookups", query(phone="0505550123")) for _ in range(count))
    return [asyncio.ensure_future(call) for call in calls]


async def _heard(registry: Registry, manager: Shop) -> list[int]:
    """What a flood must not keep from being answered: a person, a moderator, the end of a key, the machinery."""
    made = await manager.make_key("lookup")
    answers = [
        await registry.http.post("/v1/subject/sessions", json={"phone": "+380505550188"}),
        await registry.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue"),
        await manager.call("POST", f"/v1/api-keys/{made['key']['id']}/revoke"),
        await registry.http.get("/health/ready"),
        await registry.http.get("/metrics"),
    ]
    return [answer.status_code for answer in answers]


async def test_a_flood_of_lookups_is_turned_away_and_keeps_nobody_from_being_heard(
    registry: Registry,
) -> None:
    """With 3 of 4 places for one business, 16 calls wait and 21 are turned away; what is answered is on record."""
    asker, manager = await registry.shop(plan="partner"), await registry.shop()
    await registry.staff_key(Role.MODERATOR)
    async with _narrow(registry, lookups=Gate("lookups", 4, 10)) as (narrow, _):
        asker, manager = (Shop(one.id, one.key, narrow.http) for one in (asker, manager))
        async with _held(registry.runtime, "lookups"):
            calls = _lookups(asker, 40)
            assert await _heard(narrow, manager) == [202, 200, 200, 200, 200]
        answers = await asyncio.gather(*calls)
    refused = [answer for answer in answers if answer.status_code == 503]
    answered = [answer for answer in answers if answer.status_code == 200]
    # Who waits longer than a moment, on a slow machine, is turned away as well.
    assert len(refused) >= 21
    assert len(answered) == 40 - len(refused)
    assert len(answered) == await rows.count(registry.runtime, "lookups")
    assert {problem(answer) for answer in refused[-20:]} == {(503, "overloaded")}
    waits = {int(answer.headers["Retry-After"]) for answer in refused[-20:]}
    assert len(waits) > 1
    assert waits <= set(range(1, gates.MOST_RETRY_SECONDS + 1))
    told = (await registry.http.get("/metrics")).text
    assert 'registry_turned_away_total{gate="lookups"}' in told


async def test_who_waits_too_long_at_the_gate_is_told(registry: Registry) -> None:
    asker = await registry.shop(plan="partner")
    gate = Gate("lookups", 3, 10, patience=0.2)
    async with _narrow(registry, lookups=gate) as (narrow, _):
        there = Shop(asker.id, asker.key, narrow.http)
        async with _held(registry.runtime, "lookups"):
            calls = _lookups(there, 5)
            await asyncio.sleep(0.5)
            assert [problem(one.result()) for one in calls[2:]] == [(503, "overloaded")] * 3
        answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [200] * 2 + [503] * 3


async def test_one_business_has_so_many_calls_under_way(registry: Registry) -> None:
    """The next is 429, costs nothing and harms no other business; when they are answered there is room again."""
    greedy, other = await registry.shop(), await registry.shop()
    async with _narrow(registry, most=3) as (narrow, _):
        greedy, other = (Shop(one.id, one.key, narrow.http) for one in (greedy, other))
        async with _held(registry.runtime, "lookups"):
            calls = _lookups(greedy, 5)
            beside = _lookups(other, 1)
            await asyncio.sleep(0.3)
            refused = [call.result() for call in calls if call.done()]
            assert [problem(answer) for answer in refused] == [(429, "too-many-at-once")] * 2
            assert all(1 <= int(answer.headers["Retry-After"]) <= 2 for answer in refused)
        statuses = [answer.status_code for answer in await asyncio.gather(*calls)]
        assert sorted(statuses) == [200] * 3 + [429] * 2
        assert (await beside[0]).status_code == 200
        again = await greedy.call("GET", "/v1/usage")
        assert again.status_code == 200
        assert again.json()["plan_windows"][1]["spent"] == 3


async def test_a_call_past_its_deadline_is_given_up(registry: Registry) -> None:
    asker = await registry.shop()
    async with _narrow(registry, lookups=Gate("lookups", 8, 0.3)) as (narrow, _):
        there = Shop(asker.id, asker.key, narrow.http)
        async with _held(registry.runtime, "lookups"):
            (call,) = _lookups(there, 1)
            assert problem(await call) == (503, "overloaded")
        assert (await there.call("POST", "/v1/lookups", query(phone="0505550123"))).is_success


async def test_the_database_stops_a_lookup_that_hangs(registry: Registry) -> None:
    """Its statement ends by itself, unanswered and unrecorded."""
    asker = await registry.shop()
    async with _held(registry.runtime, "lookups"):
        (call,) = _lookups(asker, 1)
        assert problem(await call) == (503, "unavailable")
    assert await rows.count(registry.runtime, "lookups") == 0


async def test_calls_that_hang_in_the_database_leave_connections_for_who_must_be_heard(
    registry: Registry,
) -> None:
    """More of them at once than the process has connections."""
    shops = [await registry.shop() for _ in range(2)]
    await registry.staff_key(Role.MODERATOR)
    async with _held(registry.runtime, "terms"):
        hung = [
            asyncio.ensure_future(shops[0].call("GET", "/v1/terms"))
            for _ in range(3 * registry.runtime.settings.pool_size)
        ]
        await asyncio.sleep(0.2)
        assert await _heard(registry, shops[1]) == [202, 200, 200, 200, 200]
    answers = await asyncio.gather(*hung)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert 200 in {answer.status_code for answer in answers}


async def test_lookups_under_a_key_leave_them_too(registry: Registry) -> None:
    """Replays read the common connections; many at once of them take only a few."""
    asker, manager = await registry.shop(plan="partner"), await registry.shop()
    await registry.staff_key(Role.MODERATOR)
    async with _held(registry.runtime, "lookups"):
        calls = [
            asyncio.ensure_future(
                asker.call(
                    "POST", "/v1/lookups", query(phone="0505550123"), Idempotency_Key=str(uuid4())
                )
            )
            for _ in range(60)
        ]
        await asyncio.sleep(0.2)
        assert await _heard(registry, manager) == [202, 200, 200, 200, 200]
    await asyncio.gather(*calls)


async def test_a_gate_gives_back_what_it_lent() -> None:
    """Whatever becomes of a call: answered, failed, cancelled while it waits or works."""
    gate = Gate("x", 3)
    for _ in range(2):
        await gate.enter("one")
    waiting = [asyncio.ensure_future(gate.enter("one")) for _ in range(12)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await gate.enter("one")
    waiting[0].cancel()
    gate.leave("one")
    await waiting[1]
    for _ in range(11):
        gate.leave("one")
    await asyncio.gather(*waiting[2:])
    gate.leave("one")
    for caller in "abc":
        await asyncio.wait_for(gate.enter(caller), 0.1)


async def test_a_place_that_is_given_to_a_call_which_gives_up_goes_to_the_next() -> None:
    gate = Gate("x", 1)
    await gate.enter("one")
    first, second = (asyncio.ensure_future(gate.enter(caller)) for caller in "ab")
    await asyncio.sleep(0)
    gate.leave("one")
    first.cancel()
    await second
    gate.leave("b")
    await asyncio.wait_for(gate.enter("c"), 0.1)


async def test_no_caller_takes_every_place_nor_every_turn() -> None:
    gate = Gate("x", 3)
    greedy = [asyncio.ensure_future(gate.enter("greedy")) for _ in range(14)]
    await asyncio.sleep(0)
    assert [call.done() for call in greedy] == [True] * 2 + [False] * 12
    await asyncio.wait_for(gate.enter("modest"), 0.1)
    # All places are taken and the queue is full: the last of the many gives way, and the next turn is another's.
    other = asyncio.ensure_future(gate.enter("other"))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await greedy[-1]
    gate.leave("greedy")
    await asyncio.wait_for(greedy[2], 0.1)
    gate.leave("greedy")
    await asyncio.wait_for(other, 0.1)
    for call in greedy:
        call.cancel()
    await asyncio.gather(*greedy, return_exceptions=True)


def test_shares_are_counted_by_caller() -> None:
    shares, state = Shares(1), dict[str, Any]()
    one, other = uuid4(), uuid4()
    shares.take(state, one)
    shares.take({}, other)
    with pytest.raises(gates.TooManyAtOnce):
        shares.take({}, one)
    state["answered"]()
    shares.take({}, one)
    assert state["caller"] == one


def test_the_gates_let_no_more_through_than_there_are_connections() -> None:
    found = gates.gates(20)
    at_work = sum(gate.at_once for name, gate in found.items() if name != gates.LOOKUPS)
    assert at_work + desk.REPLAYS <= 20
    assert min(gate.at_once for gate in found.values()) > 1
