"""Disputes: the person opens and appeals, the reporter answers."""

from uuid import UUID

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.disputes import letters, lifecycle, rules, store, views
from registry.disputes.letters import place
from registry.disputes.rules import Event, Ruling, State
from registry.disputes.tables import Dispute
from registry.disputes.wire import DisputeOpening, DisputeView
from registry.identities import service as identities
from registry.platform.actor import SYSTEM
from registry.platform.errors import Conflict, NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import held, rulings
from registry.reports.held import Held
from registry.reports.rules import ENDED
from registry.reports.rules import State as ReportState
from registry.subjects.access import Person


class AlreadyDisputed(Conflict):
    """There is an open dispute of the report."""

    slug, title = "already-disputed", "This report is being disputed already"


class NotToBeDisputed(Conflict):
    """The report is not where a dispute would change anything."""

    slug, title = "not-to-be-disputed", "This report cannot be disputed now"


#: States in which a report can be disputed: the person is being told of it, or lookups show it.
DISPUTABLE = frozenset(
    {ReportState.NOTICE, ReportState.ACTIVE, ReportState.UPHELD, ReportState.AMENDED}
)


async def reports_of(session: Session, person: Person) -> list[Held]:
    """The reports about the person who calls, newest first."""
    records = await identities.records_under(session, person.proven)
    return await held.of_records(session, records)


async def open_(session: Session, person: Person, command: DisputeOpening) -> DisputeView:
    """Dispute a report: lookups do not show it from this transaction on, and its reporter must answer."""
    theirs = await reports_of(session, person)
    one = next((h for h in theirs if h.report.id == command.report_id), None)
    if one is None:
        raise NotFound
    known = await store.list_of_reports(session, [h.report.id for h in theirs])
    mine = [dispute for dispute in known if dispute.report_id == command.report_id]
    if any(dispute.state not in (State.CLOSED, State.DECIDED) for dispute in mine):
        raise AlreadyDisputed("Read how it stands: GET /v1/subject/disputes.")
    if mine:
        raise NotToBeDisputed(
            "This report was disputed before and decided upon. Appeal the ruling, if its time is not over."
        )
    if ReportState(one.report.state) not in DISPUTABLE:
        raise NotToBeDisputed(f"The report is {one.report.state}: lookups do not show it.")
    dispute = Dispute(
        id=uuid7(),
        report_id=command.report_id,
        business_id=one.report.business_id,
        ground=command.ground,
        state=State.OPENED,
        state_since=session.now,
        opened_at=session.now,
        version=1,
        round=1,
        data_key_id=one.key.id,
        language=person.language,
    )
    open_cases = [d.case_id for d in known if d.state != State.CLOSED]
    dispute.case_id = open_cases[0] if open_cases else dispute.id
    dispute.sealed_statement = one.key.seal(place(dispute, "sealed_statement"), command.statement)
    contacts = letters.contacts(session, person, one)
    dispute.sealed_contacts = one.key.seal(place(dispute, "sealed_contacts"), contacts)
    lifecycle.set_clock(session, dispute)
    store.add(session, dispute)
    await session.flush()
    audit.record(
        session,
        person.actor,
        "dispute.opened",
        "dispute",
        dispute.id,
        business_id=dispute.business_id,
        details={"ground": command.ground, "report": str(command.report_id)},
    )
    await rulings.suspend(session, person.actor, command.report_id)
    await lifecycle.advance(session, dispute)
    return await views.view(session, dispute)


async def list_own(session: Session, person: Person) -> list[DisputeView]:
    """The person's disputes, newest first."""
    theirs = await reports_of(session, person)
    rows = await store.list_of_reports(session, [h.report.id for h in theirs])
    return [await views.view(session, row) for row in rows]


async def appeal(session: Session, person: Person, dispute_id: UUID, statement: str) -> DisputeView:
    """Appeal a ruling, once: the report is hidden again, and another moderator decides."""
    dispute = await _own(session, person, dispute_id)
    await lifecycle.advance(session, dispute)
    if dispute.round > 1 or dispute.ruling == Ruling.REMOVE:
        raise lifecycle.DisputeNotOpenForThat("There is nothing more to appeal.")
    key = await letters.key_of(session, dispute)
    if key is None:
        raise NotFound
    dispute.sealed_appeal = key.seal(place(dispute, "sealed_appeal"), statement)
    if rules.next_state(State(dispute.state), Event.APPEAL) is not None:
        dispute.round = 2
        await rulings.suspend_again(session, person.actor, dispute.report_id)
    await lifecycle.apply(session, dispute, Event.APPEAL, person.actor)
    return await views.view(session, dispute)


async def _own(session: Session, person: Person, dispute_id: UUID) -> Dispute:
    dispute = await store.lock(session, dispute_id)
    if all(h.report.id != dispute.report_id for h in await reports_of(session, person)):
        raise NotFound
    return dispute


async def list_of_reporter(
    session: Session, member: Member, *, before: UUID | None, limit: int
) -> list[DisputeView]:
    """Disputes of the business's reports, newest first."""
    rows = await store.list_of_business(session, member.business_id, before=before, limit=limit)
    return [await views.view(session, row) for row in rows]


async def answer(session: Session, member: Member, dispute_id: UUID, statement: str) -> DisputeView:
    """The reporter answers; a moderator takes the case up."""
    dispute = await store.lock(session, dispute_id)
    if dispute.business_id != member.business_id:
        raise NotFound
    await lifecycle.advance(session, dispute)
    key = await letters.key_of(session, dispute)
    if key is None:
        raise NotFound
    dispute.sealed_answer = key.seal(place(dispute, "sealed_answer"), statement)
    dispute.answered_at = session.now
    if dispute.state == State.AWAITING_REPORTER:
        await rulings.answered(session, dispute.report_id)
    await lifecycle.apply(session, dispute, Event.ANSWERED, member.actor)
    return await views.view(session, dispute)


async def follow(session: Session, dispute_id: UUID) -> bool:
    """Close a dispute whose report ended by itself; returns whether it did."""
    dispute = await store.lock(session, dispute_id)
    state = (await held.ruled(session, dispute.report_id)).state
    ended = state in ENDED or state is ReportState.ERASED
    if not ended or dispute.state == State.CLOSED or dispute.ruling == Ruling.REMOVE:
        return False
    await lifecycle.apply(session, dispute, Event.LAPSED, SYSTEM, details={"report": state})
    return True
