"""Flags on a case: pile-ons, common owners, retaliation, probation; each where it belongs and nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.platform.ids import uuid7
from registry.reports.flags import Alarm, Beside, flags_beside
from registry.reports.rules import Flag, State
from registry.staff.rules import Role
from tests.disputes.cases import decided
from tests.disputes.people import MAIL, PHONE, SUBJECT, Person, arrived
from tests.factories.registry import Registry, Shop
from tests.reports.states import in_state

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ALARM = Alarm(pile_on=14 * DAY, pile_on_reports=3, retaliation=30 * DAY)
SHOP, SISTER, STRANGER = uuid7(), uuid7(), uuid7()
SOURCE = {SHOP: SHOP, SISTER: SHOP, STRANGER: STRANGER}


def _report(shop: UUID, days: float = 0, disputed: float | None = None) -> Beside:
    at = None if disputed is None else NOW + disputed * DAY
    return Beside(uuid7(), shop, SOURCE[shop], NOW + days * DAY, at)


@pytest.mark.parametrize(
    ("others", "flags"),
    [
        ([], set()),
        ([_report(STRANGER)], set()),
        ([_report(STRANGER, -3), _report(STRANGER, 14)], {Flag.PILE_ON}),
        ([_report(STRANGER, -3), _report(STRANGER, 14.1)], set()),
        ([_report(SHOP, -3), _report(SHOP, -2)], {Flag.PILE_ON}),
        ([_report(SISTER, -300)], {Flag.COMMON_OWNER}),
        ([_report(SHOP, -60, disputed=-30)], {Flag.RETALIATION}),
        ([_report(SHOP, -60, disputed=-30.1)], set()),
        ([_report(SISTER, -60, disputed=0)], {Flag.COMMON_OWNER, Flag.RETALIATION}),
        ([_report(STRANGER, -60, disputed=-1)], set()),
        ([_report(SHOP, -60, disputed=1)], set()),
    ],
    ids=[
        "alone",
        "one other",
        "three within the days",
        "one too far off",
        "three of one business",
        "a sister's, however long ago",
        "after a complaint",
        "long after a complaint",
        "after a complaint about a sister",
        "after a complaint about a stranger",
        "before the complaint",
    ],
)
def test_what_stands_out(others: list[Beside], flags: set[Flag]) -> None:
    assert flags_beside(_report(SHOP), others, ALARM) == flags


async def _case(registry: Registry, report_id: str) -> dict[str, Any]:
    path = f"/v1/moderation/reports/{report_id}"
    answer = await registry.as_staff(Role.MODERATOR, "GET", path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _filed(registry: Registry, shop: Shop, **subject: Any) -> str:
    """A report that waits for its screening."""
    id_: str = (await shop.report(subject=subject or SUBJECT))["id"]
    return id_


async def test_a_pile_on_of_one_owner_is_shown_with_what_it_rests_on(sandbox: Registry) -> None:
    owned: dict[str, Any] = {"beneficial_owners": ["Одна Власниця"]}
    one, sister, stranger = [await sandbox.shop(**who) for who in (owned, owned, dict[str, Any]())]
    first = await _filed(sandbox, one)
    second = await _filed(sandbox, sister)
    assert (await _case(sandbox, first))["flags"] == ["common_owner"]
    third = await _filed(sandbox, stranger)
    case = await _case(sandbox, second)
    assert case["flags"] == ["common_owner", "pile_on"]
    assert [(o["id"], o["same_owner"], o["same_business"]) for o in case["beside"]] == [
        (third, False, False),
        (first, True, False),
    ]
    assert (await _case(sandbox, third))["flags"] == ["pile_on"]
    unrelated = await _filed(sandbox, stranger, phone="+380505550155")
    case = await _case(sandbox, unrelated)
    assert (case["flags"], case["beside"]) == ([], [])


async def test_the_same_person_is_known_by_what_they_are_known_by(sandbox: Registry) -> None:
    """Three reports, of which no two name the same things: one identity all the same."""
    shop = await sandbox.shop()
    ids = [
        await _filed(sandbox, shop, **subject)
        for subject in ({"phone": PHONE}, {"email": MAIL}, {"phone": PHONE, "email": MAIL})
    ]
    for id_ in ids:
        assert (await _case(sandbox, id_))["flags"] == ["pile_on"]


async def test_a_report_soon_after_the_persons_dispute_is_flagged(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """Of the reporter's; in the dispute's own case as well, when the new one is disputed in turn."""
    other = await sandbox.shop()
    await person.dispute(report["id"])
    in_return, unrelated = await _filed(sandbox, reporter), await _filed(sandbox, other)
    assert "retaliation" in (await _case(sandbox, in_return))["flags"]
    assert "retaliation" not in (await _case(sandbox, unrelated))["flags"]
    await reporter.attach(in_return)
    await sandbox.decide(in_return)
    await sandbox.work()
    dispute = await person.dispute(in_return)
    path = f"/v1/moderation/disputes/{dispute['id']}"
    seen = (await sandbox.as_staff(Role.MODERATOR, "GET", path, number=1)).json()
    assert "retaliation" in seen["case"]["flags"]


async def test_it_is_flagged_when_the_first_one_has_ended_meanwhile(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    await person.dispute(report["id"])
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "A mistake."})
    async with sandbox.after(29 * DAY):
        assert "retaliation" in (await _case(sandbox, await _filed(sandbox, reporter)))["flags"]
    async with sandbox.after(31 * DAY):
        assert "retaliation" not in (await _case(sandbox, await _filed(sandbox, reporter)))["flags"]


async def test_a_reporter_on_probation_is_flagged(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    await decided(sandbox, shop, *["removed"] * 5)
    case = await _case(sandbox, await _filed(sandbox, shop))
    assert (case["flags"], case["approvals_needed"]) == (["reporter_on_probation"], 2)


async def test_what_cools_off_is_its_reporters_alone(shared: Registry) -> None:
    """Not even that it is there shows in another's case."""
    shop, subject = await shared.shop(), {"phone": "+380505550144"}
    report = await in_state(shared.runtime, shop, State.SCREENING, subject=subject)
    await in_state(shared.runtime, await shared.shop(), State.SUBMITTED, subject=subject)
    assert (await _case(shared, report))["beside"] == []


async def test_the_person_may_come_later_than_the_report(
    sandbox: Registry, reporter: Shop, report: dict[str, Any]
) -> None:
    """A dispute after a report makes that report no retaliation."""
    second = await _filed(sandbox, reporter)
    await (await arrived(sandbox)).dispute(report["id"])
    assert "retaliation" not in (await _case(sandbox, second))["flags"]
