"""Requests to erase: what goes at once, what stays with reasons, and what nobody gets by asking."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from registry.erasure import jobs
from registry.messages import jobs as messages
from registry.reports import jobs as reports
from registry.reports import journal
from registry.subjects import jobs as subjects
from tests.disputes.people import MAIL, PHONE, SUBJECT, Person, answered, rule, shown
from tests.erasure.asking import ask, mine, objected
from tests.factories import rows
from tests.factories.readable import everything, found
from tests.factories.registry import Registry, Shop, problem, rnokpp, submission
from tests.subjects.test_proofs import code_to, prove, start

DAY = timedelta(days=1)
NEEDLES = {
    "phone": PHONE,
    "mail": MAIL,
    "name": SUBJECT["name"],
    "statement": "Ordered with cash on delivery",
    "dispute": "I collected the parcel on the third day",
}


async def test_what_has_ended_is_erased_with_the_call(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """After a ruling that removed it: gone at once, and what came of the dispute stays on the reporter's record."""
    asker = await sandbox.shop()
    assert len(await shown(asker)) == 1
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    await rule(sandbox, dispute["id"], "remove", "not_proven")
    # The correction notices are in the outbox still.
    asked = await ask(person, report["id"])
    assert asked.status_code == 201, asked.text
    view = asked.json()
    assert (view["state"], view["code"], view["remedies"]) == ("granted", "no_longer_needed", [])
    decided = sandbox.runtime.policy.calendar.day(datetime.fromisoformat(view["decided_at"]))
    assert view["complete_by"] == str(decided + timedelta(days=35))
    assert (await reporter.view(report["id"]))["state"] == "erased"
    assert [name async for name, _ in sandbox.runtime.files.names()] == []
    kept = await rows.row(sandbox.runtime, "disputes", dispute["id"])
    assert (kept["ruling"], kept["reason_code"], kept["data_key_id"]) == (
        "remove",
        "not_proven",
        None,
    )
    said = "SELECT ruling FROM dispute_rulings WHERE dispute_id = :id"
    assert await rows.select(sandbox.runtime, said, id=UUID(dispute["id"])) == [
        {"ruling": "remove"}
    ]
    await sandbox.work()
    letters = sandbox.letters()
    assert any("виправлено" in one["text"] for one in letters), "those who were shown it are told"
    told = [one for one in letters if one["subject"] == "Запис про вас стерто"]
    assert {one["to"] for one in told} == {MAIL, PHONE}
    assert await mine(person, "erasure-requests") == [view]
    assert (await ask(person, report["id"])).status_code == 404, "there is nothing any more"


