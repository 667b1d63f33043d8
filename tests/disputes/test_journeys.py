"""Disputes from end to end over HTTP: silence, a ruling, an appeal, and what each side is told and shown."""

import asyncio
from datetime import timedelta
from typing import Any

from registry.staff.rules import Role
from tests.disputes.people import MAIL, PHONE, Person, answered, arrived, rule, shown
from tests.factories.registry import Registry, Shop, problem

DAY = timedelta(days=1)


async def test_a_dispute_hides_at_once_and_silence_removes(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    """Correction notices go to exactly the businesses that were shown it."""
    asker, other, stranger = [await sandbox.shop() for _ in range(3)]
    assert len(await shown(asker)) == len(await shown(other)) == 1
    assert (await stranger.look_up(phone="+380505550999"))["result"] == "no_record"
    dispute = await person.dispute(report["id"])
    assert (dispute["state"], dispute["report_state"]) == ("awaiting_reporter", "contested")
    assert dispute["due"]["event"] == "unanswered"
    assert await shown(asker) == []
    async with sandbox.after(9 * DAY):
        assert (await person_again(sandbox)).token
        assert await shown(asker) == []
    before = len(sandbox.letters())
    async with sandbox.after(10 * DAY + timedelta(minutes=1)):
        again = await person_again(sandbox)
        (ended,) = await again.disputes()
        assert (ended["state"], ended["ruling"], ended["report_state"]) == (
            "closed",
            "remove",
            "removed",
        )
        assert await shown(asker) == []
    letters = sandbox.letters()[before:]
    corrections = [one for one in letters if "Запит" in one["text"] and "виправлено" in one["text"]]
    assert len(corrections) == 2
    assert len({one["to"] for one in corrections}) == 2
    assert any("не відповів вчасно" in one["text"] for one in letters)


async def person_again(sandbox: Registry) -> Person:
    """A token is good for an hour: the person proves anew."""
    return await arrived(sandbox)


async def test_uphold_then_appeal_then_another_moderator_amends(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert (upheld.status_code, upheld.json()["dispute"]["state"]) == (200, "decided"), upheld.text
    (fact,) = await shown(asker)
    assert (fact["state"], fact["evidence_grade"]) == ("upheld", "adjudicated")
    assert fact["statement"] == "I collected the parcel on the third day and have the receipt."
    body = {"statement": "Nobody looked at the receipt."}
    appealed = await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", body)
    assert (appealed.status_code, appealed.json()["state"]) == (200, "in_review"), appealed.text
    assert await shown(asker) == []
    same = await rule(
        sandbox, dispute["id"], "amend", "partly_wrong", changes={"category": "no_show"}
    )
    assert problem(same) == (403, "conflict-of-interest"), "the appeal goes to another moderator"
    changes = {"amount": {"amount": 40000, "currency": "UAH"}}
    amended = await rule(sandbox, dispute["id"], "amend", "partly_wrong", number=2, changes=changes)
    assert (amended.status_code, amended.json()["dispute"]["state"]) == (200, "closed"), (
        amended.text
    )
    (fact,) = await shown(asker)
    assert (fact["state"], fact["amount_band"]) == ("amended", "0-500")
    once = await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", body)
    assert problem(once) == (409, "dispute-not-open-for-that"), "there is one appeal"


async def test_a_late_ruling_hides_and_escalates_and_never_upholds(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    async with sandbox.after(30 * DAY + timedelta(minutes=1)):
        queue = (await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
        (item,) = [one for one in queue["items"] if one["kind"] == "dispute"]
        assert item["id"] == dispute["id"]
        case = await sandbox.as_staff(
            Role.MODERATOR, "GET", f"/v1/moderation/disputes/{item['id']}", number=1
        )
        assert case.json()["dispute"]["state"] == "overdue"
        assert await shown(asker) == []
        (alarm,) = [one for one in sandbox.letters() if one["to"] == "operator@localhost"]
        assert dispute["id"] in alarm["text"]
        file = (await (await arrived(sandbox)).call("GET", "/v1/subject/file")).json()
        assert {one["to"] for one in file["letters"]} == {PHONE, MAIL}, (
            "it is no letter to the person"
        )
        late = await sandbox.as_staff(Role.OPERATOR, "GET", "/v1/operations/conduct")
        (listed,) = late.json()["overdue"]
        assert (listed["id"], listed["report_id"]) == (dispute["id"], report["id"])
        removed = await rule(sandbox, dispute["id"], "remove", "not_proven")
        assert removed.json()["dispute"]["state"] == "closed"
        late = await sandbox.as_staff(Role.OPERATOR, "GET", "/v1/operations/conduct")
        assert late.json()["overdue"] == []
        assert await shown(asker) == []


async def test_the_file_holds_all_and_tells_who_was_shown_it(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop(sector="furniture")
    await shown(asker)
    found = await person.file()
    (held,) = found["reports"]
    assert held["id"] == report["id"]
    assert held["statement"].startswith("Ordered with cash on delivery")
    assert held["identifiers"]["phones"] == [PHONE]
    (seen,) = found["shown"]
    assert (seen["who"], seen["reports"]) == ("furniture", [report["id"]])
    assert "shop.example" not in str(found), "nobody's address but the person's own"


async def test_only_ones_own_reports_can_be_disputed(sandbox: Registry, person: Person) -> None:
    other = {"phone": "+380505550333", "name": "Інший Тарас"}
    foreign = await sandbox.published(await sandbox.shop(), subject=other)
    body = {"report_id": foreign["id"], "ground": "not_me", "statement": "Not mine."}
    assert problem(await person.call("POST", "/v1/disputes", body)) == (404, "not-found")


async def test_a_second_dispute_changes_nothing(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = await person.dispute(report["id"])
    body = {"report_id": report["id"], "ground": "not_me", "statement": "Again."}
    assert problem(await person.call("POST", "/v1/disputes", body)) == (409, "already-disputed")
    await answered(reporter, dispute["id"])
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert problem(await person.call("POST", "/v1/disputes", body)) == (409, "not-to-be-disputed")
    assert len(await shown(reporter)) == 1


async def test_two_disputes_at_once_are_one(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    body = {"report_id": report["id"], "ground": "inaccurate", "statement": "I have the receipt."}
    answers = await asyncio.gather(*(person.call("POST", "/v1/disputes", body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await person.disputes()) == 1


async def test_who_may_not_rule(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = await person.dispute(report["id"])
    early = await rule(sandbox, dispute["id"], "remove", "not_proven")
    assert problem(early) == (409, "dispute-already-decided"), "its reporter has not answered"
    await answered(reporter, dispute["id"])
    screener = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", number=0)
    assert problem(screener) == (403, "conflict-of-interest")
    wrong = await rule(sandbox, dispute["id"], "uphold", "not_proven")
    assert wrong.json()["errors"][0]["pointer"] == "/reason_code"
    stale = await rule(sandbox, dispute["id"], "remove", "not_proven", version=1)
    assert problem(stale) == (409, "dispute-already-decided")


async def test_a_report_taken_back_ends_its_dispute(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    await person.dispute(report["id"])
    body = {"reason": "The client has a receipt."}
    ended = await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", body)
    assert ended.status_code == 200
    await sandbox.work()
    (dispute,) = await person.disputes()
    assert (dispute["state"], dispute["ruling"]) == ("closed", None)


async def test_what_is_anothers_is_not_found(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    dispute = await person.dispute(report["id"])
    other = await sandbox.shop()
    body = {"statement": "Not ours."}
    path = f"/v1/disputes/{dispute['id']}/response"
    assert problem(await other.call("POST", path, body)) == (404, "not-found")
    assert (await other.call("GET", "/v1/disputes")).json()["items"] == []
