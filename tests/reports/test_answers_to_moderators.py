"""How a reporter answers a moderator's question, and what a moderator may not publish."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from registry.deadlines import months_after
from tests.factories.registry import Registry, Shop


async def _asked(sandbox: Registry, shop: Shop, code: str) -> str:
    report = await shop.report()
    asked = await sandbox.decide(report["id"], "request_info", code)
    assert asked.json()["report"]["state"] == "needs_info"
    report_id: str = report["id"]
    return report_id


async def test_words_may_follow_the_file_that_was_asked_for(sandbox: Registry) -> None:
    """The upload resumes screening; an edit may still follow it, until a moderator decides."""
    shop = await sandbox.shop()
    report_id = await _asked(sandbox, shop, "evidence_missing")
    await shop.attach(report_id)
    assert (await shop.view(report_id))["state"] == "screening"
    path = f"/v1/reports/{report_id}"
    edited = await shop.call("PATCH", path, {"statement": "With the waybill attached."})
    assert (edited.status_code, edited.json()["state"]) == (200, "screening")
    assert edited.json()["content"]["statement"] == "With the waybill attached."
    await sandbox.decide(report_id)
    assert (await shop.call("PATCH", path, {"statement": "Too late."})).status_code == 409


async def test_an_edit_in_ordinary_screening_is_refused(sandbox: Registry) -> None:
    """Also after an edit has answered the question: then the moderator's turn has come."""
    shop = await sandbox.shop()
    fresh = await shop.report()
    path = f"/v1/reports/{fresh['id']}"
    assert (await shop.call("PATCH", path, {"statement": "Other words."})).status_code == 409
    report_id = await _asked(sandbox, shop, "unclear")
    path = f"/v1/reports/{report_id}"
    assert (await shop.call("PATCH", path, {"statement": "Clearer."})).json()[
        "state"
    ] == "screening"
    assert (await shop.call("PATCH", path, {"statement": "Clearer yet."})).status_code == 409


@pytest.mark.parametrize("same", [{}, {"category": "parcel_refused"}])
async def test_a_change_that_changes_nothing_is_no_answer(
    sandbox: Registry, same: dict[str, str]
) -> None:
    shop = await sandbox.shop()
    report_id = await _asked(sandbox, shop, "unclear")
    refused = await shop.call("PATCH", f"/v1/reports/{report_id}", same)
    assert refused.status_code == 422
    assert (await shop.view(report_id))["state"] == "needs_info"


async def test_nobody_is_told_of_a_report_that_could_not_be_shown(sandbox: Registry) -> None:
    """Retention that ends before the notice days would: taken in, never published, no letter written."""
    shop = await sandbox.shop()
    too_old = months_after(datetime.now(UTC).date(), -12)
    report = await shop.report(incident_date=str(too_old))
    await shop.attach(report["id"])
    refused = await sandbox.decide(report["id"])
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[1]) == (
        422,
        "retention-over",
    )
    assert (await sandbox.decide(report["id"], "reject", "no_grounds")).status_code == 200
    in_time = await shop.report(incident_date=str(too_old + timedelta(days=1)))
    await shop.attach(in_time["id"])
    assert (await sandbox.decide(in_time["id"])).status_code == 200


async def test_a_suspended_business_s_report_is_not_published(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report = await shop.report()
    await shop.attach(report["id"])
    await sandbox.decide_business(UUID(str(shop.id)), "suspend")
    refused = await sandbox.decide(report["id"])
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[1]) == (
        409,
        "reporter-not-verified",
    )
