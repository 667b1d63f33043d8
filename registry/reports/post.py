"""Letters about a report to its person: at what they proved, and at what they are reported under."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from registry.matching.fingerprints import keyed
from registry.matching.subject import Subject
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

Values = Mapping[str, str | date]


def addresses(session: Session, subject: Subject) -> list[tuple[bytes, tuple[str, str]]]:
    """All that the person could be written to at: its index value, and (channel, address) as the report has it."""
    mails = zip(subject.emails, subject.mail_addresses, strict=True)
    known = [("email", normal, (Channel.MAIL, address)) for normal, address in mails]
    known += [("phone", phone, (Channel.SMS, phone)) for phone in subject.phones]
    key = session.keyring.index_key
    return [(keyed(kind, normal, key), contact) for kind, normal, contact in known]


def contacts(
    session: Session, proven: Collection[bytes], subject: Subject
) -> list[tuple[str, str]]:
    """(channel, address) of what the person proved, as the report has it, and of nothing else that it names."""
    return [contact for value, contact in addresses(session, subject) if value in proven]


async def to_person(
    session: Session,
    contacts: Collection[tuple[str, str]],
    template: Template,
    values: Values,
    *,
    language: str,
    about_id: UUID,
    key: DataKey,
) -> None:
    """Write to the person on every channel that this deployment can use."""
    usable = messages.usable_channels(session.runtime.settings)
    for channel, address in contacts:
        if Channel(channel) in usable:
            await messages.enqueue(
                session,
                template=template,
                to=address,
                channel=Channel(channel),
                language=language,
                values=values,
                about_id=about_id,
                data_key=key,
            )
