"""Events on their way: queued with their change, signed, tried again, given up; endpoints that are switched off."""

import asyncio
import hashlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from registry import worker
from registry.contract import OPENAPI
from registry.limits.watch import NEIGHBOURS
from registry.platform import clock
from registry.platform.runtime import transaction
from registry.staff.rules import Role
from registry.webhooks import jobs, rules, service, targets
from registry.webhooks.wire import WebhookTest
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query
from tests.webhooks.asking import added, endpoint, log_of, send_a_test
from tests.webhooks.receiver import Receiver, receiving

SUBJECT = {"phone": "+380505550371", "name": "Коваль Ганна"}


def told(receiver: Receiver, secret: str) -> list[dict[str, Any]]:
    """The events that a receiver got: each with a good signature, and as its published schema says."""
    events = []
    for got in receiver.got:
        event = Webhook(secret).verify(got.body, got.headers)
        path = OPENAPI.parent / "events" / f"{event['type']}.v1.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(schema, format_checker=checker).validate(event)
        events.append(event)
    return events


async def test_whoever_was_shown_a_report_is_told_what_became_of_it(sandbox: Registry) -> None:
    """The asker's program, and neither the reporter's nor a bystander's; nothing of the person is in it."""
    reporter, asker, bystander = [await sandbox.shop() for _ in range(3)]
    report = await sandbox.published(reporter, subject=SUBJECT)
    with receiving() as receiver, receiving() as other:
        _, secret = await added(asker, receiver.url)
        for shop in (reporter, bystander):
            await added(shop, other.url)
        shown = await asker.look_up(**SUBJECT)
        await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
        await sandbox.work()
        (event,) = told(receiver, secret)
        body = receiver.got[0].body.decode()
    assert event["type"] == "report.corrected"
    assert event["data"] == {
        "lookup_id": shown["lookup_id"],
        "shown_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "what": "settled",
    }
    assert other.got == []
    for personal in (SUBJECT["phone"], "50555", SUBJECT["name"], report["id"]):
        assert personal not in body
    letters = [one["text"] for one in sandbox.letters() if shown["lookup_id"] in one["text"]]
    assert len(letters) == 1, "the letter goes as well"


