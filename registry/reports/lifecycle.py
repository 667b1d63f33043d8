"""The life of a report: applying one event of the table, and everything that must change with it.

Every change of state, by whomever, goes through `apply`: it alone writes `state`, sets the next clock,
shows or hides the facts, tells the person, buries and erases, and audits.
"""

from base64 import b64encode
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from registry.audit import service as audit
from registry.businesses import service as businesses
from registry.deadlines import months_after
from registry.identities import service as identities
from registry.identities.rules import FactCodes
from registry.lookups import service as lookups
from registry.matching.subject import Subject
from registry.messages import service as messages
from registry.platform import vault
from registry.platform.actor import SYSTEM, Actor
from registry.platform.db import as_system
from registry.platform.errors import Conflict
from registry.platform.jobs import wake
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import corrections, letters, rules, store
from registry.reports.money import amount_band
from registry.reports.rules import Category, Event, State
from registry.reports.tables import Report
from registry.reports.wire import ReportSubmission

CONTENT = "reports.sealed_content"


class IllegalTransition(Conflict):
    """The report's state does not allow it."""

    slug, title = "illegal-transition", "The report's state does not allow this"


async def data_key(session: Session, report: Report) -> DataKey:
    """The report's data key; raises `IllegalTransition` for an erased report."""
    key = report.data_key_id and await vault.fetch(session, session.keyring, report.data_key_id)
    if not key:
        raise IllegalTransition("The report was erased; nothing is left of it.")
    return key


def content_of(report: Report, key: DataKey) -> ReportSubmission | None:
    """What the reporter said; None once erased."""
    return (
        None
        if report.sealed_content is None
        else key.open(CONTENT, report.sealed_content, ReportSubmission)
    )


async def subject_of(session: Session, report: Report, key: DataKey) -> Subject:
    """Whom the report is about, in normal form."""
    assert report.record_id is not None  # noqa: S101 - it has one until it is erased
    return await identities.subject_of(session, report.record_id, key)


async def apply(
    session: Session,
    report: Report,
    event: Event,
    actor: Actor,
    *,
    at: datetime | None = None,
    reason: str | None = None,
    details: dict[str, str | int | None] | None = None,
    quietly: bool = False,
) -> list[str]:
    """Apply an event to a locked report, then whatever the clock brings at once.

    `at` is when it takes effect (default: now; a deadline that passed unseen takes effect when it was due).
    `quietly`: whoever calls tells those concerned. Raises `IllegalTransition`, having changed nothing. Returns the
    names of evidence files to delete after the commit, which is empty unless the report was erased.
    """
    before = State(report.state)
    after = rules.next_state(before, event)
    if after is None:
        raise IllegalTransition(f"A report that is {before} cannot take the step {event}.")
    key = None if after is State.ERASED else await data_key(session, report)
    report.version += 1
    if after is State.SCREENING and await businesses.on_probation(session, report.business_id):
        report.approvals_needed = rules.APPROVALS_OF_DOUBTFUL
    if after is not before:
        report.state, report.state_since = after, at or session.now
    audit.record(
        session,
        actor,
        f"report.{event}",
        "report",
        report.id,
        business_id=report.business_id,
        details={"from": before, "to": after, **(details or {})},
        reason=(key, reason) if key and reason else None,
    )
    blobs = await _consequences(session, report, before, after, key)
    set_clock(session, report)
    await session.flush()
    # While an objection restricts it, nobody sees it yet: `rulings.lift` tells them then.
    hidden = event is Event.NOTICE_ENDED and report.restricted_at is not None
    if key and not quietly and not hidden and event in letters.TELLS:
        subject = await subject_of(session, report, key)
        await letters.tell(session, report, event, key, subject)
    return blobs + await advance(session, report)


async def advance(session: Session, report: Report) -> list[str]:
    """Apply every change whose time has come, to a fixed point: a period of nought needs no job."""
    if report.due_at is None or report.due_event is None or report.due_at > session.now:
        return []
    return await apply(session, report, Event(report.due_event), SYSTEM, at=report.due_at)