async def test_nothing_of_it_can_be_read_once_the_letter_has_arrived(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """The letter has a key of its own, destroyed after the time in which mail comes back."""
    await person.dispute(report["id"])
    await objected(person, report["id"])
    assert set(NEEDLES) <= set(found(await everything(sandbox.runtime), NEEDLES))
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Paid."})
    assert (await ask(person, report["id"])).json()["state"] == "granted"
    async with sandbox.after(3 * DAY):
        assert await jobs.forget_letters(sandbox.runtime) == 1
        assert await jobs.forget_letters(sandbox.runtime) == 0
        await _sweep(sandbox)
        needles = {**NEEDLES, "grounds": "zasiv"}
        assert found(await everything(sandbox.runtime), needles) == []
    assert [name async for name, _ in sandbox.runtime.journal.names()] == [
        report["id"].replace("-", "")
    ]
    assert (await journal.replay(sandbox.runtime)).erased == 0


async def _sweep(registry: Registry) -> None:

    for sweep in (subjects.sweep, messages.sweep, reports.sweep):
        await sweep(registry.runtime)


async def test_a_report_that_runs_stays_and_the_answer_says_what_can_be_done(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    view = (await ask(person, report["id"])).json()
    assert (view["state"], view["code"]) == ("refused", "still_needed")
    assert view["remedies"] == ["dispute", "objection", "authority", "court"]
    assert len(await shown(await sandbox.shop())) == 1
    await sandbox.work()
    written = [one for one in sandbox.letters() if "Запис не стерто" in one["subject"]]
    (letter,) = [one for one in written if one["to"] == MAIL]
    assert {one["to"] for one in written} == {MAIL, PHONE}
    assert "Уповноваженому Верховної Ради України" in letter["text"]
    assert "суду" in letter["text"]
    for _ in range(2):
        assert (await ask(person, report["id"])).status_code == 201
    assert problem(await ask(person, report["id"])) == (409, "asked-too-often")
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    assert (await ask(person, report["id"])).json()["state"] == "granted", "nobody asks in vain"


async def test_what_is_being_decided_waits(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """An open dispute is not ended by asking: what was said in it is evidence of the ruling."""
    dispute = await person.dispute(report["id"])
    view = (await ask(person, report["id"])).json()
    assert (view["state"], view["code"]) == ("refused", "being_decided")
    assert (await person.read(dispute["id"]))["state"] == "awaiting_reporter"
    checked = await reporter.report(subject=SUBJECT)
    view = (await ask(person, checked["id"])).json()
    assert (view["state"], view["code"]) == ("refused", "being_checked")


async def test_a_report_about_a_minor_goes_while_it_is_shown(
    sandbox: Registry, reporter: Shop, person: Person, report: dict[str, Any]
) -> None:
    """The reporter filed it after the person came of age; the tax id in it says when they were born."""
    today = date.today()  # noqa: DTZ011 - the day matters to the year only
    born = today.replace(year=today.year - 18, day=1) - timedelta(days=10)
    young = await sandbox.published(
        reporter,
        subject=SUBJECT | {"tax_id": rnokpp(born, 4321)},
        incident_date=str(today - timedelta(days=60)),
    )
    assert len(await shown(await sandbox.shop())) == 2
    view = (await ask(person, young["id"])).json()
    assert (view["state"], view["code"]) == ("granted", "under_age"), view
    assert (await reporter.view(young["id"]))["state"] == "erased"
    await sandbox.work()
    assert any(
        one["subject"].startswith("Ваш запис стерто за правилом") for one in sandbox.letters()
    )
    assert len(await shown(await sandbox.shop())) == 1, "the other stays"


async def test_retention_that_is_over_is_not_waited_for(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """No worker has looked yet: the request finds the report ended all the same."""
    over = (
        "UPDATE reports SET retention_until = submitted_at, due_event = 'expire',"
        " due_at = submitted_at WHERE id = :id"
    )
    await rows.write(sandbox.runtime, over, id=UUID(report["id"]))
    view = (await ask(person, report["id"])).json()
    assert (view["state"], view["code"]) == ("granted", "no_longer_needed")
    assert (await reporter.view(report["id"]))["state"] == "erased"
    assert (await rows.actions(sandbox.runtime, report["id"]))[-2:] == [
        "report.expire",
        "report.erase",
    ]


async def test_of_two_records_of_one_person_one_goes_and_the_other_stays(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """Two shops reported one person; what held them together does not take the other down."""
    other = await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    asker = await sandbox.shop()
    assert len(await shown(asker)) == 2
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    assert (await ask(person, report["id"])).json()["state"] == "granted"
    assert len(await shown(asker)) == 1
    assert [one["id"] for one in (await person.file())["reports"]] == [other["id"]]


async def test_the_same_report_does_not_come_back(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    reference = (await reporter.view(report["id"]))["content"]["contract_reference"]
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    assert (await ask(person, report["id"])).json()["state"] == "granted"
    same = submission(subject=SUBJECT, contract_reference=reference)
    refused = await reporter.create("/v1/reports", same)
    assert problem(refused) == (409, "reinsertion-required")


async def test_who_may_not_ask(sandbox: Registry, reporter: Shop, person: Person) -> None:
    """With one proof, about another's report, or without any: nothing is said and nothing changes."""
    theirs = {"phone": "+380505550333", "name": "Інший Тарас"}
    foreign = await sandbox.published(reporter, subject=theirs)
    for what, more in (("erasure-requests", {}), ("objections", {"statement": "Mine."})):
        path = f"/v1/subject/{what}"
        body = {"report_id": foreign["id"], **more}
        assert problem(await person.call("POST", path, body)) == (404, "not-found")
        unknown = {**body, "report_id": "01932f0c-0000-7000-8000-000000000000"}
        assert problem(await person.call("POST", path, unknown)) == (404, "not-found")
        assert (await sandbox.http.post(path, json=body)).status_code == 401
        once = await _with_one_proof(sandbox)
        assert problem(await once.call("POST", path, body)) == (403, "second-proof-needed")
        assert problem(await once.call("GET", path)) == (403, "second-proof-needed")
    assert await rows.count(sandbox.runtime, "subject_requests") == 0
    assert (await reporter.view(foreign["id"]))["state"] == "active"


async def _with_one_proof(registry: Registry) -> Person:
    session_id = await start(registry, phone=PHONE)
    code = code_to(registry, PHONE) or ""
    token = (await prove(registry, session_id, code=code)).json()["token"]
    return Person(registry.http, {"Authorization": f"Bearer {token}"})


async def test_asked_twice_at_once_it_is_erased_once(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    answers = await asyncio.gather(*(ask(person, report["id"]) for _ in range(6)))
    assert sorted(one.status_code for one in answers) == [201] + [404] * 5
    assert (await rows.actions(sandbox.runtime, report["id"])).count("report.erase") == 1
