"""Receipts: unchanged for a year, but for what is shown no longer; the asker's own and nobody else's."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.lookups import jobs
from registry.platform import clock
from registry.platform.actor import SYSTEM
from registry.platform.runtime import transaction
from registry.reports import rulings
from registry.reports.rules import State
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query
from tests.reports.states import in_state

SUBJECT = {"phone": "+380505550160", "name": "Білик Остап"}
OTHER = {"phone": "+380505550161", "name": "Білик Ольга"}


@pytest.fixture(scope="module")
async def reporter(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop()


@pytest.fixture(scope="module")
async def asker(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop(plan="partner")


async def _receipt(shop: Shop, answer: dict[str, Any]) -> dict[str, Any]:
    got = await shop.call("GET", f"/v1/lookups/{answer['lookup_id']}")
    assert got.status_code == 200
    found: dict[str, Any] = got.json()
    return found


async def test_it_is_what_was_shown(shared_sandbox: Registry, reporter: Shop, asker: Shop) -> None:
    """New reports, other terms and a new name of the asker's own change nothing of it."""
    await shared_sandbox.published(reporter, subject=SUBJECT)
    shown = await asker.look_up(phone=SUBJECT["phone"])
    await shared_sandbox.published(reporter, subject=SUBJECT, category="no_show", amount=None)
    await asker.call("PUT", "/v1/terms", {"rules": [{"advice": "decline_politely"}]})
    assert await _receipt(asker, shown) == shown
    now = await asker.look_up(phone=SUBJECT["phone"])
    assert len(now["matches"][0]["reports"]) == 2
    await asker.call("PUT", "/v1/terms", {"rules": []})


async def test_what_is_shown_no_longer_says_only_since_when(sandbox: Registry) -> None:
    """Withdrawn, settled, disputed: that fact alone is replaced; upheld, it is back as it was shown."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    ids = [(await sandbox.published(reporter, subject=SUBJECT))["id"] for _ in range(4)]
    shown = await asker.look_up(phone=SUBJECT["phone"])
    (row,) = await rows.select(sandbox.runtime, "SELECT * FROM lookups")
    place = {str(report): at for at, report in enumerate(row["report_ids"])}
    await reporter.call("POST", f"/v1/reports/{ids[0]}/withdraw", {"reason": "Wrong."})
    await reporter.call("POST", f"/v1/reports/{ids[1]}/settle", {"reason": "Paid."})
    async with transaction(sandbox.runtime) as session:
        await rulings.suspend(session, SYSTEM, UUID(ids[2]))
    facts = (await _receipt(asker, shown))["matches"][0]["reports"]
    for report_id, gone in zip(ids, (True, True, True, False), strict=True):
        fact = facts[place[report_id]]
        assert (set(fact) == {"state", "since"}) == gone
        if gone:
            assert fact["state"] == "no_longer_shown"
            since = (await rows.row(sandbox.runtime, "reports", report_id))["state_since"]
            assert datetime.fromisoformat(fact["since"]) == since
    async with transaction(sandbox.runtime) as session:
        await rulings.restore(session, SYSTEM, UUID(ids[2]), "Confirmed.")
    facts = (await _receipt(asker, shown))["matches"][0]["reports"]
    assert facts[place[ids[2]]] == shown["matches"][0]["reports"][place[ids[2]]]
    # The answer that was given, and its keyed digest, stay on record as they were.
    after = await rows.row(sandbox.runtime, "lookups", shown["lookup_id"])
    assert (after["digest"], after["sealed"]) == (row["digest"], row["sealed"])


async def test_retention_ends_in_receipts_too(registry: Registry) -> None:
    reporter, asker = await registry.shop(), await registry.shop()
    report = await in_state(registry.runtime, reporter, State.ACTIVE, subject=SUBJECT)
    shown = await asker.look_up(phone=SUBJECT["phone"])
    row = await rows.row(registry.runtime, "reports", report)
    with clock.shifted(row["retention_until"] - row["submitted_at"] + timedelta(hours=1)):
        fact = (await _receipt(asker, shown))["matches"][0]["reports"][0]
    assert fact["state"] == "no_longer_shown"
    assert datetime.fromisoformat(fact["since"]) == row["retention_until"]


async def test_nobody_elses(shared_sandbox: Registry, asker: Shop) -> None:
    shown = await asker.look_up(phone=OTHER["phone"])
    stranger = await shared_sandbox.shop()
    answers = [
        await stranger.call("GET", f"/v1/lookups/{id_}") for id_ in (shown["lookup_id"], uuid4())
    ]
    assert [problem(answer) for answer in answers] == [(404, "not-found")] * 2


async def test_kept_for_twelve_months(registry: Registry) -> None:
    asker = await registry.shop()
    shown = await asker.look_up(phone=OTHER["phone"])
    with clock.shifted(timedelta(days=364)):
        assert await jobs.sweep(registry.runtime) == 0
        assert await _receipt(asker, shown) == shown
    with clock.shifted(timedelta(days=367)):
        gone = await asker.call("GET", f"/v1/lookups/{shown['lookup_id']}")
        assert problem(gone) == (404, "not-found")
    with clock.shifted(timedelta(days=367 + 31)):
        assert await jobs.sweep(registry.runtime) == 1
    assert await rows.count(registry.runtime, "lookups") == 0


async def _spent(registry: Registry, shop: Shop) -> list[dict[str, Any]]:
    """What the business's budgets have counted: changed by each spending, and by no passing of time."""
    said = "SELECT * FROM buckets WHERE name LIKE :of ORDER BY name"
    return await rows.select(registry.runtime, said, of=f"%{shop.id}%")


