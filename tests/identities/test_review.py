"""Moderators: questions about pairs, splits and merges; lookups follow at once, and each step is on record."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from registry.platform.ids import uuid7
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem

ONE = {"phone": "+380505550140", "name": "Мельниченко Остап", "birth_date": "1990-01-02"}
OTHER = {"phone": "+380505550141", "name": "Остап Мельниченко", "birth_date": "1990-01-02"}


async def _identity_of(registry: Registry, report: dict[str, Any]) -> UUID:
    row = await rows.row(registry.runtime, "reports", report["id"])
    record = await rows.row(registry.runtime, "records", row["record_id"])
    found: UUID = record["identity_id"]
    return found


async def _record_of(registry: Registry, report: dict[str, Any]) -> str:
    return str((await rows.row(registry.runtime, "reports", report["id"]))["record_id"])


async def _question(registry: Registry) -> dict[str, Any]:
    """The one open question of the queue."""
    queue = (await registry.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
    (item,) = [item for item in queue["items"] if item["kind"] == "pair"]
    found: dict[str, Any] = item
    return found


async def _ask(
    registry: Registry, path: str, body: dict[str, Any] | None = None, number: int = 0
) -> httpx.Response:
    method = "GET" if body is None else "POST"
    return await registry.as_staff(
        Role.MODERATOR, method, f"/v1/moderation/{path}", body, number=number
    )


async def _standings(registry: Registry) -> list[dict[str, Any]]:
    """Every standing, byte for byte."""
    said = (
        "SELECT index_value, identity_id, kind, facts::text FROM standings"
        " ORDER BY index_value, identity_id"
    )
    return await rows.select(registry.runtime, said)


async def _shown(shop: Shop, **subject: Any) -> int:
    answer = await shop.look_up(**subject)
    return sum(len(match["reports"]) for match in answer["matches"])


async def _two(registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two published reports of people who are alike, and share no identifier."""
    one = await registry.published(await registry.shop(), subject=ONE)
    other = await registry.published(await registry.shop(), subject=OTHER)
    return one, other


async def test_a_likeness_is_a_question_and_delays_nothing(sandbox: Registry) -> None:
    one, other = await _two(sandbox)
    assert (one["state"], other["state"]) == ("active", "active")
    assert await _identity_of(sandbox, one) != await _identity_of(sandbox, other)
    item = await _question(sandbox)
    case = (await _ask(sandbox, f"pairs/{item['id']}")).json()
    assert (case["version"], case["decision"]) == (1, None)
    assert {record["phones"][0] for record in case["records"]} == {ONE["phone"], OTHER["phone"]}
    told = {one["field"]: one["level"] for one in case["evidence"]}
    assert told["birth_date"] == told["given"] == told["surname"] == "same"
    assert told["phone"] == "near"
    because = next(one["because"] for one in case["evidence"] if one["field"] == "birth_date")
    assert because["uk"] == "Дата народження: збігається."
    assert set(because) == {"uk", "ru", "en"}


async def test_a_yes_brings_both_together_at_once(sandbox: Registry) -> None:
    asker = await sandbox.shop()
    one, other = await _two(sandbox)
    assert await _shown(asker, phone=ONE["phone"]) == 1
    item = await _question(sandbox)
    said = {"decision": "same", "reason": "One delivery address.", "version": item["version"]}
    answer = await _ask(sandbox, f"pairs/{item['id']}/decision", said)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["decision"], answer.json()["version"]) == ("same", 2)
    assert await _identity_of(sandbox, one) == await _identity_of(sandbox, other)
    for phone in (ONE["phone"], OTHER["phone"]):
        assert await _shown(asker, phone=phone) == 2
    entry = "SELECT * FROM audit_entries WHERE action = 'identity.pair_decided'"
    (decided,) = await rows.select(sandbox.runtime, entry)
    assert decided["details"] == {"decision": "same"}
    assert "delivery" not in str(decided["sealed_reason"])
    queue = (await _ask(sandbox, "queue")).json()
    assert [item for item in queue["items"] if item["kind"] == "pair"] == []


async def test_a_no_is_not_asked_again(sandbox: Registry) -> None:
    one, other = await _two(sandbox)
    item = await _question(sandbox)
    said = {"decision": "different", "reason": "Two people, both known to us."}
    assert (await _ask(sandbox, f"pairs/{item['id']}/decision", said)).status_code == 200
    assert await _identity_of(sandbox, one) != await _identity_of(sandbox, other)
    queue = (await _ask(sandbox, "queue")).json()
    assert [item for item in queue["items"] if item["kind"] == "pair"] == []


