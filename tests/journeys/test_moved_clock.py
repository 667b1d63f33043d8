"""The default policy under a moved clock: invisible until the person was told, gone at retention, then erased."""

from datetime import datetime, timedelta
from typing import Any

from registry.platform import clock
from tests.factories.dumps import every_cell
from tests.factories.registry import Registry, Shop, submission

DAY = timedelta(days=1)
SUBJECT = {"phone": "+380505550166", "email": "ivan.petrenko@mail.example", "name": "Петренко Іван"}


async def _seen(asker: Shop) -> str:
    answer = await asker.look_up(phone=SUBJECT["phone"])
    result: str = answer["result"]
    return result


async def test_nobody_sees_it_before_the_person_was_told(registry: Registry) -> None:
    """Cooling off, screening and the notice days hide a report; `visible_from` tells the earliest time."""
    reporter, asker = await registry.shop(), await registry.shop()
    report = await reporter.report(subject=SUBJECT)
    began = datetime.fromisoformat(report["submitted_at"])
    assert report["state"] == "submitted"
    assert datetime.fromisoformat(report["visible_from"]) == began + timedelta(hours=24) + 7 * DAY
    await reporter.attach(report["id"])
    assert await _seen(asker) == "no_record"
    assert (await registry.decide(report["id"])).status_code == 409

    with clock.shifted(timedelta(hours=25)):
        await registry.work()
        assert (await reporter.view(report["id"]))["state"] == "screening"
        assert await _seen(asker) == "no_record"
        assert (await registry.decide(report["id"])).status_code == 200
        await registry.work()
        told = await reporter.view(report["id"])
        assert (told["state"], told["due"]["event"]) == ("notice", "notice_ended")
        assert await _seen(asker) == "no_record"
    with clock.shifted(timedelta(hours=24) + 7 * DAY):
        await registry.work()
        assert await _seen(asker) == "no_record"
    with clock.shifted(timedelta(hours=26) + 7 * DAY):
        await registry.work()
        assert (await reporter.view(report["id"]))["state"] == "active"
        assert await _seen(asker) == "record"


async def test_retention_ends_and_erasure_leaves_no_personal_byte(registry: Registry) -> None:
    """Gone from lookups the moment retention ends, without a job; erased 30 days later."""
    reporter, asker = await registry.shop(), await registry.shop()
    report = await reporter.report(subject=SUBJECT, statement="Planted statement of the reporter.")
    with clock.shifted(2 * DAY):
        await registry.work()
        await reporter.attach(report["id"], name="planted-name.pdf")
        await registry.decide(report["id"])
        await registry.work()
    with clock.shifted(20 * DAY):
        await registry.work()
        shown = await asker.look_up(phone=SUBJECT["phone"])
        assert shown["result"] == "record"
    end = datetime.fromisoformat((await reporter.view(report["id"]))["retention_until"])
    left = end - datetime.fromisoformat(report["submitted_at"])
    with clock.shifted(left - timedelta(minutes=5)):
        assert await _seen(asker) == "record"
    with clock.shifted(left + timedelta(minutes=5)):
        assert await _seen(asker) == "no_record"
        await registry.work()
        assert (await reporter.view(report["id"]))["state"] == "expired"
    with clock.shifted(left + 31 * DAY):
        await registry.work()
        view = await reporter.view(report["id"])
        assert (view["state"], view["content"], view["evidence"]) == ("erased", None, [])
        receipt = (await asker.call("GET", f"/v1/lookups/{shown['lookup_id']}")).json()
        assert receipt["matches"][0]["reports"][0]["state"] == "no_longer_shown"
        await _assert_erased(registry, report)


async def _assert_erased(registry: Registry, report: dict[str, Any]) -> None:
    """Of the report, only codes, audit entries, that it was erased, an empty fact and a tombstone are left."""
    cells = await every_cell(registry.runtime)
    mentioned = {table for table, cell in cells if report["id"] in cell}
    assert mentioned <= {
        "reports",
        "erasures",
        "audit_entries",
        "facts",
        "tombstones",
        "lookups",
        "report_decisions",
    }
    assert not [
        table for table, _ in cells if table in {"records", "record_identifiers", "identities"}
    ]
    assert not [table for table, _ in cells if table in {"standings", "evidence"}]
    assert [name async for name, _ in registry.runtime.files.names()] == []


async def test_two_moderators_bring_an_ended_report_back(registry: Registry) -> None:
    """After a withdrawal past cooling off the same report is 409; reinsertion needs certification and two."""
    reporter = await registry.shop()
    body = {"subject": SUBJECT, "contract_reference": "order-again"}
    report = await reporter.report(**body)
    with clock.shifted(2 * DAY):
        await registry.work()
        await reporter.call(
            "POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "A mistake."}
        )
        again = submission(**body)
        key = {"Idempotency_Key": "refile-1"}
        refused = await reporter.call("POST", "/v1/reports", again, **key)
        assert refused.status_code == 409
        assert refused.json()["type"].endswith(":reinsertion-required")
        other_way = {**again, "subject": {"phone": "050 555 01 66"}}
        assert (await reporter.call("POST", "/v1/reports", other_way, **key)).status_code == 409
        path = f"/v1/reports/{report['id']}/reinsertion"
        wanted = {"certification": False, "reason": "A new waybill.", "report": again}
        refused = await reporter.call("POST", path, wanted, Idempotency_Key="reinsert-1")
        assert refused.status_code == 422
        wanted["certification"] = True
        back = await reporter.call("POST", path, wanted, Idempotency_Key="reinsert-1")
        assert back.status_code == 201, back.text
        new = back.json()["id"]
        await reporter.attach(new)
    with clock.shifted(4 * DAY):
        await registry.work()
        first = await registry.decide(new, number=0)
        assert (first.json()["approvals"], first.json()["report"]["state"]) == (1, "screening")
        assert (await registry.decide(new, number=0)).status_code == 409
        second = await registry.decide(new, number=1)
        assert second.json()["report"]["state"] == "notice"
