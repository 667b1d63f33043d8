"""The moderator's side of disputes: what waits, the whole case, the ruling."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.disputes import hearing, letters, lifecycle, rules, statements, store, views
from registry.disputes.letters import place
from registry.disputes.rules import Event, ReasonCode, Ruling, Side, State
from registry.disputes.tables import Dispute, DisputeRuling
from registry.disputes.wire import (
    Changes,
    DisputeCase,
    DisputeDecision,
    Message,
    MessageView,
    Proposal,
)
from registry.platform.actor import Actor
from registry.platform.errors import InvalidValues
from registry.platform.faults import Fault
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import held, rulings
from registry.reports.rulings import Correction
from registry.staff.access import ConflictOfInterest, Staff, refuse_conflict


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """Disputes that wait for a ruling, earliest due first."""
    return await store.list_review(session, after=after, limit=limit)


async def case(session: Session, moderator: Staff, dispute_id: UUID) -> DisputeCase:
    """All that is needed to rule; that it was read is audited."""
    dispute = await store.get(session, dispute_id)
    await refuse_conflict(session, moderator, {dispute.business_id})
    audit.record(
        session,
        moderator.actor,
        "dispute.read",
        "dispute",
        dispute_id,
        business_id=dispute.business_id,
    )
    return await _case(session, dispute)


async def say(
    session: Session, moderator: Staff, dispute_id: UUID, command: Message
) -> MessageView:
    """Ask or tell one side, or both."""
    dispute = await store.lock(session, dispute_id)
    await refuse_conflict(session, moderator, {dispute.business_id})
    return await hearing.say(session, moderator.actor, dispute, Side.MODERATOR, command)


async def decide(
    session: Session, moderator: Staff, dispute_id: UUID, command: DisputeDecision
) -> DisputeCase:
    """Rule: uphold, amend or remove. Where two moderators published the report, two say alike what stays shown."""
    _check_codes(command)
    dispute = await store.lock(session, dispute_id)
    about = await held.ruled(session, dispute.report_id)
    earlier = await store.list_rulings(session, dispute_id)
    await refuse_conflict(session, moderator, {dispute.business_id})
    if moderator.id in about.screeners | await _ruled_before(session, dispute, earlier):
        raise ConflictOfInterest("Whoever screened the report, or ruled before, does not rule now.")
    await lifecycle.advance(session, dispute)
    if State(dispute.state) not in rules.UNDER_REVIEW:
        raise lifecycle.DisputeAlreadyDecided(
            f"The dispute is {dispute.state} now; it is not under review."
        )
    if command.version != dispute.version:
        raise lifecycle.DisputeAlreadyDecided(
            "The dispute changed since you read it. Read it again."
        )
    key = await letters.key_of(session, dispute)
    assert key is not None  # noqa: S101 - a report under review is not erased
    words = await statements.to_show(session, dispute, key, command)
    said = await _say(session, moderator, dispute, key, command, words)
    alike = _proposed(dispute, key, earlier).count(_proposal(key, said)) + 1
    if command.decision is not Ruling.REMOVE and alike < about.approvals_needed:
        dispute.version += 1
        audit.record(
            session,
            moderator.actor,
            "dispute.ruling_proposed",
            "dispute",
            dispute_id,
            details={"ruling": command.decision},
        )
        return await _case(session, dispute)
    if words is not None:
        await rulings.reply(session, dispute.report_id, words)
    await _rule(session, moderator, dispute, key, command)
    return await _case(session, dispute)


async def _say(
    session: Session,
    moderator: Staff,
    dispute: Dispute,
    key: DataKey,
    command: DisputeDecision,
    words: str | None,
) -> DisputeRuling:
    """Keep what a moderator says, with the person's words that it would show."""
    said = DisputeRuling(
        id=uuid7(),
        dispute_id=dispute.id,
        business_id=dispute.business_id,
        moderator_id=moderator.id,
        round=dispute.round,
        ruling=command.decision,
        reason_code=command.reason_code,
        at=session.now,
    )
    if command.changes is not None:
        said.sealed_changes = key.seal(_place(said.id, "sealed_changes"), command.changes)
    if words is not None:
        said.sealed_statement = key.seal(_place(said.id, "sealed_statement"), words)
    store.add(session, said)
    await session.flush()
    return said


