"""Screening: who may decide, with which code, on which version, and that of two at once only one does."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from registry.deadlines import months_after
from registry.platform.ids import uuid7
from registry.reports.rules import REASONS, ReasonCode, State, Verdict
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, submission
from tests.factories.rows import owning
from tests.reports.states import everything, in_state

PAIRS = [(verdict, code) for verdict in Verdict for code in ReasonCode]


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    await shared.staff_key(Role.MODERATOR, 1)
    return await shared.shop()


async def _screening(registry: Registry, shop: Shop, **changes: Any) -> str:
    return await in_state(registry.runtime, shop, State.SCREENING, **changes)


async def _decide(registry: Registry, report_id: str, number: int = 0, **body: Any) -> Any:
    body = {
        "decision": "publish",
        "reason_code": "proof_standard_met",
        "reason": "Clear.",
        **body,
    }
    path = f"/v1/moderation/reports/{report_id}/decision"
    return await registry.as_staff(Role.MODERATOR, "POST", path, body, number=number)


@pytest.mark.parametrize(("verdict", "code"), PAIRS)
async def test_every_decision_with_every_code(
    shared: Registry, shop: Shop, verdict: Verdict, code: ReasonCode
) -> None:
    report_id = await _screening(shared, shop)
    before = await everything(shared.runtime, report_id)
    answer = await shared.decide(report_id, verdict, code)
    if code not in REASONS[verdict]:
        assert problem(answer) == (400, "invalid-values")
        assert answer.json()["errors"][0]["pointer"] == "/reason_code"
        assert await everything(shared.runtime, report_id) == before
        return
    state = {"publish": "notice", "request_info": "needs_info", "reject": "rejected"}[verdict]
    assert (answer.status_code, answer.json()["report"]["state"]) == (200, state)
    (decision,) = (await shop.view(report_id))["decisions"]
    told = (decision["decision"], decision["reason_code"], decision["reason"])
    assert told == (verdict, code, "Looked at every document.")


async def test_nothing_is_published_without_a_document(shared: Registry, shop: Shop) -> None:
    """Publishing is 422; asking for it and turning it down are not."""
    report = await shop.report()
    await rows.write(
        shared.runtime,
        "UPDATE reports SET state = 'screening' WHERE id = :id",
        id=report["id"],
    )
    before = await everything(shared.runtime, report["id"])
    assert problem(await shared.decide(report["id"])) == (422, "evidence-required")
    assert await everything(shared.runtime, report["id"]) == before
    asked = await shared.decide(report["id"], "request_info", "evidence_missing")
    assert asked.status_code == 200


async def test_nobody_is_told_of_what_could_not_be_shown(shared: Registry) -> None:
    """Its retention would end within the notice days, or its business is stopped: it may still be rejected."""
    shop = await shared.shop()
    today = datetime.now(UTC).date()
    old = {"incident_date": str(months_after(today, -12) + timedelta(days=3))}
    for changes, expected in (
        (old, (422, "retention-over")),
        ({}, (409, "reporter-not-verified")),
    ):
        report_id = await _screening(shared, shop, **changes)
        if not changes:
            await shared.decide_business(shop.id, "suspend")
        before = await everything(shared.runtime, report_id)
        assert problem(await shared.decide(report_id)) == expected
        assert await everything(shared.runtime, report_id) == before
        assert (await shared.decide(report_id, "reject", "no_grounds")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"decision": "approve"}, "/decision"),
        ({"reason_code": "because"}, "/reason_code"),
        ({"reason": ""}, "/reason"),
        ({"version": "1"}, "/version"),
        ({"note": "x"}, "/note"),
    ],
)
async def test_an_unreadable_decision(
    shared: Registry, shop: Shop, changes: dict[str, Any], pointer: str
) -> None:
    report_id = await _screening(shared, shop)
    answer = await _decide(shared, report_id, **changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_a_stale_version_is_refused(shared: Registry, shop: Shop) -> None:
    report_id = await _screening(shared, shop)
    path = f"/v1/moderation/reports/{report_id}"
    read = (await shared.as_staff(Role.MODERATOR, "GET", path)).json()["report"]["version"]
    await shop.attach(report_id)
    stale = await _decide(shared, report_id, version=read)
    assert problem(stale) == (409, "report-already-decided")
    fresh = await _decide(shared, report_id, version=read + 1)
    assert fresh.status_code == 200
    again = await _decide(shared, report_id, 1, version=read + 2)
    assert problem(again) == (409, "report-already-decided")


@pytest.mark.parametrize("second", ["publish", "reject"])
async def test_of_two_at_the_same_moment_one_wins(
    shared: Registry, shop: Shop, second: str
) -> None:
    report_id = await _screening(shared, shop)
    codes = {"publish": "proof_standard_met", "reject": "no_grounds"}
    answers = await asyncio.gather(
        shared.decide(report_id), shared.decide(report_id, second, codes[second], number=1)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    decided = "SELECT decision FROM report_decisions WHERE report_id = :id"
    assert len(await rows.select(shared.runtime, decided, id=report_id)) == 1
    (lost,) = (answer for answer in answers if answer.status_code == 409)
    assert problem(lost) == (409, "report-already-decided")


async def test_two_must_agree_where_two_are_needed(shared: Registry, shop: Shop) -> None:
    """The same one twice is not two, nor are two who agreed at the same moment more than two."""
    report_id = await _screening(shared, shop)
    need = "UPDATE reports SET approvals_needed = 2 WHERE id = :id"
    await rows.write(shared.runtime, need, id=report_id)
    both = await asyncio.gather(*(shared.decide(report_id) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert (await shop.view(report_id))["state"] == "screening"
    second = await shared.decide(report_id, number=1)
    assert (second.status_code, second.json()["report"]["state"]) == (200, "notice")
    assert await rows.actions(shared.runtime, report_id) == [
        "report.submitted",
        "report.evidence_added",
        "report.cooled_off",
        "report.approved_first",
        "report.publish",
    ]


async def test_an_agreement_counts_within_one_screening_only(shared: Registry, shop: Shop) -> None:
    report_id = await _screening(shared, shop)
    need = "UPDATE reports SET approvals_needed = 2 WHERE id = :id"
    await rows.write(shared.runtime, need, id=report_id)
    assert (await shared.decide(report_id)).json()["approvals"] == 1
    assert (await shared.decide(report_id, "request_info", "unclear", number=1)).status_code == 200
    edited = await shop.call("PATCH", f"/v1/reports/{report_id}", {"statement": "Clearer."})
    assert edited.json()["state"] == "screening"
    assert (await shared.decide(report_id, number=1)).json()["approvals"] == 1
    assert (await shared.decide(report_id)).json()["report"]["state"] == "notice"


async def test_nobody_decides_on_their_own_business(shared: Registry, shop: Shop) -> None:
    """Neither decides nor reads the case or its files; another business's is theirs to decide."""
    report_id = await _screening(shared, shop)
    said = {"decision": "publish", "reason_code": "proof_standard_met", "reason": "Mine."}
    path = f"/v1/moderation/reports/{report_id}"
    body = {**said, "version": await shared.version(f"{path}/decision")}
    file_id = (await shop.view(report_id))["evidence"][0]["id"]
    key = await shared.staff_key(Role.MODERATOR, business_id=shop.id)
    before = await everything(shared.runtime, report_id)
    headers = {"Authorization": f"Bearer {key}"}
    for method, place, sent in (
        ("POST", f"{path}/decision", body),
        ("GET", path, None),
        ("GET", f"{path}/evidence/{file_id}", None),
    ):
        answer = await shared.http.request(method, place, json=sent, headers=headers)
        assert problem(answer) == (403, "conflict-of-interest")
    assert await everything(shared.runtime, report_id) == before
    other = await _screening(shared, await shared.shop())
    path = f"/v1/moderation/reports/{other}/decision"
    body["version"] = await shared.version(path)
    answer = await shared.http.post(path, json=body, headers=headers)
    assert answer.status_code == 200


