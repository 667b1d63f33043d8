"""What both sides are written in a dispute: an answer, a late ruling, an appeal and its end."""

from datetime import timedelta
from typing import Any

from tests.disputes.people import Person, answered, arrived, rule
from tests.factories import rows
from tests.factories.registry import Registry, Shop

DAY = timedelta(days=1)


async def told(registry: Registry, report_id: str) -> dict[str, set[str]]:
    """Template -> the kinds of address that it went to: `business`, or the person's channels."""
    found: dict[str, set[str]] = {}
    key = (await rows.row(registry.runtime, "reports", report_id))["data_key_id"]
    said = "SELECT template, channel, data_key_id FROM messages WHERE about_id = :id"
    for row in await rows.select(registry.runtime, said, id=report_id):
        own = row["data_key_id"] == key
        found.setdefault(row["template"], set()).add(row["channel"] if own else "business")
    return found


async def test_an_answer_an_appeal_and_its_end_are_told(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    person_only, both = {"mail", "sms"}, {"mail", "sms", "business"}
    found = await told(sandbox, report["id"])
    assert (found["dispute_received"], found["dispute_opened"]) == (person_only, {"business"})
    assert found["dispute_answered"] == person_only
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert (await told(sandbox, report["id"]))["ruling_upheld"] == both
    said = {"statement": "Nobody looked at the receipt."}
    await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", said)
    found = await told(sandbox, report["id"])
    assert (found["appeal_received"], found["appeal_opened"]) == (person_only, {"business"})
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", number=2)
    found = await told(sandbox, report["id"])
    assert found["ruling_upheld_final"] == both
    await sandbox.work()
    letters = [one for one in sandbox.letters() if "Це рішення остаточне" in one["text"]]
    assert letters
    assert all("один раз" not in one["text"] for one in letters)
    assert any("Nobody looked at the receipt." in one["text"] for one in sandbox.letters())


async def test_a_late_ruling_is_told_to_both(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    async with sandbox.after(30 * DAY + timedelta(minutes=1)):
        found = await told(sandbox, report["id"])
        assert found["dispute_overdue"] == {"mail", "sms", "business"}


async def test_a_report_that_is_taken_back_while_disputed_is_told_once(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    await person.dispute(report["id"])
    answer = await reporter.call(
        "POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Paid."}
    )
    assert answer.status_code == 200, answer.text
    await sandbox.work()
    found = await told(sandbox, report["id"])
    assert found["report_taken_back"] == {"mail", "sms"}
    (over,) = await (await arrived(sandbox)).disputes()
    assert (over["state"], over["report_state"]) == ("closed", "withdrawn")