async def test_a_key_replays_the_first_answer(shared_sandbox: Registry, asker: Shop) -> None:
    """Once on record, it costs nothing and is made no second time; another request is refused."""
    key, body = {"Idempotency_Key": str(uuid4())}, query(phone=OTHER["phone"])
    before = await _spent(shared_sandbox, asker)
    first = await asker.call("POST", "/v1/lookups", body, **key)
    once = await _spent(shared_sandbox, asker)
    assert once != before
    kept = await rows.count(shared_sandbox.runtime, "lookups")
    again = await asker.call("POST", "/v1/lookups", body, **key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert "Idempotent-Replayed" not in first.headers
    for changes in (
        {"purpose": "booking"},
        {"reference": "order-2"},
        {"subject": {"phone": SUBJECT["phone"]}},
    ):
        other = await asker.call("POST", "/v1/lookups", {**body, **changes}, **key)
        assert problem(other) == (422, "idempotency-key-reused")
    assert await rows.count(shared_sandbox.runtime, "lookups") == kept
    assert await _spent(shared_sandbox, asker) == once


async def test_another_business_may_use_the_same_key(
    shared_sandbox: Registry, asker: Shop, reporter: Shop
) -> None:
    key, body = {"Idempotency_Key": str(uuid4())}, query(phone=OTHER["phone"])
    first = await asker.call("POST", "/v1/lookups", body, **key)
    other = await reporter.call("POST", "/v1/lookups", body, **key)
    assert "Idempotent-Replayed" not in other.headers
    assert other.json()["lookup_id"] != first.json()["lookup_id"]


async def test_at_the_same_moment_one_is_made(shared_sandbox: Registry, asker: Shop) -> None:
    """The others get that one's answer, or are told that it is still running; none is a failure."""
    key, body = {"Idempotency_Key": str(uuid4())}, query(phone=OTHER["phone"])
    kept = await rows.count(shared_sandbox.runtime, "lookups")
    calls = [asker.call("POST", "/v1/lookups", body, **key) for _ in range(8)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {200, 409}
    ids = {answer.json()["lookup_id"] for answer in answers if answer.is_success}
    assert len(ids) == 1
    assert await rows.count(shared_sandbox.runtime, "lookups") == kept + 1


async def test_after_a_day_a_key_is_fresh_again(registry: Registry) -> None:
    """Stored answers are kept 24 hours: afterwards the key makes a new lookup, of whatever is asked."""
    asker, key = await registry.shop(), {"Idempotency_Key": "checkout-4711"}
    first = await asker.call("POST", "/v1/lookups", query(phone=OTHER["phone"]), **key)
    with clock.shifted(timedelta(hours=25)):
        second = await asker.call("POST", "/v1/lookups", query(phone=SUBJECT["phone"]), **key)
        assert second.status_code == 200, second.text
        assert second.json()["lookup_id"] != first.json()["lookup_id"]
        again = await asker.call("POST", "/v1/lookups", query(phone=SUBJECT["phone"]), **key)
        assert again.json() == second.json()
        assert await _receipt(asker, first.json()) == first.json()


async def test_a_batch_replays_as_a_whole(shared_sandbox: Registry, asker: Shop) -> None:
    key = {"Idempotency_Key": str(uuid4())}
    body = {"queries": {"a": query(**OTHER), "b": query(phone="x"), "c": query(**SUBJECT)}}
    first = await asker.call("POST", "/v1/lookups/batch", body, **key)
    before = await _spent(shared_sandbox, asker)
    assert before
    again = await asker.call("POST", "/v1/lookups/batch", body, **key)
    assert again.headers["Idempotent-Replayed"] == "true"
    told = [answer.json()["answers"] for answer in (first, again)]
    for row in ("a", "c"):
        assert told[0][row] == told[1][row]
    assert told[1]["b"]["problem"]["status"] == 400
    fewer = {"a": body["queries"]["a"]}
    for changed in (
        {**body["queries"], "c": query(phone="0505550162")},
        {**body["queries"], "d": query(phone="0505550162")},
        fewer,
    ):
        other = await asker.call("POST", "/v1/lookups/batch", {"queries": changed}, **key)
        assert problem(other) == (422, "idempotency-key-reused")
    assert await _spent(shared_sandbox, asker) == before


async def test_keys_of_batches_and_of_single_lookups_are_apart(asker: Shop) -> None:
    """No key and row name together look like another key."""
    key = str(uuid4())
    first = await asker.call("POST", "/v1/lookups", query(**OTHER), Idempotency_Key=f"{key}/row/a")
    answers = [first.json()["lookup_id"]]
    for used, row in ((key, "row/a"), (f"{key}/row", "a")):
        batch = {"queries": {row: query(**OTHER)}}
        told = await asker.call("POST", "/v1/lookups/batch", batch, Idempotency_Key=used)
        answers.append(told.json()["answers"][row]["lookup_id"])
    assert len(set(answers)) == 3
