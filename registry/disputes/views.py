"""Disputes as they are shown: to both sides alike."""

from registry.disputes import letters
from registry.disputes.letters import place
from registry.disputes.rules import Ground, ReasonCode, Ruling, State
from registry.disputes.tables import Dispute
from registry.disputes.wire import DisputeView
from registry.platform.runtime import Session
from registry.reports import held
from registry.reports.views import next_change


async def view(session: Session, dispute: Dispute) -> DisputeView:
    """A dispute as both sides see it."""
    key = await letters.key_of(session, dispute)

    def opened(column: str) -> str | None:
        sealed = getattr(dispute, column)
        return key.open(place(dispute, column), sealed, str) if key and sealed else None

    state = (await held.ruled(session, dispute.report_id)).state
    return DisputeView(
        id=dispute.id,
        report_id=dispute.report_id,
        case_id=dispute.case_id,
        ground=Ground(dispute.ground),
        state=State(dispute.state),
        version=dispute.version,
        opened_at=dispute.opened_at,
        state_since=dispute.state_since,
        due=next_change(dispute.due_event, dispute.due_at),
        statement=opened("sealed_statement"),
        answer=opened("sealed_answer"),
        appeal=opened("sealed_appeal"),
        ruling=Ruling(dispute.ruling) if dispute.ruling else None,
        reason_code=ReasonCode(dispute.reason_code) if dispute.reason_code else None,
        reason=opened("sealed_reason"),
        report_state=state,
    )
