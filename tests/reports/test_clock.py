"""What the clock does to reports: silence, retention, suspension, erasure; each at its time and not before."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from registry.platform import clock
from registry.platform.actor import SYSTEM
from registry.platform.runtime import Runtime, transaction
from registry.reports import jobs, rulings
from registry.reports.lifecycle import IllegalTransition
from registry.reports.rules import Event, State
from tests.factories import rows
from tests.factories.registry import Registry, Shop, serving, submission
from tests.reports.states import apply, in_state

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PHONE = "+380505550170"
SUBJECT = {"phone": PHONE, "name": "Гринь Петро"}


async def _seen(asker: Shop) -> str:
    result: str = (await asker.look_up(phone=PHONE))["result"]
    return result


async def _contested(registry: Registry, report_id: str) -> None:
    async with transaction(registry.runtime) as session:
        await rulings.suspend(session, SYSTEM, UUID(report_id))


async def _ruled(registry: Registry, report_id: str, ruling: str) -> None:
    async with transaction(registry.runtime) as session:
        await getattr(rulings, ruling)(session, SYSTEM, UUID(report_id), "Because.")


async def test_a_dispute_hides_at_once_and_a_ruling_shows_again(sandbox: Registry) -> None:
    shop, asker = await sandbox.shop(), await sandbox.shop()
    for ruling, state in (("restore", "upheld"), ("amend", "amended")):
        report = await sandbox.published(shop, subject=SUBJECT)
        assert await _seen(asker) == "record"
        await _contested(sandbox, report["id"])
        assert await _seen(asker) == "no_record"
        await _ruled(sandbox, report["id"], ruling)
        answer = await asker.look_up(phone=PHONE)
        (fact,) = answer["matches"][0]["reports"]
        assert (fact["state"], fact["evidence_grade"]) == (state, "adjudicated")
        await _contested(sandbox, report["id"])
        await _ruled(sandbox, report["id"], "remove")
        assert await _seen(asker) == "no_record"
        with pytest.raises(IllegalTransition):
            await _contested(sandbox, report["id"])


async def test_ten_days_of_the_reporters_silence_remove(sandbox: Registry) -> None:
    shop, asker = await sandbox.shop(), await sandbox.shop()
    report = await sandbox.published(shop, subject=SUBJECT)
    await _contested(sandbox, report["id"])
    async with sandbox.after(10 * DAY - HOUR):
        assert (await shop.view(report["id"]))["state"] == "contested"
    with clock.shifted(10 * DAY + HOUR), pytest.raises(IllegalTransition):
        # Even before a job has run, no ruling can bring it back.
        await _ruled(sandbox, report["id"], "restore")
    async with sandbox.after(10 * DAY + HOUR):
        assert (await shop.view(report["id"]))["state"] == "removed"
        assert await _seen(asker) == "no_record"
        found = await rows.select(sandbox.runtime, "SELECT * FROM tombstones")
        assert {str(one["report_id"]) for one in found} == {report["id"]}


async def test_retention_ends_a_contested_report_too(sandbox: Registry) -> None:
    """Its retention ends before the reporter's ten days do: expired, not removed."""
    shop = await sandbox.shop()
    report = await sandbox.published(shop, subject=SUBJECT)
    end = datetime.fromisoformat(report["retention_until"])
    left = end - datetime.fromisoformat(report["submitted_at"])
    with clock.shifted(left - 3 * DAY):
        await _contested(sandbox, report["id"])
        view = await shop.view(report["id"])
        assert view["due"] == {"event": "expire", "at": report["retention_until"]}
    async with sandbox.after(left + HOUR):
        assert (await shop.view(report["id"]))["state"] == "expired"


@pytest.mark.parametrize("told_first", [True, False], ids=["told", "by the dispute itself"])
async def test_upheld_during_notice_waits_out_the_notice_days(
    registry: Registry, told_first: bool
) -> None:
    """Whether a letter had told the person, or their own dispute shows that they know."""
    shop, asker = await registry.shop(), await registry.shop()
    report_id = await in_state(registry.runtime, shop, State.NOTICE, subject=SUBJECT)
    if told_first:
        await registry.work()
    with clock.shifted(2 * DAY):
        await _contested(registry, report_id)
    with clock.shifted(4 * DAY):
        await _ruled(registry, report_id, "restore")
        view = await shop.view(report_id)
        assert view["state"] == "upheld"
        assert await _seen(asker) == "no_record"
    told = timedelta() if told_first else 2 * DAY
    async with registry.after(told + 7 * DAY - HOUR):
        assert await _seen(asker) == "no_record"
    async with registry.after(told + 7 * DAY + HOUR):
        assert await _seen(asker) == "record"


