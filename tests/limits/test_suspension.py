"""Whoever goes through a list is noticed, told and stopped, everywhere and by every key; an operator lifts it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from registry.limits import watch
from registry.lookups import canaries
from registry.platform.actor import CONSOLE
from registry.platform.errors import InvalidValues, NotFound
from registry.platform.runtime import Runtime, transaction
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query, submission

CANARIES = [f"+38039{n:03d}7777" for n in range(100, 100 + watch.CANARIES)]
#: Nobody's, all in one block.
RUN = [f"+380671234{n:03d}" for n in range(watch.NEIGHBOURS)]
SUSPENDED = (403, "key-suspended")


async def plant(runtime: Runtime, lines: Sequence[str], label: str = "list") -> int:
    async with transaction(runtime) as session:
        return await canaries.plant(session, CONSOLE, lines, label, country="UA")


@pytest.fixture
async def planted(registry: Registry) -> Registry:
    """A registry in which canaries are laid out."""
    assert await plant(registry.runtime, CANARIES) == len(CANARIES)
    return registry


async def ask(shop: Shop, number: str) -> httpx.Response:
    return await shop.call("POST", "/v1/lookups", query(phone=number))


async def settled(shop: Shop) -> dict[str, Any]:
    """The business as it sees itself, once what was noticed is on record."""
    async with asyncio.timeout(5):
        while True:
            view: dict[str, Any] = (await shop.call("GET", f"/v1/businesses/{shop.id}")).json()
            if view["lookups_suspended"]:
                return view
            await asyncio.sleep(0.02)


async def alarms(registry: Registry) -> list[dict[str, Any]]:
    answer = await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/alarms")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def lift(registry: Registry, shop: Shop) -> httpx.Response:
    path = f"/v1/operations/businesses/{shop.id}/lift"
    return await registry.as_staff(Role.OPERATOR, "POST", path, {"reason": "A stolen key."})


async def test_a_canary_is_nobody_and_one_is_told_of_only(planted: Registry) -> None:
    """The answer is that of any stranger; the alarm names the business, once, and nothing is stopped."""
    shop = await planted.shop()
    for _ in range(3):
        answer = (await ask(shop, CANARIES[0])).json()
        assert (answer["result"], answer["matches"]) == ("no_record", [])
        await asyncio.sleep(0.1)
    (alarm,) = await alarms(planted)
    assert (alarm["business_id"], alarm["signal"], alarm["count"]) == (
        shop.id.__str__(),
        "canaries",
        1,
    )
    assert alarm["suspended"] is False
    assert (await ask(shop, "+380675550001")).status_code == 200


async def test_several_canaries_stop_every_key_of_the_business(planted: Registry) -> None:
    """The one that meets them, another, and one that is made afterwards; all else goes on."""
    shop = await planted.shop()
    other = shop.using((await shop.make_key("lookup"))["api_key"])
    for number in CANARIES[:-1]:
        assert (await ask(shop, number)).status_code == 200
    last = await ask(shop, CANARIES[-1])
    assert problem(last) == SUSPENDED
    assert (await settled(shop))["lookups_suspended"]["signal"] == "canaries"
    late = shop.using((await shop.make_key("lookup"))["api_key"])
    for one in (shop, other, late):
        assert problem(await ask(one, "+380675550001")) == SUSPENDED
        batch = {"queries": {"a": query(phone="+380675550001")}}
        assert problem(await one.call("POST", "/v1/lookups/batch", batch)) == SUSPENDED
    said = (await ask(late, "+380675550001")).json()["detail"]
    assert "belong to nobody" in said
    assert "revoke the key" in said
    assert "operator lifts" in said
    assert (
        await shop.call("POST", "/v1/reports", submission(), Idempotency_Key="1")
    ).status_code == 201
    told = await ask(late, "+380675550001")
    assert {"ratelimit", "ratelimit-policy", "x-ratelimit-remaining"} <= set(told.headers)
    usage = (await shop.call("GET", "/v1/usage")).json()
    assert usage["lookups_suspended"]["signal"] == "canaries"
    # What was asked for when it stopped was not answered, and so is not on record.
    assert await rows.count(planted.runtime, "lookups") == len(CANARIES) - 1


async def test_a_test_key_still_works(planted: Registry) -> None:
    shop = await planted.shop()
    test = shop.using((await shop.make_key("lookup", test=True))["api_key"])
    for number in CANARIES:
        await ask(shop, number)
    await settled(shop)
    assert (await ask(test, "+380505550101")).json()["result"] == "record"


async def test_business_and_operator_are_written_to(planted: Registry) -> None:
    """In the business's language; once each, however many calls were under way."""
    shop = await planted.shop()
    await asyncio.gather(*(ask(shop, number) for number in CANARIES * 3))
    await settled(shop)
    await planted.work()
    letters = [one for one in planted.letters() if "апит" in one["subject"]]
    stopped = [one for one in letters if "призупинено" in one["subject"]]
    assert len(stopped) == 2
    (mine,) = [one for one in stopped if one["to"] != "operator@localhost"]
    (operators,) = [one for one in stopped if one["to"] == "operator@localhost"]
    assert "нікому не належать" in mine["text"]
    assert str(shop.id) in operators["text"]
    assert not any(number in one["text"] for one in letters for number in CANARIES)
    said = "SELECT 1 FROM audit_entries WHERE action = 'business.lookups_suspended'"
    assert len(await rows.select(planted.runtime, said)) == 1


