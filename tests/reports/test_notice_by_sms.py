"""People who are reached by phone alone: a report is shown only after the provider's receipt, whatever else it says."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.platform import clock, runtime
from registry.platform.settings import from_env
from registry.reports.rules import State
from registry.staff.rules import Role
from registry.subjects import rules
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, serving
from tests.messages import mailserver, smsbridge
from tests.messages.mailserver import MailServer
from tests.messages.smsbridge import RECEIPTS, Bridge, receipt, signed
from tests.reports.states import bring_to
from tests.subjects.test_proofs import SESSIONS

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MAIL, PHONE, OTHER = "o.bilyk@mail.example", "+380505550160", "+380505550161"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailserver.serving(MailServer()) as server:
        yield server


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with smsbridge.serving(Bridge()) as server:
        yield server


@pytest.fixture
async def texting(
    tmp_path: Path, database_url: str, mail: MailServer, bridge: Bridge
) -> AsyncIterator[Registry]:
    """A registry with a mail server and a provider of short messages, under the default policy."""
    smtp = f"smtp://127.0.0.1:{mail.port}"
    settings = from_env({}, data_dir=tmp_path / "var", smtp_url=smtp, **bridge.settings())
    async with runtime.running(settings, database_url) as opened, serving(opened) as served:
        yield served


async def _in_notice(registry: Registry, shop: Shop, **subject: Any) -> str:
    """A report that was screened just now, with its letters on their way."""
    report = await shop.report(subject=subject)
    await shop.attach(report["id"])
    await bring_to(registry.runtime, report["id"], State.SCREENING)
    assert (await registry.decide(report["id"])).status_code == 200
    await registry.work()
    id_: str = report["id"]
    return id_


async def _stands(registry: Registry, shop: Shop, report_id: str, at: timedelta) -> tuple[Any, Any]:
    """State and next change at that time, the worker's work done."""
    async with registry.after(at):
        view = await shop.view(report_id)
        return view["state"], (view["due"] or {}).get("event")


async def _says(registry: Registry, id_: object, status: str = "delivered") -> httpx.Response:
    body = receipt(id_, status)
    return await registry.http.post(RECEIPTS, content=body, headers=signed(body))


async def test_a_phone_alone_is_told_once_the_provider_says_so(
    texting: Registry, bridge: Bridge
) -> None:
    """Nothing until the receipt; then the notice days run from it; then it is shown."""
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    (sent,) = bridge.got
    assert sent["to"] == PHONE
    assert await _stands(texting, shop, id_, 49 * HOUR) == ("notice", "undeliverable")
    with clock.shifted(3 * DAY):
        answer = await _says(texting, sent["id"])
    assert (answer.status_code, answer.json()) == (200, {"id": sent["id"], "state": "delivered"})
    assert await _stands(texting, shop, id_, 3 * DAY + HOUR) == ("notice", "notice_ended")
    view = await shop.view(id_)
    (told,) = await rows.select(
        texting.runtime, "SELECT settled_at FROM messages WHERE id = :id", id=sent["id"]
    )
    assert datetime.fromisoformat(view["visible_from"]) == told["settled_at"] + 7 * DAY
    assert await _stands(texting, shop, id_, 10 * DAY - HOUR) == ("notice", "notice_ended")
    assert await _stands(texting, shop, id_, 10 * DAY + HOUR) == ("active", "expire")


