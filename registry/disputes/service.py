"""Disputes: the person opens and appeals, the reporter answers."""

from collections.abc import Sequence
from uuid import UUID

from registry.audit import service as audit
from registry.businesses.access import Member
from registry.deadlines import months_after
from registry.disputes import letters, lifecycle, rules, statements, store, views
from registry.disputes.letters import place
from registry.disputes.rules import Event, Ground, Ruling, Side, State
from registry.disputes.tables import Dispute
from registry.disputes.wire import (
    DisputeOpening,
    DisputeView,
    SettlementClaim,
    SettlementResponse,
)
from registry.platform.actor import SYSTEM
from registry.platform.errors import Conflict, NotFound
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import file_access, held, post, rulings
from registry.reports.held import Held
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
    """The reports that the proofs of the person who calls open, newest first."""
    return await file_access.reports_open_to(session, person.proven, person.records)


async def open_(session: Session, person: Person, command: DisputeOpening) -> DisputeView:
    """Dispute a report. The first dispute hides it from this transaction on; a further one is refused by rule, until
    there is new evidence.
    """
    return await _open(session, person, command.report_id, command.ground, command.statement)


async def claim(session: Session, person: Person, command: SettlementClaim) -> DisputeView:
    """Say that it is paid: a dispute that the reporter's silence confirms. An earlier ruling may still be appealed."""
    return await _open(
        session, person, command.report_id, Ground.SETTLED, command.statement, settlement=True
    )


async def _open(
    session: Session,
    person: Person,
    report_id: UUID,
    ground: Ground,
    statement: str,
    *,
    settlement: bool = False,
) -> DisputeView:
    statements.check_length(statement)
    theirs = await reports_of(session, person)
    one = next((h for h in theirs if h.report.id == report_id), None)
    if one is None:
        raise NotFound
    await held.lock(session, report_id)
    known = await store.list_of_reports(session, [h.report.id for h in theirs])
    own = [d for d in known if person.is_author(d.proven)]
    others = [d for d in known if d.report_id == report_id and d not in own]
    earlier = [d for d in own if d.report_id == report_id]
    _may_open(session, one, earlier, others, settlement=settlement)
    dispute = _new(session, person, one, own, ground, statement)
    dispute.repeat, dispute.settlement = bool(earlier), settlement
    # Hidden once, and once more by a document: else each two contacts of a report could hide it again.
    once_more = dispute.documented and not any(d.documented for d in others)
    dispute.quiet = bool(others) and not earlier and not once_more
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
        details={"ground": ground, "report": str(report_id), "settlement": int(settlement)},
    )
    await rulings.disputed(session, report_id)
    if dispute.hides:
        await lifecycle.hide(session, person.actor, dispute, answered=settlement)
    await lifecycle.advance(session, dispute)
    return await views.view(session, dispute, Side.PERSON)


def _new(
    session: Session,
    person: Person,
    one: Held,
    known: Sequence[Dispute],
    ground: Ground,
    statement: str,
) -> Dispute:
    """A dispute of a report, in the case of the person's other open ones."""
    dispute = Dispute(
        id=uuid7(),
        report_id=one.report.id,
        business_id=one.report.business_id,
        ground=ground,
        state=State.OPENED,
        state_since=session.now,
        opened_at=session.now,
        version=1,
        round=1,
        data_key_id=one.key.id,
        language=person.language,
        proven=list(person.proven),
        documented=one.report.record_id in (person.records or ()),
    )
    open_cases = [d.case_id for d in known if d.state != State.CLOSED]
    dispute.case_id = open_cases[0] if open_cases else dispute.id
    dispute.sealed_statement = one.key.seal(place(dispute, "sealed_statement"), statement)
    contacts = post.contacts(session, person.proven, one.subject)
    dispute.sealed_contacts = one.key.seal(place(dispute, "sealed_contacts"), contacts)
    return dispute


def _may_act_for(person: Person, dispute: Dispute, theirs: Sequence[Held]) -> bool:
    record = next((h.report.record_id for h in theirs if h.report.id == dispute.report_id), None)
    return person.may_act_for(dispute.proven, record)


def _may_open(
    session: Session,
    one: Held,
    earlier: Sequence[Dispute],
    others: Sequence[Dispute],
    *,
    settlement: bool,
) -> None:
    """Raise why the person cannot dispute the report now, if they cannot.

    `earlier` are the person's own disputes of it. `others` are of somebody who had proven other contacts: what is heard
    of them takes nothing from the person.
    """
    if any(dispute.state not in (State.CLOSED, State.DECIDED) for dispute in earlier):
        raise AlreadyDisputed("Read how it stands: GET /v1/subject/disputes.")
    hidden_for_others = one.report.state == ReportState.CONTESTED and any(
        dispute.state != State.CLOSED for dispute in others
    )
    if ReportState(one.report.state) not in DISPUTABLE and not hidden_for_others:
        raise NotToBeDisputed(f"The report is {one.report.state}: lookups do not show it.")
    year = months_after(session.now.date(), -12)
    if len([d for d in earlier if d.opened_at.date() > year]) >= rules.MOST_A_YEAR:
        raise NotToBeDisputed(
            f"It was disputed {rules.MOST_A_YEAR} times within a year. Go to the supervisory authority or to court."
        )
    if not settlement and any(dispute.state == State.DECIDED for dispute in earlier):
        raise NotToBeDisputed(
            "There is a ruling whose time to appeal is not over: appeal it, or, if it was refused"
            " as nothing new, add a file to it."
        )