async def test_a_suspended_business_is_hidden_at_once_and_shown_again(sandbox: Registry) -> None:
    """For 90 days it can come back; then its reports are withdrawn, and stay so."""
    shop, asker = await sandbox.shop(), await sandbox.shop()
    report = await sandbox.published(shop, subject=SUBJECT)
    receipt = await asker.look_up(phone=PHONE)
    await sandbox.decide_business(shop.id, "suspend")
    assert await _seen(asker) == "no_record"
    path = f"/v1/lookups/{receipt['lookup_id']}"
    shown = (await asker.call("GET", path)).json()["matches"][0]["reports"][0]
    assert shown["state"] == "no_longer_shown"
    await sandbox.decide_business(shop.id, "verify")
    assert await _seen(asker) == "record"
    assert (await asker.call("GET", path)).json() == receipt

    await sandbox.decide_business(shop.id, "suspend")
    with clock.shifted(90 * DAY - HOUR):
        assert await jobs.withdraw_abandoned(sandbox.runtime) == 0
    with clock.shifted(90 * DAY + HOUR):
        assert await jobs.withdraw_abandoned(sandbox.runtime) == 1
        assert await jobs.withdraw_abandoned(sandbox.runtime) == 0
    row = await rows.row(sandbox.runtime, "reports", report["id"])
    assert row["state"] == "withdrawn"
    entry = "SELECT * FROM audit_entries WHERE object_id = :id AND action = 'report.withdraw'"
    (told,) = await rows.select(sandbox.runtime, entry, id=report["id"])
    assert (told["actor_kind"], told["details"]["because"]) == ("system", "business_gone")
    await sandbox.decide_business(shop.id, "verify")
    assert await _seen(asker) == "no_record"


async def test_closing_after_a_suspension_gives_no_new_ninety_days(sandbox: Registry) -> None:
    """Hidden since the suspension: 90 days later they are withdrawn, whatever happened between."""
    shop = await sandbox.shop()
    await sandbox.published(shop, subject=SUBJECT)
    await sandbox.decide_business(shop.id, "suspend")
    with clock.shifted(60 * DAY):
        await sandbox.decide_business(shop.id, "close")
    with clock.shifted(91 * DAY):
        assert await jobs.withdraw_abandoned(sandbox.runtime) == 1


@pytest.mark.parametrize(
    "state",
    [State.SETTLED, State.REJECTED, State.WITHDRAWN, State.REMOVED, State.EXPIRED],
)
async def test_thirty_days_after_its_end_it_is_erased(registry: Registry, state: State) -> None:
    shop = await registry.shop()
    report_id = await in_state(registry.runtime, shop, state, subject=SUBJECT)
    async with registry.after(30 * DAY - HOUR):
        assert (await shop.view(report_id))["content"] is not None
    async with registry.after(30 * DAY + HOUR):
        view = await shop.view(report_id)
        assert (view["state"], view["content"], view["evidence"]) == ("erased", None, [])
    for table in ("records", "record_identifiers", "identities", "evidence", "standings"):
        assert await rows.count(registry.runtime, table) == 0, table
    assert [name async for name, _ in registry.runtime.files.names()] == []
    row = await rows.row(registry.runtime, "reports", report_id)
    assert (row["data_key_id"], row["record_id"], row["sealed_content"]) == (None, None, None)


