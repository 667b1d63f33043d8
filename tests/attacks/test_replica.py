"""Whoever hopes that the replica still shows what was taken back: a reader of lookups and receipts, while it lags."""

import pytest

from registry.platform import replica
from tests.factories.registry import Registry, Shop
from tests.factories.standby import Standby

PHONE = "0505550171"


async def _receipt(shop: Shop, lookup_id: str) -> list[str]:
    """The states of the facts that a receipt shows."""
    answer = await shop.call("GET", f"/v1/lookups/{lookup_id}")
    assert answer.status_code == 200, answer.text
    return [fact["state"] for match in answer.json()["matches"] for fact in match["reports"]]


@pytest.mark.parametrize("act", ["withdraw", "settle"])
async def test_a_report_is_shown_by_no_lookup_or_receipt_once_its_end_was_acknowledged(
    mirrored: Registry, standby: Standby, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    for name in ("BEHIND_AT_MOST", "PATIENCE"):
        monkeypatch.setattr(replica, name, 600.0)
    reporter, reader = await mirrored.shop(), await mirrored.shop()
    report = await mirrored.published(reporter, subject={"phone": PHONE})
    before = await reader.look_up(phone=PHONE)
    assert await _receipt(reader, before["lookup_id"]) == ["active"]
    async with standby.held():
        path = f"/v1/reports/{report['id']}/{act}"
        ended = await reporter.call("POST", path, {"reason": "The client paid on 14 November."})
        assert ended.status_code == 200, ended.text

        after = await reader.look_up(phone=PHONE)
        assert after["result"] == "no_record"
        assert await _receipt(reader, after["lookup_id"]) == []
        assert await _receipt(reader, before["lookup_id"]) == ["no_longer_shown"]
        assert (await reporter.view(report["id"]))["state"] == ended.json()["state"]

        # The replica lags all the while: only the reporter's own list is as old as it.
        listed = (await reporter.call("GET", "/v1/reports")).json()["items"]
        assert [one["state"] for one in listed] == [report["state"]]
        assert listed[0]["state"] != ended.json()["state"]
