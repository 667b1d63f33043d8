"""Documents as second proof, on the moderator's side: compared with what is held, decided, deleted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from registry.audit import service as audit
from registry.disputes.file_reports import identifiers_of
from registry.disputes.lifecycle import DisputeAlreadyDecided
from registry.disputes.wire import DocumentCase, DocumentDecision, HeldUnder
from registry.identities import service as identities
from registry.messages.rules import Template
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import held, post
from registry.reports.held import Held
from registry.staff.access import Staff, refuse_conflict
from registry.subjects import documents
from registry.subjects.documents import Document
from registry.subjects.rules import DocumentState


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """Documents that nobody has looked at, earliest due first."""
    return await documents.queue(session, after=after, limit=limit)


async def case(session: Session, moderator: Staff, document_id: UUID) -> DocumentCase:
    """All that is needed to decide; that it was read is audited."""
    row = await documents.lock(session, document_id)
    reports = await _reports(session, moderator, row)
    audit.record(session, moderator.actor, "subject.document_case_read", "document", row.id)
    return _case(row, reports)


async def read(session: Session, moderator: Staff, document_id: UUID) -> tuple[str, bytes]:
    """The media type and bytes of the document; that it was read is audited. Raises `NotFound` once decided."""
    row = await documents.lock(session, document_id)
    await _reports(session, moderator, row)
    audit.record(session, moderator.actor, "subject.document_read", "document", row.id)
    return await documents.read(session, row)


async def decide(
    runtime: Runtime, moderator: Staff, document_id: UUID, command: DocumentDecision
) -> DocumentCase:
    """Accept a document as that of the person of these reports, or refuse it. Its bytes go either way."""
    accepts = command.decision == "accept"
    if accepts != bool(command.reports):
        said = "names the reports whose person the document shows, with accept and only then"
        raise invalid([Fault("/reports", said)])
    async with transaction(runtime) as session:
        row = await documents.lock(session, document_id)
        reports = await _reports(session, moderator, row)
        if row.state != DocumentState.WAITING or command.version != row.version:
            raise DisputeAlreadyDecided(f"The document is {row.state} now.")
        theirs = [one for one in reports if one.report.id in set(command.reports or ())]
        if len(theirs) != len(set(command.reports or ())):
            raise invalid([Fault("/reports", "must be reports of this case")])
        records = [one.report.record_id for one in theirs if one.report.record_id]
        blob = await documents.decide(session, row, moderator.id, records)
        audit.record(
            session,
            moderator.actor,
            f"subject.document_{row.state}",
            "document",
            row.id,
            details={"reports": len(theirs)},
            reason=(reports[0].key, command.reason) if reports else None,
        )
        await _tell(session, row, theirs or reports, command.reason)
        answer = _case(row, reports)
    if blob is not None:
        await runtime.files.delete(blob)
    return answer


async def _reports(session: Session, moderator: Staff, row: Document) -> list[Held]:
    """The reports that name the proven identifier, and those of the same identities; raises `ConflictOfInterest`."""
    named = await identities.holders_of(session, [row.index_value])
    records = await identities.identity_mates(session, named)
    found = await held.of_records(session, records)
    await refuse_conflict(session, moderator, {one.report.business_id for one in found})
    return found


async def _tell(session: Session, row: Document, reports: Sequence[Held], reason: str) -> None:
    """Write to what the sender proved, once; where all reports are gone by now, to nobody."""
    accepted = row.state == DocumentState.ACCEPTED
    template = Template.DOCUMENT_ACCEPTED if accepted else Template.DOCUMENT_REFUSED
    values = {} if accepted else {"reason_text": reason}
    for one in reports:
        contacts = post.contacts(session, (row.index_value,), one.subject)
        if contacts:
            await post.to_person(
                session,
                contacts,
                template,
                values,
                language=row.language,
                about_id=one.report.id,
                key=one.key,
            )
            return


def _case(row: Document, reports: Sequence[Held]) -> DocumentCase:
    return DocumentCase(
        id=row.id,
        state=DocumentState(row.state),
        version=row.version,
        at=row.at,
        due=row.due,
        media_type=row.media_type,
        held=[
            HeldUnder(report_id=one.report.id, identifiers=identifiers_of(one)) for one in reports
        ],
    )
