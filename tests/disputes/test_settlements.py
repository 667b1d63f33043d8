"""Settlements: the person says that it is paid; the reporter confirms, denies or is silent."""

from datetime import timedelta
from typing import Any

import pytest

from tests.disputes.people import Person, answered, arrived, rule, shown
from tests.factories.registry import Registry, Shop, problem

DAY = timedelta(days=1)


async def respond(shop: Shop, report_id: str, **body: Any) -> Any:
    return await shop.call("POST", f"/v1/reports/{report_id}/settlement-response", body)


async def test_a_claim_hides_at_once_and_confirmation_settles(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    assert len(await shown(asker)) == 1
    claimed = await person.claim(report["id"])
    assert claimed.status_code == 201, claimed.text
    dispute = claimed.json()
    assert (dispute["settlement"], dispute["hides"], dispute["ground"]) == (True, True, "settled")
    assert (dispute["state"], dispute["due"]["event"]) == ("awaiting_reporter", "confirmed")
    assert await shown(asker) == []
    assert (await person.attach(dispute["id"])).status_code == 201
    before = len(sandbox.letters())
    confirmed = await respond(reporter, report["id"], confirmed=True)
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "closed"), confirmed.text
    assert (await reporter.view(report["id"]))["state"] == "settled"
    await sandbox.work()
    letters = sandbox.letters()[before:]
    assert sum("Запит" in one["text"] for one in letters) == 1
    assert sum("закрито" in one["text"] and "залагоджен" in one["text"] for one in letters) >= 2


async def test_silence_confirms_and_does_not_count_as_removed(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    await person.claim(report["id"])
    async with sandbox.after(10 * DAY - timedelta(minutes=1)):
        assert (await reporter.view(report["id"]))["state"] == "contested"
    async with sandbox.after(10 * DAY + timedelta(minutes=1)):
        assert (await reporter.view(report["id"]))["state"] == "settled"
        (dispute,) = await (await arrived(sandbox)).disputes()
        assert (dispute["state"], dispute["ruling"]) == ("closed", None)


async def test_denied_goes_to_a_moderator_who_may_find_it_proven(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = (await person.claim(report["id"])).json()
    wordless = await respond(reporter, report["id"], confirmed=False)
    assert problem(wordless) == (400, "invalid-values")
    assert wordless.json()["errors"][0]["pointer"] == "/statement"
    denied = await respond(reporter, report["id"], confirmed=False, statement="Nothing arrived.")
    assert (denied.status_code, denied.json()["state"]) == (200, "in_review"), denied.text
    assert denied.json()["answer"] == "Nothing arrived."
    late = await respond(reporter, report["id"], confirmed=True)
    assert problem(late) == (409, "dispute-not-open-for-that"), "settling it is always possible"
    found = await rule(sandbox, dispute["id"], "remove", "settled")
    assert found.status_code == 200, found.text
    assert (await reporter.view(report["id"]))["state"] == "settled"


async def test_after_a_ruling_a_payment_leaves_the_time_to_appeal_and_hides_nothing(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    claimed = (await person.claim(report["id"])).json()
    assert (claimed["hides"], claimed["state"]) == (False, "decided"), "without proof, refused"
    assert claimed["reason_code"] == "nothing_new"
    assert (await person.read(dispute["id"]))["state"] == "decided", "to be appealed still"
    assert len(await shown(asker)) == 1
    assert (await person.attach(claimed["id"])).status_code == 201
    again = await person.read(claimed["id"])
    assert (again["state"], again["due"]["event"]) == ("awaiting_reporter", "confirmed")
    assert len(await shown(asker)) == 1, "a further one hides nothing"
    async with sandbox.after(10 * DAY + timedelta(minutes=1)):
        assert await shown(asker) == []
        assert (await reporter.view(report["id"]))["state"] == "settled"


async def test_only_the_reporter_answers_and_only_a_claim(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    early = await respond(reporter, report["id"], confirmed=True)
    assert problem(early) == (404, "not-found"), "nobody claims anything"
    await person.claim(report["id"])
    stranger = await respond(await sandbox.shop(), report["id"], confirmed=True)
    assert problem(stranger) == (404, "not-found")
    twice = await person.claim(report["id"])
    assert problem(twice) == (409, "already-disputed")


@pytest.mark.parametrize("by", ["withdraw", "settle"])
async def test_a_report_that_ends_by_itself_ends_the_claim(
    by: str, sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = (await person.claim(report["id"])).json()
    ended = await reporter.call("POST", f"/v1/reports/{report['id']}/{by}", {"reason": "Paid."})
    assert ended.status_code == 200, ended.text
    async with sandbox.after(10 * DAY + timedelta(minutes=1)):
        assert (await (await arrived(sandbox)).read(dispute["id"]))["state"] == "closed"