async def _ruled_before(
    session: Session, dispute: Dispute, rulings_of_it: Sequence[DisputeRuling]
) -> set[UUID]:
    """Who must not rule for having ruled: on this dispute; or, when it was refused by rule, on the one it repeats."""
    if dispute.round > 1 and not rulings_of_it:
        rulings_of_it = await store.list_last_rulings(session, dispute.report_id)
    return {row.moderator_id for row in rulings_of_it}


def _place(ruling_id: UUID, column: str) -> str:
    return f"dispute_rulings.{column}:{ruling_id}"


def _proposal(key: DataKey, row: DisputeRuling) -> Proposal:
    changes, words = row.sealed_changes, row.sealed_statement
    return Proposal(
        ruling=Ruling(row.ruling),
        changes=key.open(_place(row.id, "sealed_changes"), changes, Changes) if changes else None,
        statement=key.open(_place(row.id, "sealed_statement"), words, str) if words else None,
    )


def _proposed(
    dispute: Dispute, key: DataKey | None, said: Sequence[DisputeRuling]
) -> list[Proposal]:
    """What would keep the report shown, said in this round and not decided yet."""
    if key is None or State(dispute.state) not in rules.UNDER_REVIEW:
        return []
    kept = [r for r in said if r.round == dispute.round and r.ruling != Ruling.REMOVE]
    return [_proposal(key, row) for row in kept]


def _check_codes(command: DisputeDecision) -> None:
    found = []
    if command.reason_code not in rules.REASONS[command.decision]:
        allowed = ", ".join(sorted(rules.REASONS[command.decision]))
        said = f"is no reason to {command.decision}; use one of: {allowed}"
        found.append(Fault("/reason_code", said))
    if (command.changes is not None) != (command.decision is Ruling.AMEND):
        found.append(Fault("/changes", "goes with amend, and amend with changes"))
    elif command.changes == Changes():
        found.append(Fault("/changes", "must change something; to leave it as it is, uphold"))
    if found:
        told = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in found)
        raise InvalidValues(f"{told}.", errors=found)


async def _rule(
    session: Session, moderator: Staff, dispute: Dispute, key: DataKey, command: DisputeDecision
) -> None:
    dispute.ruling, dispute.reason_code = command.decision, command.reason_code
    dispute.sealed_reason = key.seal(place(dispute, "sealed_reason"), command.reason)
    dispute.ruled_at = session.now
    actor = moderator.actor
    await _carry_out(session, actor, dispute, command)
    await lifecycle.hide_for_others(session, actor, dispute)
    details: dict[str, str | int | None] = {
        "ruling": command.decision,
        "code": command.reason_code,
        "round": dispute.round,
    }
    await lifecycle.apply(session, dispute, Event.RULED, actor, details=details)


async def _carry_out(
    session: Session, actor: Actor, dispute: Dispute, command: DisputeDecision
) -> None:
    """What the ruling does to the report. What a further dispute did not hide stands as it is, unless it was wrong."""
    report_id, ruling = dispute.report_id, command.decision
    if ruling is Ruling.UPHOLD and not dispute.hides:
        return
    if not dispute.hides:
        await lifecycle.hide(session, actor, dispute)
    if ruling is Ruling.UPHOLD:
        await rulings.restore(session, actor, report_id, command.reason)
    elif ruling is Ruling.AMEND:
        assert command.changes is not None  # noqa: S101 - checked above
        correction = Correction(**msgspec.structs.asdict(command.changes))
        await rulings.amend(session, actor, report_id, command.reason, correction)
    elif dispute.settlement and command.reason_code is ReasonCode.SETTLED:
        await rulings.settle(session, actor, report_id, command.reason)
    else:
        await rulings.remove(session, actor, report_id, command.reason)


async def _case(session: Session, dispute: Dispute) -> DisputeCase:
    about = await held.ruled(session, dispute.report_id)
    said = await store.list_rulings(session, dispute.id)
    key = await letters.key_of(session, dispute)
    return DisputeCase(
        dispute=await views.view(session, dispute, Side.MODERATOR),
        round=dispute.round,
        approvals_needed=about.approvals_needed,
        proposed=_proposed(dispute, key, said),
        statement=await statements.of(session, dispute, key) if key else None,
        documented=dispute.documented,
        apart=any(
            set(other.proven).isdisjoint(dispute.proven)
            for other in await store.list_of_reports(session, [dispute.report_id])
        ),
        letters_reach_person=await letters.reach_person(session, dispute),
        case=await held.case(session, dispute.report_id),
    )