async def test_the_second_of_two_answers_comes_too_late(sandbox: Registry) -> None:
    await _two(sandbox)
    item = await _question(sandbox)
    path, said = f"pairs/{item['id']}/decision", {"decision": "same", "reason": "One person."}
    assert (await _ask(sandbox, path, said)).status_code == 200
    late = await _ask(sandbox, path, {**said, "decision": "different"}, number=1)
    assert problem(late) == (409, "pair-already-decided")
    stale = await _ask(sandbox, path, {**said, "version": 7}, number=1)
    assert problem(stale) == (409, "pair-already-decided")


async def test_nobody_decides_on_a_record_of_their_own_business(sandbox: Registry) -> None:
    """The code refuses, and so does the database by itself."""
    shop = await sandbox.shop()
    one = await sandbox.published(shop, subject=ONE)
    other = await sandbox.published(await sandbox.shop(), subject=OTHER)
    item = await _question(sandbox)
    key = await sandbox.staff_key(Role.MODERATOR, business_id=shop.id)
    own = {"Authorization": f"Bearer {key}"}
    said = {"decision": "same", "reason": "One person.", "version": 1}
    path = f"/v1/moderation/pairs/{item['id']}"
    assert problem(await sandbox.http.get(path, headers=own)) == (403, "conflict-of-interest")
    refused = await sandbox.http.post(f"{path}/decision", json=said, headers=own)
    assert problem(refused) == (403, "conflict-of-interest")
    identity = await _identity_of(sandbox, one)
    seen = await sandbox.http.get(f"/v1/moderation/identities/{identity}", headers=own)
    assert problem(seen) == (403, "conflict-of-interest")
    moderator = await rows.select(
        sandbox.runtime, "SELECT id FROM staff WHERE business_id = :id", id=shop.id
    )
    pair = sorted([await _record_of(sandbox, one), await _record_of(sandbox, other)])
    with pytest.raises(Exception, match="their own business") as fault:
        await rows.write(
            sandbox.runtime,
            "INSERT INTO pair_decisions (id, one, other, verdict, evidence, staff_id, at)"
            " VALUES (:id, :one, :other, 'same', '[]', :staff, now())",
            id=uuid7(),
            one=UUID(pair[0]),
            other=UUID(pair[1]),
            staff=moderator[0]["id"],
        )
    assert isinstance(fault.value.__cause__.__cause__, asyncpg.CheckViolationError)  # type: ignore[union-attr]  # the driver's own


async def test_the_log_of_decisions_cannot_be_changed(sandbox: Registry) -> None:
    await _two(sandbox)
    for statement in ("UPDATE pair_decisions SET verdict = 'same'", "DELETE FROM pair_decisions"):
        with pytest.raises(Exception, match="permission denied"):
            await rows.write(sandbox.runtime, statement)


async def test_a_split_takes_a_record_out_and_a_merge_puts_it_back(sandbox: Registry) -> None:
    """Standings are restored to the byte, however often it goes back and forth."""
    asker = await sandbox.shop()
    phone = {"phone": "+380505550142"}
    reports = [await sandbox.published(await sandbox.shop(), subject=phone) for _ in range(3)]
    records = [await _record_of(sandbox, one) for one in reports]
    identity = await _identity_of(sandbox, reports[0])
    together = await _standings(sandbox)
    apart: list[dict[str, Any]] = []
    for _ in range(2):
        body = {"records": [records[1]], "reason": "A new owner of the number."}
        split = await _ask(sandbox, f"identities/{identity}/split", body)
        assert split.status_code == 200, split.text
        parts = split.json()["identities"]
        assert [[r["id"] for r in part["records"]] for part in parts] == [
            [records[0], records[2]],
            [records[1]],
        ]
        matches = (await asker.look_up(**phone))["matches"]
        assert sorted(len(match["reports"]) for match in matches) == [1, 2]
        assert apart in ([], await _standings(sandbox))
        apart = await _standings(sandbox)
        body = {"identity": parts[1]["id"], "reason": "The same owner after all."}
        merged = await _ask(sandbox, f"identities/{identity}/merge", body)
        assert merged.status_code == 200, merged.text
        assert await _standings(sandbox) == together