async def test_the_database_refuses_a_conflict_by_itself(shared: Registry, shop: Shop) -> None:
    """A row that goes around the code is refused; with the trigger off it is taken."""
    report_id = await _screening(shared, shop)
    await shared.staff_key(Role.MODERATOR, business_id=shop.id)
    mine = "SELECT id FROM staff WHERE business_id = :business LIMIT 1"
    (insider,) = await rows.select(shared.runtime, mine, business=shop.id)
    values = {"id": uuid7(), "report": UUID(report_id), "shop": shop.id, "who": insider["id"]}
    forged = (
        "INSERT INTO report_decisions (id, report_id, business_id, moderator_id, screening_since,"
        " report_version, decision, reason_code, at) VALUES (:id, :report, :shop, :who, now(), 1,"
        " 'publish', 'proof_standard_met', now())"
    )
    with pytest.raises(IntegrityError, match="may not decide"):
        await rows.write(shared.runtime, forged, **values)
    async with owning(shared.runtime) as connection:
        await connection.execute("ALTER TABLE report_decisions DISABLE TRIGGER refuse_conflict")
        await connection.execute("SET ROLE registry_system")
        positional = forged
        for place, name in enumerate(values, 1):
            positional = positional.replace(f":{name}", f"${place}")
        assert await connection.execute(positional, *values.values()) == "INSERT 0 1"
    (somebody,) = await rows.select(
        shared.runtime,
        "SELECT id FROM staff WHERE business_id IS NULL AND role = 'moderator' LIMIT 1",
    )
    await rows.write(shared.runtime, forged, **{**values, "who": somebody["id"]})
    moved = "UPDATE report_decisions SET moderator_id = :who WHERE id = :id"
    with pytest.raises(IntegrityError, match="may not decide"):
        await rows.write(shared.runtime, moved, who=insider["id"], id=values["id"])


