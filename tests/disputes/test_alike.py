"""Where two moderators published, what stays shown takes two that say the same: to uphold, and to amend."""

from typing import Any

import pytest

from registry.staff.rules import Role
from tests.disputes.cases import decided, ended, shown_report, somebody
from tests.disputes.people import Person, answered, rule
from tests.factories.registry import Registry, Shop, problem

LESS = {"amount": {"amount": 40000, "currency": "UAH"}}
OTHER = {"amount": {"amount": 90000, "currency": "UAH"}}


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    """On probation: two moderators publish."""
    shop = await sandbox.shop()
    await decided(sandbox, shop, *["removed"] * 5)
    return shop


@pytest.fixture
async def dispute(sandbox: Registry, shop: Shop) -> str:
    """An answered dispute of a report that numbers 0 and 3 published."""
    person, (report_id,) = await somebody(sandbox, shop)
    id_: str = (await person.dispute(report_id))["id"]
    await answered(shop, id_)
    return id_


async def _amend(registry: Registry, dispute_id: str, number: int, changes: Any) -> Any:
    answer = await rule(
        registry, dispute_id, "amend", "partly_wrong", number=number, changes=changes
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_alone_does_not_amend(sandbox: Registry, shop: Shop, dispute: str) -> None:
    first = await _amend(sandbox, dispute, 1, LESS)
    assert (first["dispute"]["state"], first["dispute"]["report_state"]) == (
        "in_review",
        "contested",
    )
    assert first["proposed"] == [
        {"ruling": "amend", "changes": LESS, "statement": first["statement"]["text"]}
    ]
    again = await rule(sandbox, dispute, "amend", "partly_wrong", number=1, changes=LESS)
    assert problem(again) == (403, "conflict-of-interest"), "the same moderator twice is one"
    second = await _amend(sandbox, dispute, 2, LESS)
    assert (second["dispute"]["ruling"], second["dispute"]["report_state"]) == ("amend", "amended")
    assert second["proposed"] == []


async def test_two_who_say_different_things_have_not_agreed(
    sandbox: Registry, shop: Shop, dispute: str
) -> None:
    await _amend(sandbox, dispute, 1, LESS)
    assert (await _amend(sandbox, dispute, 2, OTHER))["dispute"]["report_state"] == "contested"
    upheld = await rule(sandbox, dispute, "uphold", "evidence_confirms", number=4)
    assert upheld.json()["dispute"]["report_state"] == "contested", "three, and no two alike"
    assert (await _amend(sandbox, dispute, 5, OTHER))["dispute"]["report_state"] == "amended"


async def test_one_is_enough_to_remove(sandbox: Registry, shop: Shop, dispute: str) -> None:
    await _amend(sandbox, dispute, 1, LESS)
    removed = await rule(sandbox, dispute, "remove", "not_proven", number=2)
    assert removed.json()["dispute"]["report_state"] == "removed"


@pytest.mark.parametrize("changes", [{}, {"category": "parcel_refused"}])
async def test_an_amendment_changes_something(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, changes: Any
) -> None:
    """Else those who were shown the report are told of a correction that is none."""
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    answer = await rule(sandbox, dispute["id"], "amend", "partly_wrong", changes=changes)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/changes"
    path = f"/v1/moderation/disputes/{dispute['id']}"
    case = (await sandbox.as_staff(Role.MODERATOR, "GET", path, number=1)).json()
    assert (case["dispute"]["state"], case["proposed"]) == ("in_review", [])


async def test_a_refusal_by_rule_is_not_appealed_to_who_made_the_decision_it_rests_on(
    sandbox: Registry,
) -> None:
    """Number 1 upheld; disputed again with nothing new, a rule refuses; another than number 1 hears the appeal."""
    shop = await sandbox.shop()
    person, (report_id,) = await somebody(sandbox, shop)
    first = await ended(sandbox, shop, person, report_id, "upheld")
    await person.call("POST", f"/v1/disputes/{first}/appeal", {"statement": "Look again."})
    upheld = await rule(sandbox, first, "uphold", "evidence_confirms", number=2)
    assert upheld.json()["dispute"]["state"] == "closed"
    second = (await person.dispute(report_id))["id"]
    appeal = {"statement": "A rule cannot know what I sent."}
    appealed = await person.call("POST", f"/v1/disputes/{second}/appeal", appeal)
    assert appealed.json()["state"] == "in_review", appealed.text
    same = await rule(sandbox, second, "uphold", "evidence_confirms", number=2)
    assert problem(same) == (403, "conflict-of-interest")
    other = await rule(sandbox, second, "uphold", "evidence_confirms", number=1)
    assert other.status_code == 200, "the one before was overruled or confirmed already"


async def test_a_reporter_learns_nothing_of_the_persons_disputes_with_others(
    sandbox: Registry,
) -> None:
    one, other = await sandbox.shop(), await sandbox.shop()
    person, (report_id,) = await somebody(sandbox, one)
    phone_of = (await one.view(report_id))["content"]["subject"]
    theirs = await shown_report(sandbox, other, phone_of)
    await sandbox.work()
    first = await person.dispute(report_id)
    second = await person.dispute(theirs)
    assert second["case_id"] == first["id"], "to the person they are one case"
    for shop, dispute in ((one, first), (other, second)):
        seen = (await shop.call("GET", f"/v1/disputes/{dispute['id']}")).json()
        assert seen["case_id"] == dispute["id"]
