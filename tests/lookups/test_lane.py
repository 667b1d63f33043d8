"""The lane past the framework answers what the framework's own route answers, whatever is sent."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from registry import app
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query

PHONE = "+380505550170"
GOOD = query(phone=PHONE)
JSON = {"Content-Type": "application/json"}
PACKED = {"Content-Type": "application/vnd.msgpack", "Accept": "application/vnd.msgpack"}


@pytest.fixture(scope="module")
async def framework(shared_sandbox: Registry) -> AsyncIterator[httpx.AsyncClient]:
    """The same registry without the lane."""
    application = app.build()
    app.attach(application, shared_sandbox.runtime)
    transport = httpx.ASGITransport(app.wrapped(application, lane=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://registry.test") as http:
        yield http


@pytest.fixture(scope="module")
async def keys(shared_sandbox: Registry) -> dict[str, str]:
    """Keys of every kind of caller, by name."""
    shop = await shared_sandbox.shop(plan="partner")
    await shared_sandbox.published(shop, subject={"phone": PHONE, "name": "Білик Остап"})
    spent = await shared_sandbox.shop()
    for _ in range(30):
        await spent.look_up(phone="0505550199")
    # For an hour: a lookup fits again every two seconds, and this machine may be slow.
    later = "UPDATE buckets SET arrival = arrival + interval '1 hour' WHERE name LIKE :name"
    await rows.write(shared_sandbox.runtime, later, name=f"%{spent.id}%burst%")
    suspended = await shared_sandbox.shop()
    await shared_sandbox.decide_business(suspended.id, "suspend")
    return {
        "good": shop.key,
        "other scope": (await shop.make_key("report"))["api_key"],
        "test": (await shop.make_key("lookup", test=True))["api_key"],
        "pending": (await shared_sandbox.newcomer()).key,
        "spent": spent.key,
        "suspended": suspended.key,
        "unknown": "bcr_live_" + "x" * 49,
    }


CALLS: dict[str, tuple[str, Any, dict[str, str]]] = {
    "a hit": ("good", GOOD, {}),
    "a miss": ("good", query(phone="0505550199"), {}),
    "a name that agrees": ("good", query(phone=PHONE, name="Остап Білик"), {}),
    "another's name": ("good", query(phone=PHONE, name="Мовчан Тарас"), {}),
    "a name and a town": ("good", query(name="Білик Остап", city="Київ"), {}),
    "packed both ways": ("good", msgspec.msgpack.encode(GOOD), PACKED),
    "a test key": ("test", query(phone="+380505550102"), {}),
    "a test key, spent": ("test", query(phone="+380505550109"), {}),
    "no key": ("", GOOD, {}),
    "an unknown key": ("unknown", GOOD, {}),
    "another scope": ("other scope", GOOD, {}),
    "a pending business": ("pending", GOOD, {}),
    "a suspended business": ("suspended", GOOD, {}),
    "a spent budget": ("spent", GOOD, {}),
    "no body": ("good", b"", {}),
    "no JSON": ("good", b"{", {}),
    "a list": ("good", [], {}),
    "nothing in it": ("good", {}, {}),
    "a typo": ("good", {**GOOD, "purpse": "order"}, {}),
    "an unreadable number": ("good", query(phone="05O555O177"), {}),
    "form and values at once": ("good", {**query(phone="12"), "purpose": "x"}, {}),
    "anyone": ("good", query(name="Шевченко Олександр"), {}),
    "twice the same name": ("good", b'{"purpose": "order", "purpose": "order"}', {}),
    "a bad idempotency key": ("good", GOOD, {"Idempotency-Key": "x" * 300}),
    "form of a page": ("good", b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}),
}
VARYING = {"x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "retry-after"}


async def _sent(
    http: httpx.AsyncClient, key: str, body: Any, headers: dict[str, str]
) -> tuple[int, dict[str, str], Any]:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    given = {**JSON, **headers, **({"Authorization": f"Bearer {key}"} if key else {})}
    answer = await http.post("/v1/lookups", content=content, headers=given)
    said = answer.content
    if "msgpack" in answer.headers["Content-Type"]:
        said = msgspec.json.encode(msgspec.msgpack.decode(said))
    told = {**msgspec.json.decode(said), "lookup_id": "", "as_of": "", "instance": ""}
    varying = {**VARYING_LENGTH, **dict.fromkeys(VARYING, "")}
    return (
        answer.status_code,
        {name: varying.get(name, value) for name, value in answer.headers.items()},
        told,
    )


#: The digits of a moment may be fewer.
VARYING_LENGTH = {"content-length": ""}


@pytest.mark.parametrize("call", CALLS)
async def test_both_say_the_same(
    shared_sandbox: Registry, framework: httpx.AsyncClient, keys: dict[str, str], call: str
) -> None:
    holder, body, headers = CALLS[call]
    key = keys.get(holder, "")
    lane = await _sent(shared_sandbox.http, key, body, headers)
    assert (lane[0] == 429) == ("spent" in call)
    assert lane == await _sent(framework, key, body, headers)


async def test_a_key_replays_across_both(
    shared_sandbox: Registry, framework: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    """What one answered the other replays."""
    shop = await shared_sandbox.shop()
    key = {"Idempotency_Key": "across"}
    first = await shop.call("POST", "/v1/lookups", GOOD, **key)
    again = await Shop(shop.id, shop.key, framework).call("POST", "/v1/lookups", GOOD, **key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    third = await shop.call("POST", "/v1/lookups", GOOD, **key)
    assert (third.json(), third.headers["Idempotent-Replayed"]) == (first.json(), "true")


async def test_other_calls_pass_it(shared_sandbox: Registry, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['good']}"}
    wrong = await shared_sandbox.http.get("/v1/lookups", headers=headers)
    assert wrong.status_code == 405
    assert set(wrong.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    usage = await shared_sandbox.http.get("/v1/usage", headers=headers)
    assert usage.status_code == 200