async def test_an_operator_lifts_it_and_counting_begins_anew(planted: Registry) -> None:
    shop = await planted.shop()
    for number in CANARIES:
        await ask(shop, number)
    await settled(shop)
    lifted = await lift(planted, shop)
    assert (lifted.status_code, lifted.json()["lookups_suspended"]) == (200, None)
    assert problem(await lift(planted, shop)) == (409, "not-suspended")
    for number in CANARIES[:-1]:
        assert (await ask(shop, number)).status_code == 200
    assert problem(await ask(shop, CANARIES[-1])) == SUSPENDED
    await settled(shop)
    assert [one["suspended"] for one in await alarms(planted)].count(True) == 2
    await planted.work()
    assert any("відновлено" in one["subject"] for one in planted.letters())


async def test_a_moderator_lifts_nothing(planted: Registry) -> None:
    shop = await planted.shop()
    path = f"/v1/operations/businesses/{shop.id}/lift"
    answer = await planted.as_staff(Role.MODERATOR, "POST", path, {"reason": "x"})
    assert problem(answer) == (403, "role-missing")
    own = await shop.call("POST", path, {"reason": "x"})
    assert own.status_code == 401


async def test_a_run_of_neighbours_stops(registry: Registry) -> None:
    """Before the end an alarm; the last is not answered."""
    shop = await registry.shop()
    statuses = [(await ask(shop, number)).status_code for number in RUN]
    assert statuses == [200] * (watch.NEIGHBOURS - 1) + [403]
    assert (await settled(shop))["lookups_suspended"]["signal"] == "neighbours"
    assert [(one["count"], one["suspended"]) for one in await alarms(registry)] == [
        (watch.NEIGHBOURS, True),
        (watch.NEIGHBOURS_TOLD, False),
    ]


async def test_a_run_in_one_batch_stops(registry: Registry) -> None:
    shop = await registry.shop()
    body = {"queries": {number: query(phone=number) for number in RUN}}
    assert problem(await shop.call("POST", "/v1/lookups/batch", body)) == SUSPENDED


async def test_neighbours_of_whom_somebody_is_known_are_no_run(sandbox: Registry) -> None:
    """Only those that lead to nobody count, each once."""
    reporter, shop = await sandbox.shop(), await sandbox.shop()
    for number in RUN[:2]:
        await sandbox.published(reporter, subject={"phone": number})
    for number in [*RUN[:-1], RUN[3], RUN[4]]:
        assert (await ask(shop, number)).status_code == 200


async def test_calls_on_and_on_after_the_budget_stop(registry: Registry) -> None:
    """A batch that is refused counts once; what cannot be read counts as nothing."""
    shop = await registry.shop()
    await rows.write(
        registry.runtime,
        "INSERT INTO refusals VALUES (:of, (now() AT TIME ZONE 'UTC')::date, :calls)",
        of=shop.id,
        calls=watch.REFUSALS * 200 - 2,
    )
    full = {"queries": {str(n): query(phone="+380505550123") for n in range(31)}}
    assert (await shop.call("POST", "/v1/lookups/batch", full)).status_code == 200
    for _ in range(3):
        assert (await ask(shop, "12")).status_code == 400
    assert (await ask(shop, "+380505550123")).status_code in (403, 429)
    assert (await settled(shop))["lookups_suspended"]["signal"] == "refusals"


async def test_the_operators_command_plants_all_or_none(sandbox: Registry) -> None:
    """Faults are named by line; somebody's number is no canary; twice is once; a label is withdrawn whole."""
    reporter = await sandbox.shop()
    await sandbox.published(reporter, subject={"phone": "+380391112233"})
    with pytest.raises(InvalidValues) as refused:
        await plant(sandbox.runtime, ["+380391110000", "12", "+380391112233"])
    assert [fault.pointer for fault in refused.value.errors] == ["/2", "/3"]
    assert await rows.count(sandbox.runtime, "canaries") == 0
    lines = ["+380391110000", "039 111 00 01", "Nobody.Here@shop.example"]
    assert await plant(sandbox.runtime, lines) == 3
    assert await plant(sandbox.runtime, lines[:1], "other") == 0
    kept = await rows.select(sandbox.runtime, "SELECT * FROM canaries")
    assert not any("39111" in str(row) for row in kept)
    async with transaction(sandbox.runtime) as session:
        assert await canaries.withdraw(session, CONSOLE, "list") == 3
        with pytest.raises(NotFound):
            await canaries.withdraw(session, CONSOLE, "list")


async def test_canaries_stand_in_no_figure(planted: Registry) -> None:
    before = (await planted.http.get("/v1/transparency")).json()
    tables = ("identities", "records", "standings", "facts", "reports")
    counts = {table: await rows.count(planted.runtime, table) for table in tables}
    await plant(planted.runtime, ["+380391119999"], "more")
    assert (await planted.http.get("/v1/transparency")).json() == before
    assert {table: await rows.count(planted.runtime, table) for table in tables} == counts


def test_drawn_numbers_are_of_the_pattern_and_different() -> None:
    drawn = canaries.draw(200, "+38039210xxxx")
    assert len(set(drawn)) == 200
    assert all(number.startswith("+38039210") and len(number) == 13 for number in drawn)
