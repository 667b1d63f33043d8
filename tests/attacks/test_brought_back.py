"""A reporter that brings back another report of the same matter than the one which was erased.

One fact under one contract may have ended several times, as several reports. What people decided about one of them
counts for the next, and only one of them runs at a time.
"""

from asyncio import gather
from typing import Any

import pytest

from registry.staff.rules import Role
from tests.attacks.test_erased_by_rule import _content
from tests.disputes.people import SUBJECT, arrived, shown
from tests.erasure.asking import ask, objected, weigh
from tests.factories.registry import Registry, Shop, problem, submission


async def _bring_back(shop: Shop, report_id: str, body: dict[str, Any]) -> Any:
    sent = {"certification": True, "reason": "New papers.", "report": body}
    return await shop.create(f"/v1/reports/{report_id}/reinsertion", sent)


async def _published_again(
    registry: Registry, shop: Shop, report_id: str, body: dict[str, Any]
) -> str:
    """The id of the report by which this one was brought back, with the agreement of two moderators."""
    back = await _bring_back(shop, report_id, body)
    assert back.status_code == 201, back.text
    new: str = back.json()["id"]
    await shop.attach(new)
    for number in (0, 1):
        assert (await registry.decide(new, number=number)).status_code == 200
    await registry.work()
    return new


async def _withdraw(shop: Shop, report_id: str) -> None:
    path = f"/v1/reports/{report_id}/withdraw"
    assert (await shop.call("POST", path, {"reason": "By mistake."})).status_code == 200


async def _told(registry: Registry, report_id: str) -> Any:
    """Why the matter was erased, as the moderators of this reinsertion read it."""
    path = f"/v1/moderation/reports/{report_id}"
    case = (await registry.as_staff(Role.MODERATOR, "GET", path)).json()
    return case["brought_back"]["erased_for"]


async def _withdrawn_then_erased(registry: Registry, shop: Shop, body: dict[str, Any]) -> list[str]:
    """One that its reporter withdrew, and its successor, which moderators erased for the person's rights."""
    first = (await registry.published(shop, **body))["id"]
    await _withdraw(shop, first)
    second = await _published_again(registry, shop, first, body)
    objection = await objected(await arrived(registry), second)
    granted = await weigh(registry, objection["id"], "grant", "rights_prevail", number=2)
    assert granted.status_code == 200, granted.text
    return [first, second]


@pytest.mark.parametrize("which", [0, 1], ids=["the withdrawn one", "the erased one"])
async def test_whichever_comes_back_moderators_read_why_the_matter_was_erased(
    sandbox: Registry, which: int
) -> None:
    """And the other cannot come back next to it."""
    shop, body = await sandbox.shop(), submission(subject=SUBJECT)
    ended = await _withdrawn_then_erased(sandbox, shop, body)
    back = (await _bring_back(shop, ended[which], body)).json()["id"]
    assert await _told(sandbox, back) == "rights_prevail"
    for report_id in ended:
        refused = await _bring_back(shop, report_id, body)
        assert problem(refused) == (409, "illegal-transition")
        assert back in refused.json()["detail"]
    await shop.attach(back)
    for number in (0, 1):
        await sandbox.decide(back, number=number)
    await sandbox.work()
    assert problem(await _bring_back(shop, ended[0], body)) == (409, "illegal-transition")
    assert len(await shown(await sandbox.shop())) == 1


async def test_of_two_that_come_back_at_once_one_does(sandbox: Registry) -> None:
    shop, body = await sandbox.shop(), submission(subject=SUBJECT)
    ended = await _withdrawn_then_erased(sandbox, shop, body)
    answers = await gather(*(_bring_back(shop, one, body) for one in ended * 2))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("which", [0, 1], ids=["the erased one", "its successor"])
async def test_what_two_decided_about_the_age_holds_along_the_chain(
    sandbox: Registry, which: int
) -> None:
    """Erased for age, published again by two, withdrawn, and brought back once more."""
    shop, body = await sandbox.shop(), _content()
    first = (await sandbox.published(shop, **body))["id"]
    assert (await ask(await arrived(sandbox), first)).json()["code"] == "under_age"
    second = await _published_again(sandbox, shop, first, body)
    await _withdraw(shop, second)
    third = await _published_again(sandbox, shop, [first, second][which], body)
    assert await _told(sandbox, third) == "under_age"
    view = (await ask(await arrived(sandbox), third)).json()
    assert (view["state"], view["code"]) == ("refused", "still_needed"), view


async def test_a_reinsertion_becomes_none_of_something_else(sandbox: Registry) -> None:
    """What moderators read about the matter would then be of another contract."""
    shop, body = await sandbox.shop(), submission(subject=SUBJECT)
    first = (await sandbox.published(shop, **body))["id"]
    await _withdraw(shop, first)
    back = (await _bring_back(shop, first, body)).json()["id"]
    await sandbox.decide(back, "request_info", "unclear")
    path, change = f"/v1/reports/{back}", {"contract_reference": "another"}
    assert problem(await shop.call("PATCH", path, change)) == (422, "submission-refused")
    edit = {"statement": "Clearer."}
    assert (await shop.call("PATCH", path, edit)).status_code == 200
