"""What came of disputes, and what it says of who reported: outcomes kept as they fall, businesses counted anew.

What counts is `rules.count`; the line and what follows from it is `businesses.conduct`. Everything there can be counted
again from the outcomes kept here, and once an hour is.
"""

from datetime import timedelta
from uuid import UUID

from registry.businesses import conduct
from registry.businesses.rules import Tally
from registry.disputes import rules, store
from registry.disputes.rules import Event, Ground, Outcome, ReasonCode, Ruling, State
from registry.disputes.tables import Dispute
from registry.platform.db import as_system, lock_values
from registry.platform.runtime import Session
from registry.reports import held
from registry.reports.rules import State as ReportState


async def note(session: Session, dispute: Dispute, before: State, event: Event) -> None:
    """Keep what came of a dispute with this event, if anything did, and count its reporter's reports anew."""
    known = Outcome(dispute.outcome) if dispute.outcome else None
    outcome = await _outcome(session, dispute, before, event, known)
    if outcome is known:
        return
    dispute.outcome, dispute.outcome_at = outcome, session.now if outcome else None
    await session.flush()
    if {known, outcome} & rules.DECIDED:
        await recount(session, dispute.business_id)


async def _outcome(
    session: Session, dispute: Dispute, before: State, event: Event, known: Outcome | None
) -> Outcome | None:
    if event is Event.RULED:
        paid = dispute.settlement and dispute.reason_code == ReasonCode.SETTLED
        return Outcome.FOUND_PAID if paid else rules.OUTCOME_OF[Ruling(dispute.ruling or "")]
    if event is Event.REFUSED:
        return Outcome.REFUSED
    if event is Event.RENEWED:
        return None
    if event is Event.CONFIRMED:
        return Outcome.SETTLED
    if event is Event.UNANSWERED or (event is Event.LAPSED and before is not State.DECIDED):
        return await _by_itself(session, dispute)
    return known


async def _by_itself(session: Session, dispute: Dispute) -> Outcome:
    """What came of a dispute without a ruling, as the report's state tells."""
    state = (await held.ruled(session, dispute.report_id)).state
    if state is ReportState.REMOVED:
        return Outcome.UNANSWERED
    says_paid = dispute.settlement or dispute.ground == Ground.SETTLED
    if state is ReportState.SETTLED and says_paid:
        return Outcome.SETTLED
    if state in (ReportState.SETTLED, ReportState.WITHDRAWN):
        return Outcome.TAKEN_BACK
    return Outcome.LAPSED


async def recount(session: Session, business_id: UUID) -> bool:
    """Count a business's decided reports anew, and let follow what follows; whether the count was another."""
    async with as_system(session):
        await lock_values(session, [conduct.turn(session)])
        window = timedelta(days=session.policy.conduct_days)
        found = await store.list_outcomes(session, business_id, since=session.now - window)
        counting = [one.outcome_at for one in found if one.outcome in rules.DECIDED]
        oldest = next((at for at in counting if at is not None), None)
        due = oldest + window if oldest is not None else None
        return await conduct.note(session, business_id, Tally(*rules.count(found)), due)
