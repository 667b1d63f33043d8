"""What the person and the reporter are told of requests, in their language, with what they can do next and by when.

A letter about a report goes with its key. The one that tells of the erasure itself has a key of its own, which is
destroyed when it has arrived (`service.forget_letters`). The reporter never reads the person's grounds.
"""

from collections.abc import Mapping
from datetime import date

from registry.businesses import service as businesses
from registry.erasure.rules import Code
from registry.erasure.tables import SubjectRequest
from registry.messages.rules import Template
from registry.platform import vault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import held, post

Contacts = list[tuple[str, str]]
_REFUSED = {
    Code.STILL_NEEDED: Template.ERASURE_STILL_NEEDED,
    Code.BEING_DECIDED: Template.ERASURE_NOT_YET,
    Code.BEING_CHECKED: Template.ERASURE_NOT_YET,
}
#: What the reporter of a report that had not ended is told of its erasure.
_TO_REPORTER = {
    Code.UNDER_AGE: Template.ERASED_UNDER_AGE,
    Code.NEVER_TOLD: Template.ERASED_NEVER_TOLD,
    Code.RIGHTS_PREVAIL: Template.OBJECTION_GRANTED,
}


def place(request: SubjectRequest, column: str) -> str:
    """Where a value of the request is sealed."""
    return f"subject_requests.{column}:{request.id}"


async def contacts_of(session: Session, request: SubjectRequest, key: DataKey) -> Contacts:
    """Where to write to whoever made the request: what they proved then, unless it was detached since."""
    assert request.sealed_contacts is not None  # noqa: S101 - it has them until the report is erased
    sealed = key.open(place(request, "sealed_contacts"), request.sealed_contacts, Contacts)
    return await held.reachable(session, request.report_id, sealed)


async def tell_refused(
    session: Session, request: SubjectRequest, key: DataKey, contacts: Contacts
) -> None:
    """Tell the person that a rule keeps the report, why, and what they can do (GDPR, art. 12(4))."""
    await _to_person(session, request, key, contacts, _REFUSED[Code(request.code or "")], {})


async def tell_erased(session: Session, request: SubjectRequest, contacts: Contacts) -> None:
    """Tell the person that the report is erased, and until when backups still hold it."""
    key = await vault.create(session, session.keyring, owner=None)
    request.letter_key_id = key.id
    complete = session.policy.ends("backup_days", session.now)
    await post.to_person(
        session,
        contacts,
        Template.ERASED,
        {"report_id": str(request.report_id), "complete_by": session.policy.calendar.day(complete)},
        language=request.language,
        about_id=request.id,
        key=key,
    )


async def tell_reporter_erased(session: Session, request: SubjectRequest) -> None:
    """Tell the reporter that a report which had not ended was erased, by which rule, and how to contest that."""
    ended = (await held.ruled(session, request.report_id)).retention_until
    values: dict[str, str | date] = {
        "report_id": str(request.report_id),
        "age": str(session.policy.minimum_age_years),
        "contest_by": session.policy.calendar.day(ended),
    }
    template = _TO_REPORTER[Code(request.code or "")]
    await businesses.write_to(session, request.business_id, template, values, about_id=request.id)


async def tell_received(
    session: Session, request: SubjectRequest, key: DataKey, contacts: Contacts
) -> None:
    """Tell the person by when there is a decision; and the reporter, if the report is hidden for it."""
    assert request.due is not None  # noqa: S101 - an objection has it
    values: dict[str, str | date] = {
        "report_id": str(request.report_id),
        "decide_by": session.policy.calendar.day(request.due),
    }
    template = Template.OBJECTION_RECEIVED if request.hides else Template.OBJECTION_RECEIVED_AGAIN
    await _to_person(session, request, key, contacts, template, values)
    if request.hides:
        await _to_reporter(session, request, Template.OBJECTION_MADE, values)


async def tell_kept(
    session: Session, request: SubjectRequest, key: DataKey, reason: str, contacts: Contacts
) -> None:
    """Tell the person that the report stays, why, and what they can do; and the reporter that it is shown again."""
    values = {"report_id": str(request.report_id), "reason_text": reason}
    await _to_person(session, request, key, contacts, Template.OBJECTION_REFUSED, values)
    if request.hides:
        await _to_reporter(session, request, Template.OBJECTION_OVER, values)


async def tell_lapsed(
    session: Session, request: SubjectRequest, key: DataKey, contacts: Contacts
) -> None:
    """Tell the person that the report has ended by itself."""
    await _to_person(session, request, key, contacts, Template.OBJECTION_LAPSED, {})


async def _to_person(
    session: Session,
    request: SubjectRequest,
    key: DataKey,
    contacts: Contacts,
    template: Template,
    values: Mapping[str, str | date],
) -> None:
    await post.to_person(
        session,
        contacts,
        template,
        {"report_id": str(request.report_id), **values},
        language=request.language,
        about_id=request.report_id,
        key=key,
    )


async def _to_reporter(
    session: Session,
    request: SubjectRequest,
    template: Template,
    values: Mapping[str, str | date],
) -> None:
    await businesses.write_to(
        session, request.business_id, template, values, about_id=request.report_id
    )
