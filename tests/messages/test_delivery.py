"""Messages through a real SMTP server: accepted, refused, tried again, bounced, given up."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from registry.messages import delivery, rules
from registry.messages import service as messages
from registry.messages.rules import Channel, State, Template, Transport
from registry.messages.service import MessageNotAccepted
from registry.platform import clock, vault
from registry.platform import runtime as runtimes
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import Settings
from tests.messages.mailserver import MailServer, free_port, serving
from tests.messages.outbox import ADDRESS, PHONE, about, outcomes, queued

Opened = Callable[[str], AbstractAsyncContextManager[Runtime]]


@pytest.fixture
def with_smtp(settings: Settings, database_url: str) -> Opened:
    """Opens a runtime on the test's database with the given mail server."""
    return lambda url: runtimes.running(
        msgspec.structs.replace(settings, smtp_url=url, mail_from="notices@registry.example"),
        database_url,
    )


async def test_an_accepted_mail_is_delivered_when_no_bounce_came(with_smtp: Opened) -> None:
    """Exactly at the policy's hours, not before."""
    report = uuid7()
    with serving(MailServer()) as server:
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            message_id = await queued(runtime, report)
            await messages.deliver_due(runtime)
            assert len(server.taken) == 1
            (accepted,) = await about(runtime, report)
            assert (accepted.state, accepted.transport) == (State.ACCEPTED, Transport.SMTP)
            async with transaction(runtime) as session:
                due = await messages.next_due(session)
            assert accepted.accepted_at is not None
            hours = timedelta(hours=runtime.policy.bounce_hours)
            assert due == accepted.accepted_at + hours
            with clock.shifted(hours - timedelta(minutes=5)):
                assert await messages.deliver_due(runtime) == 0
            assert await outcomes(runtime) == []
            with clock.shifted(hours + timedelta(minutes=5)):
                assert await messages.deliver_due(runtime) == 1
            (outcome,) = await outcomes(runtime)
            assert (outcome.message_id, outcome.about_id) == (message_id, report)
            assert (outcome.state, outcome.told_at) == (State.DELIVERED, accepted.accepted_at)
            assert len(server.taken) == 1


async def test_a_refused_recipient_fails_at_once(with_smtp: Opened) -> None:
    with serving(MailServer()) as server:
        server.rcpt_reply = "550 5.1.1 no such user <o.shevchenko@mail.example>"
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            await queued(runtime)
            await messages.deliver_due(runtime)
            (outcome,) = await outcomes(runtime)
            assert (outcome.state, outcome.told_at) == (State.FAILED, None)


async def test_a_server_that_comes_back_gets_the_mail(with_smtp: Opened) -> None:
    """Tried again after a minute; the log names no address, though the server's answer did."""
    report = uuid7()
    with serving(MailServer()) as server:
        server.rcpt_reply = f"450 4.2.0 greylisted <{ADDRESS}>"
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            await queued(runtime, report)
            with capture_logs() as logs:
                assert await messages.deliver_due(runtime) == 1
            assert await messages.deliver_due(runtime) == 0
            (waiting,) = await about(runtime, report)
            assert (waiting.state, waiting.attempts) == (State.QUEUED, 1)
            assert ADDRESS not in repr(logs)
            assert [entry["reason"] for entry in logs] == ["smtp-450"]
            server.rcpt_reply = "250 OK"
            with clock.shifted(rules.RETRY_AFTER[0] + timedelta(seconds=1)):
                assert await messages.deliver_due(runtime) == 1
            (sent,) = await about(runtime, report)
            assert sent.state == State.ACCEPTED


async def test_a_server_that_stays_down_fails_after_the_last_try(with_smtp: Opened) -> None:
    report, passed, tries = uuid7(), timedelta(), 0
    async with with_smtp(f"smtp://127.0.0.1:{free_port()}") as runtime:
        await queued(runtime, report)
        for wait in (timedelta(), *rules.RETRY_AFTER):
            passed += wait + timedelta(seconds=5)
            with clock.shifted(passed):
                tries += await messages.deliver_due(runtime)
        (status,) = await about(runtime, report)
        assert (tries, status.attempts, status.state) == (7, 7, State.FAILED)
        (outcome,) = await outcomes(runtime)
        assert outcome.state == State.FAILED