async def test_a_decision_holds_when_more_is_reported(sandbox: Registry) -> None:
    """A record that was taken out stays out, though a later one could join either."""
    phone = {"phone": "+380505550143"}
    reports = [await sandbox.published(await sandbox.shop(), subject=phone) for _ in range(2)]
    identity = await _identity_of(sandbox, reports[0])
    body = {"records": [await _record_of(sandbox, reports[1])], "reason": "Somebody else."}
    assert (await _ask(sandbox, f"identities/{identity}/split", body)).status_code == 200
    third = await sandbox.published(await sandbox.shop(), subject=phone)
    found = [await _identity_of(sandbox, one) for one in (*reports, third)]
    assert len(set(found)) == 3


async def test_an_identity_says_why_it_is_one(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    first = await sandbox.published(shop, subject={**ONE, "name": "Мельниченко О."})
    await sandbox.published(await sandbox.shop(), subject={**ONE, "name": "Ostap Melnychenko"})
    identity = await _identity_of(sandbox, first)
    view = (await _ask(sandbox, f"identities/{identity}")).json()
    assert view["id"] == await _record_of(sandbox, first)
    (link,) = view["decisions"]
    assert (link["by"], link["decision"]) == ("engine", "same")
    told = {one["field"]: one["level"] for one in link["evidence"]}
    assert (told["phone"], told["given"], told["surname"]) == ("same", "initial", "equivalent")


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"records": [], "reason": "x"}, 400, "invalid-values"),
        ({"records": ["not-an-id"], "reason": "x"}, 400, "invalid-values"),
        ({"records": [str(uuid4())], "reason": "x"}, 400, "invalid-values"),
        ({"reason": "x"}, 400, "invalid-values"),
    ],
)
async def test_what_cannot_be_split(
    shared_sandbox: Registry, body: dict[str, Any], status: int, slug: str
) -> None:
    report = await shared_sandbox.published(await shared_sandbox.shop(), subject=ONE)
    identity = await _identity_of(shared_sandbox, report)
    answer = await _ask(shared_sandbox, f"identities/{identity}/split", body)
    assert problem(answer) == (status, slug)
    assert answer.json()["errors"][0]["pointer"].startswith("/records")


async def test_what_is_not_there_is_not_found(shared_sandbox: Registry) -> None:
    said = {"decision": "same", "reason": "x"}
    for path, body in (
        (f"pairs/{uuid4()}", None),
        (f"pairs/{uuid4()}/decision", said),
        (f"identities/{uuid4()}", None),
        (f"identities/{uuid4()}/split", {"records": [str(uuid4())], "reason": "x"}),
        (f"identities/{uuid4()}/merge", {"identity": str(uuid4()), "reason": "x"}),
    ):
        assert problem(await _ask(shared_sandbox, path, body)) == (404, "not-found"), path


async def test_one_report_of_several_numbers_joins_nobody_until_a_moderator_says_so(
    sandbox: Registry,
) -> None:
    """A third record that names the numbers of two: it asks. What the answers joined ends with it."""
    shop = await sandbox.shop()
    phone, mail = "+380505550144", "bridge@mail.example"
    first = await sandbox.published(shop, subject={"phone": phone})
    last = await sandbox.published(shop, subject={"email": mail})
    bridge = await sandbox.published(shop, subject={"phone": phone, "email": mail})
    parts = [first, last, bridge]
    assert len({await _identity_of(sandbox, one) for one in parts}) == 3
    queue = await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")
    asked = [item["id"] for item in queue.json()["items"] if item["kind"] == "pair"]
    assert len(asked) == 2
    for question in asked:
        said = {"decision": "same", "reason": "The same hand.", "version": 1}
        answer = await _ask(sandbox, f"pairs/{question}/decision", said)
        assert answer.status_code == 200, answer.text
    assert len({await _identity_of(sandbox, one) for one in parts}) == 1
    path = f"/v1/reports/{bridge['id']}/withdraw"
    assert (await shop.call("POST", path, {"reason": "Mistake."})).status_code == 200
    assert await _identity_of(sandbox, bridge) is None
    found = {await _identity_of(sandbox, one) for one in (first, last)}
    assert len(found) == 2
    ids = await rows.select(sandbox.runtime, "SELECT id FROM identities")
    assert {row["id"] for row in ids} == found


async def test_moderators_only(sandbox: Registry) -> None:
    answer = await sandbox.as_staff(Role.OPERATOR, "GET", f"/v1/moderation/pairs/{uuid4()}")
    assert problem(answer) == (403, "role-missing")
