"""API keys: shown once, scoped, bound, expiring, revoked everywhere within five seconds."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from registry import app
from registry.businesses import service as businesses
from registry.platform import recent, runtime, secrets
from registry.platform.actor import CONSOLE
from registry.platform.runtime import Runtime, transaction
from tests.factories import rows
from tests.factories.dumps import every_cell
from tests.factories.registry import SCOPES, Registry, Shop, problem, query, serving

#: (call, the scope it needs); None: any key of the business will do.
CALLS = [
    (("POST", "/v1/lookups"), "lookup"),
    (("POST", "/v1/lookups/batch"), "lookup"),
    (("GET", f"/v1/lookups/{UUID(int=0)}"), "lookup"),
    (("GET", "/v1/usage"), None),
    (("GET", "/v1/terms"), "manage"),
    (("PUT", "/v1/terms"), "manage"),
    (("POST", "/v1/reports"), "report"),
    (("GET", "/v1/reports"), "report"),
    (("GET", f"/v1/reports/{UUID(int=0)}"), "report"),
    (("PATCH", f"/v1/reports/{UUID(int=0)}"), "report"),
    (("POST", f"/v1/reports/{UUID(int=0)}/evidence"), "report"),
    (("POST", f"/v1/reports/{UUID(int=0)}/withdraw"), "report"),
    (("POST", f"/v1/reports/{UUID(int=0)}/settle"), "report"),
    (("POST", f"/v1/reports/{UUID(int=0)}/reinsertion"), "report"),
    (("POST", "/v1/api-keys"), "manage"),
    (("GET", "/v1/api-keys"), "manage"),
    (("POST", f"/v1/api-keys/{UUID(int=0)}/revoke"), "manage"),
    (("GET", "/v1/businesses/{own}"), None),
    (("POST", "/v1/businesses/{own}/email-proof"), "manage"),
]


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


@pytest.fixture(scope="module")
async def scoped(shared: Registry, shop: Shop) -> dict[str, Shop]:
    """One key a scope."""
    return {scope: shop.using((await shop.make_key(scope))["api_key"]) for scope in SCOPES}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("call", "needed"), CALLS, ids=str)
async def test_every_call_with_every_scope(
    scoped: dict[str, Shop], call: tuple[str, str], needed: str | None, scope: str
) -> None:
    """403 with exactly the other scopes; with its own the call gets past the door (and fails later)."""
    caller = scoped[scope]
    method, path = call
    body: dict[str, Any] | None = None if method == "GET" else {}
    answer = await caller.call(method, path.format(own=caller.id), body)
    refused = answer.status_code == 403
    assert refused == (needed is not None and scope != needed), answer.text
    if refused:
        assert problem(answer) == (403, "scope-missing")
        assert f"`{needed}`" in answer.json()["detail"]


async def test_a_key_is_shown_once(shared: Registry, shop: Shop) -> None:
    """In its own answer and nowhere else: not in lists, not in the database, which has its keyed hash."""
    made = await shop.make_key("lookup", label="once")
    secret = made["api_key"]
    assert secrets.prefix_of(secret) == secrets.LIVE
    assert made["key"]["hint"] == secret[: len("bcr_live_") + 6]
    listed = await shop.call("GET", "/v1/api-keys?limit=100")
    assert secret not in listed.text
    assert made["key"]["id"] in listed.text
    body = secret[len("bcr_live_") + 6 :]
    cells = await every_cell(shared.runtime)
    assert [table for table, cell in cells if body in cell or body.encode().hex() in cell] == []
    row = await rows.row(shared.runtime, "api_keys", made["key"]["id"])
    assert row["digest"] == secrets.digest(shared.runtime.keyring, secret)


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"scopes": []}, 400, "/scopes"),
        ({"scopes": ["everything"]}, 400, "/scopes/0"),
        ({"scopes": ["staff"]}, 400, "/scopes/0"),
        ({"label": ""}, 400, "/label"),
        ({"expires_at": "2026-01-01"}, 400, "/expires_at"),
        ({"expires_at": "2026-01-01T00:00:00"}, 400, "/expires_at"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, 422, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, 422, "/expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, 422, "/expires_at"),
        ({"networks": ["here"]}, 400, "/networks/0"),
        ({"networks": ["192.0.2.0/24", "300.1.1.1"]}, 400, "/networks/1"),
        ({"test": True, "scopes": ["lookup", "report"]}, 422, "/scopes"),
        ({"id": str(UUID(int=0))}, 400, "/id"),
    ],
)
async def test_what_makes_no_key(
    shared: Registry, shop: Shop, changes: dict[str, Any], status: int, pointer: str
) -> None:
    before = await rows.count(shared.runtime, "api_keys")
    body = {"label": "no key", "scopes": ["lookup"], **changes}
    answer = await shop.create("/v1/api-keys", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    assert await rows.count(shared.runtime, "api_keys") == before


async def test_a_key_ends_at_its_time(shared: Registry, shop: Shop) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2.5)
    key = (await shop.make_key("lookup", expires_at=soon.isoformat()))["api_key"]
    assert (await shop.using(key).call("GET", "/v1/usage")).status_code == 200
    fresh = await _elsewhere(shared, key)
    await asyncio.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()) + 0.1)
    # A process that knows the key already forgets it a moment later; a new one never lets it in.
    assert fresh == 200
    assert await _elsewhere(shared, key) == 401


async def _elsewhere(registry: Registry, key: str) -> int:
    """The answer of another process on the same database that starts now."""
    async with serving(registry.runtime) as other:
        return (await other.http.get("/v1/usage", headers={"X-Api-Key": key})).status_code


async def test_revoked_everywhere_within_five_seconds(
    registry: Registry, database_url: str
) -> None:
    """Also in another process, which used the key a moment ago and is told nothing."""
    shop = await registry.shop()
    made = await shop.make_key("lookup")
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    async with (
        runtime.running(registry.runtime.settings, database_url) as second,
        serving(second) as other,
    ):
        doors = [registry.http, other.http]
        for door in doors:
            assert (await door.get("/v1/usage", headers=headers)).status_code == 200
        path = f"/v1/api-keys/{made['key']['id']}/revoke"
        revoked = await shop.call("POST", path)
        began = time.monotonic()
        assert revoked.json()["revoked_at"] is not None
        open_ = set(range(len(doors)))
        while open_ and time.monotonic() - began < 5:
            for number in list(open_):
                if (await doors[number].get("/v1/usage", headers=headers)).status_code == 401:
                    open_.remove(number)
            await asyncio.sleep(0.1)
        assert open_ == set()
        assert recent.LIFETIME < 5
    again = await shop.call("POST", path)
    assert again.json() == revoked.json()
    entries = await rows.actions(registry.runtime, made["key"]["id"])
    assert entries == ["key.created", "key.revoked"]
    assert problem(await shop.using(made["api_key"]).call("GET", "/v1/usage"))[0] == 401


@pytest.mark.parametrize("change", ["revoke", "suspend", "plan"])
async def test_a_message_takes_a_change_to_every_process_at_once(
    registry: Registry, database_url: str, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Where what is known would be trusted for an hour, a change made elsewhere still holds within a moment."""
    monkeypatch.setattr(recent, "LIFETIME", 3600.0)
    monkeypatch.setattr(recent, "RENEWED", 1800.0)

    @asynccontextmanager
    async def opening() -> AsyncIterator[Runtime]:
        async with runtime.running(registry.runtime.settings, database_url) as second:
            yield second

    shop = await registry.shop()
    made = await shop.make_key("lookup")
    application = app.build(opening)
    transport = httpx.ASGITransport(app.wrapped(application))
    async with (
        application.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://registry.test") as http,
    ):
        other = Shop(shop.id, made["api_key"], http)

        async def asked() -> tuple[int, str]:
            answer = await other.call("POST", "/v1/lookups", query(phone="0505550181"))
            return answer.status_code, answer.headers.get("RateLimit-Policy", "")

        before = await asked()
        assert before[0] == 200
        assert await asked() == before
        if change == "revoke":
            await shop.call("POST", f"/v1/api-keys/{made['key']['id']}/revoke")
        elif change == "suspend":
            await registry.decide_business(shop.id, "suspend")
        else:
            async with transaction(registry.runtime) as session:
                await businesses.set_plan(session, CONSOLE, shop.id, "pro")
        began = time.monotonic()
        while (after := await asked()) == before:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.05)
    assert after[0] == {"revoke": 401, "suspend": 403, "plan": 200}[change]


