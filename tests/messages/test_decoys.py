"""A decoy goes the way of a message and reaches nobody: by file, by mail, by short message."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from registry.messages import rules
from registry.messages import service as messages
from registry.messages.rules import Channel, State, Template
from registry.platform import clock, vault
from registry.platform import runtime as runtimes
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import Settings
from tests.messages import mailserver, smsbridge
from tests.messages.mailserver import MailServer, free_port
from tests.messages.outbox import ADDRESS, PHONE, about, notice_values
from tests.messages.smsbridge import Bridge

Opened = Callable[..., AbstractAsyncContextManager[Runtime]]


@pytest.fixture
def with_(settings: Settings, database_url: str) -> Opened:
    """Opens a runtime on the test's database with the given settings."""
    return lambda **given: runtimes.running(
        msgspec.structs.replace(settings, **given), database_url
    )


async def sent(runtime: Runtime, channel: Channel, *, decoy: bool) -> UUID:
    """A code that the worker has delivered, or tried to; returns what it is about."""
    to, session_id = {Channel.MAIL: ADDRESS, Channel.SMS: PHONE}[channel], uuid7()
    async with transaction(runtime) as session:
        await messages.enqueue(
            session,
            template=Template.SUBJECT_CODE,
            to=to,
            channel=channel,
            language="uk",
            values={"code": "4938170256"},
            about_id=session_id,
            data_key=await vault.create(session, session.keyring, owner=None),
            decoy=decoy,
        )
    assert await messages.deliver_due(runtime) == 1
    return session_id


async def life(runtime: Runtime, channel: Channel, *, decoy: bool) -> list[tuple[object, ...]]:
    """What becomes of a code: the state, transport and tries of its message, each time that it is looked at."""
    seen: list[tuple[object, ...]] = []
    session_id = await sent(runtime, channel, decoy=decoy)
    for passed in (timedelta(), rules.RETRY_AFTER[0], timedelta(hours=3), timedelta(days=20)):
        with clock.shifted(passed + timedelta(seconds=1)):
            await messages.deliver_due(runtime)
            (status,) = await about(runtime, session_id)
            seen.append((status.state, status.transport, status.attempts, bool(status.settled_at)))
    return seen


async def test_a_file_is_written_and_removed(with_: Opened) -> None:
    async with with_() as runtime:
        real, decoy = [await life(runtime, Channel.SMS, decoy=decoy) for decoy in (False, True)]
        assert real == decoy
        assert len(list(runtime.settings.outbox_dir.iterdir())) == 1


async def test_a_mail_server_is_dialled_and_told_no_recipient(with_: Opened) -> None:
    with mailserver.serving(MailServer()) as mail:
        async with with_(smtp_url=f"smtp://127.0.0.1:{mail.port}") as runtime:
            real, decoy = [
                await life(runtime, Channel.MAIL, decoy=decoy) for decoy in (False, True)
            ]
    assert real == decoy
    assert len(mail.senders) == 2
    assert mail.recipients == [ADDRESS]


async def test_a_provider_of_short_messages_is_dialled_and_given_nothing(with_: Opened) -> None:
    """Whatever it answers: it need not know what it is asked."""
    with smsbridge.serving(Bridge()) as bridge:
        smtp = f"smtp://127.0.0.1:{free_port()}"
        async with with_(smtp_url=smtp, **bridge.settings()) as runtime:
            real, decoy = [await life(runtime, Channel.SMS, decoy=decoy) for decoy in (False, True)]
    assert real == decoy
    assert ([one["to"] for one in bridge.got], bridge.asked) == ([PHONE], 1)


@pytest.mark.parametrize("channel", Channel)
async def test_what_is_down_is_tried_again(with_: Opened, channel: Channel) -> None:
    silent = Bridge()
    silent.port = free_port()
    down = {"smtp_url": f"smtp://127.0.0.1:{free_port()}", **silent.settings()}
    async with with_(**down) as runtime:
        real, decoy = [await life(runtime, channel, decoy=decoy) for decoy in (False, True)]
    assert real == decoy
    assert real[-1] == (State.FAILED, real[0][1], 3, True)


async def test_no_decoy_proves_a_notice(running: Runtime) -> None:
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=None)
        with pytest.raises(AssertionError):
            await messages.enqueue(
                session,
                template=Template.REPORT_NOTICE,
                to=ADDRESS,
                channel=Channel.MAIL,
                language="uk",
                values=notice_values(),
                about_id=uuid7(),
                data_key=key,
                decoy=True,
            )
