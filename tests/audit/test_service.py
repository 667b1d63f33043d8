"""The audit log: written with the change or not at all, changed by nobody, read by operators only."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from registry.audit import service as audit
from registry.businesses import service as businesses
from registry.businesses.rules import Scope
from registry.businesses.wire import KeyRequest
from registry.platform import clock, vault
from registry.platform.actor import SYSTEM, Actor, ActorKind
from registry.platform.ids import uuid7
from registry.platform.runtime import transaction
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem


class Broken(Exception):
    """A failure after the service has done its work."""


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


async def test_a_failure_after_the_change_leaves_neither(shared: Registry, shop: Shop) -> None:
    """The entry lies in the transaction of the change itself: both stay, or none does."""
    actor = Actor(kind=ActorKind.BUSINESS, id=uuid7(), business_id=shop.id)
    command = KeyRequest(label="never made", scopes=[Scope.LOOKUP])
    before = [await rows.count(shared.runtime, table) for table in ("api_keys", "audit_entries")]

    async def make(fails: bool) -> None:
        async with transaction(shared.runtime, business_id=shop.id) as session:
            await businesses.create_key(session, actor, command)
            await session.flush()
            if fails:
                raise Broken

    with pytest.raises(Broken):
        await make(fails=True)
    after = [await rows.count(shared.runtime, table) for table in ("api_keys", "audit_entries")]
    assert after == before
    await make(fails=False)
    after = [await rows.count(shared.runtime, table) for table in ("api_keys", "audit_entries")]
    assert after == [count + 1 for count in before]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'nothing'",
        "UPDATE audit_entries SET details = '{}' WHERE false",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE false",
        "TRUNCATE audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE audit_entries DISABLE ROW LEVEL SECURITY",
    ],
)
@pytest.mark.parametrize("role", ["system", "member"])
async def test_nobody_changes_an_entry(
    shared: Registry, shop: Shop, role: str, statement: str
) -> None:
    """PostgreSQL itself refuses, whoever asks."""
    before = await rows.count(shared.runtime, "audit_entries")
    business_id = shop.id if role == "member" else None
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with transaction(shared.runtime, business_id=business_id) as session:
            await session.execute(text(statement))
    assert await rows.count(shared.runtime, "audit_entries") == before > 0


async def test_members_read_no_entry(shared: Registry, shop: Shop) -> None:
    """Neither over HTTP nor in SQL, not even their own; and they write in no other's name."""
    answer = await shop.call("GET", "/v1/operations/audit")
    assert problem(answer) == (401, "unauthenticated")
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with transaction(shared.runtime, business_id=shop.id) as session:
            await session.execute(text("SELECT id FROM audit_entries"))
    forged = Actor(kind=ActorKind.BUSINESS, business_id=uuid7())
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with transaction(shared.runtime, business_id=shop.id) as session:
            audit.record(session, forged, "report.withdraw", "report", uuid7())
    moderator = await shared.as_staff(Role.MODERATOR, "GET", "/v1/operations/audit")
    assert problem(moderator) == (403, "role-missing")


async def test_a_reason_is_sealed_where_it_stands(shared: Registry) -> None:
    """Under the key given with it; it opens at its own entry only, and outlives the key as noise."""
    async with transaction(shared.runtime) as session:
        key = await vault.create(session, session.keyring, owner=None)
        ids = [uuid7(), uuid7()]
        for id_ in ids:
            reason = (key, "Planted reason.")
            audit.record(session, SYSTEM, "test.reasoned", "report", id_, reason=reason)
    entries = [
        (
            await rows.select(
                shared.runtime, "SELECT * FROM audit_entries WHERE object_id = :i", i=i
            )
        )[0]
        for i in ids
    ]
    assert b"Planted" not in entries[0]["sealed_reason"]
    place = f"audit_entries.sealed_reason:{entries[0]['id']}"
    assert key.open(place, entries[0]["sealed_reason"], str) == "Planted reason."
    with pytest.raises(vault.SealBroken):
        key.open(place, entries[1]["sealed_reason"], str)
    async with transaction(shared.runtime) as session:
        await vault.destroy(session, key.id)
    listed = await _audit(shared, f"?object_id={ids[0]}")
    assert listed[0]["has_reason"] is True
    assert "Planted" not in str(listed)


async def _audit(registry: Registry, query: str = "") -> list[dict[str, Any]]:
    answer = await registry.as_staff(Role.OPERATOR, "GET", f"/v1/operations/audit{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_both_clocks_are_told(registry: Registry) -> None:
    """The database's own time cannot be moved; the registry's can, by tests and the seeder."""
    shop = await registry.newcomer()
    with clock.shifted(timedelta(days=100)):
        await registry.decide_business(shop.id, "verify")
    (entry,) = await _audit(registry, "?action=business.verified")
    at, moved = (datetime.fromisoformat(entry[name]) for name in ("at", "clock_at"))
    assert moved - at == timedelta(days=100)


async def test_operators_page_and_filter(registry: Registry) -> None:
    shop = await registry.shop()
    everything = await _audit(registry, "?limit=100")
    ids = [entry["id"] for entry in everything]
    assert ids == sorted(ids, reverse=True)
    assert {entry["actor_kind"] for entry in everything} == {"business", "staff", "console"}
    only = await _audit(registry, f"?object_id={shop.id}")
    assert [entry["action"] for entry in only] == ["business.verified", "business.signed_up"]
    assert {entry["action"] for entry in await _audit(registry, "?action=key.created")} == {
        "key.created"
    }
    path = "/v1/operations/audit?limit=2"
    first = (await registry.as_staff(Role.OPERATOR, "GET", path)).json()
    more = f"{path}&cursor={first['next_cursor']}"
    second = (await registry.as_staff(Role.OPERATOR, "GET", more)).json()
    assert [entry["id"] for entry in first["items"] + second["items"]] == ids[:4]
    for other in (f"{more}&action=key.created", f"{more}&object_id={shop.id}"):
        answer = await registry.as_staff(Role.OPERATOR, "GET", other)
        assert problem(answer) == (400, "invalid-values")
    colleague = await registry.as_staff(Role.OPERATOR, "GET", more, number=1)
    assert problem(colleague) == (400, "invalid-values")
    assert problem(
        await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/audit?object_id=x")
    ) == (400, "invalid-values")


async def test_details_are_codes_and_never_values(shared: Registry, shop: Shop) -> None:
    """No word of a report, its reasons or its people is in any entry's details."""
    subject = {"phone": "+380505550190", "name": "Планктон Прихований"}
    report = await shop.report(subject=subject, statement="Planted statement.")
    await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "Planted again."})
    await shop.attach(report["id"], name="planted.pdf")
    await shop.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Planted."})
    entries = await rows.select(
        shared.runtime,
        "SELECT details::text AS told FROM audit_entries WHERE object_id = :id",
        id=UUID(report["id"]),
    )
    assert len(entries) == 4
    told = " ".join(entry["told"] for entry in entries)
    assert [word for word in ("lanted", "50555", "Планктон") if word in told] == []
    assert '"fields": "statement"' in told
