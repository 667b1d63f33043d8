"""Changing a report while it cools off or is asked about, and taking it back or settling it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.platform import clock
from registry.reports.rules import State
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, rnokpp, submission
from tests.reports.states import bring_to, everything, in_state

SUBJECT = {"phone": "+380505550150", "name": "Бондар Марія"}
OTHER = {"phone": "+380505550151", "email": "m.bondar@mail.example", "name": "Бондар Марія"}


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop(plan="partner")


async def _edit(shop: Shop, report_id: str, **changes: Any) -> dict[str, Any]:
    answer = await shop.call("PATCH", f"/v1/reports/{report_id}", changes)
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def test_every_field_may_be_changed_and_the_rest_stays(shared: Registry, shop: Shop) -> None:
    report = await shop.report(subject=SUBJECT)
    changes: dict[str, Any] = {
        "category": "payment_refused",
        "incident_date": str(datetime.fromisoformat(report["submitted_at"]).date()),
        "contract_reference": "order-changed",
        "amount": {"amount": 999_900, "currency": "EUR"},
        "statement": "Refuses to pay.",
        "contacts": [
            {"at": "2026-01-03T09:00:00Z", "channel": "phone", "summary": "Refused to pay."}
        ],
        "settlement_attempts": "A letter.",
    }
    expected = report["content"]
    # One field at a time would break a rule on the way: a refusal to pay needs its contact.
    first = await _edit(shop, report["id"], contacts=changes["contacts"])
    expected = {**expected, "contacts": changes["contacts"]}
    assert (first["content"], first["version"]) == (expected, 2)
    view = first
    del changes["contacts"]
    for version, (field, value) in enumerate(changes.items(), 3):
        view = await _edit(shop, report["id"], **{field: value})
        expected = {**expected, field: value}
        assert (view["content"], view["version"]) == (expected, version)
    row = await rows.row(shared.runtime, "reports", report["id"])
    codes = (row["category"], row["amount_band"], row["currency"], row["contacts_count"])
    assert codes == ("payment_refused", "5000-20000", "EUR", 1)
    assert row["retention_until"].year == row["submitted_at"].year + 3
    assert (view["due"], view["submitted_at"]) == (report["due"], report["submitted_at"])


async def test_an_edit_meets_every_rule_of_a_submission(shared: Registry, shop: Shop) -> None:
    report = await shop.report(subject=SUBJECT)
    before = await everything(shared.runtime, report["id"])
    born = datetime.fromisoformat(report["submitted_at"]).date() - timedelta(days=16 * 365)
    for changes, status, pointer in (
        ({"category": "payment_refused"}, 422, "/contacts"),
        ({"amount": None}, 422, "/amount"),
        ({"settlement_attempts": None}, 422, "/settlement_attempts"),
        ({"incident_date": "2020-01-01"}, 422, "/incident_date"),
        ({"subject": {"name": "Бондар Марія", "city": "Київ"}}, 422, "/subject"),
        ({"subject": {**SUBJECT, "tax_id": rnokpp(born, 9)}}, 422, "/subject"),
        ({"subject": {"phone": "x"}}, 400, "/subject/phone"),
        ({"amount": {"amount": 1}}, 400, "/amount/currency"),
        ({"state": "active"}, 400, "/state"),
    ):
        answer = await shop.call("PATCH", f"/v1/reports/{report['id']}", changes)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    assert await everything(shared.runtime, report["id"]) == before


async def test_what_is_optional_may_be_taken_out(shop: Shop) -> None:
    report = await shop.report(category="abusive_conduct", contacts=[CONTACT], amount=None)
    view = await _edit(shop, report["id"], settlement_attempts=None)
    assert view["content"]["settlement_attempts"] is None


CONTACT = {"at": "2026-01-03T09:00:00Z", "channel": "phone", "summary": "Threats."}


async def test_a_replaced_subject_is_found_and_the_old_one_is_not(registry: Registry) -> None:
    """The old identifier leads nowhere, once the edited report is shown."""
    reporter, asker = await registry.shop(), await registry.shop()
    report = await reporter.report(subject=SUBJECT)
    await reporter.attach(report["id"])
    assert (await _edit(reporter, report["id"], subject=OTHER))["state"] == "submitted"
    assert await rows.count(registry.runtime, "records") == 1
    assert await rows.count(registry.runtime, "identities") == 1
    async with registry.after(timedelta(days=2)):
        assert (await registry.decide(report["id"])).status_code == 200
    async with registry.after(timedelta(days=3)):
        pass
    async with registry.after(timedelta(days=12)):
        assert (await reporter.view(report["id"]))["state"] == "active"
        assert (await asker.look_up(phone=SUBJECT["phone"]))["result"] == "no_record"
        assert (await asker.look_up(phone=OTHER["phone"]))["result"] == "record"
        assert (await asker.look_up(email=OTHER["email"]))["result"] == "record"


async def test_what_was_asked_for_answers(sandbox: Registry) -> None:
    """Missing evidence is answered by a file, what is unclear by an edit; each resumes screening."""
    shop = await sandbox.shop()
    for code, file_answers in (("evidence_missing", True), ("unclear", False)):
        report = await shop.report()
        decided = await sandbox.decide(report["id"], "request_info", code)
        assert decided.json()["report"]["state"] == "needs_info"
        assert (await shop.attach(report["id"])).status_code == 201
        state = (await shop.view(report["id"]))["state"]
        assert state == ("screening" if file_answers else "needs_info")
        if not file_answers:
            assert (await _edit(shop, report["id"], statement="Clearer."))["state"] == "screening"
        assert "report.info_given" in await rows.actions(sandbox.runtime, report["id"])


async def test_what_else_is_to_be_said_may_follow_the_file(sandbox: Registry) -> None:
    """A file resumes screening at once; words may still come after it, and then agreements count anew."""
    shop = await sandbox.shop()
    report = await shop.report()
    path = f"/v1/reports/{report['id']}"
    assert (await shop.call("PATCH", path, {"statement": "Unasked."})).status_code == 409
    await sandbox.decide(report["id"], "request_info", "evidence_missing")
    await shop.attach(report["id"])
    need = "UPDATE reports SET approvals_needed = 2 WHERE id = :id"
    await rows.write(sandbox.runtime, need, id=report["id"])
    assert (await sandbox.decide(report["id"])).json()["approvals"] == 1
    view = await _edit(shop, report["id"], statement="What the file shows.")
    assert view["state"] == "screening"
    assert (await sandbox.decide(report["id"], number=1)).json()["approvals"] == 1
    assert (await sandbox.decide(report["id"])).json()["report"]["state"] == "notice"


async def test_an_edit_must_change_something(shared: Registry, shop: Shop) -> None:
    report = await shop.report(subject=SUBJECT)
    before = await everything(shared.runtime, report["id"])
    for changes in ({}, {"statement": report["content"]["statement"]}, {"subject": SUBJECT}):
        answer = await shop.call("PATCH", f"/v1/reports/{report['id']}", changes)
        assert problem(answer) == (422, "submission-refused")
    assert await everything(shared.runtime, report["id"]) == before


async def test_ten_days_of_silence_reject(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report = await shop.report()
    await sandbox.decide(report["id"], "request_info", "unclear")
    almost = timedelta(days=10) - timedelta(minutes=5)
    async with sandbox.after(almost):
        assert (await shop.view(report["id"]))["state"] == "needs_info"
    with clock.shifted(timedelta(days=10, minutes=5)):
        # Before any job has run, a late answer comes too late all the same.
        late = await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "Late."})
        assert late.status_code == 409
        assert (await shop.attach(report["id"])).status_code == 409
    async with sandbox.after(timedelta(days=10, minutes=5)):
        view = await shop.view(report["id"])
        assert (view["state"], view["visible_from"]) == ("rejected", None)


async def test_cooling_off_ends_on_time_even_without_the_worker(registry: Registry) -> None:
    shop = await registry.shop()
    report = await shop.report()
    with clock.shifted(timedelta(hours=24, minutes=1)):
        late = await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "Late."})
        assert late.status_code == 409


async def test_taking_it_back_while_it_cools_off_leaves_no_trace(
    shared: Registry, shop: Shop
) -> None:
    """No tombstone: the same report may come again; and the same body is then a new report."""
    body = submission(subject=SUBJECT, contract_reference="order-freely")
    report = await shop.report(**body)
    path = f"/v1/reports/{report['id']}/withdraw"
    taken_back = await shop.call("POST", path, {"reason": "A mistake."})
    assert (taken_back.status_code, taken_back.json()["state"]) == (200, "withdrawn")
    assert taken_back.json()["due"]["event"] == "erase"
    assert await _tombstones(shared, report["id"]) == 0
    assert (await shop.report(**body))["id"] != report["id"]


async def _tombstones(registry: Registry, report_id: str) -> int:
    said = "SELECT * FROM tombstones WHERE report_id = :id"
    return len(await rows.select(registry.runtime, said, id=report_id))


ENDS = (State.SCREENING, State.NEEDS_INFO, State.NOTICE, State.ACTIVE, State.CONTESTED)


@pytest.mark.parametrize("state", [*ENDS, State.UPHELD, State.AMENDED])
async def test_taking_it_back_later_leaves_a_tombstone(
    shared: Registry, shop: Shop, state: State
) -> None:
    """One value an identifier; each stops the report, however it is written; nobody else's."""
    body = submission(subject=OTHER, contract_reference=f"Order {state}")
    id_ = await in_state(shared.runtime, shop, state, **body)
    path = f"/v1/reports/{id_}/withdraw"
    answer = await shop.call("POST", path, {"reason": "Paid in full."})
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert await _tombstones(shared, id_) == 2
    again = submission(
        subject={"phone": "050 555 01 51"}, contract_reference=f"  order   {state.upper()} "
    )
    refused = await shop.create("/v1/reports", again)
    assert problem(refused) == (409, "reinsertion-required")
    await _other_matters_pass(shared, shop, again)
    twice = await shop.call("POST", path, {"reason": "Again."})
    assert twice.status_code == 409