class Meeting(MailServer):
    """After the first mail, takes none before four are being sent at once."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.met = 0, asyncio.Event()

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - the name aiosmtpd calls
        self.began += 1
        if self.began == 5:
            self.met.set()
        if self.began > 1:
            await self.met.wait()
        return await super().handle_RCPT(*given)


async def test_a_server_that_is_slow_with_one_letter_holds_up_no_other(with_smtp: Opened) -> None:
    with serving(Meeting()) as server:
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            for _ in range(5):
                await queued(runtime)
            assert await messages.deliver_due(runtime) == 5
            assert len(server.taken) == 5


async def code(runtime: Runtime, session_id: UUID) -> None:
    """A one-time code is queued."""
    async with transaction(runtime) as session:
        await messages.enqueue(
            session,
            template=Template.SUBJECT_CODE,
            to=ADDRESS,
            channel=Channel.MAIL,
            language="uk",
            values={"code": "493817"},
            about_id=session_id,
            data_key=await vault.create(session, session.keyring, owner=None),
        )


async def test_a_code_is_not_sent_when_it_is_good_no_longer(with_smtp: Opened) -> None:
    """A server that stays down is tried for four hours; one that was never asked in that time gets nothing late."""
    tried, slept = uuid7(), uuid7()
    with serving(MailServer()) as server:
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            server.rcpt_reply = "450 4.2.0 come again"
            await code(runtime, tried)
            for passed in (0, 65, 370, 2_200, 9_500):
                with clock.shifted(timedelta(seconds=passed)):
                    assert await messages.deliver_due(runtime) == 1
            (status,) = await about(runtime, tried)
            assert (status.attempts, status.state) == (5, State.FAILED)
            server.rcpt_reply = "250 OK"
            await code(runtime, slept)
            with clock.shifted(timedelta(hours=4)):
                assert await messages.deliver_due(runtime) == 1
            (status,) = await about(runtime, slept)
            assert (status.attempts, status.state) == (0, State.FAILED)
    assert server.taken == []


async def test_a_crash_after_sending_sends_again_under_the_same_id(
    with_smtp: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the copy has the same Message-ID, so a mailbox shows one."""

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    report = uuid7()
    with serving(MailServer()) as server:
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            await queued(runtime, report)
            with monkeypatch.context() as patched:
                patched.setattr(delivery, "step", crash)
                with pytest.raises(KeyboardInterrupt):
                    await messages.deliver_due(runtime)
            await messages.deliver_due(runtime)
            assert [status.state for status in await about(runtime, report)] == [State.ACCEPTED]
    assert len(server.taken) == 2
    assert len({mail["Message-ID"] for mail in server.taken}) == 1


async def test_what_a_withdrawn_channel_still_had_fails(
    running: Runtime, with_smtp: Opened
) -> None:
    """An SMS queued while files carried all has no carrier once a mail server is set."""
    report = uuid7()
    await queued(running, report, to=PHONE, channel=Channel.SMS)
    async with with_smtp(f"smtp://127.0.0.1:{free_port()}") as runtime:
        await messages.deliver_due(runtime)
        assert [status.state for status in await about(runtime, report)] == [State.FAILED]


async def test_a_bounce_ends_an_accepted_mail(with_smtp: Opened) -> None:
    """Its waiter learns it once, and no silence turns it into a delivery."""
    with serving(MailServer()) as server:
        async with with_smtp(f"smtp://127.0.0.1:{server.port}") as runtime:
            message_id = await queued(runtime)
            await messages.deliver_due(runtime)
            async with transaction(runtime) as session:
                bounced = await messages.bounce(session, message_id)
            assert bounced.state == State.BOUNCED
            with clock.shifted(timedelta(days=9)):
                assert await messages.deliver_due(runtime) == 0
            assert [outcome.state for outcome in await outcomes(runtime)] == [State.BOUNCED]
            with pytest.raises(MessageNotAccepted):
                async with transaction(runtime) as session:
                    await messages.bounce(session, message_id)
