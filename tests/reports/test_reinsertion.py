"""An ended report comes back by reinsertion only: certified, of the same matter, by two moderators, one at a time."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from registry.platform import clock
from registry.reports.rules import FINAL, State
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, submission
from tests.reports.states import apply, in_state, path_to

SUBJECT = {"phone": "+380505550130", "email": "v.koval@mail.example", "name": "Коваль Віктор"}


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


async def _ended(registry: Registry, shop: Shop, state: State) -> tuple[str, dict[str, Any]]:
    """An ended report and what it said; a withdrawn one was withdrawn past its cooling off."""
    body = submission(subject=SUBJECT)
    if state in (State.WITHDRAWN, State.ERASED):
        id_ = await in_state(registry.runtime, shop, State.SCREENING, **body)
        path = f"/v1/reports/{id_}/withdraw"
        assert (await shop.call("POST", path, {"reason": "A mistake."})).status_code == 200
        if state is State.ERASED:
            await apply(registry.runtime, id_, path_to(State.ERASED)[-1])
        return id_, body
    return await in_state(registry.runtime, shop, state, **body), body


async def _reinsert(shop: Shop, report_id: str, content: dict[str, Any], **changes: Any) -> Any:
    body = {"certification": True, "reason": "A new waybill.", "report": content, **changes}
    return await shop.create(f"/v1/reports/{report_id}/reinsertion", body)


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_from_every_end(shared: Registry, shop: Shop, state: State) -> None:
    """Erasure included: the tombstone is enough to know it again."""
    id_, body = await _ended(shared, shop, state)
    assert problem(await shop.create("/v1/reports", body)) == (409, "reinsertion-required")
    back = await _reinsert(shop, id_, body)
    assert back.status_code == 201, back.text
    view = back.json()
    assert (view["state"], view["reinsertion_of"], view["evidence"]) == ("submitted", id_, [])
    row = await rows.row(shared.runtime, "reports", view["id"])
    assert row["approvals_needed"] == 2
    assert (await rows.actions(shared.runtime, id_))[-1] == "report.reinserted"
    # It may be edited like any other, though its matter is buried.
    edit = await shop.call("PATCH", f"/v1/reports/{view['id']}", {"statement": "Clearer."})
    assert edit.status_code == 200


async def test_its_person_is_told_within_five_business_days_or_it_ends(
    shared: Registry, shop: Shop
) -> None:
    """The letter leaves with the second moderator's decision; while it is not proven, its time runs."""
    id_, body = await _ended(shared, shop, State.REMOVED)
    back = (await _reinsert(shop, id_, body)).json()
    with clock.shifted(timedelta(hours=25)):
        await shared.work()
        await shop.attach(back["id"])
        for number in (1, 2):
            decided = await shared.decide(back["id"], number=number)
            assert decided.status_code == 200, decided.text
        view = await shop.view(back["id"])
    since = datetime.fromisoformat(view["state_since"])
    until = shared.runtime.policy.calendar.business_days(since, 5)
    due = {**view["due"], "at": datetime.fromisoformat(view["due"]["at"])}
    assert due == {"event": "undeliverable", "at": until}


async def test_what_makes_none(shared: Registry, shop: Shop) -> None:
    id_, body = await _ended(shared, shop, State.REMOVED)
    before = await rows.count(shared.runtime, "reports")
    other = {**body, "subject": {"phone": "+380505550131"}}
    for changes, expected, pointer in (
        ({"certification": False}, (422, "submission-refused"), "/certification"),
        ({"report": other}, (422, "submission-refused"), "/report"),
        (
            {"report": {**body, "contract_reference": "order-other"}},
            (422, "submission-refused"),
            "/report",
        ),
        ({"report": {**body, "amount": None}}, (422, "submission-refused"), "/report/amount"),
        (
            {"report": {**body, "subject": {"phone": "x"}}},
            (400, "invalid-values"),
            "/report/subject/phone",
        ),
        ({"reason": ""}, (400, "invalid-values"), "/reason"),
        ({"certification": "yes"}, (400, "invalid-values"), "/certification"),
    ):
        answer = await _reinsert(shop, id_, body, **changes)
        assert problem(answer) == expected, changes
        assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    stranger = await shared.shop()
    assert problem(await _reinsert(stranger, id_, body)) == (404, "not-found")
    assert problem(await _reinsert(shop, str(uuid4()), body)) == (404, "not-found")
    assert await rows.count(shared.runtime, "reports") == before


async def test_by_one_identifier_of_it(shared: Registry, shop: Shop) -> None:
    """The phone alone, written otherwise, is the same matter; what took an e-mail away stays known."""
    id_, body = await _ended(shared, shop, State.REJECTED)
    again = {**body, "subject": {"phone": "050 555 01 30"}}
    assert (await _reinsert(shop, id_, again)).status_code == 201


async def test_one_at_a_time(shared: Registry, shop: Shop) -> None:
    """Asked for many times at once, one comes back; when that one ends, it may be tried again."""
    id_, body = await _ended(shared, shop, State.EXPIRED)
    answers = await asyncio.gather(*(_reinsert(shop, id_, body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    (back,) = (answer.json() for answer in answers if answer.status_code == 201)
    path = f"/v1/reports/{back['id']}/withdraw"
    assert (await shop.call("POST", path, {"reason": "Not now."})).status_code == 200
    assert (await _reinsert(shop, id_, body)).status_code == 201


async def test_two_moderators_and_a_notice_of_its_own(registry: Registry) -> None:
    shop = await registry.shop()
    id_, body = await _ended(registry, shop, State.REMOVED)
    letters = len(registry.letters())
    back = (await _reinsert(shop, id_, body)).json()["id"]
    await shop.attach(back)
    async with registry.after(timedelta(hours=25)):
        first = await registry.decide(back)
        assert (first.json()["approvals"], first.json()["report"]["state"]) == (1, "screening")
        second = await registry.decide(back, number=1)
        assert second.json()["report"]["state"] == "notice"
        await registry.work()
    told = {one["to"] for one in registry.letters()[letters:]}
    assert told >= {SUBJECT["phone"], SUBJECT["email"]}
    case = await registry.as_staff(Role.MODERATOR, "GET", f"/v1/moderation/reports/{back}")
    assert case.json()["approvals_needed"] == 2