def set_clock(session: Session, report: Report) -> None:
    """Compute the next deadline once, for the state that begins, by the policy of now."""
    policy = session.policy
    change = rules.due(
        State(report.state),
        since=report.state_since,
        ends=policy.ends,
        told_until=report.visible_from if report.notice_delivered_at else None,
        retention_until=report.retention_until,
        held=report.notice_held,
        brought_back=report.reinsertion_of is not None,
        answered=report.answered_at is not None,
    )
    report.due_event, report.due_at = change or (None, None)
    report.policy = policy.stamp


def retention_end(session: Session, category: Category, report: Report) -> datetime:
    """When the category's retention ends: counted from the incident, at midnight UTC."""
    last = months_after(report.incident_on, session.policy.retention_months[category])
    return datetime.combine(last, time(), UTC)


def write(session: Session, report: Report, key: DataKey, content: ReportSubmission) -> None:
    """Put what a report says into its row: sealed, and as the codes that lookups will show."""
    money = content.amount
    report.category = content.category
    report.incident_on = content.incident_date
    report.amount_band = amount_band(money.amount, money.currency) if money else None
    report.currency = money.currency if money else None
    report.contacts_count = len(content.contacts)
    report.contract_index = contract_index(session, report.business_id, content.contract_reference)
    report.sealed_content = key.seal(CONTENT, content)
    report.retention_until = retention_end(session, content.category, report)


async def _consequences(
    session: Session, report: Report, before: State, after: State, key: DataKey | None
) -> list[str]:
    if before is State.SUBMITTED and after is State.SCREENING:
        assert key is not None  # noqa: S101 - only erasure has none
        assert report.record_id is not None  # noqa: S101 - it has one until it is erased
        await identities.index(session, report.record_id, await subject_of(session, report, key))
    if after is State.NOTICE:
        assert key is not None  # noqa: S101 - only erasure has none
        await _give_notice(session, report, key)
    if after is State.CONTESTED and report.notice_delivered_at is None:
        # Whoever disputes has been told.
        _count_as_told(session, report)
    if after in rules.SHOWN:
        await show(session, report)
    elif before in rules.SHOWN or before is State.CONTESTED:
        await identities.hide(session, report.id)
    if after in rules.CORRECTED and before is not after:
        await corrections.send(session, report)
    if after in rules.ENDED:
        report.ended_at = report.state_since
        if before is not State.SUBMITTED:
            assert key is not None  # noqa: S101 - only erasure has none
            await _bury(session, report, await subject_of(session, report, key), key)
    return await _erase(session, report) if after is State.ERASED else []


def _promised(report: Report) -> timedelta:
    """The notice days that the person was promised, whatever the policy says by now."""
    assert report.notice_days is not None  # noqa: S101 - fixed when notice began
    return timedelta(days=report.notice_days)


async def show(session: Session, report: Report) -> None:
    """Let lookups see the report's facts, unless they are restricted."""
    if report.restricted_at is not None:
        return
    assert report.record_id is not None  # noqa: S101 - it has one until it is erased
    state = State(report.state)
    codes = FactCodes(
        category=report.category,
        month=f"{report.incident_on:%Y-%m}",
        amount_band=report.amount_band,
        currency=report.currency,
        evidence_grade=rules.evidence_grade(state, report.contacts_count),
        state=state,
        since=report.visible_from or report.state_since,
        until=report.retention_until,
        reply=b64encode(report.sealed_reply).decode() if report.sealed_reply else None,
    )
    await identities.show(
        session,
        report_id=report.id,
        record_id=report.record_id,
        business_id=report.business_id,
        codes=codes,
    )


