"""Disputes as they are shown: to each side with what it may read."""

from registry.disputes import letters, rules, store
from registry.disputes.letters import message_place, place
from registry.disputes.rules import Audience, Ground, ReasonCode, Ruling, Side, State
from registry.disputes.tables import Dispute, DisputeMessage
from registry.disputes.wire import DisputeView, MessageView
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import evidence, held
from registry.reports.views import next_change


async def view(session: Session, dispute: Dispute, reader: Side) -> DisputeView:
    """A dispute as one side sees it."""
    key = await letters.key_of(session, dispute)

    def opened(column: str) -> str | None:
        sealed = getattr(dispute, column)
        return key.open(place(dispute, column), sealed, str) if key and sealed else None

    said = await store.list_messages(session, dispute.id) if key else []
    return DisputeView(
        id=dispute.id,
        report_id=dispute.report_id,
        # The person's disputes with others are no business of the reporter's.
        case_id=dispute.id if reader is Side.REPORTER else dispute.case_id,
        ground=Ground(dispute.ground),
        settlement=dispute.settlement,
        hides=dispute.hides,
        state=State(dispute.state),
        version=dispute.version,
        opened_at=dispute.opened_at,
        state_since=dispute.state_since,
        due=next_change(dispute.due_event, dispute.due_at),
        statement=opened("sealed_statement"),
        answer=opened("sealed_answer"),
        appeal=opened("sealed_appeal"),
        messages=[message(row, key) for row in said if key and _reads(reader, row)],
        evidence=await evidence.list_of_dispute(session, dispute.report_id, dispute.id),
        ruling=Ruling(dispute.ruling) if dispute.ruling else None,
        reason_code=ReasonCode(dispute.reason_code) if dispute.reason_code else None,
        reason=opened("sealed_reason"),
        report_state=(await held.ruled(session, dispute.report_id)).state,
    )


def _reads(reader: Side, row: DisputeMessage) -> bool:
    return rules.may_read(reader, Side(row.author), Audience(row.audience))


def message(row: DisputeMessage, key: DataKey) -> MessageView:
    """A message as whoever may read it sees it."""
    return MessageView(
        id=row.id,
        author=Side(row.author),
        to=Audience(row.audience),
        text=key.open(message_place(row.id), row.sealed_text, str),
        at=row.at,
    )
