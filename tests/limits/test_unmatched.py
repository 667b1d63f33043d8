"""Distinct identifiers that lead to nobody: counted once a day, exactly, and refused without telling who is known."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from registry.limits import watch
from registry.platform import policy as policies
from registry.platform.db import plain_dsn
from registry.platform.policy import Plan
from registry.platform.runtime import Runtime
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query, serving

QUOTA = 5
#: Nobody's, and no two in one block.
STRANGERS = [f"+38067{n:03d}{n:04d}" for n in range(100, 160)]


@pytest.fixture
async def narrow(running: Runtime) -> AsyncIterator[Registry]:
    """A registry whose free plan has five distinct unmatched identifiers a day."""
    sandbox = policies.load("sandbox")
    plans = {
        **sandbox.plans,
        "free": Plan(
            minute=1000, day=1000, unmatched=QUOTA, reports_day=10**6, reports_month=10**6
        ),
    }
    policy = msgspec.structs.replace(sandbox, plans=plans)
    async with serving(replace(running, policy=policy)) as served:
        yield served


async def ask(shop: Shop, *numbers: str, **more: Any) -> httpx.Response:
    return await shop.call("POST", "/v1/lookups", query(phones=list(numbers), **more))


async def left(shop: Shop) -> int:
    windows = (await shop.call("GET", "/v1/usage")).json()["plan_windows"]
    return int(windows[2]["left"])


async def spend(shop: Shop, count: int = QUOTA) -> None:
    for number in STRANGERS[:count]:
        assert (await ask(shop, number)).status_code == 200


async def test_many_at_once_get_exactly_the_quota(narrow: Registry) -> None:
    """60 strangers at once, of whom each is asked for twice: five are answered, however often."""
    shop = await narrow.shop()
    numbers = STRANGERS * 2
    random.Random(3).shuffle(numbers)
    answers = await asyncio.gather(*(ask(shop, number) for number in numbers))
    answered = {n for n, answer in zip(numbers, answers, strict=True) if answer.status_code == 200}
    assert len(answered) == QUOTA
    assert {answer.status_code for answer in answers} == {200, 429}
    assert await rows.count(narrow.runtime, "unmatched") == QUOTA


async def test_the_refusal_says_which_budget_and_when(narrow: Registry) -> None:
    shop = await narrow.shop()
    await spend(shop)
    refused = await ask(shop, STRANGERS[-1])
    assert problem(refused) == (429, "quota-exceeded")
    assert 17_200 < int(refused.headers["retry-after"]) <= 17_280
    assert "distinct" in refused.json()["detail"]
    assert '"unmatched";r=0' in refused.headers["ratelimit"]
    assert refused.headers["x-ratelimit-limit"] == "5"


async def test_who_is_known_is_refused_like_who_is_not(narrow: Registry) -> None:
    """Otherwise the refusal itself would tell, for nothing. Before, they cost nothing."""
    reporter, shop = await narrow.shop(), await narrow.shop()
    await narrow.published(reporter, subject={"phone": "+380505550177"})
    for _ in range(3):
        assert (await ask(shop, "+380505550177")).json()["result"] == "record"
    assert await left(shop) == QUOTA
    await spend(shop)
    known, unknown = await ask(shop, "+380505550177"), await ask(shop, STRANGERS[-1])
    assert problem(known) == problem(unknown) == (429, "quota-exceeded")
    assert len({answer.headers["ratelimit"].split(";t=")[-2] for answer in (known, unknown)}) == 1
    assert known.json()["detail"].split(" in ")[:-1] == unknown.json()["detail"].split(" in ")[:-1]


async def test_the_same_client_again_costs_nothing(narrow: Registry) -> None:
    """However it is written, by whichever key, and also when the budget is spent."""
    shop = await narrow.shop()
    other = shop.using((await shop.make_key("lookup"))["api_key"])
    await spend(shop)
    local = STRANGERS[0].removeprefix("+38")
    assert (await ask(other, local)).status_code == 200
    assert await left(shop) == 0


async def test_each_identifier_counts(narrow: Registry) -> None:
    """Three in one lookup are three; one lookup with more than are left is refused whole and takes nothing."""
    shop = await narrow.shop()
    assert (await ask(shop, *STRANGERS[:2], email="nobody@shop.example")).status_code == 200
    assert await left(shop) == 2
    refused = await ask(shop, *STRANGERS[2:5])
    assert problem(refused) == (429, "quota-exceeded")
    assert 17_200 < int(refused.headers["retry-after"]) <= 17_280
    assert await left(shop) == 2
    assert (await ask(shop, *STRANGERS[2:4])).status_code == 200


async def test_a_name_counts_as_one_whoever_it_leads_to(narrow: Registry) -> None:
    """Names are shared: were one that somebody has free, going through names would be."""
    reporter, shop = await narrow.shop(), await narrow.shop()
    known = {"name": "Ковальчук Остап", "birth_date": "1990-01-02"}
    await narrow.published(reporter, subject={"phone": "+380505550177", **known})
    for _ in range(2):
        body = query(name="Ковальчук Остап", birth_date="1990-01-02")
        assert (await shop.call("POST", "/v1/lookups", body)).status_code == 200
    assert await left(shop) == QUOTA - 1


async def test_a_batch_is_answered_in_order_as_far_as_it_goes(narrow: Registry) -> None:
    """The unreadable row counts as nothing, the repeated one once."""
    shop = await narrow.shop()
    numbers = ["12", *STRANGERS[:4], STRANGERS[0], *STRANGERS[4:8]]
    body = {"queries": {str(n): query(phone=one) for n, one in enumerate(numbers)}}
    answer = await shop.call("POST", "/v1/lookups/batch", body)
    told = answer.json()["answers"].values()
    kinds = ["lookup_id" in row or row["problem"]["status"] for row in told]
    assert kinds == [400, True, True, True, True, True, True, 429, 429, 429]
    assert problem(
        await shop.call("POST", "/v1/lookups/batch", {"queries": {"a": query(phone=STRANGERS[9])}})
    ) == (429, "quota-exceeded")


async def test_another_business_is_another_count(narrow: Registry) -> None:
    one, other = await narrow.shop(), await narrow.shop()
    await spend(one)
    await spend(other)


async def test_what_is_kept_says_nothing_of_who_was_asked_for(narrow: Registry) -> None:
    """No index value, nothing that two businesses' rows share, and a new day forgets it."""
    shops = [await narrow.shop(), await narrow.shop()]
    for shop in shops:
        await ask(shop, "+380671112233")
    await narrow.published(shops[0], subject={"phone": "+380671112233"})
    kept = await rows.select(narrow.runtime, "SELECT * FROM unmatched")
    marks = [row[column] for row in kept for column in ("mark", "block")]
    assert len(set(marks)) == 4
    (standing,) = await rows.select(narrow.runtime, "SELECT index_value FROM standings")
    value = standing["index_value"]
    halves = {int.from_bytes(value[n : n + 8], signed=True) for n in (0, 8)}
    assert not halves & set(marks)