async def person_told(
    session: Session, report: Report, *, written_at: datetime, told_at: datetime
) -> list[str]:
    """Proof of notice arrived: the notice days count from `told_at`. Later proofs change nothing.

    Nor do proofs of what was written before the notice began anew: it told of something else, or somebody else.
    """
    if report.state != State.NOTICE or report.notice_delivered_at is not None:
        return []
    if written_at < report.state_since:
        return []
    report.notice_delivered_at = told_at
    report.visible_from = told_at + _promised(report)
    report.version += 1
    audit.record(
        session, SYSTEM, "report.notice_proven", "report", report.id, business_id=report.business_id
    )
    set_clock(session, report)
    await session.flush()
    return await advance(session, report)


async def notify_anew(session: Session, report: Report, *, told: bool = False) -> None:
    """Begin the notice of a report anew: its days, and the time within which somebody must be told.

    `told`: the person knows of it already, and may have seen to it that no letter arrives.
    """
    report.state_since = session.now
    report.version += 1
    audit.record(
        session, SYSTEM, "report.notice_anew", "report", report.id, business_id=report.business_id
    )
    await _give_notice(session, report, await data_key(session, report))
    if told:
        _count_as_told(session, report)
    set_clock(session, report)
    await session.flush()


def _count_as_told(session: Session, report: Report) -> None:
    report.notice_delivered_at = session.now
    report.visible_from = session.now + _promised(report)


async def _give_notice(session: Session, report: Report, key: DataKey) -> None:
    report.notice_delivered_at, report.visible_from = None, None
    report.notice_days = session.policy.notice_days
    await letters.give_notice(session, report, key, await subject_of(session, report, key))


def tombstone_values(
    session: Session, business_id: UUID, subject: Subject, reference: str
) -> list[bytes]:
    """Keyed over business, identifier and contract reference: one value an identifier."""
    contract = f"{business_id}|{' '.join(reference.casefold().split())}"
    strong = identities.strong_identifiers(subject)
    return [
        session.keyring.digest("tombstone", f"{contract}|{identifier}") for identifier in strong
    ]


def contract_index(session: Session, business_id: UUID, reference: str) -> bytes:
    """Keyed over business and contract reference."""
    return session.keyring.digest(
        "contract", f"{business_id}|{' '.join(reference.casefold().split())}"
    )


async def _bury(session: Session, report: Report, subject: Subject, key: DataKey) -> None:
    content = content_of(report, key)
    assert content is not None  # noqa: S101 - it has its content until it is erased
    values = tombstone_values(session, report.business_id, subject, content.contract_reference)
    await store.bury(
        session,
        [
            {
                "value": value,
                "report_id": report.id,
                "business_id": report.business_id,
                "key_version": session.keyring.current,
                "until": report.retention_until,
            }
            for value in values
        ],
    )


async def _erase(session: Session, report: Report) -> list[str]:
    """Destroy key, record, words, files, messages, and what receipts told of a report; codes and the tombstone stay."""
    record_id, key_id = report.record_id, report.data_key_id
    async with as_system(session):
        blobs = await store.empty(session, report)
        await messages.forget(session, report.id)
        await lookups.forget(session, report.id)
        if record_id is not None:
            await identities.erase(session, record_id)
        if key_id is not None:
            await vault.destroy(session, key_id)
        await store.note_erasure(session, report.id)
        await wake(session)
    return blobs


async def erase_again(session: Session, report: Report) -> list[str]:
    """Erase what had been erased before an older backup came back, from whatever state that has it in.

    No event of the table: nothing happens to the report, what had happened is done again. Nobody is told a second time.
    """
    key = await data_key(session, report)
    before = State(report.state)
    await identities.hide(session, report.id)
    if before is not State.SUBMITTED:
        await _bury(session, report, await subject_of(session, report, key), key)
    report.state, report.state_since = State.ERASED, session.now
    report.ended_at = report.ended_at or session.now
    report.version += 1
    details: dict[str, str | int | None] = {"from": before, "to": State.ERASED}
    audit.record(
        session,
        SYSTEM,
        "report.erased_again",
        "report",
        report.id,
        business_id=report.business_id,
        details=details,
    )
    blobs = await _erase(session, report)
    set_clock(session, report)
    await session.flush()
    return blobs
