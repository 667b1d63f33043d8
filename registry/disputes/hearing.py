"""What is said and shown while a dispute is heard: files of both sides, and messages between them and the moderator.

A file may be read by both sides. A message goes to both, or is kept between its writer and the moderators: the person
may have to say what its reporter must not learn. A ruling rests on what both sides could read.
"""

from uuid import UUID

from registry.audit import service as audit
from registry.disputes import letters, lifecycle, rules, store, views
from registry.disputes.letters import message_place
from registry.disputes.rules import Audience, Event, ReasonCode, Side, State
from registry.disputes.service import NotToBeDisputed
from registry.disputes.tables import Dispute, DisputeMessage
from registry.disputes.wire import Message, MessageView
from registry.platform.actor import Actor
from registry.platform.errors import NotFound, RuleBroken
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import evidence
from registry.reports.rules import Party
from registry.reports.wire import DisputeFile


async def add_file(
    session: Session, actor: Actor, dispute: Dispute, side: Side, file_name: str, content: bytes
) -> DisputeFile:
    """Keep a file that a side sends while the (locked) dispute is heard.

    The person's file gives the moderator more time, once; and takes a dispute up that was refused as nothing new.
    """
    await lifecycle.advance(session, dispute)
    refused = dispute.state == State.DECIDED and dispute.reason_code == ReasonCode.NOTHING_NEW
    renews = side is Side.PERSON and refused
    if not renews:
        _heard(dispute)
    if renews and await lifecycle.report_ended(session, dispute):
        raise NotToBeDisputed("The report has ended: lookups do not show it.")
    known = await evidence.list_of_dispute(session, dispute.report_id, dispute.id)
    party = Party(side)
    theirs = [file for file in known if file.party == party]
    if len(theirs) >= rules.MOST_FILES:
        raise RuleBroken(f"Each side may add {rules.MOST_FILES} files to a dispute.")
    added = await evidence.add_to_dispute(
        session, actor, dispute.report_id, dispute.id, party, file_name, content
    )
    dispute.version += 1
    if side is Side.PERSON and dispute.evidence_at is None:
        dispute.evidence_at = session.now
    if renews:
        await lifecycle.apply(session, dispute, Event.RENEWED, actor)
    else:
        lifecycle.set_clock(session, dispute)
        if not theirs:
            await letters.tell_of_files(session, dispute, side)
    await session.flush()
    return added


async def read_file(
    session: Session, actor: Actor, dispute: Dispute, evidence_id: UUID
) -> tuple[str, bytes]:
    """The media type and bytes of a file of the dispute, for either side; raises `NotFound`."""
    return await evidence.read(
        session, actor, dispute.report_id, evidence_id, dispute_id=dispute.id
    )


async def say(
    session: Session, actor: Actor, dispute: Dispute, side: Side, command: Message
) -> MessageView:
    """Say something in a (locked) dispute that is heard; whoever may read it is written to."""
    if command.to not in rules.MAY_WRITE_TO[side]:
        allowed = ", ".join(sorted(rules.MAY_WRITE_TO[side]))
        raise invalid([Fault("/to", f"must be one of: {allowed}")])
    await lifecycle.advance(session, dispute)
    _heard(dispute)
    said = await store.list_messages(session, dispute.id)
    if len([row for row in said if row.author == side]) >= rules.MOST_MESSAGES:
        raise RuleBroken(f"Each side may write {rules.MOST_MESSAGES} messages in a dispute.")
    key = await letters.key_of(session, dispute)
    if key is None:
        raise NotFound
    row = DisputeMessage(
        id=uuid7(),
        dispute_id=dispute.id,
        business_id=dispute.business_id,
        author=side,
        audience=command.to,
        at=session.now,
    )
    row.sealed_text = key.seal(message_place(row.id), command.text)
    store.add(session, row)
    dispute.version += 1
    audit.record(
        session,
        actor,
        "dispute.message",
        "dispute",
        dispute.id,
        business_id=dispute.business_id,
        details={"author": side, "to": command.to},
    )
    readers = [
        other
        for other in (Side.PERSON, Side.REPORTER)
        if other is not side and rules.may_read(other, side, Audience(command.to))
    ]
    await letters.tell_message(session, dispute, readers, command.text)
    await session.flush()
    return views.message(row, key)


def _heard(dispute: Dispute) -> None:
    if State(dispute.state) not in rules.BEING_HEARD:
        raise lifecycle.DisputeNotOpenForThat(
            f"A dispute that is {dispute.state} takes no more files and messages."
        )