async def test_the_database_admits_what_the_rule_admits(database_url: str) -> None:
    """Many drawn cases: how many lookups, and what they take of the room, as `watch.admitted` says."""
    drawn = random.Random(11)
    connection = await asyncpg.connect(plain_dsn(database_url))
    await connection.execute("SET ROLE registry_definer")
    for case in range(300):
        room = drawn.randint(1, 12)
        lookups = [
            [drawn.random() < 0.3 for _ in range(drawn.randint(0, 4))]
            for _ in range(drawn.randint(1, 8))
        ]
        news = [(place, met) for place, of in enumerate(lookups, 1) for met in of]
        name = f"case-{case}:unmatched"
        await connection.execute("INSERT INTO buckets VALUES ($1, '-infinity')", name)
        row = await connection.fetchrow(
            "SELECT * FROM registry_debit($1, '{1,1}', $2, '{86400,60}', $3, '{t,f}', $4, $5, $6)",
            [name, f"case-{case}:burst"],
            [room, 1000],
            [len(lookups)],
            [1] * len(news),
            [place for place, _ in news],
            [met for _, met in news],
        )
        assert row is not None
        counts = [(len(of), of.count(False)) for of in lookups]
        expected, taken = watch.admitted(room, counts)
        assert (row["admitted"], row["remaining"][0]) == ([expected], room - taken), lookups
    await connection.close()
