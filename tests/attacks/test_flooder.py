"""A business that files more reports than moderators can read, or than people should get letters about."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from registry.platform.runtime import Runtime
from registry.reports import quota
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, serving, submission

FEW, MANY = 4, 6
#: Longer than reports cool off.
_DAY = timedelta(hours=25)


def _somebody(number: int) -> dict[str, str]:
    return {"phone": f"+380505554{number:03d}", "name": "Вигадана Особа"}


@pytest.fixture
async def strict(running: Runtime) -> AsyncIterator[Registry]:
    """The limits of the profile, as a deployment has them."""
    async with serving(running, counted=True) as served:
        yield served


@pytest.fixture
async def narrow(running: Runtime) -> AsyncIterator[Registry]:
    """Four reports a day and six a month, for businesses that are not new."""
    policy = running.policy
    plan = msgspec.structs.replace(policy.plans["free"], reports_day=FEW, reports_month=MANY)
    changed = msgspec.structs.replace(
        policy, plans={**policy.plans, "free": plan}, newcomer_reports=0
    )
    async with serving(replace(running, policy=changed), counted=True) as served:
        yield served


async def _windows(shop: Shop) -> dict[str, int]:
    usage = (await shop.call("GET", "/v1/usage")).json()
    return {one["name"]: one["left"] for one in usage["report_windows"]}


async def test_a_business_files_as_many_a_day_as_its_plan_has(narrow: Registry) -> None:
    """Told in every answer and in `/v1/usage`; the refusal says which budget it is, and when the next fits."""
    shop = await narrow.shop()
    for left in range(FEW)[::-1]:
        answer = await shop.create("/v1/reports", submission())
        assert answer.status_code == 201
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
    policy = f'"reports-daily";q={FEW};w=86400, "reports-monthly";q={MANY};w=2592000'
    refused = await shop.create("/v1/reports", submission())
    assert problem(refused) == (429, "too-many-reports")
    assert "for the day" in refused.json()["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400 / FEW
    assert refused.headers["RateLimit-Policy"] == policy
    assert refused.headers["RateLimit"].startswith('"reports-daily";r=0;t=')
    assert await _windows(shop) == {"reports-daily": 0, "reports-monthly": MANY - FEW}
    assert len((await shop.call("GET", "/v1/reports")).json()["items"]) == FEW
    # Another key is no other budget, and lookups are no reports.
    other = shop.using((await shop.make_key("report"))["api_key"])
    assert problem(await other.create("/v1/reports", submission()))[0] == 429
    assert (await shop.look_up(phone="+380505550142"))["result"] == "no_record"


async def test_a_month_is_no_thirty_days_of_that(narrow: Registry) -> None:
    shop = await narrow.shop()
    for _ in range(FEW):
        await shop.report()
    day = f"reports:{shop.id}:reports-daily"
    await rows.write(narrow.runtime, "DELETE FROM buckets WHERE name = :day", day=day)
    for _ in range(MANY - FEW):
        await shop.report()
    refused = await shop.create("/v1/reports", submission())
    assert problem(refused) == (429, "too-many-reports")
    assert "for the month" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 86_400


async def test_what_is_refused_or_repeated_costs_nothing(narrow: Registry) -> None:
    shop = await narrow.shop()
    body = submission()
    before = await _windows(shop)
    key = {"Idempotency_Key": "flood"}
    refusals = [
        (400, await shop.create("/v1/reports", {**body, "category": "rude"})),
        (400, await shop.call("POST", "/v1/reports", body)),
        (422, await shop.create("/v1/reports", {**body, "amount": None})),
        (404, await shop.create(f"/v1/reports/{uuid4()}/reinsertion", _again(body))),
    ]
    for status, answer in refusals:
        assert answer.status_code == status
        assert answer.headers["RateLimit-Policy"].startswith('"reports-daily"')
    assert await _windows(shop) == before
    for _ in range(FEW + 2):
        assert (await shop.call("POST", "/v1/reports", body, **key)).status_code == 201
    assert problem(await shop.call("POST", "/v1/reports", submission(), **key))[0] == 422
    assert await _windows(shop) == {"reports-daily": FEW - 1, "reports-monthly": MANY - 1}
    for _ in range(FEW - 1):
        await shop.report()
    # A repeated request is answered when nothing is left as well.
    again = await shop.call("POST", "/v1/reports", body, **key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")


def _again(body: dict[str, object]) -> dict[str, object]:
    return {"certification": True, "reason": "A new document.", "report": body}


async def test_what_comes_back_is_a_report_as_well(narrow: Registry) -> None:
    shop = await narrow.shop()
    body = submission()
    report = await shop.report(**body)
    async with narrow.after(_DAY):
        ended = await shop.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "No."})
        assert ended.json()["state"] == "withdrawn"
        assert problem(await shop.create("/v1/reports", body)) == (409, "reinsertion-required")
        back = await shop.create(f"/v1/reports/{report['id']}/reinsertion", _again(body))
    assert back.status_code == 201
    assert await _windows(shop) == {"reports-daily": FEW - 2, "reports-monthly": MANY - 2}


async def test_at_once_no_more_are_taken_in(narrow: Registry) -> None:
    shop = await narrow.shop()
    asked = [shop.create("/v1/reports", submission(subject=_somebody(n))) for n in range(12)]
    answers = await asyncio.gather(*asked)
    assert sorted(one.status_code for one in answers) == [201] * FEW + [429] * (12 - FEW)
    assert len((await shop.call("GET", "/v1/reports")).json()["items"]) == FEW


async def test_a_new_business_waits_for_moderators(strict: Registry) -> None:
    """Three at once until ten are decided, whether they cool off, wait or were asked about; the answer names them."""
    policy = strict.runtime.policy
    shop = await strict.shop(plan="pro")
    decided, at_once = 0, range(policy.newcomer_undecided)
    while decided < policy.newcomer_reports:
        filed = [(await shop.report(subject=_somebody(number)))["id"] for number in at_once]
        refused = await shop.create("/v1/reports", submission())
        assert problem(refused) == (409, "first-reports-wait")
        assert all(id_ in refused.json()["detail"] for id_ in filed)
        async with strict.after(_DAY):
            asked = await strict.decide(filed[0], "request_info", "unclear")
            assert asked.status_code == 200
            assert problem(await shop.create("/v1/reports", submission()))[0] == 409
            said = {"statement": "Said again, more clearly."}
            assert (await shop.call("PATCH", f"/v1/reports/{filed[0]}", said)).status_code == 200
            for id_ in filed:
                assert (await strict.decide(id_, "reject", "no_grounds")).status_code == 200
        decided += len(filed)
    for number in range(policy.newcomer_undecided + 1):
        await shop.report(subject=_somebody(number))


async def test_a_report_taken_back_makes_room_and_counts_for_nothing(strict: Registry) -> None:
    shop = await strict.shop()
    filed = [await shop.report() for _ in range(strict.runtime.policy.newcomer_undecided)]
    assert problem(await shop.create("/v1/reports", submission()))[0] == 409
    path = f"/v1/reports/{filed[0]['id']}/withdraw"
    assert (await shop.call("POST", path, {"reason": "A mistake."})).status_code == 200
    await shop.report()
    assert problem(await shop.create("/v1/reports", submission()))[0] == 409


async def test_a_new_business_that_files_all_at_once_files_three(strict: Registry) -> None:
    shop = await strict.shop()
    asked = [shop.create("/v1/reports", submission(subject=_somebody(n))) for n in range(8)]
    answers = await asyncio.gather(*asked)
    assert sorted(one.status_code for one in answers) == [201] * 3 + [409] * 5


async def test_with_the_control_out_it_would_file_all_of_them(
    strict: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_waits(*_: object) -> None:
        return None

    monkeypatch.setattr(quota, "_let_newcomers_wait", nobody_waits)
    shop = await strict.shop()
    answers = [await shop.create("/v1/reports", submission()) for _ in range(5)]
    assert {one.status_code for one in answers} == {201}
