"""Whoever has no key is limited as well: sign-ups, codes and tries, from one address and in all."""

from uuid import uuid4

import httpx
import pytest

from registry.businesses import rules as businesses
from registry.subjects import rules as subjects
from tests.factories import rows
from tests.factories.registry import Registry, problem

SESSIONS = "/v1/subject/sessions"
ONE, SAME_NETWORK, OTHER = "2001:db8:7:1::5", "2001:db8:7:1:ffff::9", "2001:db8:7:2::5"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three from one address and five in all, of each kind."""
    for module, names in ((businesses, ("SIGN_UPS",)), (subjects, ("CODES", "TRIES"))):
        for name in names:
            monkeypatch.setattr(module, f"{name}_FROM_ONE", (30, 3))
            monkeypatch.setattr(module, f"{name}_IN_ALL", (50, 5))


def there(registry: Registry, address: str) -> Registry:
    """The same registry, asked from that address."""
    transport = registry.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    moved = httpx.ASGITransport(transport.app, client=(address, 1))
    http = httpx.AsyncClient(transport=moved, base_url="http://registry.test", timeout=60)
    return Registry(registry.runtime, http)


async def test_sign_ups(registry: Registry) -> None:
    """All addresses of one IPv6 network are one; what cannot be read costs nothing; so does who is turned away."""
    one, same, other = (there(registry, address) for address in (ONE, SAME_NETWORK, OTHER))
    for _ in range(4):
        assert (await one.sign_up(register_code="1")).status_code == 400
        assert (await one.sign_up(website="shop.example")).status_code == 400
    assert [(await one.sign_up()).status_code for _ in range(2)] == [201, 201]
    assert (await same.sign_up()).status_code == 201
    for _ in range(4):
        refused = await one.sign_up()
        assert problem(refused) == (429, "too-many-sign-ups")
        assert 0 < int(refused.headers["retry-after"]) <= 1_200
    assert [(await other.sign_up()).status_code for _ in range(3)] == [201, 201, 429]
    assert await rows.count(registry.runtime, "businesses") == 5


async def test_codes(registry: Registry) -> None:
    one, other = there(registry, ONE), there(registry, OTHER)
    for number in range(3):
        asked = {"phone": f"+38050555010{number}"}
        assert (await one.http.post(SESSIONS, json=asked)).status_code == 202
    assert (await one.http.post(SESSIONS, json={"phone": "x"})).status_code == 400
    for _ in range(4):
        refused = await one.http.post(SESSIONS, json={"email": "a@mail.example"})
        assert problem(refused) == (429, "too-many-codes")
    asked = {"phone": "+380505550109"}
    statuses = [(await other.http.post(SESSIONS, json=asked)).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]


@pytest.mark.parametrize("body", [{"code": "123456"}, {"document": "a" * 43}])
async def test_tries(registry: Registry, body: dict[str, str]) -> None:
    """Of any session, one that there is or not: a try that is turned away tries nothing."""
    one, other = there(registry, ONE), there(registry, OTHER)
    for caller, statuses in ((one, [404] * 3 + [429] * 3), (other, [404] * 2 + [429])):
        for status in statuses:
            tried = await caller.http.post(f"{SESSIONS}/{uuid4()}/proof", json=body)
            assert tried.status_code == status, tried.text


async def test_addresses_are_not_kept(registry: Registry) -> None:
    one = there(registry, "192.0.2.77")
    await one.sign_up()
    await one.http.post(SESSIONS, json={"phone": "+380505550101"})
    names = [row["name"] for row in await rows.select(registry.runtime, "SELECT name FROM buckets")]
    assert len([name for name in names if ":from:" in name]) == 4
    assert not any("192.0.2.77" in name for name in names)
