"""The outbox: put a message in with the change that it speaks of, send it later, tell how it ended.

A message is a row in the caller's own transaction, so there is never a letter about a change that was
rolled back, nor a change without its letter. Sending is at least once: a crash between the sending and
the commit sends again, and the stable Message-ID (or file name) lets the two collapse into one. It is
never lost. What sends is `delivery`.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from registry.messages import delivery, letters, rules, store, transports
from registry.messages.rules import (
    TO_OPERATOR,
    Channel,
    Event,
    Language,
    State,
    Template,
    Transport,
)
from registry.messages.tables import Message
from registry.messages.wire import Receipt, ReceiptStatus
from registry.platform.errors import Conflict, NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.settings import Settings
from registry.platform.vault import DataKey

SWEEP_BATCH = 1000
_SAYS = {ReceiptStatus.DELIVERED: Event.ARRIVED, ReceiptStatus.UNDELIVERED: Event.LOST}

#: Pure, but asked for together with `enqueue`.
language_of, channel_order = rules.language_of, rules.channel_order
accepted_language = rules.accepted_language
deliver_due = delivery.deliver_due


class MessageNotFound(NotFound):
    """There is no such message."""


class MessageNotAccepted(Conflict):
    """Only a message that was accepted, and that has not yet counted as delivered, can bounce."""

    slug, title = "message-not-accepted", "Only an accepted message can bounce"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a message that was written at `created_at` ended.

    `told_at` is since when its addressee counts as told: None when nothing proves it.
    """

    message_id: UUID
    about_id: UUID
    template: Template
    state: State
    created_at: datetime
    told_at: datetime | None


class MessageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands, for a moderator: nothing of its address or text."""

    id: UUID
    template: Template
    channel: Channel
    transport: Transport | None
    state: State
    attempts: int
    created_at: datetime
    accepted_at: datetime | None
    settled_at: datetime | None


class SentLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as its addressee may be told of it: where it went, what about, and what became of it."""

    channel: Channel
    to: str
    subject: str
    state: State
    at: datetime
    told_at: datetime | None


def usable_channels(settings: Settings) -> frozenset[Channel]:
    """The channels by which this deployment can reach people; raises `SettingsError` when they are ill set."""
    transports.check(settings)
    return frozenset(c for c in Channel if transports.transport_for(settings, c) is not None)


async def enqueue(
    session: Session,
    *,
    template: Template,
    to: str,
    channel: Channel,
    language: str,
    values: Mapping[str, str | date],
    about_id: UUID,
    data_key: DataKey,
    decoy: bool = False,
) -> UUID:
    """Put a message into the outbox, in the caller's transaction, and wake the worker at its commit.

    `values` must hold what the template needs (`letters.needed`); more is left out. Dates are written in the language's
    own form. A decoy takes the work of a message and reaches nobody. Raises `letters.NoSuchForm` for a missing value.
    """
    assert not (decoy and template in rules.AWAITED)  # noqa: S101 - it would prove a notice that nobody got
    message_id, spoken_in = uuid7(), Language(language)
    missing = letters.needed(template, channel) - values.keys()
    if missing:
        raise letters.NoSuchForm(f"{template} needs the values {sorted(missing)}")
    texts = {
        name: letters.spoken(values[name], channel, spoken_in, session.policy.calendar)
        for name in letters.needed(template, channel)
    }
    await store.add(
        session,
        id=message_id,
        template=template,
        language=spoken_in,
        channel=channel,
        transport=None,
        about_id=about_id,
        data_key_id=data_key.id,
        sealed=data_key.seal(delivery.place(message_id), delivery.Sealed(to, texts, decoy)),
        state=State.QUEUED,
        attempts=0,
        due_at=session.now,
        created_at=session.now,
        accepted_at=None,
        settled_at=None,
        acknowledged=template not in rules.AWAITED,
    )
    await store.wake(session)
    return message_id


async def next_due(session: Session) -> datetime | None:
    """When `deliver_due` next has something to do; None when the outbox rests."""
    return await store.next_due(session)


async def take_outcomes(
    session: Session, templates: Collection[Template], limit: int, but: Collection[UUID] = ()
) -> list[Outcome]:
    """How messages of these templates ended, each told once: this transaction's commit acknowledges.

    `but` are messages to leave for later.
    """
    taken = await store.lock_settled(session, templates, limit, but)
    for message in taken:
        message.acknowledged = True
    return [_outcome(message) for message in taken]


