"""What reporters do with their reports: submit, edit, take back, settle, bring back, read."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.deadlines import months_after
from registry.identities import service as identities
from registry.matching.subject import Subject
from registry.platform import vault
from registry.platform.errors import Conflict, RuleBroken
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import lifecycle, matters, rules, store, views
from registry.reports.money import CURRENCIES
from registry.reports.rules import Event, State
from registry.reports.tables import Report
from registry.reports.wire import (
    Reinsertion,
    ReportChange,
    ReportSubmission,
    ReportSummary,
    ReportView,
)

#: Where our members live a day begins up to three hours before it does in UTC.
EASTERN_HOURS = timedelta(hours=3)


class ReinsertionRequired(Conflict):
    """The same report ended before: it comes back by reinsertion or not at all."""

    slug, title = "reinsertion-required", "This report ended before"


class SubmissionRefused(RuleBroken):
    """The report was understood but breaks a rule; every rule it breaks is named."""

    slug, title = "submission-refused", "The report breaks a rule of the registry"


async def submit(session: Session, member: Member, command: ReportSubmission) -> ReportView:
    """Take a report in. It rests for the cooling-off time; whether its subject is known never shows."""
    subject = _check(session, member, command)
    values = lifecycle.tombstone_values(
        session, member.business_id, subject, command.contract_reference
    )
    if await store.list_buried(session, values):
        raise ReinsertionRequired(
            "Your business reported this person under this contract before, and that report ended."
            " With new evidence it can come back: POST /v1/reports/{id}/reinsertion."
        )
    return await _take_in(session, member, command, subject)


async def reinsert(
    session: Session, member: Member, report_id: UUID, command: Reinsertion
) -> ReportView:
    """Bring an ended report back as a new one that two moderators must publish."""
    ended = await store.get(session, report_id, business_id=member.business_id)
    matter = await matters.lock(session, report_id)
    if State(ended.state) not in rules.FINAL:
        raise lifecycle.IllegalTransition("Only a report that ended can be brought back.")
    await matters.refuse_second(session, matter)
    if not command.certification:
        said = "must be true: certify that the report is accurate and that there is new evidence"
        raise SubmissionRefused(said, errors=[Fault("/certification", said)])
    subject = _check(session, member, command.report, "/report", in_time=ended.incident_on)
    reference = command.report.contract_reference
    values = lifecycle.tombstone_values(session, member.business_id, subject, reference)
    if not set(values) & await store.list_tombstones_of(session, [report_id]):
        said = "must name the same contract and at least one identifier of the report that ended"
        raise SubmissionRefused(said, errors=[Fault("/report", said)])
    view = await _take_in(
        session, member, command.report, subject, brings_back=(report_id, command.reason)
    )
    audit.record(
        session,
        member.actor,
        "report.reinserted",
        "report",
        report_id,
        details={"as": str(view.id)},
    )
    return view


async def _take_in(
    session: Session,
    member: Member,
    command: ReportSubmission,
    subject: Subject,
    *,
    brings_back: tuple[UUID, str] | None = None,
) -> ReportView:
    key = await vault.create(session, session.keyring, owner=member.business_id)
    report = Report(
        id=uuid7(),
        business_id=member.business_id,
        data_key_id=key.id,
        state=State.SUBMITTED,
        state_since=session.now,
        submitted_at=session.now,
        version=1,
        evidence_count=0,
        approvals_needed=1,
    )
    if brings_back is not None:
        report.reinsertion_of, reason = brings_back
        report.approvals_needed = rules.APPROVALS_OF_DOUBTFUL
        report.sealed_reinsertion = key.seal(views.reinsertion_place(report), reason)
    lifecycle.write(session, report, key, command)
    report.record_id = await identities.add(session, subject, key)
    store.add(session, report)
    lifecycle.set_clock(session, report)
    await session.flush()
    details = {"category": command.category, "policy": session.policy.stamp}
    audit.record(session, member.actor, "report.submitted", "report", report.id, details=details)
    await lifecycle.advance(session, report)
    return await views.view(session, report, key)


def _check(
    session: Session,
    member: Member,
    content: ReportSubmission,
    at: str = "",
    in_time: date | None = None,
) -> Subject:
    """The subject in normal form; raises with every unreadable value, or with every broken rule.

    `in_time`: the incident's date as it was reported when that was in time; it stays good.
    """
    subject = identities.read(content.subject, country=member.country, pointer=f"{at}/subject")
    broken = [
        Fault(at + fault.pointer, fault.detail)
        for fault in _broken_rules(session, content, subject, in_time)
    ]
    if broken:
        told = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in broken)
        raise SubmissionRefused(told + ".", errors=broken)
    return subject


def _broken_rules(
    session: Session, content: ReportSubmission, subject: Subject, in_time: date | None
) -> list[Fault]:
    """Every rule that the submission breaks."""
    today, policy, found = session.now.date(), session.policy, []
    if not identities.strong_identifiers(subject):
        found.append(
            Fault("/subject", "needs a phone, e-mail, tax id, company code or messenger handle")
        )
    elif not (subject.phones or subject.emails):
        found.append(
            Fault("/subject", "needs a phone or an e-mail, so that the person can be told")
        )
    for kind, values in (
        ("phones", subject.phones),
        ("e-mails", subject.emails),
        ("handles", subject.handles),
    ):
        if len(values) > rules.MOST_CONTACTS:
            found.append(
                Fault(
                    "/subject",
                    f"names {len(values)} {kind}; at most {rules.MOST_CONTACTS} are taken",
                )
            )
    born = {subject.tax_birth_date(), subject.birth_date if subject.kind == "person" else None}
    if any(day and rules.age(day, today) < policy.minimum_age_years for day in born):
        found.append(
            Fault("/subject", f"is under {policy.minimum_age_years}: minors are never reported")
        )
    if content.incident_date > (session.now + EASTERN_HOURS).date():
        found.append(Fault("/incident_date", "lies in the future"))
    oldest = months_after(today, -policy.incident_max_months)
    if content.incident_date < oldest and content.incident_date != in_time:
        found.append(
            Fault("/incident_date", f"lies more than {policy.incident_max_months} months back")
        )
    if content.category in rules.NEEDS_AMOUNT and content.amount is None:
        found.append(Fault("/amount", f"is required for {content.category}"))
    if content.amount is not None and content.amount.currency not in CURRENCIES:
        found.append(Fault("/amount/currency", "is no currency of ISO 4217"))
    if content.category in rules.NEEDS_CONTACTS and not content.contacts:
        found.append(Fault("/contacts", f"needs at least one contact for {content.category}"))
    if content.category in rules.NEEDS_SETTLEMENT_ATTEMPTS and not content.settlement_attempts:
        found.append(Fault("/settlement_attempts", f"is required for {content.category}"))
    for position, contact in enumerate(content.contacts):
        if contact.at > session.now + timedelta(minutes=5):
            found.append(Fault(f"/contacts/{position}/at", "lies in the future"))
    return found


_READ = (
    "cannot change any more, since a moderator has read the report: withdraw this one and file another. Where that"
    " names the same contract and an identifier of this one, bring it back: POST /v1/reports/{id}/reinsertion"
)


async def edit(
    session: Session, member: Member, report_id: UUID, command: ReportChange
) -> ReportView:
    """Change a report while it cools off, or in answer to a moderator's question, which resumes screening."""
    report = await store.lock(session, report_id, business_id=member.business_id)
    await lifecycle.advance(session, report)
    event = Event.INFO_GIVEN if report.state == State.NEEDS_INFO else Event.EDIT
    # A file that was asked for resumes screening; what else is to be said may still follow it.
    closed = report.state == State.SCREENING and report.info_code is None
    if closed or rules.next_state(State(report.state), event) is None:
        raise lifecycle.IllegalTransition(
            f"A report that is {report.state} cannot be edited: only while cooling off or on needs_info."
        )
    key = await lifecycle.data_key(session, report)
    before = lifecycle.content_of(report, key)
    assert before is not None  # noqa: S101 - it has its content until it is erased
    changes = {
        name: value for name, value in msgspec.structs.asdict(command).items() if value is not UNSET
    }
    content = msgspec.structs.replace(before, **changes)
    if content == before:
        raise SubmissionRefused(
            "The change changes nothing; send the fields that are to be different."
        )
    if content.subject != before.subject and report.state != State.SUBMITTED:
        raise SubmissionRefused(f"/subject: {_READ}.", errors=[Fault("/subject", _READ)])
    subject = _check(session, member, content, in_time=before.incident_date)
    await _check_matter(session, report, before, content, subject)
    lifecycle.write(session, report, key, content)
    if content.subject != before.subject:
        assert report.record_id is not None  # noqa: S101 - it has one until it is erased
        await identities.change(session, report.record_id, subject, key)
    if report.state == State.SCREENING:
        # Moderators begin anew with what is new, whoever had agreed before.
        report.state_since = session.now
    if event is Event.INFO_GIVEN:
        report.info_code = None
    await lifecycle.apply(
        session, report, event, member.actor, details={"fields": " ".join(sorted(changes))}
    )
    return await views.view(session, report, key)


