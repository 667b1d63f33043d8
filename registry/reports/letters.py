"""What is written of a report to its person and to its reporter, transition by transition.

What a moderator decides at screening is told by `screening`, with the moderator's words; what a dispute does, by the
slice of disputes, to what the person proved. All else that somebody is to know stands in `TELLS`.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from registry.businesses import service as businesses
from registry.identities import service as identities
from registry.matching.subject import Subject
from registry.messages import service as messages
from registry.messages.rules import Template
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import post
from registry.reports.rules import Event
from registry.reports.tables import Report

#: Event -> (what the reporter is told, what the person is told once they were written to at all).
TELLS = MappingProxyType(
    {
        Event.INFO_OVERDUE: (Template.REPORT_UNANSWERED, None),
        Event.UNDELIVERABLE: (Template.REPORT_UNDELIVERABLE, None),
        Event.NOTICE_ENDED: (Template.REPORT_VISIBLE, Template.NOTICE_OVER),
        Event.EXPIRE: (Template.REPORT_OVER, Template.REPORT_EXPIRED),
        # Its reporter did these.
        Event.WITHDRAW: (None, Template.REPORT_TAKEN_BACK),
        Event.SETTLE: (None, Template.REPORT_SETTLED),
    }
)


async def tell(
    session: Session, report: Report, event: Event, key: DataKey, subject: Subject
) -> None:
    """Tell those concerned of an event that has just been applied."""
    to_reporter, to_person = TELLS.get(event, (None, None))
    values: dict[str, str | date] = {"report_id": str(report.id), "file_url": page(session)}
    if report.due_at is not None:
        values["erased_on"] = session.policy.calendar.day(report.due_at)
    if to_reporter is not None:
        await businesses.write_to(
            session, report.business_id, to_reporter, values, about_id=report.id
        )
    if to_person is not None and report.notice_days is not None:
        await write_to_person(session, report, key, subject, to_person, values)


async def tell_untold(session: Session, report: Report) -> None:
    """Tell the reporter that the person never was told, and that the report was removed for it."""
    values = {"report_id": str(report.id)}
    await businesses.write_to(
        session, report.business_id, Template.REPORT_UNTOLD, values, about_id=report.id
    )


async def give_notice(session: Session, report: Report, key: DataKey, subject: Subject) -> None:
    """Tell the person that there is a report, on every channel that this deployment can use."""
    policy = session.policy
    visible_from = policy.calendar.day(policy.ends("notice_days", session.now))
    values: dict[str, str | date] = {"file_url": page(session), "dispute_url": page(session)}
    values["visible_from"] = visible_from
    await write_to_person(session, report, key, subject, Template.REPORT_NOTICE, values)


def page(session: Session) -> str:
    """Where a person reads what they can do."""
    return f"{session.runtime.settings.public_url}/docs/you"


async def write_to_person(
    session: Session,
    report: Report,
    key: DataKey,
    subject: Subject,
    template: Template,
    values: Mapping[str, str | date],
) -> None:
    """Write to every phone and address of the report, but to none that was detached: it has another holder."""
    records = [report.record_id] if report.record_id else []
    gone = (await identities.detached_of(session, records)).get(report.record_id or report.id, {})
    await post.to_person(
        session,
        [contact for value, contact in post.addresses(session, subject) if value not in gone],
        template,
        values,
        language=messages.language_of(subject.country),
        about_id=report.id,
        key=key,
    )
