"""Many lookups at once, and what they cost."""

import asyncio
from typing import Any

import msgspec
import pytest

from tests.factories.registry import Registry, Shop


def row(**subject: Any) -> dict[str, Any]:
    """A query as sent."""
    return {"subject": subject, "purpose": "order", "reference": "order-7"}


async def batch(shop: Shop, queries: dict[str, Any], **headers: str) -> Any:
    """A batch's response."""
    return await shop.call("POST", "/v1/lookups/batch", {"queries": queries}, **headers)


async def left(shop: Shop) -> int:
    """What is left of the minute's budget."""
    usage = (await shop.call("GET", "/v1/usage")).json()
    return int(next(w["left"] for w in usage["plan_windows"] if w["name"] == "burst"))


async def test_each_row_is_answered_or_has_its_problem(sandbox: Registry) -> None:
    """Good rows are answered in order; bad ones say what is wrong with them and cost nothing."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    await sandbox.published(reporter)
    answer = await batch(
        asker,
        {
            "hit": row(phone="0505550177"),
            "miss": row(phone="0505550199"),
            "unreadable": row(phone="05O555O177"),
            "anyone": row(name="Шевченко Олександр"),
            "typo": {**row(phone="0505550177"), "purpse": "order"},
        },
    )
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    assert list(answers) == ["hit", "miss", "unreadable", "anyone", "typo"]
    assert (answers["hit"]["result"], answers["miss"]["result"]) == ("record", "no_record")
    problems = {name: answers[name]["problem"] for name in ("unreadable", "anyone", "typo")}
    assert {name: one["status"] for name, one in problems.items()} == {
        "unreadable": 400,
        "anyone": 422,
        "typo": 400,
    }
    assert problems["unreadable"]["errors"][0]["pointer"] == "/subject/phone"
    assert problems["typo"]["errors"][0]["pointer"] == "/purpse"
    assert answer.headers["X-RateLimit-Remaining"] == "28"


async def test_rows_past_the_budget_are_problems_and_429_only_when_none_fits(
    registry: Registry,
) -> None:
    """Of 40 rows under a budget of 30, ten are `quota-exceeded`; the next batch is 429 with Retry-After."""
    asker = await registry.shop()
    queries = {f"row-{n}": row(phone=f"+3805055501{n:02d}") for n in range(40)}
    first = await batch(asker, queries)
    told = [
        one.get("problem", {}).get("type", "answered") for one in first.json()["answers"].values()
    ]
    assert told.count("answered") == 30
    assert told[30:] == ["urn:registry:problem:quota-exceeded"] * 10
    second = await batch(asker, queries)
    assert second.status_code == 429
    assert 1 <= int(second.headers["Retry-After"]) <= 3
    assert second.json()["type"].endswith(":quota-exceeded")


@pytest.mark.parametrize("size", [0, 101])
async def test_a_batch_has_one_to_a_hundred_rows(registry: Registry, size: int) -> None:
    asker = await registry.shop()
    answer = await batch(asker, {f"row-{n}": row(phone="0505550100") for n in range(size)})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/queries"
    assert await left(asker) == 30


async def test_exactly_the_burst_of_concurrent_calls_is_answered(registry: Registry) -> None:
    """90 at once under a budget of 30: 30 answers, 60 refusals, 30 on record."""
    asker = await registry.shop()
    calls = [asker.call("POST", "/v1/lookups", row(phone="0505550123")) for _ in range(90)]
    answers = await asyncio.gather(*calls)
    assert sorted(one.status_code for one in answers) == [200] * 30 + [429] * 60
    assert all("X-RateLimit-Remaining" in one.headers for one in answers)


async def test_what_cannot_be_read_costs_nothing(registry: Registry) -> None:
    """Malformed bodies, unreadable numbers and unknown fields leave the budget whole, and tell it."""
    asker = await registry.shop()
    bodies: list[Any] = [row(phone="12"), row(phone="0505550123", phon="1"), {"subject": {}}, []]
    for body in bodies:
        answer = await asker.call("POST", "/v1/lookups", body)
        assert answer.status_code == 400
        assert answer.headers["X-RateLimit-Remaining"] == "30"


async def test_a_repeated_key_replays_and_costs_nothing(sandbox: Registry) -> None:
    """The same key and body: the first answer; another body: 422; a batch replays row by row."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    report = await sandbox.published(reporter)
    key = {"Idempotency_Key": "checkout-1"}
    first = await asker.call("POST", "/v1/lookups", row(phone="0505550177"), **key)
    again = await asker.call("POST", "/v1/lookups", row(phone="0505550177"), **key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert await left(asker) == 29
    other = await asker.call("POST", "/v1/lookups", row(phone="0505550178"), **key)
    assert other.status_code == 422
    assert other.json()["type"].endswith(":idempotency-key-reused")
    rows = {"a": row(phone="0505550177"), "b": row(phone="0505550199")}
    once = await batch(asker, rows, Idempotency_Key="batch-1")
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Paid."})
    twice = await batch(asker, rows, Idempotency_Key="batch-1")
    assert twice.headers["Idempotent-Replayed"] == "true"
    assert await left(asker) == 27
    before, after = once.json()["answers"]["a"], twice.json()["answers"]["a"]
    assert after["lookup_id"] == before["lookup_id"]
    assert after["matches"][0]["reports"][0]["state"] == "no_longer_shown"


async def test_messagepack_both_ways(registry: Registry) -> None:
    """A body in MessagePack is read, and answered in MessagePack when that is asked for."""
    asker = await registry.shop()
    headers = {
        "Authorization": f"Bearer {asker.key}",
        "Content-Type": "application/vnd.msgpack",
        "Accept": "application/vnd.msgpack",
    }
    body = msgspec.msgpack.encode(row(phone="0505550123"))
    answer = await registry.http.post("/v1/lookups", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.msgpack"
    assert msgspec.msgpack.decode(answer.content)["result"] == "no_record"


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/v1/lookups", b'{"a": 1, "a": 2}', 400),
        ("POST", "/v1/lookups", b"\xff", 400),
        ("POST", "/v1/lookups", b" " * 70_000, 413),
        ("GET", "/v1/reports/not-an-id", b"", 404),
        ("GET", "/v1/lookups", b"", 405),
        ("GET", "/nowhere", b"", 404),
    ],
)
async def test_even_a_refusal_at_the_door_tells_the_budget(
    registry: Registry, method: str, path: str, content: bytes, status: int
) -> None:
    """Whatever is answered to a known key, and nothing to a stranger."""
    asker = await registry.shop()
    headers = {"Authorization": f"Bearer {asker.key}", "Content-Type": "application/json"}
    answer = await registry.http.request(method, path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-RateLimit-Remaining"] == "30"
    del headers["Authorization"]
    stranger = await registry.http.request(method, path, content=content, headers=headers)
    assert "X-RateLimit-Remaining" not in stranger.headers


async def test_a_repetition_under_way_costs_nothing(registry: Registry) -> None:
    """Of many at once under one key one is charged; the others replay it or are told to wait."""
    asker = await registry.shop()
    calls = [
        asker.call("POST", "/v1/lookups", row(phone="0505550123"), Idempotency_Key="one")
        for _ in range(12)
    ]
    answers = await asyncio.gather(*calls)
    assert {one.status_code for one in answers} <= {200, 409}
    assert len({one.json()["lookup_id"] for one in answers if one.status_code == 200}) == 1
    assert await left(asker) == 29


async def test_a_batch_key_is_good_for_one_batch(registry: Registry) -> None:
    """Other rows under the same key, or a single lookup, are another request: 422."""
    asker = await registry.shop()
    key = {"Idempotency_Key": "nightly"}
    assert (await batch(asker, {"a": row(phone="0505550123")}, **key)).status_code == 200
    assert (await batch(asker, {"b": row(phone="0505550124")}, **key)).status_code == 422
    single = await asker.call("POST", "/v1/lookups", row(phone="0505550123"), **key)
    assert single.status_code == 422
