"""What both sides are told of a dispute, in their language, with what they can do next and by when."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from registry.businesses import service as businesses
from registry.disputes import rules
from registry.disputes.rules import Ruling, Side
from registry.disputes.tables import Dispute
from registry.messages import operator
from registry.messages.rules import Template
from registry.platform import vault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import held, post

_RESULT = {
    Ruling.UPHOLD: Template.RULING_UPHELD,
    Ruling.AMEND: Template.RULING_AMENDED,
    Ruling.REMOVE: Template.RULING_REMOVED,
}


#: On appeal: these cannot be appealed again.
_FINAL = {
    Ruling.UPHOLD: Template.RULING_UPHELD_FINAL,
    Ruling.AMEND: Template.RULING_AMENDED_FINAL,
    Ruling.REMOVE: Template.RULING_REMOVED,
}
#: (is it a settlement, was it disputed before) -> what the reporter is told, and what the person.
_OPENED = {
    (False, False): (Template.DISPUTE_OPENED, Template.DISPUTE_RECEIVED),
    (False, True): (Template.DISPUTE_OPENED_AGAIN, Template.DISPUTE_TAKEN_UP),
    (True, False): (Template.SETTLEMENT_CLAIMED, Template.SETTLEMENT_RECEIVED),
    (True, True): (Template.SETTLEMENT_CLAIMED, Template.DISPUTE_TAKEN_UP),
}


def place(dispute: Dispute, column: str) -> str:
    """Where a value of the dispute is sealed."""
    return f"disputes.{column}:{dispute.id}"


def message_place(message_id: UUID) -> str:
    """Where a message is sealed."""
    return f"dispute_messages.sealed_text:{message_id}"


async def key_of(session: Session, dispute: Dispute) -> DataKey | None:
    """The report's data key; None once it is erased."""
    if dispute.data_key_id is None:
        return None
    return await vault.fetch(session, session.keyring, dispute.data_key_id)


async def tell_opened(session: Session, dispute: Dispute) -> None:
    """Tell the reporter that the person disputes the report, with all that the person sent; and the person by when
    there will be a ruling.
    """
    key = await key_of(session, dispute)
    if key is None:
        return
    policy = session.policy
    values: dict[str, str | date] = {
        "report_id": str(dispute.report_id),
        "dispute_id": str(dispute.id),
        "statement": key.open(place(dispute, "sealed_statement"), dispute.sealed_statement, str),
        "answer_by": policy.ends("answer_days", dispute.opened_at),
        "decide_by": _decide_by(session, dispute),
    }
    to_reporter, to_person = _OPENED[dispute.settlement, dispute.repeat or dispute.quiet]
    await _to_reporter(session, dispute, to_reporter, values)
    await _to_person(session, dispute, key, to_person, values)


def _decide_by(session: Session, dispute: Dispute) -> date:
    """The day by which there is to be a ruling."""
    policy = session.policy
    return policy.calendar.day(rules.rule_by(dispute, policy.ends))


async def tell_answered(session: Session, dispute: Dispute) -> None:
    """Tell the person what the reporter answers."""
    key = await key_of(session, dispute)
    if key is not None and dispute.sealed_answer is not None:
        values: dict[str, str | date] = {
            "dispute_id": str(dispute.id),
            "statement": key.open(place(dispute, "sealed_answer"), dispute.sealed_answer, str),
            "decide_by": _decide_by(session, dispute),
            "more_days": str(session.policy.ruling_extension_days),
        }
        await _to_person(session, dispute, key, Template.DISPUTE_ANSWERED, values)


async def tell_overdue(session: Session, dispute: Dispute) -> None:
    """Tell both sides, and the operator, that the ruling is late, and that the report stays hidden."""
    key = await key_of(session, dispute)
    if key is not None:
        values = {"dispute_id": str(dispute.id), "report_id": str(dispute.report_id)}
        await _to_reporter(session, dispute, Template.DISPUTE_OVERDUE, values)
        await _to_person(session, dispute, key, Template.DISPUTE_OVERDUE, values)
        await operator.tell(
            session, Template.OPERATOR_OVERDUE, values, about_id=dispute.report_id, data_key=key
        )


