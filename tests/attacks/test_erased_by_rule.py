"""A person whom a rule believes, wrongly: the reporter learns by which rule, contests it, and people decide."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.staff.rules import Role
from tests.disputes.people import MAIL, PHONE, SUBJECT, arrived, shown
from tests.erasure.asking import ask, objected, weigh
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, rnokpp, submission

DAY = timedelta(days=1)
BY_COUNTRY = {
    "UA": ("ще не мала 18 років", "немає доказу, що особу повідомили"),
    "KZ": ("ещё не было 18 лет", "нет доказательства, что человека известили"),
    "PL": ("not yet 18", "nothing showed that the person had been told"),
}


def _content() -> dict[str, Any]:
    """A report whose tax id says, wrongly, that its person came of age only after the incident."""
    today = date.today()  # noqa: DTZ011 - the day matters to the year only
    born = today.replace(year=today.year - 18, day=1) - 10 * DAY
    subject = SUBJECT | {"tax_id": rnokpp(born, 4321), "country": "UA"}
    return submission(subject=subject, incident_date=str(today - 60 * DAY))


async def _erased(registry: Registry, shop: Shop, code: str) -> tuple[str, dict[str, Any]]:
    """A shown report that the person had erased by that rule, and what it said."""
    body = _content() if code == "under_age" else submission(subject=SUBJECT)
    report_id = (await registry.published(shop, **body))["id"]
    person = await arrived(registry)
    if code == "never_told":
        untold = "UPDATE reports SET notice_delivered_at = NULL WHERE id = :id"
        await rows.write(registry.runtime, untold, id=UUID(report_id))
    view = (await ask(person, report_id)).json()
    assert (view["state"], view["code"]) == ("granted", code), view
    await registry.work()
    return report_id, body


async def _reinsert(shop: Shop, report_id: str, body: dict[str, Any]) -> dict[str, Any]:
    sent = {"certification": True, "reason": "The contract says 1990.", "report": body}
    back = await shop.create(f"/v1/reports/{report_id}/reinsertion", sent)
    assert back.status_code == 201, back.text
    view: dict[str, Any] = back.json()
    assert (await shop.attach(view["id"], name="contract-with-birth-date.pdf")).status_code == 201
    return view


async def _case(registry: Registry, report_id: str) -> dict[str, Any]:
    path = f"/v1/moderation/reports/{report_id}"
    found: dict[str, Any] = (await registry.as_staff(Role.MODERATOR, "GET", path)).json()
    return found


@pytest.mark.parametrize("still_says_so", [False, True], ids=["mended", "as before"])
async def test_the_reporter_contests_it_and_two_moderators_decide(
    sandbox: Registry, still_says_so: bool
) -> None:
    """From the report to the person's new notice; then no rule goes against what the two have decided."""
    shop = await sandbox.shop()
    report_id, body = await _erased(sandbox, shop, "under_age")
    asker = await sandbox.shop()
    assert await shown(asker) == []
    assert problem(await shop.create("/v1/reports", body)) == (409, "reinsertion-required")
    if not still_says_so:
        body = {**body, "subject": SUBJECT | {"birth_date": "1990-05-06"}}
    back = await _reinsert(shop, report_id, body)
    case = await _case(sandbox, back["id"])
    told = case["brought_back"]
    assert (told["report"], told["erased_for"]) == (report_id, "under_age")
    assert told["reason"] == "The contract says 1990."
    assert told["ended_at"]
    before = len(sandbox.letters())
    assert (await sandbox.decide(back["id"])).json()["report"]["state"] == "screening"
    assert (await sandbox.decide(back["id"])).status_code == 409, "one moderator is not two"
    assert (await sandbox.decide(back["id"], number=1)).status_code == 200
    await sandbox.work()
    assert {MAIL, PHONE} <= {one["to"] for one in sandbox.letters()[before:]}
    assert len(await shown(asker)) == 1
    person = await arrived(sandbox)
    view = (await ask(person, back["id"])).json()
    assert (view["state"], view["code"]) == ("refused", "still_needed")
    assert "objection" in view["remedies"]
    assert len(await shown(asker)) == 1


