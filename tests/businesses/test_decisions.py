"""What operators decide about businesses: every state times every decision, owners that make one source."""

import asyncio
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from registry.businesses.rules import State, Verdict
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem

#: domain.md: pending -> verified -> suspended | closed; a suspension can be lifted; a newcomer refused.
LIFE = {
    "pending": {"verify": "verified", "refuse": "refused", "close": "closed"},
    "verified": {"suspend": "suspended", "close": "closed"},
    "suspended": {"verify": "verified", "close": "closed"},
    "closed": {},
    "refused": {},
}
WAY = {
    "pending": (),
    "verified": ("verify",),
    "suspended": ("verify", "suspend"),
    "closed": ("close",),
    "refused": ("refuse",),
}


async def _decide(registry: Registry, business_id: UUID, **body: Any) -> Any:
    path = f"/v1/operations/businesses/{business_id}/decision"
    return await registry.as_staff(Role.OPERATOR, "POST", path, {"reason": "Checked.", **body})


@pytest.mark.parametrize(("state", "verdict"), list(product(State, Verdict)))
async def test_every_state_times_every_decision(
    shared: Registry, state: State, verdict: Verdict
) -> None:
    shop = await shared.newcomer()
    for step in WAY[state]:
        await shared.decide_business(shop.id, step)
    before = await rows.row(shared.runtime, "businesses", shop.id)
    entries = await rows.count(shared.runtime, "audit_entries")
    answer = await _decide(shared, shop.id, decision=verdict)
    row = await rows.row(shared.runtime, "businesses", shop.id)
    after = LIFE[state].get(verdict)
    if after is None:
        assert problem(answer) == (409, "decision-not-possible")
        assert row == before
        assert await rows.count(shared.runtime, "audit_entries") == entries
        return
    assert (answer.status_code, answer.json()["state"], row["state"]) == (200, after, after)
    assert row["version"] == before["version"] + 1
    assert (await rows.actions(shared.runtime, shop.id))[-1] == f"business.{after}"