async def bounce(session: Session, message_id: UUID) -> Outcome:
    """Record that an accepted message came back. Whoever waits for it learns through `take_outcomes`."""
    message = await store.lock(session, message_id)
    if message is None:
        raise MessageNotFound
    try:
        await delivery.step(session, message, Event.BOUNCED)
    except rules.IllegalStep:
        raise MessageNotAccepted from None
    return _outcome(message)


async def take_receipt(session: Session, receipt: Receipt) -> tuple[State, bool]:
    """Record a provider's receipt, which is known to be its own: the message's state, and whether it changed.

    Only a short message has receipts; anything else is `MessageNotFound`. The first receipt settles the message, so
    that one sent again, or one that contradicts it, changes nothing.
    """
    message = await store.lock(session, receipt.id)
    if message is None or message.channel != Channel.SMS:
        raise MessageNotFound
    state = State(message.state)
    if state in rules.SETTLED:
        return state, False
    # Set already unless the answer to our request was lost with its transaction.
    message.transport = Transport.SMS
    await delivery.step(session, message, _SAYS[receipt.status])
    return State(message.state), True


async def list_about(session: Session, about_id: UUID) -> list[MessageStatus]:
    """Where every message about this report or business stands, oldest first."""
    return [_status(message) for message in await store.list_about(session, about_id)]


async def count_settled(
    session: Session, template: Template, start: datetime, end: datetime
) -> Counter[str]:
    """How many messages of a template ended within a time, by their state."""
    return Counter(dict(await store.count_settled(session, template, start, end)))


async def list_sealed_under(session: Session, about_id: UUID, key: DataKey) -> list[SentLetter]:
    """The letters about a report that lie under this key, oldest first: those to the person have the report's own,
    those to its reporter the business's. Letters to the operator are left out.
    """
    ours = {"public_url": session.runtime.settings.public_url}
    ours["operator_name"] = session.runtime.settings.operator_name
    found = []
    for row in await store.list_about(session, about_id):
        if row.data_key_id != key.id or Template(row.template) in TO_OPERATOR:
            continue
        sealed = key.open(delivery.place(row.id), row.sealed, delivery.Sealed)
        outcome, channel = _outcome(row), Channel(row.channel)
        language = Language(row.language)
        letter = letters.write(outcome.template, channel, language, sealed.values | ours)
        found.append(
            SentLetter(
                channel=channel,
                to=sealed.to,
                subject=letter.subject,
                state=outcome.state,
                at=row.created_at,
                told_at=outcome.told_at,
            )
        )
    return found


async def forget(session: Session, about_id: UUID) -> int:
    """Delete the messages about an erased report; the next sweep removes their outbox files."""
    return await store.drop_about(session, about_id)


async def sweep_files(runtime: Runtime) -> int:
    """Remove outbox files that are past their days, or whose message was erased; returns how many."""
    files = await asyncio.to_thread(transports.outbox_files, runtime.settings.outbox_dir)
    ids, gone = list(files), 0
    for start in range(0, len(ids), SWEEP_BATCH):
        batch = ids[start : start + SWEEP_BATCH]
        async with transaction(runtime) as session:
            kept = await store.existing(session, batch)
            oldest = session.now - timedelta(days=session.policy.outbox_days)
        stale = [files[i][0] for i in batch if i not in kept or files[i][1] < oldest]
        await asyncio.to_thread(_unlink_all, stale)
        gone += len(stale)
    return gone


def _unlink_all(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _outcome(message: Message) -> Outcome:
    state, transport = State(message.state), _transport(message)
    return Outcome(
        message_id=message.id,
        about_id=message.about_id,
        template=Template(message.template),
        created_at=message.created_at,
        state=state,
        told_at=rules.told_at(state, transport, message.accepted_at, message.settled_at),
    )


def _transport(message: Message) -> Transport | None:
    return Transport(message.transport) if message.transport else None


def _status(message: Message) -> MessageStatus:
    return MessageStatus(
        id=message.id,
        template=Template(message.template),
        channel=Channel(message.channel),
        transport=_transport(message),
        state=State(message.state),
        attempts=message.attempts,
        created_at=message.created_at,
        accepted_at=message.accepted_at,
        settled_at=message.settled_at,
    )
