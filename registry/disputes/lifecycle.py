"""The life of a dispute: applying one event of the table, and everything that must change with it.

Every change of state, by whomever, goes through `apply`: it alone writes `state`, sets the next clock, and audits.
"""

from registry.audit import service as audit
from registry.disputes import conduct, letters, rules, store
from registry.disputes.rules import Event, ReasonCode, Ruling, State
from registry.disputes.tables import Dispute
from registry.platform.actor import SYSTEM, Actor
from registry.platform.errors import Conflict
from registry.platform.runtime import Session
from registry.reports import held, rulings
from registry.reports.rules import FINAL
from registry.reports.rules import State as ReportState


class DisputeNotOpenForThat(Conflict):
    """The dispute's state does not allow it."""

    slug, title = "dispute-not-open-for-that", "The dispute's state does not allow this"


class DisputeAlreadyDecided(Conflict):
    """Somebody ruled first, or the dispute changed since it was read."""

    slug, title = "dispute-already-decided", "The dispute changed meanwhile"


async def apply(
    session: Session,
    dispute: Dispute,
    event: Event,
    actor: Actor,
    *,
    details: dict[str, str | int | None] | None = None,
) -> None:
    """Apply an event to a locked dispute, then whatever the clock brings at once.

    Raises `DisputeNotOpenForThat`, having changed nothing.
    """
    before = State(dispute.state)
    after = rules.next_state(before, event)
    if after is None:
        raise DisputeNotOpenForThat(f"A dispute that is {before} cannot take the step {event}.")
    dispute.version += 1
    dispute.state, dispute.state_since = after, session.now
    audit.record(
        session,
        actor,
        f"dispute.{event}",
        "dispute",
        dispute.id,
        business_id=dispute.business_id,
        details={"from": before, "to": after, **(details or {})},
    )
    await _consequences(session, dispute, event, actor)
    await conduct.note(session, dispute, before, event)
    set_clock(session, dispute)
    await session.flush()
    await advance(session, dispute)


async def advance(session: Session, dispute: Dispute) -> None:
    """Apply every change whose time has come."""
    if dispute.due_at is None or dispute.due_event is None or dispute.due_at > session.now:
        return
    event = Event(dispute.due_event)
    if event in (Event.CONFIRMED, Event.LATE) and await report_ended(session, dispute):
        event = Event.LAPSED
    await apply(session, dispute, event, SYSTEM)


async def hide(session: Session, actor: Actor, dispute: Dispute, *, answered: bool = True) -> None:
    """Hide the report for a dispute; where it is hidden for another one, it stays so."""
    if (await held.ruled(session, dispute.report_id)).state is not ReportState.CONTESTED:
        await rulings.suspend(session, actor, dispute.report_id, answered=answered)


async def hide_for_others(session: Session, actor: Actor, ruled: Dispute) -> None:
    """Hide a report again, after a ruling on one dispute, that another open one hides."""
    known = await store.list_of_reports(session, [ruled.report_id])
    over = (State.DECIDED, State.CLOSED)
    hiding = [d for d in known if d.id != ruled.id and d.hides and State(d.state) not in over]
    if hiding and (await held.ruled(session, ruled.report_id)).state not in FINAL:
        await hide(session, actor, hiding[0])


async def report_ended(session: Session, dispute: Dispute) -> bool:
    """Whether there is no report left to decide on."""
    return (await held.ruled(session, dispute.report_id)).state in FINAL


def set_clock(session: Session, dispute: Dispute) -> None:
    """Compute the next deadline once, for the state that begins, by the policy of now."""
    policy = session.policy
    change = rules.due(dispute, policy.ends)
    dispute.due_event, dispute.due_at = change or (None, None)
    if dispute.due_event == Event.LATE:
        dispute.review_due = dispute.due_at
    dispute.policy = policy.stamp


async def _consequences(session: Session, dispute: Dispute, event: Event, actor: Actor) -> None:
    if event is Event.TOLD:
        await letters.tell_opened(session, dispute)
    elif event is Event.UNANSWERED:
        dispute.ruling, dispute.ruled_at = Ruling.REMOVE, session.now
        await rulings.remove_unanswered(session, dispute.report_id)
    elif event is Event.CONFIRMED:
        await rulings.settle(session, actor, dispute.report_id)
        await letters.tell_settled(session, dispute)
    elif event is Event.REFUSED:
        dispute.ruling, dispute.reason_code = Ruling.UPHOLD, ReasonCode.NOTHING_NEW
        dispute.ruled_at = session.now
        await letters.tell_refused(session, dispute)
    elif event is Event.RENEWED:
        dispute.ruling = dispute.reason_code = dispute.ruled_at = None
        dispute.opened_at = session.now
    elif event is Event.LATE:
        if not dispute.hides:
            await hide(session, actor, dispute)
        dispute.overdue_at = session.now
        await letters.tell_overdue(session, dispute)
    elif event is Event.ANSWERED:
        await letters.tell_answered(session, dispute)
    elif event is Event.APPEAL:
        await letters.tell_appealed(session, dispute)
    if event in (Event.RULED, Event.UNANSWERED):
        await letters.tell_result(session, dispute)
