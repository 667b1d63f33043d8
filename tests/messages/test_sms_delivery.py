"""The life of a short message, through a real provider's server and a real database."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from registry.messages import delivery, rules
from registry.messages import service as messages
from registry.messages.rules import Channel, State, Transport
from registry.messages.service import MessageNotFound
from registry.messages.wire import Receipt, ReceiptStatus
from registry.platform import clock
from registry.platform import runtime as runtimes
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import Settings
from tests.messages import mailserver, smsbridge
from tests.messages.mailserver import MailServer
from tests.messages.outbox import ADDRESS, PHONE, about, outbox, outcomes, queued
from tests.messages.smsbridge import Bridge

DELIVERED, UNDELIVERED = ReceiptStatus
DAY = timedelta(days=1)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with smsbridge.serving(Bridge()) as running:
        yield running


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailserver.serving(MailServer()) as running:
        yield running


@pytest.fixture
async def both(
    settings: Settings, database_url: str, bridge: Bridge, mail: MailServer
) -> AsyncIterator[Runtime]:
    """A runtime with a mail server and a provider of short messages."""
    smtp = f"smtp://127.0.0.1:{mail.port}"
    found = msgspec.structs.replace(settings, smtp_url=smtp, **bridge.settings())
    async with runtimes.running(found, database_url) as opened:
        yield opened


async def texted(runtime: Runtime, report: UUID | None = None) -> UUID:
    """A notice to a phone that is due."""
    return await queued(runtime, report, to=PHONE, channel=Channel.SMS)


async def take(runtime: Runtime, message_id: UUID, status: ReceiptStatus) -> tuple[State, bool]:
    async with transaction(runtime) as session:
        return await messages.take_receipt(session, Receipt(id=message_id, status=status))


async def state_of(runtime: Runtime, report: UUID) -> State:
    (status,) = await about(runtime, report)
    return status.state


async def test_each_channel_goes_its_own_way(
    both: Runtime, bridge: Bridge, mail: MailServer
) -> None:
    """With both set, a mail goes to the one and a text to the other, and nothing becomes a file."""
    text_id = await texted(both)
    await queued(both)
    assert await messages.deliver_due(both) == 2
    assert mail.recipients == [ADDRESS]
    (sent,) = bridge.got
    assert (sent["id"], sent["to"]) == (str(text_id), PHONE)
    assert sent["text"].startswith(
        f"{both.settings.operator_name}: у реєстрі є запис, де вказано цей номер."
    )
    assert sent["text"] == sent["text"].strip()
    assert outbox(both) == {}


async def test_taken_by_the_provider_it_has_proven_nothing(both: Runtime, bridge: Bridge) -> None:
    """Neither after the hours of a bounce nor after the days of the receipt does silence prove."""
    report = uuid7()
    await texted(both, report)
    await messages.deliver_due(both)
    (status,) = await about(both, report)
    assert (status.state, status.transport) == (State.ACCEPTED, Transport.SMS)
    assert status.accepted_at is not None
    days = both.policy.notice_attempt_days * DAY
    async with transaction(both) as session:
        assert await messages.next_due(session) == status.accepted_at + days
    with clock.shifted(days - timedelta(minutes=5)):
        assert await messages.deliver_due(both) == 0
    assert await outcomes(both) == []
    with clock.shifted(days + timedelta(minutes=5)):
        assert await messages.deliver_due(both) == 1
    (outcome,) = await outcomes(both)
    assert (outcome.state, outcome.told_at) == (State.UNPROVEN, None)
    assert len(bridge.got) == 1


async def test_a_receipt_proves_since_it_came(both: Runtime) -> None:
    """A phone that was off for three days has told nobody anything until then."""
    report = uuid7()
    message_id = await texted(both, report)
    await messages.deliver_due(both)
    with clock.shifted(3 * DAY):
        assert await take(both, message_id, DELIVERED) == (State.DELIVERED, True)
    (outcome,) = await outcomes(both)
    (status,) = await about(both, report)
    assert outcome.state == State.DELIVERED
    assert outcome.told_at == status.settled_at
    assert status.accepted_at is not None
    assert status.settled_at is not None
    assert status.settled_at - status.accepted_at >= 3 * DAY
    with clock.shifted(30 * DAY):
        assert await messages.deliver_due(both) == 0


async def test_an_undelivered_one_proves_nothing(both: Runtime) -> None:
    report = uuid7()
    message_id = await texted(both, report)
    await messages.deliver_due(both)
    assert await take(both, message_id, UNDELIVERED) == (State.BOUNCED, True)
    (outcome,) = await outcomes(both)
    assert (outcome.state, outcome.told_at) == (State.BOUNCED, None)


@pytest.mark.parametrize(
    ("first", "state"), [(DELIVERED, State.DELIVERED), (UNDELIVERED, State.BOUNCED)]
)
async def test_the_first_receipt_decides(both: Runtime, first: ReceiptStatus, state: State) -> None:
    """Sent again, or contradicted, it changes nothing and tells nobody twice."""
    report = uuid7()
    message_id = await texted(both, report)
    await messages.deliver_due(both)
    await take(both, message_id, first)
    (before,) = await about(both, report)
    assert len(await outcomes(both)) == 1
    for status in (first, *ReceiptStatus):
        with clock.shifted(DAY):
            assert await take(both, message_id, status) == (state, False)
    assert await about(both, report) == [before]
    assert await outcomes(both) == []


async def test_a_receipt_may_be_faster_than_the_answer(both: Runtime, bridge: Bridge) -> None:
    """It waits for the transaction that sends, and then counts."""
    report, began = uuid7(), threading.Event()
    message_id = await texted(both, report)
    bridge.pace, bridge.began = 0.5, began
    sending = asyncio.create_task(messages.deliver_due(both))
    assert await asyncio.to_thread(began.wait, 10)
    assert await take(both, message_id, DELIVERED) == (State.DELIVERED, True)
    await sending
    assert await state_of(both, report) == State.DELIVERED
    assert len(await outcomes(both)) == 1


async def test_a_lost_answer_is_made_good_by_the_receipt(both: Runtime, bridge: Bridge) -> None:
    """The provider took it and its answer got lost: the receipt settles it, and the phone rings once."""
    report = uuid7()
    message_id = await texted(both, report)
    bridge.status = 504
    await messages.deliver_due(both)
    assert await state_of(both, report) == State.QUEUED
    assert await take(both, message_id, DELIVERED) == (State.DELIVERED, True)
    with clock.shifted(DAY):
        assert await messages.deliver_due(both) == 0
    (outcome,) = await outcomes(both)
    assert outcome.told_at is not None
    assert len(bridge.got) == 1


async def test_what_is_no_text_has_no_receipt(both: Runtime) -> None:
    """Not a mail, nor what nobody knows: both are 404, and a mail stays as it was."""
    report = uuid7()
    mail_id = await queued(both, report)
    await messages.deliver_due(both)
    for unknown in (mail_id, uuid7()):
        for status in ReceiptStatus:
            with pytest.raises(MessageNotFound):
                await take(both, unknown, status)
    assert await state_of(both, report) == State.ACCEPTED


async def test_a_refusal_for_good_fails_at_once(both: Runtime, bridge: Bridge) -> None:
    report = uuid7()
    bridge.status = 422
    message_id = await texted(both, report)
    with capture_logs() as logs:
        await messages.deliver_due(both)
    assert [(one["event"], one["message_id"]) for one in logs] == [
        ("message_refused", str(message_id))
    ]
    assert PHONE not in repr(logs)
    (outcome,) = await outcomes(both)
    assert (outcome.state, outcome.told_at) == (State.FAILED, None)
    assert len(bridge.got) == 1


async def test_a_provider_that_comes_back_gets_it(both: Runtime, bridge: Bridge) -> None:
    """By the same table as mail; the log names neither number, text nor token."""
    report = uuid7()
    bridge.status, bridge.body = 503, f"cannot reach {PHONE}".encode()
    await texted(both, report)
    with capture_logs() as logs:
        assert await messages.deliver_due(both) == 1
    assert await messages.deliver_due(both) == 0
    assert [entry["reason"] for entry in logs] == ["sms-503"]
    told = repr(logs)
    assert [
        word for word in (PHONE, "запис", smsbridge.TOKEN, smsbridge.SECRET) if word in told
    ] == []
    bridge.status = 200
    with clock.shifted(rules.RETRY_AFTER[0] + timedelta(seconds=1)):
        assert await messages.deliver_due(both) == 1
    assert await state_of(both, report) == State.ACCEPTED
    assert (len(bridge.got), len(bridge.sent)) == (2, 1)


async def test_a_provider_that_stays_down_fails_after_the_last_try(
    both: Runtime, bridge: Bridge
) -> None:
    report, passed, tries = uuid7(), timedelta(), 0
    bridge.status = 500
    await texted(both, report)
    for wait in (timedelta(), *rules.RETRY_AFTER):
        passed += wait + timedelta(seconds=5)
        with clock.shifted(passed):
            tries += await messages.deliver_due(both)
    (status,) = await about(both, report)
    assert (tries, status.attempts, status.state) == (7, 7, State.FAILED)
    assert passed < both.policy.notice_attempt_days * DAY


async def test_a_crash_after_sending_sends_again_under_the_same_id(
    both: Runtime, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    report = uuid7()
    await texted(both, report)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "step", crash)
        with pytest.raises(KeyboardInterrupt):
            await messages.deliver_due(both)
    await messages.deliver_due(both)
    assert await state_of(both, report) == State.ACCEPTED
    assert (len(bridge.got), len(bridge.sent)) == (2, 1)


async def test_a_text_to_a_provider_that_was_taken_out_fails(
    both: Runtime, settings: Settings, database_url: str
) -> None:
    """As a mail does: nothing is kept for a channel that is gone, and a file would prove what nobody read."""
    report = uuid7()
    await texted(both, report)
    alone = msgspec.structs.replace(settings, smtp_url=both.settings.smtp_url)
    async with runtimes.running(alone, database_url) as runtime:
        await messages.deliver_due(runtime)
        assert await state_of(runtime, report) == State.FAILED
        assert outbox(runtime) == {}