async def test_a_tombstone_lives_as_long_as_the_retention_would_have(registry: Registry) -> None:
    """It outlives the erasure, stops the report until then, and is swept after."""
    shop = await registry.shop()
    body = {"subject": SUBJECT, "contract_reference": "order-buried"}
    report_id = await in_state(registry.runtime, shop, State.REJECTED, **body)
    end = (await rows.row(registry.runtime, "reports", report_id))["retention_until"]
    now = (await rows.row(registry.runtime, "reports", report_id))["submitted_at"]
    async with registry.after(end - now - HOUR):
        assert await jobs.sweep(registry.runtime) == 0
        assert (await shop.view(report_id))["state"] == "erased"
        assert (await shop.create("/v1/reports", submission(**body))).status_code == 409
    with clock.shifted(end - now + HOUR):
        assert (await shop.create("/v1/reports", submission(**body))).status_code == 201
        assert await jobs.sweep(registry.runtime) == 1


async def test_a_job_that_fails_for_one_holds_up_no_other(registry: Registry) -> None:
    """A report that cannot be read is told of in the log and tried again; the rest moves on."""
    shop = await registry.shop()
    broken, sound = (await shop.report())["id"], (await shop.report())["id"]
    withered = "UPDATE reports SET due_event = 'no_such_event' WHERE id = :id"
    await rows.write(registry.runtime, withered, id=broken)
    with clock.shifted(25 * HOUR):
        assert await jobs.advance_due(registry.runtime) == 1
    assert (await shop.view(sound))["state"] == "screening"
    assert (await shop.view(broken))["state"] == "submitted"
    mended = "UPDATE reports SET due_event = 'cooled_off' WHERE id = :id"
    await rows.write(registry.runtime, mended, id=broken)
    with clock.shifted(25 * HOUR):
        assert await jobs.advance_due(registry.runtime) == 1


async def test_a_worker_that_was_away_catches_up_in_one_go(registry: Registry) -> None:
    """Each step takes effect when it was due, not when it was noticed."""
    shop = await registry.shop()
    report_id = await in_state(registry.runtime, shop, State.NOTICE, subject=SUBJECT)
    await registry.work()
    told = (await rows.row(registry.runtime, "reports", report_id))["notice_delivered_at"]
    end = (await rows.row(registry.runtime, "reports", report_id))["retention_until"]
    async with registry.after(end - told + 60 * DAY):
        view = await shop.view(report_id)
        assert view["state"] == "erased"
    steps = "SELECT action, details FROM audit_entries WHERE object_id = :id ORDER BY at, id"
    found = [one["action"] for one in await rows.select(registry.runtime, steps, id=report_id)]
    assert found[-3:] == ["report.notice_ended", "report.expire", "report.erase"]
    row = await rows.row(registry.runtime, "reports", report_id)
    assert row["ended_at"] == end
    assert row["state_since"] == end + 30 * DAY


async def test_the_policy_of_the_moment_is_stamped_on_the_row(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report = await shop.report()
    assert report["state"] == "screening"
    assert (await rows.row(sandbox.runtime, "reports", report["id"]))["policy"] == "sandbox@2026-11"
    assert await rows.actions(sandbox.runtime, report["id"]) == [
        "report.submitted",
        "report.cooled_off",
    ]


@pytest.mark.parametrize("told_by", ["letter", "dispute"])
async def test_the_days_that_the_person_was_promised_hold(running: Runtime, told_by: str) -> None:
    """A policy that gives fewer days, put in force after the letter was written, shortens nothing."""
    hasty = msgspec.structs.replace(running.policy, notice_days=0)
    async with serving(running) as registry:
        shop = await registry.shop()
        report_id = await in_state(running, shop, State.NOTICE, subject=SUBJECT)
    async with serving(replace(running, policy=hasty)) as registry:
        if told_by == "letter":
            await registry.work()
        else:
            await _contested(registry, report_id)
            await _ruled(registry, report_id, "restore")
        row = await rows.row(running, "reports", report_id)
    assert row["visible_from"] == row["notice_delivered_at"] + 7 * DAY
    assert row["state"] == ("notice" if told_by == "letter" else "upheld")


async def test_an_appeal_is_a_second_contest(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report = await shop.report(subject=SUBJECT)
    await shop.attach(report["id"])
    await sandbox.decide(report["id"])
    await sandbox.work()
    for event, state in ((Event.CONTEST, "contested"), (Event.UPHOLD, "upheld")) * 2:
        await apply(sandbox.runtime, report["id"], event)
        assert (await shop.view(report["id"]))["state"] == state