@pytest.mark.parametrize("country", BY_COUNTRY)
@pytest.mark.parametrize("code", ["under_age", "never_told"])
async def test_the_letter_says_what_which_rule_and_how_to_contest(
    sandbox: Registry, code: str, country: str
) -> None:
    shop = await sandbox.shop()
    await rows.write(sandbox.runtime, "UPDATE businesses SET country = :country", country=country)
    report_id, _ = await _erased(sandbox, shop, code)
    letters = [one["text"] for one in sandbox.letters() if "/reinsertion" in one["text"]]
    (letter,) = letters
    assert BY_COUNTRY[country][code == "never_told"] in letter
    assert f"POST /v1/reports/{report_id}/reinsertion" in letter
    assert BY_COUNTRY[country][code != "never_told"] not in letter


async def test_what_was_never_told_comes_back_and_is_told(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report_id, body = await _erased(sandbox, shop, "never_told")
    back = await _reinsert(shop, report_id, body)
    assert (await _case(sandbox, back["id"]))["brought_back"]["erased_for"] == "never_told"
    for number in (0, 1):
        assert (await sandbox.decide(back["id"], number=number)).status_code == 200
    await sandbox.work()
    assert len(await shown(await sandbox.shop())) == 1


async def test_a_granted_objection_is_told_to_the_moderators_too(sandbox: Registry) -> None:
    shop, body = await sandbox.shop(), submission(subject=SUBJECT)
    report_id = (await sandbox.published(shop, **body))["id"]
    objection = await objected(await arrived(sandbox), report_id)
    granted = await weigh(sandbox, objection["id"], "grant", "rights_prevail")
    assert granted.status_code == 200, granted.text
    await sandbox.work()
    assert any(f"{report_id}/reinsertion" in one["text"] for one in sandbox.letters())
    back = await _reinsert(shop, report_id, body)
    case = await _case(sandbox, back["id"])
    assert case["brought_back"]["erased_for"] == "rights_prevail"


async def test_what_ended_otherwise_is_brought_back_without_such_a_note(sandbox: Registry) -> None:
    """Withdrawn, then erased at the person's wish: nothing was decided against the reporter."""
    shop, body = await sandbox.shop(), submission(subject=SUBJECT)
    report_id = (await sandbox.published(shop, **body))["id"]
    person = await arrived(sandbox)
    await shop.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "A mistake."})
    assert (await ask(person, report_id)).json()["code"] == "no_longer_needed"
    back = await _reinsert(shop, report_id, body)
    told = (await _case(sandbox, back["id"]))["brought_back"]
    assert (told["erased_for"], told["reason"]) == (None, "The contract says 1990.")
    assert (await _case(sandbox, (await sandbox.published(shop))["id"]))["brought_back"] is None


async def test_what_was_reported_in_time_comes_back_after_a_year(registry: Registry) -> None:
    """A debt is shown for three years; only the date that was reported in time stays good."""
    shop = await registry.shop()
    contact = {"at": "2026-01-03T09:00:00Z", "channel": "phone", "summary": "Promised to pay."}
    body = submission(subject=SUBJECT, category="payment_overdue", contacts=[contact])
    report = await shop.report(**body)
    async with registry.after(25 * timedelta(hours=1)):
        path = f"/v1/reports/{report['id']}/withdraw"
        assert (await shop.call("POST", path, {"reason": "A mistake."})).status_code == 200
    async with registry.after(400 * DAY):
        earlier = str(date.fromisoformat(body["incident_date"]) - DAY)
        sent = {"certification": True, "reason": "New papers.", "report": body}
        path = f"/v1/reports/{report['id']}/reinsertion"
        other = {**sent, "report": {**body, "incident_date": earlier}}
        refused = await shop.create(path, other)
        assert problem(refused) == (422, "submission-refused")
        assert refused.json()["errors"][0]["pointer"] == "/report/incident_date"
        back = await shop.create(path, sent)
        assert back.status_code == 201, back.text
        edit = {"statement": "Clearer."}
        mended = await shop.call("PATCH", f"/v1/reports/{back.json()['id']}", edit)
        assert mended.status_code == 200, mended.text
        new = {**body, "contract_reference": str(uuid4())}
        assert problem(await shop.create("/v1/reports", new)) == (422, "submission-refused")
