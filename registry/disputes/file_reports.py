"""The reports of a person's file: what each holds, why several are held to be about one person, letters about them."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from registry.disputes.file_wire import DetachedIdentifier, HeldReport, LetterToYou, SamePerson
from registry.disputes.rules import MARK
from registry.identities import service as identities
from registry.matching import reasons
from registry.matching.fingerprints import keyed
from registry.messages import service as messages
from registry.messages.rules import Language
from registry.platform.runtime import Session
from registry.reports.held import Held, reply_of
from registry.reports.rules import Category
from registry.reports.rules import State as ReportState
from registry.reports.views import next_change


async def reports(
    session: Session,
    held: Sequence[Held],
    names: Mapping[UUID, str],
    language: Language,
    note: str,
) -> list[HeldReport]:
    """Each report as the person reads it.

    `names`: business -> what is told of it. `note`: why parts of the person's own words are left out.
    """
    records = {one.report.record_id: one.report.id for one in held if one.report.record_id}
    links = await _links(session, records, language)
    detached = await identities.detached_of(session, records)
    return [
        _report(
            session, one, names, links, detached.get(one.report.record_id or one.report.id), note
        )
        for one in held
    ]


async def letters(session: Session, held: Sequence[Held]) -> list[LetterToYou]:
    """What was written to the person about these reports, oldest first."""
    found = [letter for one in held for letter in await _letters(session, one)]
    return sorted(found, key=lambda letter: letter.at)


async def _links(
    session: Session, records: Mapping[UUID, UUID], language: Language
) -> dict[UUID, list[SamePerson]]:
    """Report -> why others of the file are held to be about the same person; `records`: record -> report."""
    found: dict[UUID, list[SamePerson]] = {report_id: [] for report_id in records.values()}
    for link in await identities.links_of(session, records):
        one, other = link.records
        for mine, its in ((one, other), (other, one)):
            found[records[mine]].append(
                SamePerson(
                    report=records[its],
                    by="moderator" if link.by_moderator else "rules",
                    because=[reasons.wording(*of)[language] for of in link.evidence],
                    at=link.at,
                )
            )
    return found


async def _letters(session: Session, one: Held) -> list[LetterToYou]:
    return [
        LetterToYou(
            report=one.report.id,
            channel=letter.channel,
            to=letter.to,
            subject=letter.subject,
            state=letter.state,
            at=letter.at,
            told_at=letter.told_at,
        )
        for letter in await messages.list_sealed_under(session, one.report.id, one.key)
    ]


def _report(
    session: Session,
    one: Held,
    names: Mapping[UUID, str],
    links: Mapping[UUID, list[SamePerson]],
    detached: Mapping[bytes, date] | None,
    note: str,
) -> HeldReport:
    report, content = one.report, one.content
    reply = reply_of(report, one.key)
    return HeldReport(
        id=report.id,
        state=ReportState(report.state),
        category=Category(report.category),
        incident_date=content.incident_date,
        amount=content.amount,
        contract_reference=content.contract_reference,
        statement=content.statement,
        contacts=content.contacts,
        settlement_attempts=content.settlement_attempts,
        submitted_at=report.submitted_at,
        visible_from=report.visible_from,
        restricted=report.restricted_at is not None,
        retention_until=report.retention_until,
        due=next_change(report.due_event, report.due_at),
        evidence=one.media_types,
        source=names[report.business_id],
        identifiers=identifiers_of(one),
        detached=_detached(session, one, detached or {}),
        same_person=links.get(report.id, []),
        reply=reply,
        reply_note=note if reply and MARK in reply else None,
    )


def _detached(session: Session, one: Held, since: Mapping[bytes, date]) -> list[DetachedIdentifier]:
    values = [("phone", phone, phone) for phone in one.subject.phones]
    mails = zip(one.subject.emails, one.subject.mail_addresses, strict=True)
    values += [("email", normal, address) for normal, address in mails]
    key = session.keyring.index_key
    return [
        DetachedIdentifier(value=address, since=since[keyed(kind, normal, key)])
        for kind, normal, address in values
        if keyed(kind, normal, key) in since
    ]


def identifiers_of(one: Held) -> dict[str, list[str]]:
    """What a report says of its person, by kind."""
    subject = one.subject
    found = {
        "phones": list(subject.phones),
        "emails": list(subject.mail_addresses),
        "tax_ids": list(subject.tax_ids),
        "company_codes": list(subject.company_codes),
        "handles": list(subject.handles),
        "names": [name for name in (subject.name, *subject.other_names) if name],
        "birth_date": [str(subject.birth_date)] if subject.birth_date else [],
        "city": [subject.city] if subject.city else [],
        "address": [subject.address] if subject.address else [],
    }
    return {kind: values for kind, values in found.items() if values}
