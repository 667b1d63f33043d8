"""The operator's report: businesses past the line, and moderators whose decisions did not last."""

from datetime import timedelta
from typing import Any

from registry.staff.rules import Role
from tests.disputes import test_detachments as detachments
from tests.disputes.cases import decided, ended, somebody
from tests.disputes.people import SUBJECT, rule
from tests.factories import rows
from tests.factories.registry import Registry, problem


async def _report(registry: Registry) -> dict[str, Any]:
    answer = await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/conduct")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _counts(report: dict[str, Any]) -> list[tuple[int, ...]]:
    """Of each moderator, in the order in which they were named."""
    names = [f"published{end}" for end in ("", "_decided", "_overturned")]
    names += [f"upheld{end}" for end in ("", "_appealed", "_overturned")]
    return [tuple(one[name] for name in names) for one in report["moderators"]]


async def test_businesses_past_the_line_are_listed_and_no_others(sandbox: Registry) -> None:
    bad, good = await sandbox.shop(), await sandbox.shop()
    await decided(sandbox, bad, *["removed"] * 5)
    await decided(sandbox, good, "removed", "upheld")
    (listed,) = (await _report(sandbox))["businesses"]
    assert (listed["id"], listed["conduct"]["overturned"]) == (str(bad.id), 5)
    assert listed["name"].startswith("ТОВ")
    async with sandbox.after(timedelta(days=366)):
        report = await _report(sandbox)
        assert (report["businesses"], report["moderators"]) == ([], [])


async def test_a_moderators_own_decisions_are_counted(sandbox: Registry) -> None:
    """Number 0 publishes, number 1 rules, number 2 decides the appeals."""
    shop = await sandbox.shop()
    await decided(sandbox, shop, "upheld", "removed", "amended")
    for decision, code in (("uphold", "evidence_confirms"), ("remove", "wrong_person")):
        person, (report_id,) = await somebody(sandbox, shop)
        dispute_id = await ended(sandbox, shop, person, report_id, "upheld")
        appeal = {"statement": "Look again."}
        await person.call("POST", f"/v1/disputes/{dispute_id}/appeal", appeal)
        assert (await rule(sandbox, dispute_id, decision, code, number=2)).status_code == 200
    assert _counts(await _report(sandbox)) == [(5, 5, 3, 0, 0, 0), (0, 0, 0, 3, 2, 1)]


async def test_silence_and_withdrawal_are_not_the_moderators_fault(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    for silent in (True, False):
        person, (report_id,) = await somebody(sandbox, shop)
        await person.dispute(report_id)
        if not silent:
            await shop.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "Wrong."})
    async with sandbox.after(timedelta(days=11)):
        assert _counts(await _report(sandbox)) == [(2, 0, 0, 0, 0, 0)]


async def test_a_detachment_that_nobody_looks_at_is_told_to_the_operator_once(
    sandbox: Registry,
) -> None:
    await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    said = (await detachments.say(sandbox, await detachments.holder(sandbox))).json()
    assert (await _report(sandbox))["detachments_overdue"] == []

    def alarms() -> list[str]:
        return [one["text"] for one in sandbox.letters() if one["to"] == "operator@localhost"]

    for late in (timedelta(days=30, minutes=1), timedelta(days=31)):
        async with sandbox.after(late):
            (alarm,) = alarms()
            assert said["id"] in alarm
            listed = {"id": said["id"], "due": said["due"]}
            assert (await _report(sandbox))["detachments_overdue"] == [listed]
    async with sandbox.after(timedelta(days=32)):
        assert (await detachments.decided(sandbox, "confirm")).status_code == 200
        assert (await _report(sandbox))["detachments_overdue"] == []
    trail = "SELECT count(*) FROM audit_entries WHERE action = 'identifier.decision_late'"
    assert await rows.select(sandbox.runtime, trail) == [{"count": 1}]


async def test_it_is_the_operators_alone(shared: Registry) -> None:
    """Moderators read nobody's rate, and businesses not who else is on probation."""
    path = "/v1/operations/conduct"
    refused = await shared.as_staff(Role.MODERATOR, "GET", path)
    assert problem(refused) == (403, "role-missing")
    shop = await shared.shop()
    for answer in (await shop.call("GET", path), await shared.http.get(path)):
        assert problem(answer) == (401, "unauthenticated")