async def _other_matters_pass(registry: Registry, shop: Shop, body: dict[str, Any]) -> None:
    for changes in (
        {"subject": {"phone": "+380505550152"}},
        {"contract_reference": body["contract_reference"] + "-2"},
    ):
        taken = await shop.report(**{**body, **changes})
        path = f"/v1/reports/{taken['id']}/withdraw"
        assert (await shop.call("POST", path, {"reason": "Only tried."})).status_code == 200
        # Nor may a tombstone be gone around by editing another report into the buried one.
    fresh = await shop.report(**{**body, "contract_reference": "order-elsewhere"})
    reference = {"contract_reference": body["contract_reference"]}
    edited = await shop.call("PATCH", f"/v1/reports/{fresh['id']}", reference)
    assert edited.status_code == 409
    stranger = await registry.shop()
    assert (await stranger.create("/v1/reports", body)).status_code == 201


@pytest.mark.parametrize("state", [State.NOTICE, State.ACTIVE, State.CONTESTED, State.UPHELD])
async def test_settled_hides_at_once_and_says_why(
    shared: Registry, shop: Shop, state: State
) -> None:
    id_ = await in_state(shared.runtime, shop, state)
    answer = await shop.call("POST", f"/v1/reports/{id_}/settle", {"reason": "Paid on Monday."})
    view = answer.json()
    assert (answer.status_code, view["state"], view["visible_from"]) == (200, "settled", None)
    shown = "SELECT 1 FROM facts WHERE report_id = :id AND codes IS NOT NULL"
    assert await rows.select(shared.runtime, shown, id=id_) == []
    (entry,) = await rows.select(
        shared.runtime,
        "SELECT * FROM audit_entries WHERE object_id = :id AND action = 'report.settle'",
        id=id_,
    )
    assert entry["details"] == {"from": str(state), "to": "settled"}
    assert entry["sealed_reason"]
    assert b"Paid on Monday" not in entry["sealed_reason"]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x", "y": 1}])
async def test_an_end_needs_its_reason(shop: Shop, body: dict[str, Any]) -> None:
    report = await shop.report()
    answer = await shop.call("POST", f"/v1/reports/{report['id']}/withdraw", body)
    assert answer.status_code == 400
    assert (await shop.view(report["id"]))["state"] == "submitted"


async def test_the_list_is_newest_first_and_filtered(shared: Registry) -> None:
    shop = await shared.shop()
    ids = [(await shop.report())["id"] for _ in range(5)]
    await bring_to(shared.runtime, ids[1], State.SCREENING)
    seen, cursor = [], ""
    while True:
        page = (await shop.call("GET", f"/v1/reports?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids[::-1]
    only = (await shop.call("GET", "/v1/reports?state=screening")).json()["items"]
    assert [item["id"] for item in only] == [ids[1]]
    strange = await shop.call("GET", "/v1/reports?state=published")
    assert strange.status_code == 400
    assert strange.json()["errors"][0]["pointer"] == "query:state"
