"""Requests of the person: to erase a report, which a rule decides at once; to object to it, which a moderator weighs.

The order of locks is the same everywhere: the pending objection, then the report.
"""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from registry.audit import service as audit
from registry.deadlines import months_after
from registry.erasure import letters, rules, store, views
from registry.erasure.letters import place
from registry.erasure.rules import Decision, Kind, State
from registry.erasure.tables import SubjectRequest
from registry.erasure.wire import ErasureRequest, ObjectionRequest, RequestView
from registry.messages import service as messages
from registry.messages.rules import Language
from registry.platform import vault
from registry.platform.actor import SYSTEM, Actor
from registry.platform.errors import Conflict, NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import file_access, held, post, rulings
from registry.reports.held import Held
from registry.reports.rules import FINAL, SHOWN, ErasedFor
from registry.reports.rules import State as ReportState
from registry.subjects.access import Person

#: What a moderator reads of a request for erasure that no rule can decide.
_AGE_UNCLEAR = {
    Language.UK: "Запит на стирання. За однією з відомих дат народження особа тоді була неповнолітньою, але сам запис"
    " цього не доводить.",
    Language.RU: "Запрос на стирание. По одной из известных дат рождения лицо тогда было несовершеннолетним, но сама"
    " запись этого не доказывает.",
    Language.EN: "A request for erasure. By one of the known birth dates the person was under age then, but the report"
    " itself does not show it.",
}


class AskedTooOften(Conflict):
    """The same was asked of one report as often as the registry hears it in twelve months."""

    slug, title = "asked-too-often", "This was asked too often"


class AlreadyObjected(Conflict):
    """There is an objection to the report that waits for a decision."""

    slug, title = "already-objected", "There is an objection to this report already"


class NotToBeObjected(Conflict):
    """The report is not where an objection would change anything."""

    slug, title = "not-to-be-objected", "This report cannot be objected to now"


async def ask(
    session: Session, person: Person, command: ErasureRequest, gone: list[str]
) -> RequestView:
    """Decide on a request to erase a report, by rule and at once. Files to delete after the commit go into `gone`.

    Where the person was too young by some birth date, but the report's own does not settle it, the request is heard as
    an objection: a moderator decides.
    """
    theirs = await _reports_of(session, person)
    one, pending = await _begin(session, theirs, command.report_id, gone)
    report = one.report
    # Two moderators looked at the age when they published again what was erased for it.
    of_age = ErasedFor.UNDER_AGE in await held.contested_erasures(session, report)
    decided = rules.judge(
        ReportState(report.state),
        told=report.notice_delivered_at is not None,
        age=rules.Age.OF_AGE if of_age else _age(session, theirs, one),
    )
    if decided is None:
        return await _object(session, person, one, _AGE_UNCLEAR[Language(person.language)])
    decision, code = decided
    if decision is Decision.REFUSE:
        await _not_too_often(session, person, one, Kind.ERASURE)
    row = _new(session, person, one, Kind.ERASURE)
    row.state, row.code, row.decided_at = rules.STATE_AFTER[decision], code, session.now
    contacts = post.contacts(session, person.proven, one.subject)
    await _keep(session, person.actor, row, f"erasure.{row.state}", {"code": code})
    if decision is Decision.REFUSE:
        await letters.tell_refused(session, row, one.key, contacts)
    else:
        if pending is not None:
            await lapse(session, pending, person.actor)
        await erase(session, row, person.actor, contacts, gone)
    return await views.view(session, row)


async def object_(
    session: Session, person: Person, command: ObjectionRequest, gone: list[str]
) -> RequestView:
    """Object to a report. The first objection hides it from this transaction on, until a moderator has decided."""
    theirs = await _reports_of(session, person)
    one, _ = await _begin(session, theirs, command.report_id, gone)
    return await _object(session, person, one, command.statement)


async def _object(session: Session, person: Person, one: Held, statement: str) -> RequestView:
    # Read once the report is locked: another may have been made while this one waited.
    earlier = await store.list_of_report(session, one.report.id, Kind.OBJECTION)
    if any(row.state == State.PENDING for row in earlier):
        raise AlreadyObjected(
            "Read how it stands: GET /v1/subject/objections. If it is not there, somebody made it who had proven other"
            " contacts of this report: yours is heard once it is decided."
        )
    if ReportState(one.report.state) not in rules.OPEN_TO_OBJECTION:
        raise NotToBeObjected(
            f"The report is {one.report.state}: lookups do not show it. If it has ended, ask for its erasure."
        )
    await _not_too_often(session, person, one, Kind.OBJECTION)
    row = _new(session, person, one, Kind.OBJECTION)
    # Hidden once, and once more by a document of somebody else: else each two contacts could hide it again.
    own = any(person.is_author(other.proven) for other in earlier)
    documents = row.documented and not any(other.documented for other in earlier)
    row.hides = not earlier or (documents and not own)
    row.due = session.policy.ends("objection_days", session.now)
    row.sealed_statement = one.key.seal(place(row, "sealed_statement"), statement)
    contacts = post.contacts(session, person.proven, one.subject)
    row.sealed_contacts = one.key.seal(place(row, "sealed_contacts"), contacts)
    await _keep(session, person.actor, row, "objection.made", {"hides": int(row.hides)})
    if row.hides:
        await rulings.restrict(session, person.actor, one.report.id)
    await letters.tell_received(session, row, one.key, contacts)
    return await views.view(session, row)


