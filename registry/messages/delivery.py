"""Sending what the outbox holds: a message a transaction, tried again later, or settled by what is heard of it.

No two workers hold the same message. A decoy takes the way of any other (`transports`).
"""

import asyncio
from uuid import UUID

import msgspec
import structlog

from registry.messages import letters, rules, store, transports
from registry.messages.rules import Channel, Event, Language, State, Template, Transport
from registry.messages.tables import Message
from registry.platform import vault
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.vault import DataKey

#: Messages that are sent at once, each in a transaction that stays open meanwhile.
AT_ONCE = 8

_log = structlog.get_logger(__name__)


class Sealed(msgspec.Struct, frozen=True):
    """What of a message is personal."""

    to: str
    values: dict[str, str]
    decoy: bool = False


async def deliver_due(runtime: Runtime, limit: int = 50) -> int:
    """Do what is due, a message a transaction: try it, or settle what was silent for long enough.

    Several at once, as soon as there are several: strangers can have messages queued, if only decoys, and a server that
    is slow with each must not hold up the rest. Returns how many were done.
    """
    more = await _deliver_one(runtime)
    done = int(more)
    while more and done < limit:
        lanes = min(AT_ONCE, limit - done)
        found = await asyncio.gather(*(_deliver_one(runtime) for _ in range(lanes)))
        done, more = done + sum(found), all(found)
    return done


async def _deliver_one(runtime: Runtime) -> bool:
    """Do what is due longest; False when nothing is."""
    async with transaction(runtime) as session:
        message = await store.lock_due(session)
        if message is None:
            return False
        if message.state == State.ACCEPTED:
            await step(session, message, rules.silence(_carrier(message)))
        else:
            await _try(session, message)
    return True


async def _try(session: Session, message: Message) -> None:
    """Send it once, and record what came of it."""
    key = await vault.fetch(session, session.keyring, message.data_key_id)
    if key is None:
        await store.drop(session, message)
        return
    transport = transports.transport_for(session.runtime.settings, Channel(message.channel))
    if transport is None:
        # Its channel was taken out of the settings after it was queued.
        await step(session, message, Event.REFUSED)
        return
    until = rules.useful_until(Template(message.template), message.created_at)
    if until is not None and session.now >= until:
        await step(session, message, Event.EXHAUSTED)
        return
    message.transport = transport
    try:
        parcel = _parcel(session, message, key)
        event = await transports.send(session.runtime.settings, transport, parcel)
    except rules.NotNow as refusal:
        await _postpone(session, message, refusal.reason)
    except Exception as fault:  # one message that cannot be read must not hold up the others
        await _postpone(session, message, type(fault).__name__)
    else:
        if event is Event.REFUSED:
            # One is a number that is gone; many are a bridge that reads us wrongly, which nobody else would tell.
            _log.warning("message_refused", message_id=str(message.id), transport=transport)
        await step(session, message, event)


async def _postpone(session: Session, message: Message, reason: str) -> None:
    message.attempts += 1
    until = rules.useful_until(Template(message.template), message.created_at)
    again = rules.next_try(message.attempts, session.now, until)
    _log.warning(
        "message_not_sent",
        message_id=str(message.id),
        transport=message.transport,
        attempts=message.attempts,
        reason=reason,
    )
    if again is None:
        await step(session, message, Event.EXHAUSTED)
    else:
        message.due_at = again


async def step(session: Session, message: Message, event: Event) -> None:
    """Apply an event: the new state, its times, and when to look again; raises `rules.IllegalStep`."""
    state = rules.follow(State(message.state), event)
    message.state = state
    if event in {Event.TAKEN, Event.WRITTEN, Event.ARRIVED}:
        message.accepted_at = message.accepted_at or session.now
    if state in rules.SETTLED:
        message.due_at, message.settled_at = None, session.now
        await store.wake(session)
    else:
        message.due_at = rules.silent_at(
            _carrier(message),
            session.now,
            bounce_hours=session.policy.bounce_hours,
            attempt_days=session.policy.notice_attempt_days,
        )


def _parcel(session: Session, message: Message, key: DataKey) -> transports.Parcel:
    settings = session.runtime.settings
    sealed = key.open(place(message.id), message.sealed, Sealed)
    template, channel = Template(message.template), Channel(message.channel)
    language = Language(message.language)
    ours = {"operator_name": settings.operator_name, "public_url": settings.public_url}
    letter = letters.write(template, channel, language, sealed.values | ours)
    return transports.Parcel(
        id=message.id,
        channel=channel,
        to=sealed.to,
        language=language,
        letter=letter,
        at=session.now,
        decoy=sealed.decoy,
    )


def _carrier(message: Message) -> Transport:
    """What took an accepted message."""
    assert message.transport is not None  # noqa: S101 - set before each try
    return Transport(message.transport)


def place(message_id: UUID) -> str:
    """Where a message's personal values are sealed."""
    return f"messages.sealed:{message_id}"
