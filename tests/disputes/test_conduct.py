"""Conduct: what counts as overturned, what follows past the line, and that no trick keeps a business short of it."""

import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import registry
from registry.disputes import jobs
from registry.disputes.rules import DECIDED, OVERTURNED, Outcome
from registry.staff.rules import Role
from tests.disputes.cases import conduct, counts, decided, ended, shown_report, somebody
from tests.disputes.people import Person, answered, rule
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import proven

DAY = timedelta(days=1)


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    return await sandbox.shop()


async def _approvals_needed(registry: Registry, shop: Shop) -> int:
    """Of a report that the shop files now."""
    report = await shop.report(subject={"phone": "0505550199"})
    await registry.work()
    case = await registry.as_staff(Role.MODERATOR, "GET", f"/v1/moderation/reports/{report['id']}")
    needed: int = case.json()["approvals_needed"]
    return needed


async def _letters(registry: Registry, shop: Shop) -> list[str]:
    """Subjects of the letters about conduct to the shop, oldest first."""
    await registry.work()
    profile = (await shop.call("GET", f"/v1/businesses/{shop.id}")).json()
    words = ("скасовано", "звичайному порядку")
    return [
        one["subject"]
        for one in registry.letters()
        if one["to"] == profile["email"] and any(word in one["subject"] for word in words)
    ]


async def test_past_a_fifth_of_five_it_is_on_probation_at_once(
    sandbox: Registry, shop: Shop
) -> None:
    """One of five is not past the line, two of six are."""
    await decided(sandbox, shop, "upheld", "upheld", "upheld", "removed")
    assert await counts(shop) == (4, 1, None), "more than a fifth, but of fewer than five"
    await decided(sandbox, shop, "upheld")
    assert await counts(shop) == (5, 1, None)
    assert await _approvals_needed(sandbox, shop) == 1
    await decided(sandbox, shop, "amended")
    assert await counts(shop) == (6, 2, "own")
    assert await _approvals_needed(sandbox, shop) == 2
    assert await _letters(sandbox, shop) == ["Забагато ваших записів скасовано"]
    said = "SELECT * FROM audit_entries WHERE action = 'business.probation_begun'"
    (entry,) = await rows.select(sandbox.runtime, said)
    assert (entry["object_id"], entry["details"]["overturned"]) == (shop.id, 2)


async def test_two_moderators_are_really_needed(sandbox: Registry, shop: Shop) -> None:
    await decided(sandbox, shop, *["removed"] * 5)
    report = await shop.report(subject={"phone": "0505550198"})
    await shop.attach(report["id"])
    assert (await sandbox.decide(report["id"])).json()["approvals"] == 1
    again = await sandbox.decide(report["id"])
    assert problem(again) == (409, "report-already-decided"), "the same moderator twice is one"
    assert (await shop.view(report["id"]))["state"] == "screening"
    assert (await sandbox.decide(report["id"], number=1)).json()["report"]["state"] == "notice"


async def test_what_was_filed_before_and_not_screened_needs_two_as_well(
    sandbox: Registry, shop: Shop
) -> None:
    """A report asked about once more is screened anew, under what holds then."""
    report = await shop.report(subject={"phone": "0505550197"})
    await sandbox.decide(report["id"], "request_info", "unclear")
    await decided(sandbox, shop, *["removed"] * 5)
    await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "More exactly."})
    case = await sandbox.as_staff(Role.MODERATOR, "GET", f"/v1/moderation/reports/{report['id']}")
    assert case.json()["approvals_needed"] == 2


