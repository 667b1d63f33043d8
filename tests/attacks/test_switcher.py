"""A reporter who shows a moderator one thing, and has another published."""

from typing import Any

import httpx
import pytest

from registry.staff.rules import Role
from tests.contract.validate import contract, resolved
from tests.factories.registry import PDF, Registry, Shop, problem

BAIT = {"phone": "+380505550171", "name": "Вигаданий Кум"}
VICTIM = {"phone": "+380505550172", "name": "Вигадана Жертва"}
PUBLISH = {"decision": "publish", "reason_code": "proof_standard_met", "reason": "Seen."}
#: Decisions of staff: their paths, and the examples of their bodies.
DECISIONS = {
    path: [one["value"] for one in body["examples"].values()]
    for path, methods in contract()["paths"].items()
    for operation in methods.values()
    for body in (operation.get("requestBody", {}).get("content", {}).get("application/json"),)
    if path.endswith(("/decision", "/lift")) and body
}


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    return await sandbox.shop()


async def _read(registry: Registry, report_id: str, number: int = 0) -> dict[str, Any]:
    """The case as a moderator reads it: the report in it, with its version."""
    path = f"/v1/moderation/reports/{report_id}"
    case = await registry.as_staff(Role.MODERATOR, "GET", path, number=number)
    report: dict[str, Any] = case.json()["report"]
    return report


async def _publish(
    registry: Registry, report_id: str, version: int, number: int = 0
) -> httpx.Response:
    path = f"/v1/moderation/reports/{report_id}/decision"
    body = {**PUBLISH, "version": version}
    return await registry.as_staff(Role.MODERATOR, "POST", path, body, number=number)


async def _asked(registry: Registry, shop: Shop, code: str) -> str:
    """A report that a moderator has read, and about which they asked for more."""
    report = await shop.report(subject=BAIT)
    if code == "unclear":
        await shop.attach(report["id"])
    await _read(registry, report["id"])
    assert (await registry.decide(report["id"], "request_info", code)).status_code == 200
    id_: str = report["id"]
    return id_


def test_every_decision_of_staff_must_name_what_was_read() -> None:
    """Whatever is decided upon by a path that says so; identities have no version."""
    assert len(DECISIONS) == 8
    for path in DECISIONS:
        body = contract()["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert "version" in resolved(body["schema"])["required"], path


@pytest.mark.parametrize("path", DECISIONS)
async def test_a_decision_without_a_version_is_refused(shared_sandbox: Registry, path: str) -> None:
    role = Role.OPERATOR if "/operations/" in path else Role.MODERATOR
    url = path.format(**dict.fromkeys(_ids(path), "01938f2a-7c1e-7d3a-9b52-3f6a1c0e8d41"))
    headers = {"Authorization": f"Bearer {await shared_sandbox.staff_key(role)}"}
    for example in DECISIONS[path]:
        body = {name: value for name, value in example.items() if name != "version"}
        refused = await shared_sandbox.http.post(url, json=body, headers=headers)
        assert problem(refused) == (400, "invalid-values")
        assert [one["pointer"] for one in refused.json()["errors"]] == ["/version"]
        nulled = await shared_sandbox.http.post(
            url, json={**body, "version": None}, headers=headers
        )
        assert nulled.status_code == 400


def _ids(path: str) -> list[str]:
    return [step[1:-1] for step in path.split("/") if step.startswith("{")]


@pytest.mark.parametrize("code", ["unclear", "evidence_missing"])
async def test_whom_a_moderator_has_read_of_stays(sandbox: Registry, shop: Shop, code: str) -> None:
    """On a question, and in screening after the file that was asked for; the refusal says what to do instead."""
    report_id = await _asked(sandbox, shop, code)
    if code == "evidence_missing":
        assert (await shop.attach(report_id)).status_code == 201
        assert (await shop.view(report_id))["state"] == "screening"
    path = f"/v1/reports/{report_id}"
    for changes in (
        {"subject": VICTIM},
        {"subject": {**BAIT, "email": "victim@mail.example"}, "statement": "More exactly."},
        {"subject": {**BAIT, "name": VICTIM["name"]}},
    ):
        refused = await shop.call("PATCH", path, changes)
        assert problem(refused) == (422, "submission-refused")
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == "/subject"
        assert "withdraw this one and file another" in fault["detail"]
    # What else is to be said may still be, with the subject as it is.
    said = {"subject": BAIT, "statement": "More exactly."}
    assert (await shop.call("PATCH", path, said)).status_code == 200
    version = (await _read(sandbox, report_id))["version"]
    assert (await _publish(sandbox, report_id, version)).status_code == 200
    await sandbox.work()
    asker = await sandbox.shop()
    assert (await asker.look_up(**VICTIM))["result"] == "no_record"
    assert (await asker.look_up(**BAIT))["result"] == "record"


async def test_while_it_cools_off_the_subject_may_change(registry: Registry) -> None:
    """No moderator can have read it."""
    shop = await registry.shop()
    report = await shop.report(subject=BAIT)
    changed = await shop.call("PATCH", f"/v1/reports/{report['id']}", {"subject": VICTIM})
    assert changed.json()["content"]["subject"]["phone"] == VICTIM["phone"]


@pytest.mark.parametrize("by", ["words", "a file"])
async def test_what_changed_after_the_moderator_read_it_is_not_published(
    sandbox: Registry, shop: Shop, by: str
) -> None:
    report_id = await _asked(sandbox, shop, "unclear")
    path = f"/v1/reports/{report_id}"
    assert (await shop.call("PATCH", path, {"statement": "Once."})).status_code == 200
    version = (await _read(sandbox, report_id))["version"]
    if by == "words":
        await sandbox.decide(report_id, "request_info", "unclear")
        version = (await _read(sandbox, report_id))["version"]
        changes = {"statement": "Twice.", "category": "abusive_conduct"}
        assert (await shop.call("PATCH", path, {**changes, "contacts": [CALL]})).status_code == 200
    else:
        assert (await shop.attach(report_id, PDF + b"%")).status_code == 201
    stale = await _publish(sandbox, report_id, version)
    assert problem(stale) == (409, "report-already-decided")
    assert (await shop.view(report_id))["state"] == "screening"


CALL = {"at": "2026-01-01T10:00:00Z", "channel": "phone", "summary": "He shouted."}


async def test_two_who_must_agree_agree_to_the_same(sandbox: Registry, shop: Shop) -> None:
    """A file that came after the first had agreed: she is asked again."""
    first = await sandbox.published(shop, subject=BAIT, contract_reference="twice")
    path = f"/v1/reports/{first['id']}"
    assert (await shop.call("POST", f"{path}/withdraw", {"reason": "Wrong."})).status_code == 200
    kept = {name: value for name, value in first["content"].items() if value is not None}
    again = {"certification": True, "reason": "New evidence.", "report": kept}
    report_id = (await shop.create(f"{path}/reinsertion", again)).json()["id"]
    await shop.attach(report_id)
    for number in (0, 1):
        version = (await _read(sandbox, report_id, number))["version"]
        agreed = await _publish(sandbox, report_id, version, number)
        assert (agreed.status_code, agreed.json()["approvals"]) == (200, 1)
        if number == 0:
            assert (await shop.attach(report_id, PDF + b"%")).status_code == 201
    version = (await _read(sandbox, report_id))["version"]
    assert (await _publish(sandbox, report_id, version)).json()["report"]["state"] == "notice"