async def test_suspended_everywhere_within_five_seconds(registry: Registry) -> None:
    """A suspended business's keys look up and report no more; its account they still manage."""
    shop = await registry.shop()
    assert (await shop.look_up(phone="+380505550181"))["result"] == "no_record"
    await registry.decide_business(shop.id, "suspend")
    began = time.monotonic()
    while (answer := await shop.call("POST", "/v1/lookups", query(phone="0505550181"))).is_success:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.1)
    assert problem(answer) == (403, "business-not-verified")
    assert problem(await shop.create("/v1/reports", {})) == (403, "business-not-verified")
    assert (await shop.call("GET", "/v1/api-keys")).status_code == 200


@pytest.mark.parametrize(
    ("networks", "address", "let_in"),
    [
        ([], "198.51.100.7", True),
        (["198.51.100.7"], "198.51.100.7", True),
        (["198.51.100.0/24"], "198.51.100.200", True),
        (["198.51.100.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["198.51.100.9/24"], "198.51.100.200", True),
        (["198.51.100.7"], "198.51.100.8", False),
        (["2001:db8::/32"], "198.51.100.7", False),
        (["0.0.0.0/0"], "2001:db8::1", False),
    ],
)
async def test_bound_to_addresses(
    shared: Registry, shop: Shop, networks: list[str], address: str, let_in: bool
) -> None:
    made = await shop.make_key("lookup", networks=networks)
    transport = shared.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    from_there = httpx.ASGITransport(transport.app, client=(address, 4711))
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    async with httpx.AsyncClient(transport=from_there, base_url="http://registry.test") as http:
        answer = await http.get("/v1/usage", headers=headers)
    assert answer.status_code == (200 if let_in else 401)


async def test_the_header_of_a_forwarder_is_not_believed(shared: Registry, shop: Shop) -> None:
    made = await shop.make_key("lookup", networks=["198.51.100.7"])
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"):
        headers = {header: "198.51.100.7", "X-Api-Key": made["api_key"]}
        assert (await shared.http.get("/v1/usage", headers=headers)).status_code == 401


async def test_keys_are_listed_page_by_page(shared: Registry) -> None:
    shop, other = await shared.shop(), await shared.shop()
    made = [(await shop.make_key("lookup"))["key"]["id"] for _ in range(5)]
    seen, path = [], "/v1/api-keys?limit=3"
    while True:
        page = (await shop.call("GET", path)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
        path = f"/v1/api-keys?limit=3&cursor={cursor}"
    assert seen[:5] == made[::-1]
    assert len(seen) == len(set(seen)) == 7
    # Bound to the caller and the list; changed, it is none.
    stranger = await other.call("GET", path)
    elsewhere = await shop.call("GET", f"/v1/reports?cursor={cursor}")
    swapped = cursor[:9] + ("A" if cursor[9] != "A" else "B") + cursor[10:]
    for answer in (
        stranger,
        elsewhere,
        await shop.call("GET", f"/v1/api-keys?cursor={swapped}"),
        await shop.call("GET", "/v1/api-keys?cursor=%D0%BA"),
        await shop.call("GET", f"/v1/api-keys?cursor={cursor}AAAA"),
        await shop.call("GET", "/v1/api-keys?cursor=x"),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "query:cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e3", "", "9" * 4000])
async def test_a_limit_is_one_to_a_hundred(shop: Shop, limit: str) -> None:
    answer = await shop.call("GET", f"/v1/api-keys?limit={limit[:1900]}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "query:limit"


async def test_the_last_use_is_noted(shared: Registry, shop: Shop) -> None:
    made = await shop.make_key("lookup")
    assert made["key"]["last_used_at"] is None
    await shop.using(made["api_key"]).call("GET", "/v1/usage")
    row = await rows.row(shared.runtime, "api_keys", made["key"]["id"])
    assert row["last_used_at"] > row["created_at"]


async def test_making_one_twice_under_one_key_makes_one(shared: Registry, shop: Shop) -> None:
    """The replay repeats the answer, secret and all: whoever lost it on the way can have it once more."""
    body, header = {"label": "twice", "scopes": ["lookup"]}, {"Idempotency_Key": str(uuid4())}
    before = await rows.count(shared.runtime, "api_keys")
    first = await shop.call("POST", "/v1/api-keys", body, **header)
    second = await shop.call("POST", "/v1/api-keys", body, **header)
    assert (first.content, first.status_code) == (second.content, 201)
    assert await rows.count(shared.runtime, "api_keys") == before + 1