async def test_the_case_tells_all_that_is_needed(shared: Registry, shop: Shop) -> None:
    subject = {"phone": "+380505550219", "name": "Тест Особа"}
    body = submission(contract_reference="order-twice", subject=subject)
    report_id = await _screening(shared, shop, **body)
    twin = await shop.report(**body)
    path = f"/v1/moderation/reports/{report_id}"
    case = (await shared.as_staff(Role.MODERATOR, "GET", path)).json()
    assert case["report"]["content"]["statement"] == body["statement"]
    assert (case["business_id"], case["flags"]) == (str(shop.id), ["same_contract"])
    assert (case["approvals_needed"], case["approvals"], case["notices"]) == (1, 0, [])
    assert "report.case_read" in await rows.actions(shared.runtime, report_id)
    await shop.call("POST", f"/v1/reports/{twin['id']}/withdraw", {"reason": "Twice."})
    assert (await shared.as_staff(Role.MODERATOR, "GET", path)).json()["flags"] == []


async def test_the_reporter_reads_the_reason_in_a_letter(registry: Registry) -> None:
    shop = await registry.shop(email="office@quiet.example")
    report_id = await in_state(registry.runtime, shop, State.SCREENING)
    await registry.decide(report_id, "reject", "no_contract")
    await registry.work()
    letters = [one for one in registry.letters() if one["to"] == "office@quiet.example"]
    assert any("Looked at every document." in one["text"] for one in letters)
    assert not any("Шевченко" in one["text"] for one in letters)


async def _queue(registry: Registry, query: str = "") -> dict[str, Any]:
    answer = await registry.as_staff(Role.MODERATOR, "GET", f"/v1/moderation/queue{query}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_the_queue_waits_longest_first_even_while_it_is_worked_off(
    sandbox: Registry,
) -> None:
    """Deciding on what a page showed, its last item included, must not hide what comes after it."""
    shop = await sandbox.shop()
    ids = []
    for _ in range(6):
        report = await shop.report()
        await shop.attach(report["id"])
        ids.append(report["id"])
    assert [item["id"] for item in (await _queue(sandbox))["items"]] == ids
    first = await _queue(sandbox, "?limit=2")
    assert [item["id"] for item in first["items"]] == ids[:2]
    for item in first["items"]:
        assert (await _decide(sandbox, item["id"], version=item["version"])).status_code == 200
    second = await _queue(sandbox, f"?limit=2&cursor={first['next_cursor']}")
    assert [item["id"] for item in second["items"]] == ids[2:4]
    third = await _queue(sandbox, f"?limit=2&cursor={second['next_cursor']}")
    assert ([item["id"] for item in third["items"]], third["next_cursor"]) == (ids[4:], None)
    since = (await rows.row(sandbox.runtime, "reports", ids[2]))["state_since"]
    due = (since + timedelta(days=3)).isoformat().replace("+00:00", "Z")
    assert second["items"][0]["due"] == due


async def test_a_decision_replays_under_its_key(shared: Registry, shop: Shop) -> None:
    report_id = await _screening(shared, shop)
    key = await shared.staff_key(Role.MODERATOR)
    path = f"/v1/moderation/reports/{report_id}/decision"
    said = {"decision": "publish", "reason_code": "proof_standard_met", "reason": "Clear."}
    body = {**said, "version": await shared.version(path)}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "decision-1"}
    answers: list[httpx.Response] = [
        await shared.http.post(path, json=body, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    made = "SELECT id FROM report_decisions WHERE report_id = :id"
    assert len(await rows.select(shared.runtime, made, id=report_id)) == 1


@pytest.mark.parametrize("unknown", [str(UUID(int=7)), "not-a-uuid"])
async def test_a_report_that_is_not_there(shared: Registry, unknown: str) -> None:
    assert problem(await shared.decide(unknown)) == (404, "not-found")
