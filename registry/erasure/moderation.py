"""The moderator's side of objections: what waits, the whole case, the decision."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from registry.audit import service as audit
from registry.erasure import letters, rules, service, store, views
from registry.erasure.letters import place
from registry.erasure.rules import Decision, Kind, State
from registry.erasure.tables import SubjectRequest
from registry.erasure.wire import ObjectionCase, ObjectionDecision
from registry.platform import vault
from registry.platform.errors import Conflict, InvalidValues
from registry.platform.faults import Fault
from registry.platform.runtime import Session
from registry.reports import held, rulings
from registry.reports.rules import FINAL
from registry.staff.access import ConflictOfInterest, Staff, refuse_conflict


class ObjectionAlreadyDecided(Conflict):
    """Somebody decided first, or the report ended meanwhile."""

    slug, title = "objection-already-decided", "The objection changed meanwhile"


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """Objections that wait for a decision, earliest due first."""
    return await store.list_pending(session, after=after, limit=limit)


async def case(session: Session, moderator: Staff, request_id: UUID) -> ObjectionCase:
    """All that is needed to decide; that it was read is audited."""
    row = await store.get(session, request_id)
    await refuse_conflict(session, moderator, {row.business_id})
    _record(session, moderator, row, "objection.read", {})
    return await _case(session, row)


async def decide(
    session: Session,
    moderator: Staff,
    request_id: UUID,
    command: ObjectionDecision,
    gone: list[str],
) -> ObjectionCase:
    """Weigh an objection: the report is erased, or shown again. Files to delete after the commit go into `gone`."""
    if command.reason_code not in rules.REASONS[command.decision]:
        allowed = ", ".join(sorted(rules.REASONS[command.decision]))
        said = f"is no reason to {command.decision}; use one of: {allowed}"
        raise InvalidValues(f"/reason_code: {said}.", errors=[Fault("/reason_code", said)])
    row = await store.lock(session, request_id)
    await _check_conflict(session, moderator, row)
    if row.state != State.PENDING:
        raise ObjectionAlreadyDecided(f"The objection is {row.state} now.")
    if command.version != row.version:
        raise ObjectionAlreadyDecided("The objection changed since you read it. Read it again.")
    gone += await rulings.catch_up(session, row.report_id)
    if (await held.ruled(session, row.report_id)).state in FINAL:
        raise ObjectionAlreadyDecided("The report has ended by itself.")
    await _carry_out(session, moderator, row, command, gone)
    return await _case(session, row)


async def _check_conflict(session: Session, moderator: Staff, row: SubjectRequest) -> None:
    await refuse_conflict(session, moderator, {row.business_id})
    earlier = await store.list_of_report(session, row.report_id, Kind.OBJECTION)
    screeners = (await held.ruled(session, row.report_id)).screeners
    if moderator.id in screeners | {one.decided_by for one in earlier if one is not row}:
        raise ConflictOfInterest(
            "Whoever screened the report, or decided on an objection to it, does not decide now."
        )


async def _carry_out(
    session: Session,
    moderator: Staff,
    row: SubjectRequest,
    command: ObjectionDecision,
    gone: list[str],
) -> None:
    key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)
    assert key  # noqa: S101 - the report has not ended
    contacts = await letters.contacts_of(session, row, key)
    row.state, row.code = rules.STATE_AFTER[command.decision], command.reason_code
    row.decided_by, row.decided_at = moderator.id, session.now
    row.version += 1
    row.sealed_reason = key.seal(place(row, "sealed_reason"), command.reason)
    await session.flush()
    _record(session, moderator, row, f"objection.{row.state}", {"code": command.reason_code})
    if command.decision is Decision.GRANT:
        await service.erase(session, row, moderator.actor, contacts, gone)
        return
    if row.hides:
        await rulings.lift(session, moderator.actor, row.report_id)
    await letters.tell_kept(session, row, key, command.reason, contacts)
    await session.flush()


async def _case(session: Session, row: SubjectRequest) -> ObjectionCase:
    known = await store.list_of_report(session, row.report_id, Kind.OBJECTION)
    return ObjectionCase(
        objection=await views.view(session, row),
        earlier=[await views.view(session, one) for one in known if one.id < row.id],
        case=await held.case(session, row.report_id),
    )


def _record(
    session: Session,
    moderator: Staff,
    row: SubjectRequest,
    action: str,
    details: dict[str, str | int | None],
) -> None:
    audit.record(
        session,
        moderator.actor,
        action,
        "subject_request",
        row.id,
        business_id=row.business_id,
        details={"report": str(row.report_id), **details},
    )