async def test_without_a_receipt_it_is_never_shown(texting: Registry, bridge: Bridge) -> None:
    """Taken is not told: turned down after 14 days, and the moderator sees why."""
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    assert await _stands(texting, shop, id_, 14 * DAY - HOUR) == ("notice", "undeliverable")
    assert await _stands(texting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")
    async with texting.after(14 * DAY + 2 * HOUR):
        path = f"/v1/moderation/reports/{id_}"
        case = (await texting.as_staff(Role.MODERATOR, "GET", path)).json()
    assert [(one["channel"], one["state"]) for one in case["notices"]] == [("sms", "unproven")]
    assert PHONE not in str(case["notices"])
    # A receipt that comes now changes neither the message nor the report.
    answer = await _says(texting, bridge.got[0]["id"])
    assert (answer.status_code, answer.json()["state"]) == (200, "unproven")
    assert await _stands(texting, shop, id_, 15 * DAY) == ("rejected", "erase")


async def test_a_receipt_that_it_never_arrived_proves_nothing(
    texting: Registry, bridge: Bridge
) -> None:
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    answer = await _says(texting, bridge.got[0]["id"], "undelivered")
    assert (answer.status_code, answer.json()["state"]) == (200, "bounced")
    assert await _stands(texting, shop, id_, 14 * DAY - HOUR) == ("notice", "undeliverable")
    assert await _stands(texting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")


async def test_a_number_that_the_provider_refuses_is_not_told(
    texting: Registry, bridge: Bridge
) -> None:
    bridge.status = 422
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    assert await _stands(texting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")


async def test_one_phone_that_is_reached_is_enough(
    texting: Registry, bridge: Bridge, mail: MailServer
) -> None:
    """The mail is refused and one phone is off: the other proves it, and the first proof sets the days."""
    mail.rcpt_reply = "550 5.1.1 no such user"
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phones=[PHONE, OTHER], email=MAIL)
    by_number = {one["to"]: one["id"] for one in bridge.got}
    assert by_number.keys() == {PHONE, OTHER}
    await _says(texting, by_number[PHONE], "undelivered")
    assert await _stands(texting, shop, id_, HOUR) == ("notice", "undeliverable")
    await _says(texting, by_number[OTHER])
    assert await _stands(texting, shop, id_, HOUR) == ("notice", "notice_ended")


async def test_an_operator_may_know_better_than_the_provider(
    texting: Registry, bridge: Bridge
) -> None:
    """A text that came back by other ways is recorded as a mail is; a receipt after it proves nothing."""
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    notice = bridge.got[0]["id"]
    path = f"/v1/operations/notices/{notice}/bounce"
    came_back = {"reason": "The provider's console: unknown subscriber"}
    assert (await texting.as_staff(Role.OPERATOR, "POST", path, came_back)).status_code == 200
    assert (await _says(texting, notice)).json()["state"] == "bounced"
    assert problem(await texting.as_staff(Role.OPERATOR, "POST", path, came_back)) == (
        409,
        "message-not-accepted",
    )
    assert await _stands(texting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")


async def test_an_erased_report_has_no_receipts(texting: Registry, bridge: Bridge) -> None:
    """Its messages went with it: the provider is told that there is nothing, and stops."""
    shop = await texting.shop()
    id_ = await _in_notice(texting, shop, phone=PHONE)
    await shop.create(f"/v1/reports/{id_}/withdraw", {"reason": "A mistake."})
    async with texting.after(31 * DAY):
        assert problem(await _says(texting, bridge.got[0]["id"])) == (404, "not-found")


async def test_a_code_goes_to_the_phone(texting: Registry, bridge: Bridge) -> None:
    """It needs no receipt: whoever types it has it."""
    shop = await texting.shop()
    await _in_notice(texting, shop, phone=PHONE)
    assert len(bridge.got) == 1, "the notice"
    begun = await texting.http.post(
        SESSIONS, json={"phone": PHONE}, headers={"Accept-Language": "en"}
    )
    await texting.work()
    text = bridge.got[-1]["text"]
    code = next(
        word
        for word in text.replace(",", " ").split()
        if word.isdigit() and len(word) == rules.CODE_DIGITS
    )
    proof = f"{SESSIONS}/{begun.json()['session_id']}/proof"
    proven = await texting.http.post(proof, json={"code": code})
    assert (proven.status_code, proven.json()["proofs"]) == (200, 1)


async def test_a_stranger_s_phone_gets_no_text(texting: Registry, bridge: Bridge) -> None:
    """Nobody can have the registry write to whom they please."""
    await texting.http.post(SESSIONS, json={"phone": OTHER})
    await texting.work()
    assert bridge.got == []
