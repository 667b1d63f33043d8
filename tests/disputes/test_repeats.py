"""Disputed again: refused by rule, taken up with new evidence, and never hidden a second time."""

from datetime import timedelta
from typing import Any

import pytest

from tests.disputes.people import Person, answered, arrived, rule, shown
from tests.factories.registry import Registry, Shop, problem

DAY = timedelta(days=1)
#: After the fourteen days to appeal, whose last one no weekend is.
LATER = 18 * DAY


@pytest.fixture
async def lost(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> dict[str, Any]:
    """A report that was disputed and upheld."""
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert upheld.status_code == 200, upheld.text
    return report


@pytest.fixture
async def later(sandbox: Registry, lost: dict[str, Any]) -> Any:
    """After the time to appeal."""
    async with sandbox.after(LATER):
        yield await arrived(sandbox)


async def test_a_ruling_is_appealed_and_not_disputed_again(
    sandbox: Registry, lost: dict[str, Any], person: Person
) -> None:
    body = {"report_id": lost["id"], "ground": "not_me", "statement": "Again."}
    again = await person.call("POST", "/v1/disputes", body)
    assert problem(again) == (409, "not-to-be-disputed")


async def test_nothing_new_is_refused_at_once_and_open_to_one_appeal(
    sandbox: Registry, lost: dict[str, Any], later: Person
) -> None:
    asker = await sandbox.shop()
    before = len(sandbox.letters())
    refused = await later.dispute(lost["id"])
    assert (refused["state"], refused["ruling"], refused["reason_code"], refused["hides"]) == (
        "decided",
        "uphold",
        "nothing_new",
        False,
    )
    assert len(await shown(asker)) == 1
    await sandbox.work()
    told = [one["text"] for one in sandbox.letters()[before:]]
    assert any("нічого нового" in text and "оскаржте" in text for text in told)
    body = {"statement": "A rule cannot know what I sent."}
    appealed = await later.call("POST", f"/v1/disputes/{refused['id']}/appeal", body)
    assert (appealed.status_code, appealed.json()["state"]) == (200, "in_review"), appealed.text
    assert len(await shown(asker)) == 1, "the appeal against a refusal hides nothing"
    removed = await rule(sandbox, refused["id"], "remove", "not_proven", number=2)
    assert removed.status_code == 200, removed.text
    assert await shown(asker) == []


async def test_new_evidence_has_it_heard_while_the_report_stays(
    sandbox: Registry, reporter: Shop, lost: dict[str, Any], later: Person
) -> None:
    asker = await sandbox.shop()
    dispute = await later.dispute(lost["id"])
    assert (await later.attach(dispute["id"])).status_code == 201
    taken_up = await later.read(dispute["id"])
    assert (taken_up["state"], taken_up["ruling"]) == ("awaiting_reporter", None)
    assert taken_up["due"]["event"] == "passed_on"
    assert len(await shown(asker)) == 1
    async with sandbox.after(LATER + 11 * DAY):
        heard = await (await arrived(sandbox)).read(dispute["id"])
        assert heard["state"] == "in_review", "silence about what was decided removes nothing"
        changes = {"amount": {"amount": 40000, "currency": "UAH"}}
        amended = await rule(
            sandbox, dispute["id"], "amend", "partly_wrong", number=2, changes=changes
        )
        assert amended.status_code == 200, amended.text
        (fact,) = await shown(asker)
        assert (fact["state"], fact["amount_band"]) == ("amended", "0-500")


async def test_upheld_again_it_stands_as_it_was(
    sandbox: Registry, reporter: Shop, lost: dict[str, Any], later: Person
) -> None:
    asker = await sandbox.shop()
    (before,) = await shown(asker)
    dispute = await later.dispute(lost["id"], statement="Other words.")
    await later.attach(dispute["id"])
    await answered(reporter, dispute["id"])
    upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", number=2)
    assert upheld.status_code == 200, upheld.text
    assert await shown(asker) == [before]


async def test_a_late_ruling_hides_a_further_one_as_well(
    sandbox: Registry, lost: dict[str, Any], later: Person
) -> None:
    asker = await sandbox.shop()
    dispute = await later.dispute(lost["id"])
    await later.attach(dispute["id"])
    async with sandbox.after(LATER + 44 * DAY):
        assert len(await shown(asker)) == 1
    async with sandbox.after(LATER + 45 * DAY + timedelta(minutes=1)):
        assert await shown(asker) == []
        found = await (await arrived(sandbox)).read(dispute["id"])
        assert (found["state"], found["hides"]) == ("overdue", True)
        upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", number=2)
        assert upheld.status_code == 200, upheld.text
        assert len(await shown(asker)) == 1


async def test_three_in_a_year(sandbox: Registry, lost: dict[str, Any]) -> None:
    for number in (1, 2):
        async with sandbox.after(number * 20 * DAY):
            await (await arrived(sandbox)).dispute(lost["id"])
    body = {"report_id": lost["id"], "ground": "not_me", "statement": "Again."}
    async with sandbox.after(60 * DAY):
        refused = await (await arrived(sandbox)).call("POST", "/v1/disputes", body)
        assert problem(refused) == (409, "not-to-be-disputed")
        assert "3 times" in refused.json()["detail"]
