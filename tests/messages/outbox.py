"""Shorthand of these tests: queue a notice, look at what became of it."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform import vault
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.vault import DataKey

ADDRESS, PHONE = "o.shevchenko@mail.example", "+380501234567"
NOTICE = frozenset({Template.REPORT_NOTICE})


def notice_values() -> dict[str, str | datetime]:
    return {
        "file_url": "https://registry.example/file",
        "dispute_url": "https://registry.example/dispute",
        "visible_from": datetime(2026, 12, 5, 12, tzinfo=UTC),
    }


async def notify(
    session: Session,
    about_id: UUID | None = None,
    *,
    to: str = ADDRESS,
    channel: Channel = Channel.MAIL,
    language: str = "uk",
    data_key: DataKey | None = None,
) -> UUID:
    """Queue a notice about a report."""
    return await messages.enqueue(
        session,
        template=Template.REPORT_NOTICE,
        to=to,
        channel=channel,
        language=language,
        values=notice_values(),
        about_id=about_id or uuid7(),
        data_key=data_key or await vault.create(session, session.keyring, owner=None),
    )


async def queued(runtime: Runtime, about_id: UUID | None = None, **details: object) -> UUID:
    """Queue a notice in a transaction of its own."""
    async with transaction(runtime) as session:
        return await notify(session, about_id, **details)  # type: ignore[arg-type]  # any detail may be overridden


async def about(runtime: Runtime, about_id: UUID) -> list[messages.MessageStatus]:
    async with transaction(runtime) as session:
        return await messages.list_about(session, about_id)


async def outcomes(runtime: Runtime, limit: int = 100) -> list[messages.Outcome]:
    async with transaction(runtime) as session:
        return await messages.take_outcomes(session, NOTICE, limit)


def outbox(runtime: Runtime) -> dict[str, dict[str, str]]:
    folder = runtime.settings.outbox_dir
    return {path.stem: msgspec.json.decode(path.read_bytes()) for path in folder.glob("*.json")}
