"""The file: everything that is held about a person, and who was shown it, complete the moment it is asked for.

GDPR, art. 15, and the Law of Ukraine No. 2297-VI, art. 8(2), say what belongs in it. How it looks on paper is
`file_page`; the words of the law's part are there too, and stand in both forms.
"""

from uuid import UUID

from registry.audit import service as audit
from registry.businesses import service as businesses
from registry.deadlines import months_after
from registry.disputes import file_page, file_reports, service
from registry.disputes.file_wire import Shown, SubjectFile
from registry.erasure import service as requests
from registry.erasure.rules import Kind
from registry.lookups import service as lookups
from registry.messages.rules import Language
from registry.platform.runtime import Session
from registry.subjects.access import Person


async def read(session: Session, person: Person, language: Language) -> SubjectFile:
    """The file of the person who calls. That it was read is on record."""
    reports = await service.reports_of(session, person)
    since = months_after(session.now.date(), -session.policy.receipt_months)
    shown = await lookups.shown(session, {one.report.id for one in reports}, since)
    concerned = {one.report.business_id for one in reports} | {one.business_id for one in shown}
    names = {business_id: await _told(session, business_id, language) for business_id in concerned}
    note = str(file_page.texts(language)["page"]["reply_note"])
    audit.record(session, person.actor, "subject.file_read", "subject_session", person.session_id)
    return SubjectFile(
        as_of=session.now,
        language=language,
        reports=await file_reports.reports(session, reports, names, language, note),
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
        letters=await file_reports.letters(session, reports),
        information=file_page.information(session.runtime.settings, session.policy, language),
    )


async def _told(session: Session, business_id: UUID, language: Language) -> str:
    """A business as the person is told of it: by its sector, or by name where the policy's law asks for it."""
    business = await businesses.view(session, business_id)
    if session.policy.file_names_businesses:
        return business.name
    return business.sector or str(file_page.texts(language)["page"]["no_sector"])
