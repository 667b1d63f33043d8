"""What moderators do: read a case, decide on it. Each decision is on record with its reason."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from registry.audit import service as audit
from registry.businesses import service as businesses
from registry.businesses.rules import State as BusinessState
from registry.identities import review as identities
from registry.messages.rules import Template
from registry.platform.errors import Conflict, InvalidValues, NotFound, RuleBroken
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import lifecycle, rules, store, views
from registry.reports.rules import State, Verdict
from registry.reports.tables import Decision, Report
from registry.reports.wire import QueueItem, ReportCase, ReportDecision
from registry.staff.access import Staff, refuse_conflict


class ReportAlreadyDecided(Conflict):
    """Somebody decided first, or the report changed since it was read."""

    slug, title = "report-already-decided", "The report changed meanwhile"


class EvidenceRequired(RuleBroken):
    """Nothing is published without a document."""

    slug, title = "evidence-required", "Publishing needs at least one evidence file"


_SCREENING = timedelta(days=rules.SCREENING_DAYS)


class RetentionOver(RuleBroken):
    """The report is too old to be shown."""

    slug, title = "retention-over", "The report is too old to be shown"


class ReporterNotVerified(Conflict):
    """The reporting business is suspended or closed."""

    slug, title = "reporter-not-verified", "The reporting business is not verified now"


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[QueueItem]:
    """Reports that wait for a decision and open questions about pairs, earliest due first."""
    since = after and (after[0] - _SCREENING, after[1])
    reports = [
        QueueItem(kind="report", id=row.id, due=row.state_since + _SCREENING, version=row.version)
        for row in await store.list_screening(session, after=since, limit=limit)
    ]
    pairs = [
        QueueItem(kind="pair", id=id_, due=due, version=1)
        for id_, due in await identities.list_questions(session, after=after, limit=limit)
    ]
    return sorted([*reports, *pairs], key=place_of)[:limit]


def place_of(item: QueueItem) -> tuple[datetime, UUID]:
    """Where an item stands in the queue."""
    return item.due, item.id


async def case(session: Session, moderator: Staff, report_id: UUID) -> ReportCase:
    """All that is needed to decide; that it was read is audited."""
    report = await may_read(session, moderator, report_id)
    audit.record(
        session,
        moderator.actor,
        "report.case_read",
        "report",
        report_id,
        business_id=report.business_id,
    )
    key = None if report.state == State.ERASED else await lifecycle.data_key(session, report)
    return await views.case(session, report, key)


async def may_read(session: Session, moderator: Staff, report_id: UUID) -> Report:
    """The report, for a moderator without a conflict of interest; while it cools off it is its reporter's alone."""
    report = await store.get(session, report_id)
    if report.state == State.SUBMITTED:
        raise NotFound
    await refuse_conflict(session, moderator, {report.business_id})
    return report


async def note_bounce(
    session: Session, operator: Staff, about_id: UUID, message_id: UUID, reason: str
) -> None:
    """Put on record that a message to a person came back."""
    report = await store.get(session, about_id)
    key = await lifecycle.data_key(session, report)
    details: dict[str, str | int | None] = {"message": str(message_id)}
    audit.record(
        session,
        operator.actor,
        "report.notice_bounced",
        "report",
        about_id,
        business_id=report.business_id,
        details=details,
        reason=(key, reason),
    )


async def decide(
    session: Session, moderator: Staff, report_id: UUID, command: ReportDecision
) -> ReportCase:
    """Publish, ask for more, or reject. Where two moderators are needed, the first `publish` only counts."""
    if command.reason_code not in rules.REASONS[command.decision]:
        allowed = ", ".join(sorted(rules.REASONS[command.decision]))
        said = f"is no reason to {command.decision}; use one of: {allowed}"
        raise InvalidValues(f"/reason_code: {said}.", errors=[Fault("/reason_code", said)])
    report = await store.lock(session, report_id)
    await refuse_conflict(session, moderator, {report.business_id})
    await lifecycle.advance(session, report)
    if report.state != State.SCREENING:
        raise ReportAlreadyDecided(
            f"The report is {report.state} now; only one in screening is decided upon."
        )
    if command.version != report.version:
        raise ReportAlreadyDecided(
            "The report changed since you read it. Read it again, then decide."
        )
    if command.decision is Verdict.PUBLISH:
        await _check_publishable(session, report)
    approvals = views.approvals(report, await store.list_decisions(session, report_id))
    if any(row.moderator_id == moderator.id for row in approvals):
        raise ReportAlreadyDecided(
            "You have agreed already; a second moderator must agree as well."
        )
    await _apply(session, moderator, report, command, len(approvals))
    key = await lifecycle.data_key(session, report)
    return await views.case(session, report, key)


async def _check_publishable(session: Session, report: Report) -> None:
    """Nobody is told of a report that could not be shown."""
    if report.evidence_count == 0:
        raise EvidenceRequired(
            "There is no file that shows what happened; ask for one (`evidence_missing`)."
        )
    if session.policy.ends("notice_days", session.now) >= report.retention_until:
        raise RetentionOver("Its retention ends before the notice days would; reject it.")
    state = (await businesses.states_of(session, {report.business_id}))[report.business_id][0]
    if state != BusinessState.VERIFIED:
        raise ReporterNotVerified(f"The reporting business is {state}; its reports are hidden.")


async def _apply(
    session: Session, moderator: Staff, report: Report, command: ReportDecision, approvals: int
) -> None:
    key = await lifecycle.data_key(session, report)
    decision = Decision(
        id=uuid7(),
        report_id=report.id,
        business_id=report.business_id,
        moderator_id=moderator.id,
        screening_since=report.state_since,
        report_version=report.version,
        decision=command.decision,
        reason_code=command.reason_code,
        at=session.now,
    )
    decision.sealed_reason = key.seal(views.reason_place(decision), command.reason)
    store.add(session, decision)
    await session.flush()
    if command.decision is Verdict.PUBLISH and approvals + 1 < report.approvals_needed:
        report.version += 1
        audit.record(
            session,
            moderator.actor,
            "report.approved_first",
            "report",
            report.id,
            business_id=report.business_id,
        )
        return
    report.info_code = command.reason_code if command.decision is Verdict.REQUEST_INFO else None
    await lifecycle.apply(
        session,
        report,
        rules.EVENT_OF[command.decision],
        moderator.actor,
        reason=command.reason,
        details={"code": command.reason_code},
    )
    await _tell_reporter(session, report, command)


_LETTERS = {
    Verdict.PUBLISH: Template.REPORT_PUBLISHED,
    Verdict.REQUEST_INFO: Template.REPORT_NEEDS_INFO,
    Verdict.REJECT: Template.REPORT_REJECTED,
}


async def _tell_reporter(session: Session, report: Report, command: ReportDecision) -> None:
    policy = session.policy
    values: dict[str, str | date] = {
        "report_id": str(report.id),
        "reason_text": command.reason,
        "visible_from": policy.calendar.day(policy.ends("notice_days", session.now)),
        "answer_by": policy.ends("info_days", session.now),
    }
    template = _LETTERS[command.decision]
    await businesses.write_to(session, report.business_id, template, values, about_id=report.id)