async def _check_matter(
    session: Session,
    report: Report,
    before: ReportSubmission,
    after: ReportSubmission,
    subject: Subject,
) -> None:
    """Refuse an edit by which a report would become one that ended, or a reinsertion one of something else."""
    reference = after.contract_reference
    values = lifecycle.tombstone_values(session, report.business_id, subject, reference)
    back = report.reinsertion_of
    matter = await matters.reports_of(session, back) if back else set[UUID]()
    if await store.list_buried(session, values) - matter:
        raise ReinsertionRequired("Your business reported this person under this contract before.")
    same = (after.subject, reference) == (before.subject, before.contract_reference)
    if back and not same and not set(values) & await store.list_tombstones_of(session, matter):
        said = "must name the same contract and at least one identifier of the report that this one brings back"
        raise SubmissionRefused(said, errors=[Fault("", said)])


async def withdraw(session: Session, member: Member, report_id: UUID, reason: str) -> ReportView:
    """Take a report back, from any state that is not final; lookups show it no longer, at once."""
    return await _end(session, member, report_id, Event.WITHDRAW, reason)


async def settle(session: Session, member: Member, report_id: UUID, reason: str) -> ReportView:
    """Say that it is paid, from `notice` on; lookups show it no longer, at once."""
    return await _end(session, member, report_id, Event.SETTLE, reason)


async def _end(
    session: Session, member: Member, report_id: UUID, event: Event, reason: str
) -> ReportView:
    report = await store.lock(session, report_id, business_id=member.business_id)
    await lifecycle.advance(session, report)
    await lifecycle.apply(session, report, event, member.actor, reason=reason)
    return await views.view(session, report, await lifecycle.data_key(session, report))


async def view(session: Session, member: Member, report_id: UUID) -> ReportView:
    """One of the business's own reports; raises `NotFound` for anyone else's."""
    report = await store.get(session, report_id, business_id=member.business_id)
    key = None if report.state == State.ERASED else await lifecycle.data_key(session, report)
    return await views.view(session, report, key)


async def list_own(
    session: Session, member: Member, *, state: State | None, before: UUID | None, limit: int
) -> Sequence[ReportSummary]:
    """The business's reports, newest first."""
    rows = await store.list_own(
        session, member.business_id, state=state, before=before, limit=limit
    )
    return [views.summary(row) for row in rows]