async def tell_appealed(session: Session, dispute: Dispute) -> None:
    """Tell the reporter why the person appeals; and both by when another moderator decides."""
    key = await key_of(session, dispute)
    if key is not None and dispute.sealed_appeal is not None:
        values: dict[str, str | date] = {
            "dispute_id": str(dispute.id),
            "report_id": str(dispute.report_id),
            "statement": key.open(place(dispute, "sealed_appeal"), dispute.sealed_appeal, str),
            "decide_by": _decide_by(session, dispute),
        }
        await _to_reporter(session, dispute, Template.APPEAL_OPENED, values)
        await _to_person(session, dispute, key, Template.APPEAL_RECEIVED, values)


async def tell_refused(session: Session, dispute: Dispute) -> None:
    """Tell the person that nothing is new, and what they can do: add evidence, or appeal."""
    key = await key_of(session, dispute)
    if key is not None:
        values: dict[str, str | date] = {
            "dispute_id": str(dispute.id),
            "appeal_by": session.policy.ends("appeal_days", session.now),
        }
        await _to_person(session, dispute, key, Template.DISPUTE_REFUSED, values)


async def tell_settled(session: Session, dispute: Dispute) -> None:
    """Tell both sides that the report ended as paid."""
    key = await key_of(session, dispute)
    if key is not None:
        values = {"report_id": str(dispute.report_id)}
        await _to_reporter(session, dispute, Template.SETTLEMENT_CONFIRMED, values)
        await _to_person(session, dispute, key, Template.SETTLEMENT_CONFIRMED, values)


async def tell_of_files(session: Session, dispute: Dispute, sender: Side) -> None:
    """Tell the other side that there are files to read."""
    key = await key_of(session, dispute)
    if key is None:
        return
    values = {"dispute_id": str(dispute.id)}
    if sender is Side.PERSON:
        await _to_reporter(session, dispute, Template.DISPUTE_FILES, values)
    else:
        await _to_person(session, dispute, key, Template.DISPUTE_FILES, values)


async def tell_message(
    session: Session, dispute: Dispute, readers: Collection[Side], text: str
) -> None:
    """Tell whoever may read a message what it says."""
    key = await key_of(session, dispute)
    if key is None:
        return
    values = {"dispute_id": str(dispute.id), "statement": text}
    if Side.REPORTER in readers:
        await _to_reporter(session, dispute, Template.DISPUTE_MESSAGE, values)
    if Side.PERSON in readers:
        await _to_person(session, dispute, key, Template.DISPUTE_MESSAGE, values)


async def tell_result(session: Session, dispute: Dispute) -> None:
    """Tell both sides the ruling with its reasons; after the reporter's silence, that there was none."""
    key = await key_of(session, dispute)
    if key is None:
        return
    values: dict[str, str | date] = {"report_id": str(dispute.report_id)}
    template = Template.RULING_UNANSWERED
    if dispute.sealed_reason is not None:
        results = _FINAL if dispute.round > 1 else _RESULT
        template = results[Ruling(dispute.ruling or Ruling.REMOVE)]
        reason = key.open(place(dispute, "sealed_reason"), dispute.sealed_reason, str)
        values["reason_text"] = reason
        values["statement"] = await held.reply(session, dispute.report_id, key) or ""
    values["appeal_by"] = session.policy.ends("appeal_days", session.now)
    await _to_reporter(session, dispute, template, values)
    await _to_person(session, dispute, key, template, values)


async def _to_reporter(
    session: Session, dispute: Dispute, template: Template, values: Mapping[str, str | date]
) -> None:
    await businesses.write_to(
        session, dispute.business_id, template, values, about_id=dispute.report_id
    )


async def reach_person(session: Session, dispute: Dispute) -> bool:
    """Whether letters of the dispute go to its person at all: not once all that they proved was detached."""
    key = await key_of(session, dispute)
    return key is not None and bool(await _contacts(session, dispute, key))


async def _contacts(session: Session, dispute: Dispute, key: DataKey) -> list[tuple[str, str]]:
    contacts = key.open(
        place(dispute, "sealed_contacts"), dispute.sealed_contacts, list[tuple[str, str]]
    )
    return await held.reachable(session, dispute.report_id, contacts)


async def _to_person(
    session: Session,
    dispute: Dispute,
    key: DataKey,
    template: Template,
    values: Mapping[str, str | date],
) -> None:
    """Write to what the person proved to control, unless it was detached since, and to nothing else."""
    await post.to_person(
        session,
        await _contacts(session, dispute, key),
        template,
        values,
        language=dispute.language,
        about_id=dispute.report_id,
        key=key,
    )
