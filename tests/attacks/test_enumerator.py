"""Whoever holds good keys and goes through numbers to learn who is reported; and the same without each control."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import msgspec
import pytest

from registry.limits import watch
from registry.lookups import canaries
from registry.platform import policy as policies
from registry.platform.actor import CONSOLE
from registry.platform.policy import Plan
from registry.platform.runtime import Runtime, transaction
from tests.factories.registry import Registry, Shop, query, serving
from tests.limits.test_suspension import settled

UNMATCHED = 8
#: In one block, and each in another.
BLOCK = [f"+380671234{n:03d}" for n in range(40)]
SCATTERED = [f"+38067{n:03d}0{n:03d}" for n in range(100, 140)]
#: Every fourth is reported.
EVERY = 4


@pytest.fixture
async def small(running: Runtime, request: pytest.FixtureRequest) -> AsyncIterator[Registry]:
    """A registry whose plans let so many strangers through."""
    sandbox = policies.load("sandbox")
    plan = Plan(
        minute=1000,
        day=1000,
        unmatched=getattr(request, "param", UNMATCHED),
        reports_day=10**6,
        reports_month=10**6,
    )
    policy = msgspec.structs.replace(sandbox, plans=dict.fromkeys(sandbox.plans, plan))
    async with serving(replace(running, policy=policy)) as served:
        yield served


#: Numbers of nobody's that the operator laid where lists are gathered.
CANARIES = [f"+38039{n:03d}7777" for n in range(100, 100 + watch.CANARIES)]


async def _reported(registry: Registry, numbers: list[str]) -> None:
    shop = await registry.shop()
    for number in numbers[::EVERY]:
        await registry.published(shop, subject={"phone": number})


async def _revealed(shops: list[Shop], numbers: list[str]) -> tuple[int, int]:
    """How many of the numbers were answered, and how many persons that revealed, shops asking in turn."""

    async def one(place: int, number: str) -> httpx.Response:
        # Each call from another address, by another key.
        headers = {"X-Forwarded-For": f"192.0.2.{place}"}
        shop = shops[place % len(shops)]
        return await shop.call("POST", "/v1/lookups", query(phone=number), **headers)

    answers = [await one(place, number) for place, number in enumerate(numbers)]
    told = [answer.json()["result"] for answer in answers if answer.status_code == 200]
    return len(told), told.count("record")


async def _keys(shop: Shop, count: int = 5) -> list[Shop]:
    return [shop.using((await shop.make_key("lookup"))["api_key"]) for _ in range(count)]


@pytest.mark.parametrize("small", [UNMATCHED, 1000], indirect=True, ids=["held", "taken out"])
async def test_strangers_run_out_whoever_asks(
    small: Registry, request: pytest.FixtureRequest
) -> None:
    """Five keys, forty addresses: as many strangers as the plan says, in all. Without that budget: everybody."""
    await _reported(small, SCATTERED)
    answered, revealed = await _revealed(await _keys(await small.shop()), SCATTERED)
    if request.node.callspec.id == "taken out":
        assert (answered, revealed) == (40, 10)
    else:
        # Three strangers after each person who is known; the one after the last stranger is refused.
        assert answered - revealed == UNMATCHED
        assert revealed == UNMATCHED // (EVERY - 1) + 1


@pytest.mark.parametrize("small", [1000], indirect=True)
@pytest.mark.parametrize("held", [True, False], ids=["held", "taken out"])
async def test_going_through_a_block_ends(
    small: Registry, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    """By five keys in turn; the keys that were not yet used are stopped as well."""
    if not held:
        monkeypatch.setattr(watch, "stops", lambda _: [])
    await _reported(small, BLOCK)
    shop = await small.shop()
    answered, revealed = await _revealed(await _keys(shop), BLOCK)
    if held:
        assert answered - revealed == watch.NEIGHBOURS - 1
        later = await asyncio.gather(*(_revealed([one], SCATTERED) for one in await _keys(shop)))
        assert set(later) == {(0, 0)}
    else:
        assert (answered, revealed) == (40, 10)


@pytest.mark.parametrize("small", [1000], indirect=True)
@pytest.mark.parametrize("held", [True, False], ids=["held", "taken out"])
async def test_a_list_with_canaries_ends(
    small: Registry, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    """A list was gathered together with the canaries in it: at the third the keys are stopped."""
    if not held:
        monkeypatch.setattr(watch, "stops", lambda _: [])
    async with transaction(small.runtime) as session:
        await canaries.plant(session, CONSOLE, CANARIES, "list", country="UA")
    await _reported(small, SCATTERED)
    shop, half = await small.shop(), len(SCATTERED) // 2
    keys = await _keys(shop)
    answered, _ = await _revealed(keys, [*SCATTERED[:half], *CANARIES])
    assert answered == half + len(CANARIES) - held
    if held:
        await settled(shop)
    later = await _revealed(keys, SCATTERED[half:])
    assert later == ((0, 0) if held else (half, half // EVERY))
