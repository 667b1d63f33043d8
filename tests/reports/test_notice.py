"""Nobody is shown before the person was told: proof of notice by mail, its failure, and what the letter says."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry.platform import runtime
from registry.platform.settings import from_env
from registry.reports.rules import State
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, serving
from tests.messages import mailserver
from tests.messages.mailserver import MailServer
from tests.reports.states import bring_to

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ADDRESS, PHONE = "o.bilyk@mail.example", "+380505550160"
BOTH = {"phone": PHONE, "email": ADDRESS, "name": "Білик Остап"}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailserver.serving(MailServer()) as server:
        yield server


async def _opened(folder: Path, url: str, mail: MailServer, policy: str) -> AsyncIterator[Registry]:
    smtp = f"smtp://127.0.0.1:{mail.port}"
    settings = from_env({}, data_dir=folder / "var", smtp_url=smtp, policy=policy)
    async with runtime.running(settings, url) as opened, serving(opened) as served:
        yield served


@pytest.fixture
async def posting(tmp_path: Path, database_url: str, mail: MailServer) -> AsyncIterator[Registry]:
    """A registry with a mail server, under the default policy."""
    async for served in _opened(tmp_path, database_url, mail, "ua"):
        yield served


@pytest.fixture
async def hasty(tmp_path: Path, database_url: str, mail: MailServer) -> AsyncIterator[Registry]:
    """A registry with a mail server and without notice days."""
    async for served in _opened(tmp_path, database_url, mail, "sandbox"):
        yield served


async def _in_notice(registry: Registry, shop: Shop, **subject: Any) -> str:
    """A report that was screened just now, with its letters on their way."""
    report = await shop.report(subject=subject)
    await shop.attach(report["id"])
    if report["state"] == State.SUBMITTED:
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


async def test_acceptance_proves_nothing_for_two_days(posting: Registry, mail: MailServer) -> None:
    """Shown after the notice days, counted from acceptance, once 48 hours passed without a bounce."""
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, **BOTH)
    assert mail.recipients.count(ADDRESS) == 1
    assert PHONE not in str(mail.recipients)
    told = await shop.view(id_)
    assert (told["state"], told["due"]["event"]) == ("notice", "undeliverable")
    assert await _stands(posting, shop, id_, 47 * HOUR) == ("notice", "undeliverable")
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "notice_ended")
    accepted = (await _notices(posting, id_))[0]["accepted_at"]
    view = await shop.view(id_)
    assert datetime.fromisoformat(view["visible_from"]) == accepted + 7 * DAY
    assert await _stands(posting, shop, id_, 7 * DAY - HOUR) == ("notice", "notice_ended")
    assert await _seen(posting) == "no_record"
    assert await _stands(posting, shop, id_, 7 * DAY + HOUR) == ("active", "expire")
    async with posting.after(7 * DAY + HOUR):
        assert await _seen(posting) == "record"


async def _seen(registry: Registry) -> str:
    result: str = (await (await registry.shop()).look_up(phone=PHONE))["result"]
    return result


async def _notices(registry: Registry, report_id: str) -> list[dict[str, Any]]:
    said = (
        "SELECT * FROM messages WHERE about_id = :id AND template = 'report_notice'"
        " ORDER BY created_at, id"
    )
    return await rows.select(registry.runtime, said, id=report_id)


async def test_without_notice_days_the_proof_is_still_awaited(hasty: Registry) -> None:
    shop = await hasty.shop()
    id_ = await _in_notice(hasty, shop, **BOTH)
    assert await _stands(hasty, shop, id_, 47 * HOUR) == ("notice", "undeliverable")
    assert await _stands(hasty, shop, id_, 49 * HOUR) == ("active", "expire")


async def test_who_has_no_usable_address_is_never_shown(posting: Registry) -> None:
    """A phone alone, and no provider of short messages: turned down after 14 days, and buried."""
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, phone=PHONE)
    assert await _notices(posting, id_) == []
    assert await _stands(posting, shop, id_, 14 * DAY - HOUR) == ("notice", "undeliverable")
    assert await _stands(posting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")
    assert await rows.count(posting.runtime, "tombstones") == 1


async def test_a_bounce_proves_that_nobody_was_told(posting: Registry) -> None:
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, **BOTH)
    (notice,) = await _notices(posting, id_)
    answer = await _bounce(posting, notice["id"])
    assert (answer.status_code, answer.json()["state"]) == (200, "bounced")
    assert problem(await _bounce(posting, notice["id"])) == (409, "message-not-accepted")
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "undeliverable")
    assert await _stands(posting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")
    entry = "SELECT * FROM audit_entries WHERE action = 'report.notice_bounced'"
    (bounced,) = await rows.select(posting.runtime, entry)
    assert bounced["details"] == {"message": str(notice["id"])}
    assert b"mailbox" not in bounced["sealed_reason"]


async def _bounce(registry: Registry, notice_id: Any) -> Any:
    path = f"/v1/operations/notices/{notice_id}/bounce"
    body = {"reason": "550 5.1.1 mailbox unavailable"}
    return await registry.as_staff(Role.OPERATOR, "POST", path, body)


async def test_a_bounce_after_its_time_comes_too_late(posting: Registry) -> None:
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, **BOTH)
    (notice,) = await _notices(posting, id_)
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "notice_ended")
    assert problem(await _bounce(posting, notice["id"])) == (409, "message-not-accepted")
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "notice_ended")


async def test_one_address_that_is_reached_is_enough(posting: Registry) -> None:
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, emails=[ADDRESS, "o.bilyk@work.example"])
    first, second = await _notices(posting, id_)
    assert (await _bounce(posting, first["id"])).status_code == 200
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "notice_ended")
    path = f"/v1/moderation/reports/{id_}"
    case = (await posting.as_staff(Role.MODERATOR, "GET", path)).json()
    assert [one["state"] for one in case["notices"]] == ["bounced", "delivered"]
    assert ADDRESS not in str(case["notices"])
    assert second["id"] != first["id"]


async def test_a_refused_mail_is_no_notice(posting: Registry, mail: MailServer) -> None:
    mail.rcpt_reply = "550 5.1.1 no such user"
    shop = await posting.shop()
    id_ = await _in_notice(posting, shop, **BOTH)
    assert (await _notices(posting, id_))[0]["state"] == "failed"
    assert await _stands(posting, shop, id_, 49 * HOUR) == ("notice", "undeliverable")
    assert await _stands(posting, shop, id_, 14 * DAY + HOUR) == ("rejected", "erase")


async def test_a_bounce_of_what_was_never_sent(posting: Registry) -> None:

    assert problem(await _bounce(posting, uuid4())) == (404, "not-found")


async def test_the_letter_tells_a_stranger_nothing(registry: Registry) -> None:
    """Whoever now holds a recycled number must not learn whose debt it was, of what kind, or to whom."""
    shop = await registry.shop(name="ТОВ «Дуже Особлива»", email="office@special.example")
    planted = {
        "statement": "Planted words of the reporter.",
        "contract_reference": "planted-reference",
        "settlement_attempts": "Planted attempts.",
    }
    report = await shop.report(subject={**BOTH, "phone": "050 555 01 60"}, **planted)
    await shop.attach(report["id"], name="planted-file.pdf")
    async with registry.after(25 * HOUR):
        await registry.decide(report["id"])
        await registry.work()
    sent = [one for one in registry.letters() if one["to"] in (ADDRESS, PHONE)]
    assert sorted(one["to"] for one in sent) == [PHONE, ADDRESS]
    hidden = ("Білик", "Остап", "Дуже", "special.example", "anted", "parcel", "1250", "UAH")
    for letter in sent:
        assert [word for word in hidden if word in str(letter)] == []
        assert report["id"] not in str(letter)
        # Only the number or address that it went to.
        other = {PHONE, ADDRESS} - {letter["to"]}
        assert [one for one in other if one in letter["text"]] == []