async def list_own(session: Session, person: Person) -> list[DisputeView]:
    """The person's disputes, newest first."""
    theirs = await reports_of(session, person)
    rows = await store.list_of_reports(session, [h.report.id for h in theirs])
    return [
        await views.view(session, row, Side.PERSON)
        for row in rows
        if _may_act_for(person, row, theirs)
    ]


async def appeal(session: Session, person: Person, dispute_id: UUID, statement: str) -> DisputeView:
    """Appeal a ruling, once: the report is hidden again, and another moderator decides."""
    dispute = await lock_own(session, person, dispute_id)
    await lifecycle.advance(session, dispute)
    if dispute.round > 1 or dispute.ruling == Ruling.REMOVE:
        raise lifecycle.DisputeNotOpenForThat("There is nothing more to appeal.")
    key = await letters.key_of(session, dispute)
    if key is None:
        raise NotFound
    dispute.sealed_appeal = key.seal(place(dispute, "sealed_appeal"), statement)
    if rules.next_state(State(dispute.state), Event.APPEAL) is not None:
        dispute.round = 2
        await rulings.disputed(session, dispute.report_id)
        if dispute.hides:
            await lifecycle.hide(session, person.actor, dispute)
    await lifecycle.apply(session, dispute, Event.APPEAL, person.actor)
    return await views.view(session, dispute, Side.PERSON)


async def view_own(session: Session, person: Person, dispute_id: UUID) -> DisputeView:
    """One of the person's disputes; raises `NotFound` for anyone else's."""
    return await views.view(session, await lock_own(session, person, dispute_id), Side.PERSON)


async def lock_own(session: Session, person: Person, dispute_id: UUID) -> Dispute:
    """One of the person's disputes, locked; raises `NotFound` for anyone else's."""
    dispute = await store.lock(session, dispute_id)
    theirs = await reports_of(session, person)
    opened = any(h.report.id == dispute.report_id for h in theirs)
    if not opened or not _may_act_for(person, dispute, theirs):
        raise NotFound
    return dispute


async def list_of_reporter(
    session: Session, member: Member, *, before: UUID | None, limit: int
) -> list[DisputeView]:
    """Disputes of the business's reports, newest first."""
    rows = await store.list_of_business(session, member.business_id, before=before, limit=limit)
    return [await views.view(session, row, Side.REPORTER) for row in rows]


async def view_of_reporter(session: Session, member: Member, dispute_id: UUID) -> DisputeView:
    """One dispute of the business's reports; raises `NotFound` for anyone else's."""
    dispute = await lock_of_reporter(session, member, dispute_id)
    return await views.view(session, dispute, Side.REPORTER)


async def lock_of_reporter(session: Session, member: Member, dispute_id: UUID) -> Dispute:
    """One dispute of the business's reports, locked; raises `NotFound` for anyone else's."""
    dispute = await store.lock(session, dispute_id)
    if dispute.business_id != member.business_id:
        raise NotFound
    return dispute


async def answer(session: Session, member: Member, dispute_id: UUID, statement: str) -> DisputeView:
    """The reporter answers; a moderator takes the case up."""
    dispute = await lock_of_reporter(session, member, dispute_id)
    await lifecycle.advance(session, dispute)
    key = await letters.key_of(session, dispute)
    if key is None:
        raise NotFound
    dispute.sealed_answer = key.seal(place(dispute, "sealed_answer"), statement)
    dispute.answered_at = session.now
    if dispute.state == State.AWAITING_REPORTER and dispute.hides:
        await rulings.answered(session, dispute.report_id)
    await lifecycle.apply(session, dispute, Event.ANSWERED, member.actor)
    return await views.view(session, dispute, Side.REPORTER)


async def answer_claim(
    session: Session, member: Member, report_id: UUID, command: SettlementResponse
) -> DisputeView:
    """The reporter says whether it is paid: the report ends, or a moderator takes the case up."""
    if not command.confirmed and command.statement is None:
        raise invalid(
            [Fault("/statement", "is needed to deny that it is paid: say what is missing")]
        )
    claims = await store.list_of_reports(session, [report_id])
    theirs = [d for d in claims if d.settlement and d.business_id == member.business_id]
    theirs.sort(key=lambda claim: claim.state != State.AWAITING_REPORTER)
    if not theirs:
        raise NotFound
    if not command.confirmed:
        return await answer(session, member, theirs[0].id, command.statement or "")
    dispute = await store.lock(session, theirs[0].id)
    await lifecycle.advance(session, dispute)
    await lifecycle.apply(session, dispute, Event.CONFIRMED, member.actor)
    return await views.view(session, dispute, Side.REPORTER)


async def follow(session: Session, dispute_id: UUID) -> bool:
    """Close a dispute whose report ended by itself; returns whether it did."""
    dispute = await store.lock(session, dispute_id)
    # What its own clock says comes first: a silence that ended the report is told as that.
    state = dispute.state
    await lifecycle.advance(session, dispute)
    if dispute.state != state:
        return True
    if dispute.state == State.CLOSED or dispute.ruling == Ruling.REMOVE:
        return False
    if not await lifecycle.report_ended(session, dispute):
        return False
    await lifecycle.apply(session, dispute, Event.LAPSED, SYSTEM)
    return True