async def test_the_lookup_budget_halves_and_comes_back(sandbox: Registry, shop: Shop) -> None:
    async def quotas() -> list[int]:
        # With a key that no process remembers.
        asked = shop.using((await shop.make_key("lookup"))["api_key"])
        windows = (await asked.call("GET", "/v1/usage")).json()["plan_windows"]
        return [one["limit"] for one in windows if one["name"] in ("daily", "burst")]

    full = await quotas()
    await decided(sandbox, shop, *["removed"] * 5)
    assert await quotas() == [number // 2 for number in full]
    async with sandbox.after(366 * DAY):
        assert await counts(shop) == (0, 0, None)
        assert await quotas() == full
        assert await _approvals_needed(sandbox, shop) == 1
        assert await _letters(sandbox, shop) == [
            "Забагато ваших записів скасовано",
            "Ваші записи знову перевіряють у звичайному порядку",
        ]


async def test_better_reports_end_it_at_once(sandbox: Registry, shop: Shop) -> None:
    await decided(sandbox, shop, "removed", "upheld", "upheld", "removed", *["upheld"] * 5)
    assert await counts(shop) == (9, 2, "own")
    await decided(sandbox, shop, "upheld")
    assert await counts(shop) == (10, 2, None), "a fifth is not past a fifth"


async def test_an_appeal_replaces_what_was_ruled(sandbox: Registry, shop: Shop) -> None:
    person, (report_id,) = await somebody(sandbox, shop)
    dispute_id = await ended(sandbox, shop, person, report_id, "upheld")
    assert await counts(shop) == (1, 0, None)
    await person.call("POST", f"/v1/disputes/{dispute_id}/appeal", {"statement": "Look again."})
    assert await counts(shop) == (1, 0, None), "until it is decided the first ruling stands"
    removed = await rule(sandbox, dispute_id, "remove", "wrong_person", number=2)
    assert removed.status_code == 200, removed.text
    assert await counts(shop) == (1, 1, None)


async def test_silence_counts(sandbox: Registry, shop: Shop) -> None:
    person, (report_id,) = await somebody(sandbox, shop)
    await person.dispute(report_id)
    async with sandbox.after(11 * DAY):
        assert await counts(shop) == (1, 1, None)


@pytest.mark.parametrize("after_answer", [False, True])
@pytest.mark.parametrize("step", ["withdraw", "settle"])
async def test_taking_it_back_before_the_ruling_saves_nothing(
    sandbox: Registry, shop: Shop, step: str, after_answer: bool
) -> None:
    """Nor does calling it paid where the person said nothing of paying."""
    person, (report_id,) = await somebody(sandbox, shop)
    dispute = await person.dispute(report_id)
    if after_answer:
        await answered(shop, dispute["id"])
    gone = await shop.call("POST", f"/v1/reports/{report_id}/{step}", {"reason": "A mistake."})
    assert gone.status_code == 200, gone.text
    await sandbox.work()
    assert await counts(shop) == (1, 1, None)
    async with sandbox.after(31 * DAY):
        assert (await shop.view(report_id))["state"] == "erased"
        assert await counts(shop) == (1, 1, None), "and is remembered when the report is not"


async def test_what_was_upheld_stays_so_when_it_is_taken_back_later(
    sandbox: Registry, shop: Shop
) -> None:
    person, (report_id,) = await somebody(sandbox, shop)
    await ended(sandbox, shop, person, report_id, "upheld")
    await shop.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "Let it be."})
    await sandbox.work()
    assert await counts(shop) == (1, 0, None)


async def test_what_nobody_disputed_thins_nothing(sandbox: Registry, shop: Shop) -> None:
    """Neither reports without a dispute, nor many upheld ones about one client's deals in one case."""
    await decided(sandbox, shop, "removed", "removed")
    person, ids = await somebody(sandbox, shop, reports=9)
    disputes = [await person.dispute(id_) for id_ in ids[:7]]
    for dispute in disputes:
        await answered(shop, dispute["id"])
        upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
        assert upheld.status_code == 200, upheld.text
    assert await counts(shop) == (3, 2, None)
    await decided(sandbox, shop, "upheld", "upheld")
    assert await counts(shop) == (5, 2, "own")


async def test_a_settlement_that_both_agree_on_does_not_count(
    sandbox: Registry, shop: Shop
) -> None:
    """One that was denied and is found paid does."""
    person, (one, other) = await somebody(sandbox, shop, reports=2)
    await person.claim(one)
    agreed = await shop.call("POST", f"/v1/reports/{one}/settlement-response", {"confirmed": True})
    assert agreed.status_code == 200, agreed.text
    assert await counts(shop) == (0, 0, None)
    claimed = (await person.claim(other)).json()
    denied = {"confirmed": False, "statement": "Nothing came."}
    await shop.call("POST", f"/v1/reports/{other}/settlement-response", denied)
    found = await rule(sandbox, claimed["id"], "remove", "settled")
    assert found.status_code == 200, found.text
    assert await counts(shop) == (1, 1, None)


async def test_a_person_who_disputes_again_counts_once(sandbox: Registry, shop: Shop) -> None:
    contacts = ("+380505550166", "again@mail.example")
    report_id = await shown_report(
        sandbox, shop, dict(zip(("phone", "email"), contacts, strict=True))
    )
    await sandbox.work()
    person = Person(sandbox.http, await proven(sandbox, *contacts))
    await ended(sandbox, shop, person, report_id, "upheld")
    async with sandbox.after(18 * DAY):  # fourteen to appeal, whose last one no weekend is
        again = Person(sandbox.http, await proven(sandbox, *contacts))
        body = {"report_id": report_id, "ground": "inaccurate", "statement": "Still not so."}
        answer = await again.call("POST", "/v1/disputes", body)
        assert answer.json()["reason_code"] == "nothing_new", answer.text
        assert await counts(shop) == (1, 0, None)


