"""The file: everything that is held about a person, and who was shown it, complete the moment it is asked for."""

from uuid import UUID

from registry.audit import service as audit
from registry.businesses import service as businesses
from registry.deadlines import months_after
from registry.disputes import service
from registry.disputes.wire import HeldReport, Shown, SubjectFile
from registry.erasure import service as requests
from registry.erasure.rules import Kind
from registry.lookups import service as lookups
from registry.platform.runtime import Session
from registry.reports.held import Held
from registry.reports.rules import Category
from registry.reports.rules import State as ReportState
from registry.reports.views import next_change
from registry.subjects.access import Person

#: What is told of a business that named no sector.
_UNSAID = "business"


async def read(session: Session, person: Person) -> SubjectFile:
    """The file of the person who calls. That it was read is on record."""
    reports = await service.reports_of(session, person)
    since = months_after(session.now.date(), -session.policy.receipt_months)
    shown = await lookups.shown(session, {one.report.id for one in reports}, since)
    concerned = {one.report.business_id for one in reports} | {one.business_id for one in shown}
    names = {business_id: await _told(session, business_id) for business_id in concerned}
    audit.record(session, person.actor, "subject.file_read", "subject_session", person.session_id)
    return SubjectFile(
        as_of=session.now,
        reports=[_report(one, names) for one in reports],
        shown=[
            Shown(
                on=one.at.date(),
                who=names[one.business_id],
                purpose=one.purpose,
                reports=one.reports,
            )
            for one in shown
        ],
        disputes=await service.list_own(session, person),
        erasure_requests=await requests.list_own(session, person, Kind.ERASURE),
        objections=await requests.list_own(session, person, Kind.OBJECTION),
    )


async def _told(session: Session, business_id: UUID) -> str:
    """A business as the person is told of it: by its sector, or by name where the policy's law asks for it."""
    business = await businesses.view(session, business_id)
    if session.policy.file_names_businesses:
        return business.name
    return business.sector or _UNSAID


def _report(one: Held, names: dict[UUID, str]) -> HeldReport:
    report, content = one.report, one.content
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
    )


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
