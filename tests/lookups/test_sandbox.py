"""`bcr_test_` keys: fixed identities, one for every kind of answer, and nothing live read, written or spent."""

from typing import Any

import pytest

from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query

LIVE = {"phone": "+380505550180"}


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    """Reported somebody for real."""
    shop = await shared_sandbox.shop()
    await shared_sandbox.published(shop, subject=LIVE)
    return shop


@pytest.fixture(scope="module")
async def tester(shop: Shop) -> Shop:
    made = await shop.make_key("lookup", test=True)
    assert made["api_key"].startswith("bcr_test_")
    assert made["key"]["test"] is True
    return shop.using(made["api_key"])


#: subject -> (result, grade, [(category, state, own)], sources)
FIXED: list[tuple[dict[str, str], str, str, list[tuple[str, str, bool]], int | None]] = [
    (
        {"phone": "050 555 01 01"},
        "record",
        "strong",
        [("parcel_refused", "active", False)],
        1,
    ),
    (
        {"phone": "+380505550102"},
        "record",
        "exact",
        [
            ("payment_overdue", "active", False),
            ("payment_overdue", "upheld", False),
            ("no_show", "active", True),
        ],
        2,
    ),
    ({"phone": "0505550103"}, "possible", "possible", [], None),
    (
        {"email": "Sandbox@example.com"},
        "record",
        "strong",
        [("return_abuse", "active", False)],
        1,
    ),
]


@pytest.mark.parametrize(("subject", "result", "grade", "facts", "sources"), FIXED)
async def test_each_fixed_identity(
    tester: Shop,
    subject: dict[str, str],
    result: str,
    grade: str,
    facts: list[tuple[str, str, bool]],
    sources: int | None,
) -> None:
    answer = await tester.look_up(**subject)
    (match,) = answer["matches"]
    told = [(fact["category"], fact["state"], fact["own"]) for fact in match["reports"]]
    assert (answer["result"], match["grade"], told) == (result, grade, facts)
    assert match["independent_sources"] == sources
    assert bool(answer["terms"]) is True


async def test_everything_else_is_nobody(tester: Shop) -> None:
    """A person who is known for real included."""
    for subject in (LIVE, {"phone": "+380505550104"}, {"email": "nobody@example.com"}):
        assert (await tester.look_up(**subject))["result"] == "no_record"


async def test_a_spent_budget_can_be_tried(tester: Shop) -> None:
    answer = await tester.call("POST", "/v1/lookups", query(phone="+380505550109"))
    assert problem(answer) == (429, "quota-exceeded")
    assert answer.headers["Retry-After"] == "60"


async def test_bad_input_is_refused_as_it_is_live(tester: Shop) -> None:
    for subject, status in (({"phone": "x"}, 400), ({"name": "Хтось"}, 422)):
        answer = await tester.call("POST", "/v1/lookups", query(**subject))
        assert answer.status_code == status


async def test_a_batch_of_them(tester: Shop) -> None:
    queries: dict[str, Any] = {
        "hit": query(phone="0505550101"),
        "miss": query(phone="0505550104"),
        "bad": query(phone="x"),
    }
    answer = await tester.call("POST", "/v1/lookups/batch", {"queries": queries})
    told = answer.json()["answers"]
    assert (told["hit"]["result"], told["miss"]["result"]) == ("record", "no_record")
    assert told["bad"]["problem"]["status"] == 400


async def test_nothing_live_is_touched(shared_sandbox: Registry, shop: Shop, tester: Shop) -> None:
    """Neither records nor audit nor the live budget; its own is counted apart, and told."""
    tables = ("lookups", "audit_entries", "facts", "stored_answers")
    before = {table: await rows.count(shared_sandbox.runtime, table) for table in tables}
    live = (await shop.call("GET", "/v1/usage")).json()
    spent = (await tester.call("GET", "/v1/usage")).json()["plan_windows"][0]["spent"]
    answer = await tester.call(
        "POST", "/v1/lookups", query(phone="0505550101"), Idempotency_Key="one"
    )
    assert answer.status_code == 200
    usage = (await tester.call("GET", "/v1/usage")).json()["plan_windows"]
    assert usage[0]["spent"] == spent + 1
    assert int(answer.headers["X-RateLimit-Remaining"]) == usage[0]["left"]
    assert (await shop.call("GET", "/v1/usage")).json() == live
    after = {table: await rows.count(shared_sandbox.runtime, table) for table in tables}
    assert after == before
    receipt = await shop.call("GET", f"/v1/lookups/{answer.json()['lookup_id']}")
    assert problem(receipt) == (404, "not-found")
