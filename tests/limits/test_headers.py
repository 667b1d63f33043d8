"""Every answer to an authenticated call tells the budget, whatever the answer is; only lookups spend it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from registry.platform.policy import Plan
from registry.platform.runtime import Runtime
from registry.staff.rules import Role
from tests.factories.registry import PDF, SCOPES, Registry, Shop, problem, query, serving

NOBODY = UUID(int=0)
FIELDS = (
    "ratelimit-policy",
    "ratelimit",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
)


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    shop = await shared.shop()
    used = {"label": "x", "scopes": ["lookup"]}
    await shop.call("POST", "/v1/api-keys", used, Idempotency_Key="used")
    return shop


#: (status, method, path, body, further headers)
ANSWERS: list[tuple[int, str, str, Any, dict[str, str]]] = [
    (200, "GET", "/v1/usage", None, {}),
    (200, "GET", "/v1/reports", None, {}),
    (201, "POST", "/v1/api-keys", {"label": "x", "scopes": ["lookup"]}, {"Idempotency-Key": "1"}),
    (400, "POST", "/v1/lookups", {"subject": {"phone": "x"}}, {}),
    (400, "POST", "/v1/reports", {}, {"Idempotency-Key": "2"}),
    (400, "GET", "/v1/reports?limit=0", None, {}),
    (400, "GET", "/v1/reports?cursor=x", None, {}),
    (400, "POST", "/v1/api-keys", {"label": "x", "scopes": ["lookup"]}, {}),
    (404, "GET", f"/v1/reports/{NOBODY}", None, {}),
    (404, "GET", f"/v1/businesses/{NOBODY}", None, {}),
    (415, "POST", f"/v1/reports/{NOBODY}/evidence", {"file": 1}, {"Idempotency-Key": "3"}),
    (422, "POST", "/v1/lookups", query(name="Хтось"), {}),
    (
        422,
        "POST",
        "/v1/api-keys",
        {"label": "y", "scopes": ["lookup"]},
        {"Idempotency-Key": "used"},
    ),
]


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "headers"), ANSWERS, ids=lambda one: str(one)[:40]
)
async def test_whatever_the_answer_is(
    shop: Shop, status: int, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    answer = await shop.call(method, path, body, **headers)
    assert answer.status_code == status, answer.text
    _check(answer)
    files = (method, path) == ("POST", "/v1/reports")
    assert answer.headers["x-ratelimit-remaining"] == ("1000000" if files else "30")


def _check(answer: httpx.Response) -> None:
    assert [field for field in FIELDS if answer.headers.get_list(field) == []] == []
    assert [field for field in FIELDS if len(answer.headers.get_list(field)) > 1] == []


async def test_conflicts_and_forbidden_doors(shared: Registry, shop: Shop) -> None:
    report = await shop.report()
    path = f"/v1/reports/{report['id']}"
    conflict = await shop.call("POST", f"{path}/settle", {"reason": "Paid."})
    weak = shop.using((await shop.make_key("lookup"))["api_key"])
    forbidden = await weak.call("GET", "/v1/reports")
    pending = await shared.newcomer()
    unverified = pending.using((await pending.make_key(*SCOPES))["api_key"])
    not_yet = await unverified.call("GET", "/v1/reports")
    for answer, status in ((conflict, 409), (forbidden, 403), (not_yet, 403)):
        assert answer.status_code == status
        _check(answer)
    huge = await shop.attach(report["id"], PDF + bytes(10 * 1024 * 1024))
    assert huge.status_code == 413


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.OPERATOR, "/v1/operations/audit", 200),
        (Role.OPERATOR, "/v1/operations/audit?limit=x", 400),
        (Role.MODERATOR, "/v1/operations/audit", 403),
        (Role.MODERATOR, f"/v1/moderation/reports/{NOBODY}", 404),
    ],
)
async def test_staff_are_told_theirs(shared: Registry, role: Role, path: str, status: int) -> None:
    answer = await shared.as_staff(role, "GET", path)
    assert answer.status_code == status
    _check(answer)
    assert answer.headers["x-ratelimit-limit"] == "1200"


@pytest.fixture
async def narrow(running: Runtime) -> AsyncIterator[Registry]:
    """A registry whose free plan has five lookups a day."""
    plans = {
        **running.policy.plans,
        "free": Plan(minute=1000, day=5, unmatched=5, reports_day=10**6, reports_month=10**6),
    }
    policy = msgspec.structs.replace(running.policy, plans=plans)
    async with serving(replace(running, policy=policy)) as served:
        yield served


async def test_spent_and_left_and_refused(narrow: Registry) -> None:
    """Five of the day, then refusals that say when the next fits; refusals spend nothing."""
    shop = await narrow.shop()
    for left in (4, 3, 2, 1, 0):
        answer = await shop.call("POST", "/v1/lookups", query(phone="0505550100"))
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
    for _ in range(3):
        refused = await shop.call("POST", "/v1/lookups", query(phone="0505550100"))
        assert problem(refused) == (429, "quota-exceeded")
        _check(refused)
        # A fifth of a day, less the moment that has passed.
        assert 17_200 < int(refused.headers["retry-after"]) <= 17_280
    (burst, daily, unmatched) = (await shop.call("GET", "/v1/usage")).json()["plan_windows"]
    assert (daily["name"], daily["limit"], daily["spent"], daily["left"]) == ("daily", 5, 5, 0)
    assert 86_300 < daily["full_again_in"] <= 86_400
    assert (burst["name"], burst["limit"]) == ("burst", 1000)
    assert burst["spent"] <= 5  # one comes back every 60 ms
    # One number, however often.
    assert (unmatched["name"], unmatched["limit"], unmatched["spent"]) == ("unmatched", 5, 1)


async def test_the_last_row_that_fits_says_how_long_the_next_must_wait(narrow: Registry) -> None:
    shop = await narrow.shop()
    rows = {f"row-{n}": query(phone=f"+3805055501{n:02d}") for n in range(7)}
    answer = await shop.call("POST", "/v1/lookups/batch", {"queries": rows})
    told = answer.json()["answers"]
    assert [("result" in told[name]) for name in rows] == [True] * 5 + [False] * 2
    said = told["row-6"]["problem"]
    assert said["status"] == 429
    assert "fits in 17280 s" in said["detail"] or "fits in 1727" in said["detail"]
    # What cannot be read is told even when nothing fits any more, but then the whole is 429.
    rows = {"a": query(phone="x"), "b": query(phone="0505550101")}
    none = await shop.call("POST", "/v1/lookups/batch", {"queries": rows})
    assert problem(none) == (429, "quota-exceeded")
    only_bad = await shop.call("POST", "/v1/lookups/batch", {"queries": {"a": rows["a"]}})
    assert (only_bad.status_code, list(only_bad.json()["answers"])) == (200, ["a"])


@pytest.mark.parametrize(
    ("plan", "minute", "day", "unmatched"),
    [
        ("free", 30, 500, 200),
        ("pro", 300, 10_000, 5_000),
        ("partner", 1200, 100_000, 50_000),
    ],
)
async def test_each_plan_has_its_numbers(
    shared: Registry, plan: str, minute: int, day: int, unmatched: int
) -> None:
    shop = await shared.shop(plan=plan)
    told = (await shop.call("GET", "/v1/usage")).headers["ratelimit-policy"]
    assert told == (
        f'"burst";q={minute};w=60, "daily";q={day};w=86400, "unmatched";q={unmatched};w=86400'
    )


async def test_all_keys_of_a_business_spend_from_one_budget(shared: Registry) -> None:
    shop = await shared.shop()
    other = shop.using((await shop.make_key("lookup"))["api_key"])
    await shop.look_up(phone="0505550100")
    answer = await other.call("POST", "/v1/lookups", query(phone="0505550100"))
    assert answer.headers["x-ratelimit-remaining"] == "28"
    stranger = await shared.shop()
    assert (await stranger.call("GET", "/v1/usage")).headers["x-ratelimit-remaining"] == "30"
