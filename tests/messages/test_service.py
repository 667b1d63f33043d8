"""The outbox against a real database: nothing is lost, nothing is told twice, nothing lies in the clear."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from registry.messages import jobs
from registry.messages import service as messages
from registry.messages.letters import NoSuchForm
from registry.messages.rules import Channel, State, Template, Transport
from registry.messages.service import MessageNotAccepted, MessageNotFound
from registry.platform import clock, vault
from registry.platform.db import plain_dsn
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import Settings
from tests.messages.outbox import ADDRESS, NOTICE, PHONE, about, notify, outbox, outcomes, queued
from tests.messages.smsbridge import SECRET


class Undone(Exception):
    """Raised to roll back."""


async def test_a_written_file_is_delivered_at_once(running: Runtime) -> None:
    """Where nothing is configured, the file is the proof of notice."""
    report = uuid7()
    message_id = await queued(running, report)
    assert await messages.deliver_due(running) == 1
    assert await messages.deliver_due(running) == 0
    (status,) = await about(running, report)
    assert (status.state, status.transport) == (State.DELIVERED, Transport.FILES)
    assert status.accepted_at == status.settled_at
    file = outbox(running)[str(message_id)]
    assert (file["to"], file["language"]) == (ADDRESS, "uk")
    assert "https://registry.example/file" in file["text"]
    assert "5 грудня 2026 року" in file["text"]
    assert running.settings.operator_name in file["text"]


async def test_an_sms_is_written_in_its_short_form(running: Runtime) -> None:
    message_id = await queued(running, to=PHONE, channel=Channel.SMS, language="en")
    await messages.deliver_due(running)
    file = outbox(running)[str(message_id)]
    assert file["to"] == PHONE
    assert len(file["text"]) < 165
    assert "5 Dec 2026" in file["text"]


async def test_a_rolled_back_change_sends_nothing(running: Runtime) -> None:
    """The message lives and dies with the change that it speaks of."""

    async def change() -> None:
        async with transaction(running) as session:
            await notify(session)
            raise Undone

    with pytest.raises(Undone):
        await change()
    assert await messages.deliver_due(running) == 0
    assert outbox(running) == {}


async def test_a_business_may_add_a_message_and_read_none(running: Runtime) -> None:
    """Under row-level security, as its own transaction does when it signs up."""
    business, report = uuid7(), uuid7()
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=None)
    async with transaction(running, business_id=business) as session:
        await notify(session, report, data_key=key)
    assert len(await about(running, report)) == 1
    with pytest.raises(Exception, match="permission denied"):
        async with transaction(running, business_id=business) as session:
            await messages.list_about(session, report)


async def test_the_worker_is_woken_by_the_commit(running: Runtime, database_url: str) -> None:
    woken = asyncio.Event()
    connection = await asyncpg.connect(plain_dsn(database_url))
    try:
        await connection.add_listener("registry_due", lambda *_: woken.set())
        async with transaction(running) as session:
            await notify(session)
            await asyncio.sleep(0.1)
            assert not woken.is_set()
        await asyncio.wait_for(woken.wait(), 5)
    finally:
        await connection.close()


async def test_nothing_personal_lies_in_the_clear(running: Runtime, database_url: str) -> None:
    """Neither the address nor a value is found in the row, in any of the usual encodings."""
    await queued(running)
    connection = await asyncpg.connect(plain_dsn(database_url))
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE registry_system")
            row = await connection.fetchrow("SELECT * FROM messages")
    finally:
        await connection.close()
    assert row is not None
    sealed = bytes(row["sealed"])
    for value in (ADDRESS, "registry.example", "5 грудня"):
        for form in (value.encode(), value.encode("utf-16-le"), value.encode().hex().encode()):
            assert form not in sealed
            assert form not in repr(dict(row) | {"sealed": None}).encode()


async def test_a_missing_value_is_noticed_before_anything_is_queued(running: Runtime) -> None:
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=None)
        with pytest.raises(NoSuchForm, match="code"):
            await messages.enqueue(
                session,
                template=Template.SIGNUP_CODE,
                to=ADDRESS,
                channel=Channel.MAIL,
                language="uk",
                values={},
                about_id=uuid7(),
                data_key=key,
            )
    assert await messages.deliver_due(running) == 0


async def test_an_erased_report_takes_its_messages_along(running: Runtime) -> None:
    """With the data key goes the row; nothing is sent, and the sweep removes the file."""
    report = uuid7()
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=None)
        await notify(session, report, data_key=key)
    await messages.deliver_due(running)
    await queued(running, report)
    async with transaction(running) as session:
        await vault.destroy(session, key.id)
    assert len(await about(running, report)) == 1
    async with transaction(running) as session:
        assert await messages.forget(session, report) == 1
    assert await messages.deliver_due(running) == 0
    assert len(outbox(running)) == 1
    assert await messages.sweep_files(running) == 1
    assert outbox(running) == {}


async def test_files_past_their_days_are_swept_by_the_registrys_clock(running: Runtime) -> None:
    await queued(running)
    await jobs.deliver(running)
    days = timedelta(days=running.policy.outbox_days)
    with clock.shifted(days - timedelta(minutes=1)):
        assert await jobs.sweep(running) == 0
    with clock.shifted(days + timedelta(minutes=1)):
        assert await jobs.sweep(running) == 1
    assert outbox(running) == {}


async def test_many_workers_send_each_message_once(running: Runtime) -> None:
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=None)
        ids = {str(await notify(session, data_key=key)) for _ in range(30)}
    done = await asyncio.gather(*(messages.deliver_due(running) for _ in range(5)))
    assert sum(done) == 30
    assert set(outbox(running)) == ids


async def test_the_limit_leaves_the_rest_for_the_next_call(running: Runtime) -> None:
    for _ in range(3):
        await queued(running)
    assert await messages.deliver_due(running, limit=2) == 2
    assert await messages.deliver_due(running, limit=2) == 1


async def test_one_message_that_cannot_be_read_does_not_hold_up_the_others(
    running: Runtime, database_url: str
) -> None:
    """A damaged row is tried like a failed one, and logged without a word of it."""
    broken, good = uuid7(), uuid7()
    await queued(running, broken)
    await queued(running, good)
    connection = await asyncpg.connect(plain_dsn(database_url))
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE registry_system")
            await connection.execute(
                "UPDATE messages SET sealed = sealed || 'x' WHERE about_id = $1", broken
            )
    finally:
        await connection.close()
    with capture_logs() as logs:
        assert await messages.deliver_due(running) == 2
    assert [status.state for status in await about(running, good)] == [State.DELIVERED]
    (status,) = await about(running, broken)
    assert (status.state, status.attempts) == (State.QUEUED, 1)
    assert [entry["reason"] for entry in logs] == ["SealBroken"]


def test_what_is_usable(tmp_path: Path) -> None:
    nothing = Settings(data_dir=tmp_path)
    smtp = Settings(data_dir=tmp_path, smtp_url="smtp://mail.example")
    assert messages.usable_channels(nothing) == {Channel.MAIL, Channel.SMS}
    assert messages.usable_channels(smtp) == {Channel.MAIL}
    phones = {"sms_url": "https://sms.example", "sms_token": "t", "sms_secret": SECRET}
    both = msgspec.structs.replace(smtp, **phones)
    assert messages.usable_channels(both) == {Channel.MAIL, Channel.SMS}


async def test_what_was_not_accepted_cannot_bounce(running: Runtime) -> None:
    """Queued or delivered: 409, and it stays as it was. Unknown: 404."""
    report = uuid7()
    message_id = await queued(running, report)
    for expected in (State.QUEUED, State.DELIVERED):
        with pytest.raises(MessageNotAccepted):
            async with transaction(running) as session:
                await messages.bounce(session, message_id)
        assert [status.state for status in await about(running, report)] == [expected]
        await messages.deliver_due(running)
    with pytest.raises(MessageNotFound):
        async with transaction(running) as session:
            await messages.bounce(session, uuid7())


async def test_an_outcome_is_told_once_and_not_lost_by_a_rollback(running: Runtime) -> None:
    await queued(running)
    await messages.deliver_due(running)

    async def take_and_fail() -> None:
        async with transaction(running) as session:
            assert len(await messages.take_outcomes(session, NOTICE, 10)) == 1
            raise Undone

    with pytest.raises(Undone):
        await take_and_fail()
    assert len(await outcomes(running)) == 1
    assert await outcomes(running) == []


async def test_two_takers_share_the_outcomes(running: Runtime) -> None:
    """What one transaction holds, the other skips."""
    for _ in range(4):
        await queued(running)
    await messages.deliver_due(running)
    async with transaction(running) as first, transaction(running) as second:
        one = await messages.take_outcomes(first, NOTICE, 3)
        two = await messages.take_outcomes(second, NOTICE, 3)
    assert (len(one), len(two)) == (3, 1)
    assert not {o.message_id for o in one} & {o.message_id for o in two}


async def test_letters_that_nobody_waits_for_are_not_kept_as_outcomes(running: Runtime) -> None:
    business = uuid7()
    async with transaction(running) as session:
        await messages.enqueue(
            session,
            template=Template.SIGNUP_CODE,
            to=ADDRESS,
            channel=Channel.MAIL,
            language="ru",
            values={"code": "481516", "more": "is left out"},
            about_id=business,
            data_key=await vault.create(session, session.keyring, owner=None),
        )
    await messages.deliver_due(running)
    async with transaction(running) as session:
        assert await messages.take_outcomes(session, set(Template), 10) == []
    (file,) = outbox(running).values()
    assert "481516" in file["text"]