async def test_a_suspension_and_its_end_are_told(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        _, secret = await added(shop, receiver.url)
        for n in range(NEIGHBOURS + 1):
            await shop.call("POST", "/v1/lookups", query(phone=f"+380671239{n:03d}"))
        while (await shop.call("GET", "/v1/usage")).json()["lookups_suspended"] is None:
            await asyncio.sleep(0.05)
        path = f"/v1/operations/businesses/{shop.id}/lift"
        await sandbox.as_staff(Role.OPERATOR, "POST", path, {"reason": "A flaw, mended."})
        await sandbox.work()
        events = told(receiver, secret)
    assert {one["type"] for one in events} == {"business.suspended", "business.lifted"}
    assert [one["data"] for one in events] == [{"reason": "neighbours"}] * 2
    assert not any(b"mended" in got.body for got in receiver.got)


async def test_an_event_is_queued_with_its_change_or_not_at_all(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, receiver.url)
        async with rows.rolled_back(sandbox.runtime) as session:
            await service.publish(session, shop.id, WebhookTest(timestamp=session.now))
        await sandbox.work()
        assert (receiver.got, await log_of(shop, id_)) == ([], [])
        async with transaction(sandbox.runtime) as session:
            await service.publish(session, shop.id, WebhookTest(timestamp=session.now))
        await sandbox.work()
    assert len(receiver.got) == 1


async def test_the_signature_is_that_of_the_standard(sandbox: Registry) -> None:
    """Made anew by hand; whatever is changed of body, id, time or secret is no event of ours."""
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, secret = await added(shop, receiver.url)
        sent = await send_a_test(shop, id_)
        await sandbox.work()
    (got,) = receiver.got
    key = b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    mac = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{mac}"
    assert got.headers["webhook-id"] == sent["event_id"]
    assert got.path == "/events?shop=1"
    tampered = [
        (got.body + b" ", got.headers, secret),
        (got.body, {**got.headers, "webhook-id": "another"}, secret),
        (got.body, {**got.headers, "webhook-timestamp": "1"}, secret),
        (got.body, got.headers, "whsec_" + b64encode(bytes(32)).decode()),
    ]
    for body, headers, with_ in tampered:
        with pytest.raises(WebhookVerificationError):
            Webhook(with_).verify(body, headers)


async def test_it_is_tried_again_under_the_same_id_until_it_arrives(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving(Receiver(status=503)) as receiver:
        id_, secret = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
        (waiting,) = await log_of(shop, id_)
        assert (waiting["state"], waiting["attempts"], waiting["status"]) == ("queued", 1, 503)
        assert waiting["fault"] == "status"
        assert (await endpoint(shop, id_))["failing_since"] is not None
        await sandbox.work()
        assert len(receiver.got) == 1, "not before its time"
        receiver.status = 204
        async with sandbox.after(timedelta(minutes=2)):
            (arrived,) = await log_of(shop, id_)
        assert (arrived["state"], arrived["attempts"]) == ("delivered", 2)
        assert (arrived["next_try_at"], arrived["fault"]) == (None, None)
        assert (await endpoint(shop, id_))["failing_since"] is None
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    # Signed with the real time, whatever the registry's clock says: or receivers would refuse it.
    assert len(told(receiver, secret)) == 2


async def test_after_the_last_try_it_has_failed_and_can_be_sent_by_hand(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving(Receiver(status=500)) as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
        past = timedelta()
        for wait in rules.RETRY_AFTER:
            past += wait * (1 + rules.JITTER) + timedelta(seconds=5)
            async with sandbox.after(past):
                pass
        (given_up,) = await log_of(shop, id_)
        assert (given_up["state"], given_up["attempts"]) == ("failed", 8)
        assert len(receiver.got) == 8
        receiver.status = 200
        path = f"/v1/webhooks/{id_}/deliveries/{given_up['id']}/redelivery"
        again = await shop.call("POST", path)
        assert (again.status_code, again.json()["state"]) == (200, "queued")
        await sandbox.work()
        (arrived,) = await log_of(shop, id_)
    assert (arrived["state"], arrived["attempts"]) == ("delivered", 1)
    assert {got.headers["webhook-id"] for got in receiver.got} == {given_up["event_id"]}


async def test_where_nothing_arrives_for_days_nothing_more_is_sent(sandbox: Registry) -> None:
    """Told once by letter; what waits fails; no new event is queued; a test that arrives switches it on."""
    shop = await sandbox.shop()
    with receiving(Receiver(status=500)) as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
        for days in (1, 2, 3, 3.1):
            with clock.shifted(timedelta(days=days)):
                await send_a_test(shop, id_)
                await sandbox.work()
        off = await endpoint(shop, id_)
        assert (off["disabled_for"], off["disabled_at"] is not None) == ("failing", True)
        assert {one["state"] for one in await log_of(shop, id_)} == {"failed"}
        about = [one for one in sandbox.letters() if "127.0.0.1" in one["subject"]]
        assert len(about) == 1
        assert "whsec" not in about[0]["text"]
        before = len(await log_of(shop, id_))
        async with transaction(sandbox.runtime) as session:
            await service.publish(session, shop.id, WebhookTest(timestamp=session.now))
        assert len(await log_of(shop, id_)) == before
        receiver.status = 204
        await send_a_test(shop, id_)
        await sandbox.work()
        on = await endpoint(shop, id_)
    assert (on["disabled_at"], on["disabled_for"], on["failing_since"]) == (None, None, None)
    assert "webhook.disabled" in await rows.actions(sandbox.runtime, id_)


async def test_an_endpoint_that_is_gone_is_switched_off_at_once(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving(Receiver(status=410)) as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
    assert (await endpoint(shop, id_))["disabled_for"] == "gone"
    (row,) = await log_of(shop, id_)
    assert (row["state"], row["status"]) == ("failed", 410)


async def test_a_redirect_counts_as_a_failure(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as inside, receiving() as outside:
        outside.status = 302
        outside.headers = {"Location": inside.url}
        id_, _ = await added(shop, outside.url)
        await send_a_test(shop, id_)
        await sandbox.work()
    (row,) = await log_of(shop, id_)
    assert (row["state"], row["status"], row["fault"]) == ("queued", 302, "redirect")
    assert inside.got == []


async def test_what_a_worker_that_died_had_in_hand_is_sent_by_another(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        taken = "UPDATE webhook_deliveries SET due_at = now() + interval '2 minutes'"
        await rows.write(sandbox.runtime, taken)
        await sandbox.work()
        assert receiver.got == []
        async with sandbox.after(rules.LEASE + timedelta(seconds=5)):
            pass
    assert len(receiver.got) == 1


async def test_many_workers_send_each_event_once(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, receiver.url)
        for _ in range(6):
            await send_a_test(shop, id_)
        await asyncio.gather(*(jobs.deliver(sandbox.runtime) for _ in range(4)))
        await sandbox.work()
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert (len(ids), len(set(ids))) == (6, 6)


async def test_what_is_removed_is_not_sent(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        assert (await shop.call("DELETE", f"/v1/webhooks/{id_}")).json() == {"id": id_}
        await sandbox.work()
    assert receiver.got == []
    assert await rows.count(sandbox.runtime, "webhook_deliveries") == 0


async def test_the_log_is_kept_for_thirty_days(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
    for days, kept in ((29, 1), (31, 0)):
        with clock.shifted(timedelta(days=days)):
            await jobs.sweep(sandbox.runtime)
        assert len(await log_of(shop, id_)) == kept


async def test_one_slow_or_broken_receiver_holds_up_no_other(sandbox: Registry) -> None:
    """A port where nobody listens, beside one that answers."""
    shop: Shop = await sandbox.shop()
    with receiving() as closed:
        pass
    with receiving() as receiver:
        dead, _ = await added(shop, closed.url)
        good, _ = await added(shop, receiver.url)
        async with transaction(sandbox.runtime) as session:
            await service.publish(session, shop.id, WebhookTest(timestamp=session.now))
        await sandbox.work()
    (failed,), (arrived,) = await log_of(shop, dead), await log_of(shop, good)
    assert (failed["state"], failed["fault"], failed["status"]) == ("queued", "connection", None)
    assert arrived["state"] == "delivered"
    assert failed["event_id"] == arrived["event_id"]


async def test_what_cannot_be_read_holds_up_no_other(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as receiver:
        broken, _ = await added(shop, receiver.url)
        good, _ = await added(shop, receiver.url)
        spoil = "UPDATE webhook_endpoints SET sealed = '\\x01' WHERE id = CAST(:id AS uuid)"
        await rows.write(sandbox.runtime, spoil, id=broken)
        for id_ in (broken, good):
            await send_a_test(shop, id_)
        await sandbox.work()
    assert len(receiver.got) == 1
    (failed,) = await log_of(shop, broken)
    assert (failed["state"], failed["fault"]) == ("failed", "unreadable")


async def test_a_worker_sends_events_and_a_slow_receiver_holds_up_no_letter(
    sandbox: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a receiver keeps the worker waiting, a letter that was queued later is sent."""
    monkeypatch.setattr(targets, "STEP_S", 60)
    monkeypatch.setattr(targets, "ALL_S", 60)
    shop = await sandbox.shop()
    await sandbox.work()
    runtime, stop, released = sandbox.runtime, asyncio.Event(), threading.Event()
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    with receiving(Receiver(released=released)) as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        working = asyncio.create_task(worker.work(runtime.settings, url, stop))
        while not receiver.got:
            await asyncio.sleep(0.05)
        before = len(sandbox.letters())
        await sandbox.newcomer()
        while len(sandbox.letters()) == before:
            await asyncio.sleep(0.05)
        (waiting,) = await log_of(shop, id_)
        assert (waiting["state"], waiting["tried_at"]) == ("queued", None)
        released.set()
        while (await log_of(shop, id_))[0]["state"] == "queued":
            await asyncio.sleep(0.05)
        stop.set()
        await working
    assert (await log_of(shop, id_))[0]["state"] == "delivered"
    assert len(receiver.got) == 1
