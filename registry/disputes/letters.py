"""What both sides are told of a dispute, in their language, with what they can do next and by when."""

from collections.abc import Mapping
from datetime import date, timedelta

from registry.businesses import service as businesses
from registry.disputes.rules import Ruling
from registry.disputes.tables import Dispute
from registry.matching.fingerprints import keyed
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform import vault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports.held import Held
from registry.subjects.access import Person

_RESULT = {
    Ruling.UPHOLD: Template.RULING_UPHELD,
    Ruling.AMEND: Template.RULING_AMENDED,
    Ruling.REMOVE: Template.RULING_REMOVED,
}


def place(dispute: Dispute, column: str) -> str:
    """Where a value of the dispute is sealed."""
    return f"disputes.{column}:{dispute.id}"


async def key_of(session: Session, dispute: Dispute) -> DataKey | None:
    """The report's data key; None once it is erased."""
    if dispute.data_key_id is None:
        return None
    return await vault.fetch(session, session.keyring, dispute.data_key_id)


def contacts(session: Session, person: Person, one: Held) -> list[tuple[str, str]]:
    """Where to write to the person: what they proved, as the report has it."""
    subject = one.subject
    values = [("phone", Channel.SMS, p, p) for p in subject.phones]
    mails = zip(subject.emails, subject.mail_addresses, strict=True)
    values += [("email", Channel.MAIL, normal, address) for normal, address in mails]
    return [
        (channel, address)
        for kind, channel, normal, address in values
        if keyed(kind, normal, session.keyring.index_key) in person.proven
    ]


async def tell_reporter(session: Session, dispute: Dispute) -> None:
    """Tell the reporter that the person disputes the report, with all that the person sent."""
    key = await key_of(session, dispute)
    if key is None:
        return
    values: dict[str, str | date] = {
        "report_id": str(dispute.report_id),
        "dispute_id": str(dispute.id),
        "statement": key.open(place(dispute, "sealed_statement"), dispute.sealed_statement, str),
        "answer_by": (dispute.opened_at + timedelta(days=session.policy.answer_days)).date(),
    }
    await _to_reporter(session, dispute, Template.DISPUTE_OPENED, values)
    received = {
        "decide_by": (dispute.opened_at + timedelta(days=session.policy.ruling_days)).date()
    }
    await _to_person(session, dispute, key, Template.DISPUTE_RECEIVED, received)


async def tell_result(session: Session, dispute: Dispute) -> None:
    """Tell both sides the ruling with its reasons; after the reporter's silence, that there was none."""
    key = await key_of(session, dispute)
    if key is None:
        return
    values: dict[str, str | date] = {"report_id": str(dispute.report_id)}
    template = Template.RULING_UNANSWERED
    if dispute.sealed_reason is not None:
        template = _RESULT[Ruling(dispute.ruling or Ruling.REMOVE)]
        reason = key.open(place(dispute, "sealed_reason"), dispute.sealed_reason, str)
        values["reason_text"] = reason
    values["appeal_by"] = (session.now + timedelta(days=session.policy.appeal_days)).date()
    await _to_reporter(session, dispute, template, values)
    await _to_person(session, dispute, key, template, values)


async def _to_reporter(
    session: Session, dispute: Dispute, template: Template, values: Mapping[str, str | date]
) -> None:
    if Channel.MAIL not in messages.usable_channels(session.runtime.settings):
        return
    address, country, key = await businesses.contact(session, dispute.business_id)
    await messages.enqueue(
        session,
        template=template,
        to=address,
        channel=Channel.MAIL,
        language=messages.language_of(country),
        values=values,
        about_id=dispute.report_id,
        data_key=key,
    )


async def _to_person(
    session: Session,
    dispute: Dispute,
    key: DataKey,
    template: Template,
    values: Mapping[str, str | date],
) -> None:
    """Write to what the person proved to control, and to nothing else that they were reported under."""
    usable = messages.usable_channels(session.runtime.settings)
    contacts = key.open(
        place(dispute, "sealed_contacts"), dispute.sealed_contacts, list[tuple[str, str]]
    )
    for channel, address in contacts:
        if Channel(channel) in usable:
            await messages.enqueue(
                session,
                template=template,
                to=address,
                channel=Channel(channel),
                language=dispute.language,
                values=values,
                about_id=dispute.report_id,
                data_key=key,
            )
