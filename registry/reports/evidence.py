"""Evidence files: taken in by content, sealed, stored before the row that names them; served as downloads."""

import hashlib
from uuid import UUID

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.platform import blobs, uploads
from registry.platform.actor import Actor
from registry.platform.errors import NotFound, RuleBroken
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, Session
from registry.platform.vault import DataKey
from registry.reports import lifecycle, rules, store, views
from registry.reports.rules import Event, Party, ReasonCode, State
from registry.reports.tables import Evidence, Report
from registry.reports.wire import DisputeFile, EvidenceView


async def add(
    session: Session, member: Member, report_id: UUID, file_name: str, content: bytes
) -> EvidenceView:
    """Keep a file for a report that is open to evidence."""
    media_type = uploads.check(content)
    report = await store.lock(session, report_id, business_id=member.business_id)
    await lifecycle.advance(session, report)
    if State(report.state) not in rules.UNDECIDED:
        raise lifecycle.IllegalTransition(
            f"A report that is {report.state} takes no more evidence."
        )
    if report.evidence_count >= rules.MOST_FILES:
        raise RuleBroken(f"A report takes {rules.MOST_FILES} files at most.")
    key = await lifecycle.data_key(session, report)
    row = await _keep(session, member.actor, report, key, media_type, file_name, content)
    report.evidence_count += 1
    report.version += 1
    if report.state == State.SCREENING and report.approvals_needed > 1:
        # Who agreed already has not seen it: both agree to the same report.
        report.state_since = session.now
    await session.flush()
    if report.state == State.NEEDS_INFO and report.info_code == ReasonCode.EVIDENCE_MISSING:
        await lifecycle.apply(session, report, Event.INFO_GIVEN, member.actor)
    return views.evidence_view(row, key)


async def add_to_dispute(
    session: Session,
    actor: Actor,
    report_id: UUID,
    dispute_id: UUID,
    party: Party,
    file_name: str,
    content: bytes,
) -> DisputeFile:
    """Keep a file that a side sends in a dispute of the report; whether it may, is decided there."""
    media_type = uploads.check(content)
    report = await store.lock(session, report_id)
    key = await lifecycle.data_key(session, report)
    row = await _keep(
        session,
        actor,
        report,
        key,
        media_type,
        file_name,
        content,
        dispute_id=dispute_id,
        party=party,
    )
    await session.flush()
    return views.dispute_file(row, key)


async def list_of_dispute(session: Session, report_id: UUID, dispute_id: UUID) -> list[DisputeFile]:
    """The files of both sides of a dispute, oldest first; none once the report is erased."""
    rows = await store.list_dispute_files(session, dispute_id)
    if not rows:
        return []
    key = await lifecycle.data_key(session, await store.get(session, report_id))
    return [views.dispute_file(row, key) for row in rows]


async def _keep(
    session: Session,
    actor: Actor,
    report: Report,
    key: DataKey,
    media_type: str,
    file_name: str,
    content: bytes,
    *,
    dispute_id: UUID | None = None,
    party: Party = Party.REPORTER,
) -> Evidence:
    """Seal a file into the store, then write its row: a file without a row is swept later."""
    row = Evidence(
        id=uuid7(),
        report_id=report.id,
        business_id=report.business_id,
        dispute_id=dispute_id,
        party=party,
        blob=blobs.new_name(),
        sha256=hashlib.sha256(content).digest(),
        media_type=media_type,
        size=len(content),
        uploaded_at=session.now,
    )
    row.sealed_name = key.seal(views.evidence_place(row), uploads.printable(file_name))
    await session.runtime.files.put(row.blob, key.seal_bytes(f"evidence:{row.id}", content))
    store.add(session, row)
    details: dict[str, str | int | None] = {"media_type": media_type, "size": row.size}
    if dispute_id is not None:
        details["dispute"] = str(dispute_id)
    audit.record(
        session,
        actor,
        "report.evidence_added",
        "report",
        report.id,
        business_id=report.business_id,
        details=details,
    )
    return row


async def read(
    session: Session,
    actor: Actor,
    report_id: UUID,
    evidence_id: UUID,
    *,
    dispute_id: UUID | None = None,
) -> tuple[str, bytes]:
    """A file's media type and its bytes as they were received; that it was read is audited.

    With `dispute_id`, only of what was sent in that dispute. Raises `NotFound`.
    """
    report = await store.get(session, report_id)
    row = await store.get_evidence(session, report_id, evidence_id)
    if dispute_id not in (None, row.dispute_id):
        raise NotFound
    key = await lifecycle.data_key(session, report)
    sealed = await session.runtime.files.get(row.blob)
    audit.record(
        session,
        actor,
        "report.evidence_read",
        "report",
        report_id,
        business_id=report.business_id,
        details={"evidence": str(evidence_id)},
    )
    return row.media_type, key.open_bytes(f"evidence:{row.id}", sealed)


async def delete_files(runtime: Runtime, names: list[str]) -> None:
    """Delete the files of an erased report, after its commit; what is missed is swept."""
    for name in names:
        await runtime.files.delete(name)
