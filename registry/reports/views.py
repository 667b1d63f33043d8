"""Reports as they are shown: to their reporter, in lists, and to the moderator who decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from registry.businesses import service as businesses
from registry.messages import service as messages
from registry.messages.rules import Template
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import flags, lifecycle, matters, rules, store
from registry.reports.rules import Category, Party, ReasonCode, State, Verdict
from registry.reports.tables import Decision, Evidence, Report
from registry.reports.wire import (
    BroughtBack,
    DecisionView,
    DisputeFile,
    EvidenceView,
    NextChange,
    NoticeView,
    ReportCase,
    ReportSummary,
    ReportView,
)


def evidence_place(evidence: Evidence) -> str:
    """Where a file's name is sealed."""
    return f"evidence.sealed_name:{evidence.id}"


def reason_place(decision: Decision) -> str:
    """Where a decision's reason is sealed."""
    return f"report_decisions.sealed_reason:{decision.id}"


def reinsertion_place(report: Report) -> str:
    """Where the reason of a reinsertion is sealed."""
    return f"reports.sealed_reinsertion:{report.id}"


async def view(session: Session, report: Report, key: DataKey | None) -> ReportView:
    """The report as its reporter sees it; `key` is None for an erased one."""
    state = State(report.state)
    return ReportView(
        id=report.id,
        state=state,
        version=report.version,
        state_since=report.state_since,
        submitted_at=report.submitted_at,
        visible_from=rules.visible_from(
            state,
            now=session.now,
            cooled_at=session.policy.ends("cooling_off_hours", report.submitted_at),
            ends=session.policy.ends,
            fixed=report.visible_from,
        ),
        restricted=report.restricted_at is not None and state not in rules.FINAL,
        retention_until=report.retention_until,
        due=next_change(report.due_event, report.due_at),
        category=Category(report.category),
        content=lifecycle.content_of(report, key) if key else None,
        evidence=[evidence_view(row, key) for row in await store.list_evidence(session, report.id)],
        evidence_grade=rules.evidence_grade(state, report.contacts_count)
        if report.evidence_count
        else None,
        decisions=[_decision(row, key) for row in await store.list_decisions(session, report.id)],
        reinsertion_of=report.reinsertion_of,
    )


def summary(report: Report) -> ReportSummary:
    """The report in a list."""
    return ReportSummary(
        id=report.id,
        state=State(report.state),
        version=report.version,
        category=Category(report.category),
        submitted_at=report.submitted_at,
        state_since=report.state_since,
        due=next_change(report.due_event, report.due_at),
        evidence_count=report.evidence_count,
    )


async def case(session: Session, report: Report, key: DataKey | None) -> ReportCase:
    """All that a moderator needs to decide."""
    business = await businesses.view(session, report.business_id)
    decisions = await store.list_decisions(session, report.id)
    found, beside = await flags.of(session, report)
    return ReportCase(
        report=await view(session, report, key),
        business_id=report.business_id,
        business_name=business.name,
        approvals_needed=report.approvals_needed,
        approvals=len(approvals(report, decisions)),
        brought_back=await _brought_back(session, report, key),
        notices=[
            NoticeView(id=row.id, channel=row.channel, state=row.state, at=row.accepted_at)
            for row in await messages.list_about(session, report.id)
            if row.template is Template.REPORT_NOTICE
        ],
        flags=found,
        beside=beside,
    )


async def _brought_back(
    session: Session, report: Report, key: DataKey | None
) -> BroughtBack | None:
    if report.reinsertion_of is None:
        return None
    ended, sealed = await store.get(session, report.reinsertion_of), report.sealed_reinsertion
    erasures = await matters.erasures(session, report)
    return BroughtBack(
        report=ended.id,
        ended_at=ended.ended_at,
        erased_for=erasures[0] if erasures else None,
        reason=key.open(reinsertion_place(report), sealed, str) if key and sealed else None,
    )


def approvals(report: Report, decisions: Sequence[Decision]) -> list[Decision]:
    """The agreements of moderators within the report's present screening."""
    return [
        row
        for row in decisions
        if row.decision == Verdict.PUBLISH and row.screening_since == report.state_since
    ]


def evidence_view(row: Evidence, key: DataKey | None) -> EvidenceView:
    """A file as it is listed."""
    return EvidenceView(**_file(row, key))


def dispute_file(row: Evidence, key: DataKey) -> DisputeFile:
    """A file of a dispute as it is listed."""
    return DisputeFile(party=Party(row.party), **_file(row, key))


def _file(row: Evidence, key: DataKey | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "file_name": key.open(evidence_place(row), row.sealed_name, str) if key else None,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256.hex(),
        "uploaded_at": row.uploaded_at,
    }


def _decision(row: Decision, key: DataKey | None) -> DecisionView:
    words = (
        key.open(reason_place(row), row.sealed_reason, str) if key and row.sealed_reason else None
    )
    return DecisionView(
        decision=Verdict(row.decision),
        reason_code=ReasonCode(row.reason_code),
        reason=words,
        at=row.at,
    )


def next_change(event: str | None, at: datetime | None) -> NextChange | None:
    """What the clock brings next, if anything."""
    return NextChange(event=event, at=at) if event and at else None
