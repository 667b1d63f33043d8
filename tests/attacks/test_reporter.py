"""A reporter who would have a report shown that nobody was told of: refiled, altered, or slipped past a moderator.

What ends a report ends it for its matter; what is shown is what its person was told of, for the days that they were
promised.
"""

import itertools
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from registry.platform import clock
from registry.reports import rules, views
from registry.reports.rules import Event, State
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, submission
from tests.reports.states import in_state

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AGAIN = (409, "reinsertion-required")
_numbers = itertools.count(100)


def somebody() -> dict[str, str]:
    """A person of whom nothing is reported yet, whose phone has several ways of writing."""
    number = next(_numbers)
    return {"phone": f"050 555 6{number}", "email": f"matter{number}@mail.example"}


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


async def withdraw(shop: Shop, report_id: str) -> None:
    """The reporter takes a report back."""
    path = f"/v1/reports/{report_id}/withdraw"
    answer = await shop.call("POST", path, {"reason": "A mistake."})
    assert answer.status_code == 200, answer.text


def other_ways(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The same matter, told otherwise: all that a reporter could change without its being another contract."""
    phone, mail = body["subject"]["phone"], body["subject"]["email"]
    digits = "".join(phone.split())
    return [
        body,
        {**body, "subject": {"phone": f"+38{digits}"}},
        {**body, "subject": {"phone": f"8 ({digits[:3]}) {digits[3:]}", "name": "Хтось Інший"}},
        {**body, "subject": {"email": mail.upper(), "phone": "+380505550999"}},
        {**body, "subject": {"emails": [mail], "tax_id": "3184710691"}},
        {**body, "contract_reference": f"  {body['contract_reference'].upper()} "},
        {**body, "category": "no_show", "amount": None, "statement": "Quite another story."},
        {**body, "incident_date": submission()["incident_date"]},
    ]


async def refile(shop: Shop, body: dict[str, Any]) -> list[Any]:
    """The same matter in every way: what came of each."""
    return [await shop.create("/v1/reports", one) for one in other_ways(body)]


async def test_what_was_withdrawn_after_cooling_off_meets_its_tombstone(
    shared: Registry, shop: Shop
) -> None:
    """In every way of writing it, erased or not; as new, and by editing what is about something else."""
    body = submission(subject=somebody())
    report = await shop.report(**body)
    with clock.shifted(25 * HOUR):
        # No worker has looked since: that the time is over is enough.
        await withdraw(shop, report["id"])
        assert {problem(answer) for answer in await refile(shop, body)} == {AGAIN}
        decoy = await shop.report(subject=body["subject"])
        sent = {"contract_reference": body["contract_reference"]}
        assert problem(await shop.call("PATCH", f"/v1/reports/{decoy['id']}", sent)) == AGAIN
    with clock.shifted(60 * DAY):
        await shared.work()
        assert (await shop.view(report["id"]))["state"] == "erased"
        assert {problem(answer) for answer in await refile(shop, body)} == {AGAIN}


async def test_while_it_cools_off_it_may_be_taken_back_and_filed_anew(shop: Shop) -> None:
    body = submission(subject=somebody())
    report = await shop.report(**body)
    await withdraw(shop, report["id"])
    assert (await shop.create("/v1/reports", body)).status_code == 201


async def test_without_its_tombstone_it_comes_back(shared: Registry, shop: Shop) -> None:
    body = submission(subject=somebody())
    report = await shop.report(**body)
    with clock.shifted(25 * HOUR):
        await withdraw(shop, report["id"])
        await rows.write(
            shared.runtime,
            "DELETE FROM tombstones WHERE report_id = CAST(:id AS uuid)",
            id=report["id"],
        )
        assert {answer.status_code for answer in await refile(shop, body)} == {201}


async def edit(shop: Shop, report_id: str) -> Any:
    """A mild fact made a grave one."""
    grave = {"amount": {"amount": 90_000_00, "currency": "UAH"}, "statement": "A grave matter."}
    return await shop.call("PATCH", f"/v1/reports/{report_id}", grave)


TOLD_OF = (State.NOTICE, State.ACTIVE, State.CONTESTED, State.UPHELD, State.AMENDED)


@pytest.mark.parametrize("state", TOLD_OF)
async def test_what_the_person_was_told_of_is_altered_no_more(
    shared: Registry, shop: Shop, state: State
) -> None:
    report_id = await in_state(shared.runtime, shop, state, subject=somebody())
    before = await rows.row(shared.runtime, "reports", report_id)
    assert problem(await edit(shop, report_id)) == (409, "illegal-transition")
    assert await rows.row(shared.runtime, "reports", report_id) == before


async def bands(asker: Shop, phone: str) -> list[str]:
    """What a lookup tells of amounts."""
    answer = await asker.look_up(phone=phone)
    return [one["amount_band"] for match in answer["matches"] for one in match["reports"]]


@pytest.fixture
def open_to_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control taken out: a table by which the reporter alters what the person was told of."""
    more = {(state, Event.EDIT): state for state in TOLD_OF}
    monkeypatch.setattr(rules, "TRANSITIONS", MappingProxyType({**rules.TRANSITIONS, **more}))


@pytest.mark.usefixtures("open_to_edits")
async def test_it_is_the_table_that_keeps_them_from_altering_it(
    shared: Registry, shop: Shop
) -> None:
    """Without it lookups show a grave matter at once, of which nobody was told."""
    asker, subject = await shared.shop(), somebody()
    report_id = await in_state(shared.runtime, shop, State.ACTIVE, subject=subject)
    letters = await rows.count(shared.runtime, "messages")
    assert await bands(asker, subject["phone"]) == ["1000-5000"]
    assert (await edit(shop, report_id)).status_code == 200
    assert await bands(asker, subject["phone"]) == ["20000-100000"]
    assert await rows.count(shared.runtime, "messages") == letters


@pytest.mark.usefixtures("open_to_edits")
async def test_even_then_an_edit_during_the_notice_days_begins_them_anew(
    registry: Registry,
) -> None:
    """The letter and the days belong to the entry into `notice`, whichever event brings it there."""
    shop, subject = await registry.shop(), somebody()
    report = await registry.published(shop, subject=subject)
    async with registry.after(6 * DAY):
        before, letters = await shop.view(report["id"]), len(registry.letters())
        assert (await edit(shop, report["id"])).status_code == 200
        await registry.work()
        after = await shop.view(report["id"])
        assert {one["to"] for one in registry.letters()[letters:]} >= {subject["email"]}
    assert (before["state"], after["state"]) == ("notice", "notice")
    moved = [datetime.fromisoformat(view["visible_from"]) for view in (before, after)]
    assert moved[1] - moved[0] >= 4 * DAY


async def published(registry: Registry, report_id: str, number: int = 0) -> dict[str, Any]:
    """A moderator's yes; what the report is then."""
    answer = await registry.decide(report_id, number=number)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["report"]
    return found


async def test_what_is_altered_before_is_told_as_it_is_then_and_the_days_begin_with_the_letter(
    registry: Registry,
) -> None:
    """Asked for more and edited after weeks: the notice goes out with the moderator's yes, and all its days follow."""
    shop, asker = await registry.shop(), await registry.shop()
    subject = somebody()
    report = await shop.report(subject=subject)
    await shop.attach(report["id"])
    async with registry.after(25 * HOUR):
        asked = await registry.decide(report["id"], "request_info", "unclear")
        assert asked.status_code == 200
    async with registry.after(9 * DAY):
        assert (await edit(shop, report["id"])).json()["state"] == "screening"
        before = len(registry.letters())
        assert (await published(registry, report["id"]))["state"] == "notice"
        await registry.work()
        to = [one["to"] for one in registry.letters()[before:]]
        assert subject["email"] in to
        view = await shop.view(report["id"])
        until = datetime.fromisoformat(view["visible_from"])
        told = (await rows.row(registry.runtime, "reports", report["id"]))["notice_delivered_at"]
        assert until == told + registry.runtime.policy.notice_days * DAY
    # Told on the tenth day or so; the first report's own week is long over.
    async with registry.after(15 * DAY):
        assert await bands(asker, subject["phone"]) == []
    async with registry.after(16 * DAY + HOUR):
        assert await bands(asker, subject["phone"]) == ["20000-100000"]


async def test_what_comes_back_altered_is_told_anew(registry: Registry) -> None:
    """Shown once, withdrawn, and brought back as a grave matter: two moderators, a letter, and all the days again."""
    shop, asker = await registry.shop(), await registry.shop()
    body = submission(subject=somebody())
    phone = body["subject"]["phone"]
    report = await shop.report(**body)
    await shop.attach(report["id"])
    async with registry.after(2 * DAY):
        await published(registry, report["id"])
        await registry.work()
    async with registry.after(10 * DAY):
        assert await bands(asker, phone) == ["1000-5000"]
        await withdraw(shop, report["id"])
        grave = {**body, "amount": {"amount": 90_000_00, "currency": "UAH"}}
        sent = {"certification": True, "reason": "New papers.", "report": grave}
        back = (await shop.create(f"/v1/reports/{report['id']}/reinsertion", sent)).json()
        await shop.attach(back["id"])
    async with registry.after(12 * DAY):
        before = len(registry.letters())
        assert (await published(registry, back["id"]))["state"] == "screening"
        assert (await published(registry, back["id"], number=1))["state"] == "notice"
        await registry.work()
        assert body["subject"]["email"] in [one["to"] for one in registry.letters()[before:]]
    async with registry.after(18 * DAY):
        assert await bands(asker, phone) == []
    async with registry.after(19 * DAY + HOUR):
        assert await bands(asker, phone) == ["20000-100000"]


async def test_a_moderator_decides_on_what_they_read(shared: Registry, shop: Shop) -> None:
    """The reporter alters a report that is being decided upon: the decision is refused, and what is shown was read."""
    report_id = await in_state(
        shared.runtime, shop, State.SCREENING, **submission(subject=somebody())
    )
    path = f"/v1/moderation/reports/{report_id}"
    read = (await shared.as_staff(Role.MODERATOR, "GET", path)).json()["report"]["version"]
    asked = await shared.decide(report_id, "request_info", "unclear")
    assert asked.status_code == 200, asked.text
    assert (await edit(shop, report_id)).status_code == 200
    late = {
        "decision": "publish",
        "reason_code": "proof_standard_met",
        "reason": "Looked at every document.",
        "version": read,
    }
    answer = await shared.as_staff(Role.MODERATOR, "POST", f"{path}/decision", late, number=1)
    assert problem(answer) == (409, "report-already-decided")


async def in_second_screening(registry: Registry, shop: Shop) -> str:
    """A report that two must publish, in screening again after a file was asked for: words may still follow."""
    body = submission(subject=somebody())
    ended = await in_state(registry.runtime, shop, State.REMOVED, **body)
    sent = {"certification": True, "reason": "New papers.", "report": body}
    back = (await shop.create(f"/v1/reports/{ended}/reinsertion", sent)).json()["id"]
    with clock.shifted(25 * HOUR):
        await registry.work()
        asked = await registry.decide(back, "request_info", "evidence_missing")
        assert asked.status_code == 200, asked.text
        assert (await shop.attach(back)).status_code == 201
    id_: str = back
    return id_


async def bait_and_switch(registry: Registry, shop: Shop) -> str:
    """One moderator agrees, then the words change, then a second agrees: the state after it."""
    report_id = await in_second_screening(registry, shop)
    with clock.shifted(25 * HOUR):
        assert (await published(registry, report_id, number=1))["state"] == "screening"
        assert (await edit(shop, report_id)).status_code == 200
        state: str = (await published(registry, report_id, number=2))["state"]
    return state


async def test_what_one_moderator_read_is_what_the_second_reads(
    shared: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit between the two takes the first one's yes away. Counted over every screening, it would not."""
    assert await bait_and_switch(shared, shop) == "screening"
    monkeypatch.setattr(views, "approvals", lambda _, decisions: decisions)
    monkeypatch.setattr(rules, "APPROVALS_OF_DOUBTFUL", 3)  # the request for a file is counted too
    assert await bait_and_switch(shared, shop) == "notice"