async def test_a_stale_version_and_two_at_once(shared: Registry) -> None:
    shop = await shared.newcomer()
    assert problem(await _decide(shared, shop.id, decision="verify", version=2))[0] == 409
    both = await asyncio.gather(
        _decide(shared, shop.id, decision="verify", version=1),
        _decide(shared, shop.id, decision="refuse", version=1),
    )
    assert sorted(answer.status_code for answer in both) == [200, 409]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"decision": "ban"}, "/decision"),
        ({"decision": "verify", "reason": ""}, "/reason"),
        ({"decision": "verify", "plan": "partner"}, "/plan"),
    ],
)
async def test_an_unreadable_decision(shared: Registry, body: dict[str, Any], pointer: str) -> None:
    shop = await shared.newcomer()
    answer = await _decide(shared, shop.id, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_the_business_is_told_with_the_reason(shared: Registry) -> None:
    for step, way in (("verify", ()), ("refuse", ()), ("suspend", ("verify",))):
        address = f"office.{step}@shop.example"
        shop = await shared.newcomer(email=address)
        for before in way:
            await shared.decide_business(shop.id, before)
        reason = f"Planted reason to {step}."
        assert (await _decide(shared, shop.id, decision=step, reason=reason)).status_code == 200
        await shared.work()
        texts = [one["text"] for one in shared.letters() if one["to"] == address]
        assert any(reason in text for text in texts) == (step != "verify"), texts


async def _source(registry: Registry, shop: Shop) -> UUID:
    source: UUID = (await rows.row(registry.runtime, "businesses", shop.id))["source_id"]
    return source


async def test_businesses_of_one_owner_are_one_source(shared: Registry) -> None:
    """By name in any order and case, or by tax id; in chains; but not before they are verified."""
    anna = {"name": "Анна Ткачук", "tax_id": "1234567899"}
    first = await shared.shop(beneficial_owners=["ткачук анна", "Хтось Інший"])
    waiting = await shared.newcomer(beneficial_owners=["Анна  Ткачук"])
    stranger = await shared.shop(beneficial_owners=["Ганна Ткач"])
    by_tax = await shared.shop(beneficial_owners=[{"name": "A. Tkachuk", "tax_id": "1234567899"}])
    assert len({await _source(shared, one) for one in (first, waiting, stranger, by_tax)}) == 4
    # Now somebody who is both: everything that hangs together becomes one, by the oldest.
    both = await shared.shop(beneficial_owners=[anna])
    united = {await _source(shared, one) for one in (first, by_tax, both)}
    assert united == {first.id}
    await shared.decide_business(waiting.id, "verify")
    assert await _source(shared, waiting) == first.id
    assert await _source(shared, stranger) == stranger.id


async def test_verified_at_the_same_moment_they_are_one_source(shared: Registry) -> None:
    owner = {"beneficial_owners": ["Спільна Власниця"]}
    shops = [await shared.newcomer(**owner) for _ in range(6)]
    path = "/v1/operations/businesses"
    # Connections that stand already, so that the decisions really meet.
    await asyncio.gather(*(shared.as_staff(Role.OPERATOR, "GET", path) for _ in range(12)))
    await asyncio.gather(*(shared.decide_business(shop.id, "verify") for shop in shops))
    assert len({await _source(shared, shop) for shop in shops}) == 1


async def test_sources_are_counted_once_in_lookups(sandbox: Registry) -> None:
    owners: dict[str, Any] = {"beneficial_owners": ["Один Власник"]}
    shops = [await sandbox.shop(**owners), await sandbox.shop(**owners), await sandbox.shop()]
    subject = {"phone": "+380505550180", "name": "Лисенко Віра"}
    for shop in shops:
        await sandbox.published(shop, subject=subject)
    asker = await sandbox.shop()
    (match,) = (await asker.look_up(**subject))["matches"]
    assert (len(match["reports"]), match["independent_sources"]) == (3, 2)


async def test_operators_list_and_filter(registry: Registry) -> None:
    ids = [str((await registry.newcomer()).id) for _ in range(3)]
    await registry.decide_business(UUID(ids[1]), "verify")
    listed = await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/businesses")
    assert [one["id"] for one in listed.json()["items"]] == ids[::-1]
    path = "/v1/operations/businesses?state=pending&limit=1"
    page = (await registry.as_staff(Role.OPERATOR, "GET", path)).json()
    assert [one["id"] for one in page["items"]] == [ids[2]]
    more = f"{path}&cursor={page['next_cursor']}"
    rest = (await registry.as_staff(Role.OPERATOR, "GET", more)).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([ids[0]], None)
    other = more.replace("pending", "verified")
    assert (await registry.as_staff(Role.OPERATOR, "GET", other)).status_code == 400
    strange = await registry.as_staff(Role.OPERATOR, "GET", f"{path}x&state=odd")
    assert strange.status_code == 400
    assert "odd" not in strange.text


async def test_a_suspended_business_may_take_back_what_it_said(shared: Registry) -> None:
    """And nothing else: what was paid meanwhile must not be shown again when it is reinstated."""
    shop = await shared.shop()
    first, second = await shop.report(), await shop.report()
    await shared.decide_business(shop.id, "suspend")
    assert (await shop.call("GET", "/v1/reports")).status_code == 200
    assert (await shop.view(first["id"]))["state"] == "submitted"
    path = f"/v1/reports/{first['id']}/withdraw"
    taken = await shop.call("POST", path, {"reason": "It was paid."})
    assert (taken.status_code, taken.json()["state"]) == (200, "withdrawn")
    for method, path in (
        ("POST", "/v1/reports"),
        ("PATCH", f"/v1/reports/{second['id']}"),
        ("POST", "/v1/lookups"),
    ):
        refused = await shop.call(method, path, {})
        assert problem(refused) == (403, "business-not-verified"), path
        assert "suspended" in refused.json()["detail"]