async def test_businesses_of_one_owner_answer_for_each_other(sandbox: Registry) -> None:
    """Split among sisters the wrong reports still add up; each reads its own counts only, and says whose they are."""
    owned: dict[str, Any] = {"beneficial_owners": ["Спільна Власниця"]}
    one, other = await sandbox.shop(**owned), await sandbox.shop(**owned)
    stranger = await sandbox.shop()
    await decided(sandbox, one, "removed", "removed", "upheld")
    await decided(sandbox, other, "upheld", "upheld")
    assert await counts(one) == (3, 2, "owner")
    assert await counts(other) == (2, 0, "owner")
    assert await counts(stranger) == (0, 0, None)
    assert await _approvals_needed(sandbox, other) == 2
    assert await _letters(sandbox, other) == ["Забагато записів компаній вашого власника скасовано"]
    late = await sandbox.shop(**owned)
    assert await counts(late) == (0, 0, "owner"), "a new business is no way out"


async def test_a_sisters_good_reports_excuse_nobody(sandbox: Registry) -> None:
    owned: dict[str, Any] = {"beneficial_owners": ["Спільна Власниця"]}
    bad, good = await sandbox.shop(**owned), await sandbox.shop(**owned)
    await decided(sandbox, good, *["upheld"] * 6)
    await decided(sandbox, bad, *["upheld"] * 3, "removed", "removed")
    assert await counts(bad) == (5, 2, "own")
    assert await counts(good) == (6, 0, None), "two of eleven are within a fifth"


async def test_closing_and_opening_again_takes_the_conduct_along(sandbox: Registry) -> None:
    """By the owner, and by the register code when none is named."""
    bad = await sandbox.shop(beneficial_owners=["Один Власник"])
    await decided(sandbox, bad, *["removed"] * 5)
    code = (await bad.call("GET", f"/v1/businesses/{bad.id}")).json()["register_code"]
    await sandbox.decide_business(bad.id, "close")
    heir = await sandbox.shop(beneficial_owners=["власник один"])
    assert await counts(heir) == (0, 0, "owner")
    same = await sandbox.shop(beneficial_owners=[], register_code=code.rpartition(":")[2])
    assert await counts(same) == (0, 0, "owner")


async def test_another_business_reads_none_of_it(sandbox: Registry, shop: Shop) -> None:
    other = await sandbox.shop()
    await decided(sandbox, shop, "removed")
    assert problem(await other.call("GET", f"/v1/businesses/{shop.id}")) == (404, "not-found")
    assert await counts(other) == (0, 0, None)


async def test_all_of_it_can_be_counted_again(sandbox: Registry, shop: Shop) -> None:
    await decided(sandbox, shop, *["removed"] * 4, "upheld")
    before, letters = await conduct(shop), await _letters(sandbox, shop)
    await rows.write(
        sandbox.runtime, "UPDATE conducts SET decided = 0, overturned = 0, due_at = NULL"
    )
    assert await jobs.recount_all(sandbox.runtime) == 1
    assert await jobs.recount_all(sandbox.runtime) == 0
    assert await conduct(shop) == before
    assert await _letters(sandbox, shop) == letters, "counting again tells nobody anything"


async def test_the_migration_says_the_same_of_disputes_that_were_there(
    sandbox: Registry, shop: Shop
) -> None:
    """Outcomes that it fills in for an older database are those that were kept as they fell."""
    await decided(sandbox, shop, "upheld", "removed", "amended")
    person, ids = await somebody(sandbox, shop, reports=5)
    for report_id, step in zip(ids, ("withdraw", "settle", "", "confirm", "deny"), strict=True):
        if step in ("confirm", "deny"):
            claimed = (await person.claim(report_id)).json()
            said = {"confirmed": step == "confirm", "statement": "Nothing came."}
            await shop.call("POST", f"/v1/reports/{report_id}/settlement-response", said)
            if step == "deny":
                await rule(sandbox, claimed["id"], "remove", "settled")
            continue
        await person.dispute(report_id)
        if step:
            await shop.call("POST", f"/v1/reports/{report_id}/{step}", {"reason": "A mistake."})
    await sandbox.work()
    async with sandbox.after(11 * DAY):
        kept = await _outcomes(sandbox)
    assert sorted(kept.values()) == sorted(
        "amended found_paid removed settled taken_back taken_back unanswered upheld".split()
    )
    await rows.write(sandbox.runtime, "UPDATE disputes SET outcome = NULL, outcome_at = NULL")
    (path,) = (Path(registry.__file__).parents[1] / "migrations" / "versions").glob("*_conduct.py")
    await rows.write(sandbox.runtime, runpy.run_path(str(path))["_OUTCOMES"])
    assert await _outcomes(sandbox) == kept


async def _outcomes(of: Registry) -> dict[Any, str]:
    found = await rows.select(of.runtime, "SELECT id, outcome FROM disputes")
    return {one["id"]: one["outcome"] for one in found}


def test_every_outcome_is_counted_or_not_on_purpose() -> None:
    assert {Outcome.UPHELD} == DECIDED - OVERTURNED
    assert set(Outcome) - DECIDED == {Outcome.SETTLED, Outcome.REFUSED, Outcome.LAPSED}