async def list_own(session: Session, person: Person, kind: Kind) -> list[RequestView]:
    """The person's requests of one kind, newest first; of what is erased, those made in this session."""
    theirs = {one.report.id: one for one in await _reports_of(session, person)}
    rows = await store.list_own(session, kind, person.session_id, theirs.keys())
    return [
        await views.view(session, row)
        for row in rows
        if row.session_id == person.session_id
        or person.may_act_for(row.proven, theirs[row.report_id].report.record_id)
    ]


async def erase(
    session: Session,
    row: SubjectRequest,
    actor: Actor,
    contacts: list[tuple[str, str]],
    gone: list[str],
) -> None:
    """Carry out a request that was granted: the report, and what was said in requests about it, goes at once."""
    ended = (await held.ruled(session, row.report_id)).state in FINAL
    gone += await rulings.erase(
        session, actor, row.report_id, None if ended else ErasedFor(row.code or "")
    )
    row.data_key_id = None
    for kind in Kind:
        for one in await store.list_of_report(session, row.report_id, kind):
            one.sealed_statement = one.sealed_reason = one.sealed_contacts = None
    await letters.tell_erased(session, row, contacts)
    if not ended:
        await letters.tell_reporter_erased(session, row)
    await session.flush()


async def lapse(session: Session, row: SubjectRequest, actor: Actor) -> None:
    """Close an objection (locked) whose report has ended, or ends now."""
    row.state, row.decided_at, row.version = State.LAPSED, session.now, row.version + 1
    _record(session, actor, row, "objection.lapsed", {})
    await session.flush()


async def follow(session: Session, request_id: UUID) -> bool:
    """Close an objection whose report ended by itself, and tell the person; returns whether it did."""
    row = await store.lock(session, request_id)
    ended = (await held.ruled(session, row.report_id)).state in FINAL
    if row.state != State.PENDING or not ended:
        return False
    key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)
    if key and row.sealed_contacts:
        contacts = await letters.contacts_of(session, row, key)
        await letters.tell_lapsed(session, row, key, contacts)
    await lapse(session, row, SYSTEM)
    return True


async def forget_letters(session: Session) -> int:
    """Destroy the keys of letters that told of an erasure, once they have arrived or failed; returns how many."""
    before, done = session.now - timedelta(hours=session.policy.bounce_hours), 0
    for row in await store.list_written(session, before):
        written = await messages.list_about(session, row.id)
        if all(one.settled_at is not None for one in written) and row.letter_key_id:
            await messages.forget(session, row.id)
            await vault.destroy(session, row.letter_key_id)
            row.letter_key_id, done = None, done + 1
    return done


async def _reports_of(session: Session, person: Person) -> list[Held]:
    return await file_access.reports_open_to(session, person.proven, person.records)


async def _not_too_often(session: Session, person: Person, one: Held, kind: Kind) -> None:
    year = months_after(session.now.date(), -12)
    asked = [
        row
        for row in await store.list_of_report(session, one.report.id, kind)
        if row.at.date() >= year and person.is_author(row.proven)
    ]
    if len(asked) >= rules.MOST_A_YEAR[kind]:
        raise AskedTooOften(
            f"{rules.MOST_A_YEAR[kind]} times within a year. Go to the supervisory authority or to court."
        )


async def _begin(
    session: Session, theirs: Collection[Held], report_id: UUID, gone: list[str]
) -> tuple[Held, SubjectRequest | None]:
    """The person's report, locked and up to date, and the objection to it that waits; raises `NotFound`."""
    one = next((h for h in theirs if h.report.id == report_id), None)
    if one is None:
        raise NotFound
    pending = await store.lock_pending(session, report_id)
    gone += await rulings.catch_up(session, report_id)
    if one.report.state == ReportState.ERASED:
        raise NotFound
    return one, pending


def _age(session: Session, theirs: Collection[Held], one: Held) -> rules.Age:
    """Answer how old the person was when it happened, by the birth dates of all reports in their file."""
    others = [h for h in theirs if h is not one]
    shown = [h for h in others if ReportState(h.report.state) in SHOWN]
    known = rules.BirthDates(
        own=_birth_dates([one]),
        published=_birth_dates(shown),
        unpublished=_birth_dates([h for h in others if h not in shown]),
    )
    return rules.age_of(known, one.content.incident_date, session.policy.minimum_age_years)


def _birth_dates(reports: Collection[Held]) -> frozenset[date]:
    """Return the birth dates that these reports state of a person, also inside a tax id."""
    subjects = [h.subject for h in reports if h.subject.kind == "person"]
    return frozenset(day for s in subjects for day in (s.birth_date, s.tax_birth_date()) if day)


def _new(session: Session, person: Person, one: Held, kind: Kind) -> SubjectRequest:
    return SubjectRequest(
        id=uuid7(),
        kind=kind,
        report_id=one.report.id,
        business_id=one.report.business_id,
        session_id=person.session_id,
        proven=list(person.proven),
        documented=one.report.record_id in (person.records or ()),
        state=State.PENDING,
        hides=False,
        at=session.now,
        version=1,
        policy=session.policy.stamp,
        data_key_id=one.key.id,
        language=person.language,
    )


async def _keep(
    session: Session,
    actor: Actor,
    row: SubjectRequest,
    action: str,
    details: dict[str, str | int | None],
) -> None:
    store.add(session, row)
    await session.flush()
    _record(session, actor, row, action, details)


def _record(
    session: Session,
    actor: Actor,
    row: SubjectRequest,
    action: str,
    details: dict[str, str | int | None],
) -> None:
    audit.record(
        session,
        actor,
        action,
        "subject_request",
        row.id,
        business_id=row.business_id,
        details={"report": str(row.report_id), **details},
    )
