"""Detachments: whoever holds a number that was someone else's is rid of that person's reports, and learns nothing.

One proof is enough, for nothing is revealed: the identifier is taken from the records at once, the reports stay with
their person. A moderator looks at it afterwards, and may take it back.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from registry.audit import service as audit
from registry.deadlines import months_after
from registry.disputes import rules, store
from registry.disputes.lifecycle import DisputeAlreadyDecided
from registry.disputes.rules import Detached, Ground
from registry.disputes.tables import Detachment
from registry.disputes.wire import (
    DetachmentCase,
    DetachmentDecision,
    DetachmentRequest,
    DetachmentView,
)
from registry.identities import service as identities
from registry.messages import operator
from registry.messages.rules import Template
from registry.platform import vault
from registry.platform.actor import SYSTEM
from registry.platform.db import lock_values
from registry.platform.errors import Conflict
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.reports import held, letters, post, rulings
from registry.reports.held import Held
from registry.staff.access import Staff, refuse_conflict
from registry.subjects.access import Person


class AlreadyDetached(Conflict):
    """An identifier can be detached once in so many months, unless a moderator agreed: what comes later is new."""

    slug, title = "already-detached", "This identifier was detached already"


async def detach(session: Session, person: Person, command: DetachmentRequest) -> DetachmentView:
    """Take the identifier that was proven first from whoever is reported under it, from this transaction on."""
    if command.ground not in rules.OF_ONE:
        allowed = ", ".join(sorted(rules.OF_ONE))
        raise invalid([Fault("/ground", f"must be one of: {allowed}")])
    value = person.proven[0]
    await _wait_turn(session, value)
    since, today = _barred_since(session), session.now.date()
    # What was detached is told apart by its day.
    if await store.any_detachment(session, value, since=since, today=today):
        raise AlreadyDetached(
            "It holds until a moderator has looked. One that was taken back can be said again after "
            f"{session.policy.detachment_again_months} months, one that was confirmed from the next day on."
        )
    known = await held.of_records(session, await identities.holders_of(session, [value]))
    for one in known:  # before the identities are locked, as everywhere
        await held.lock(session, one.report.id)
    records = await identities.detach(session, value, session.now.date())
    for one in await held.of_records(session, records):
        await rulings.doubt_notice(session, one.report.id)
    key = await vault.create(session, session.keyring, owner=None)
    row = Detachment(
        id=uuid7(),
        index_value=value,
        ground=command.ground,
        state=Detached.PENDING,
        records=records,
        data_key_id=key.id,
        language=person.language,
        at=session.now,
        due=session.policy.ends("detachment_days", session.now),
        version=1,
    )
    row.sealed_contacts = key.seal(_place(row), _contacts(session, value, known))
    store.add(session, row)
    await session.flush()
    details: dict[str, str | int | None] = {"ground": command.ground, "records": len(records)}
    audit.record(
        session, person.actor, "identifier.detached", "detachment", row.id, details=details
    )
    return DetachmentView(id=row.id, state=Detached.PENDING, at=row.at, due=row.due)


async def queue(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """Detachments that nobody has looked at, earliest due first."""
    return await store.list_detachments(session, after=after, limit=limit)


async def case(session: Session, moderator: Staff, detachment_id: UUID) -> DetachmentCase:
    """All that is needed to decide; that it was read is audited."""
    row = await store.lock_detachment(session, detachment_id)
    await _check(session, moderator, row)
    audit.record(session, moderator.actor, "identifier.case_read", "detachment", row.id)
    return await _case(session, row)


async def decide(
    session: Session, moderator: Staff, detachment_id: UUID, command: DetachmentDecision
) -> DetachmentCase:
    """Confirm a detachment, or take it back."""
    row = await store.lock_detachment(session, detachment_id)
    await _wait_turn(session, row.index_value)
    reports = await _check(session, moderator, row)
    if row.state != Detached.PENDING or command.version != row.version:
        raise DisputeAlreadyDecided(f"The detachment is {row.state} now.")
    for one in reports:
        await held.lock(session, one.report.id)
    reports = await _check(session, moderator, row)  # as they are now that nobody edits them
    restores = command.decision == "restore"
    if restores:
        await identities.attach(session, row.index_value, row.records)
    row.state = Detached.RESTORED if restores else Detached.CONFIRMED
    row.decided_by, row.decided_at, row.version = moderator.id, session.now, row.version + 1
    await session.flush()
    lost = await identities.detached_of(session, row.records)
    for one in reports:
        values = lost.get(one.report.record_id or one.report.id, {})
        further = await store.any_pending(session, values, row.id)
        await rulings.settle_notice(session, one.report.id, anew=restores, held=further)
        left = any(value not in values for value, _ in post.addresses(session, one.subject))
        if not (restores or left):
            await rulings.remove_untold(session, moderator.actor, one.report.id, command.reason)
    if reports or not restores:  # else there is nothing left that it could be found by
        await _tell(session, row, command.reason)
    audit.record(
        session,
        moderator.actor,
        f"identifier.{row.state}",
        "detachment",
        row.id,
        reason=(reports[0].key, command.reason) if reports else None,
    )
    return await _case(session, row)


async def escalate(session: Session, limit: int) -> int:
    """Tell the operator, once of each, what nobody has looked at in time; returns of how many."""
    late = await store.lock_late(session, limit)
    for row in late:
        row.overdue_at = session.now
        key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)
        if key:
            values = {"detachment_id": str(row.id)}
            template = Template.OPERATOR_DETACHMENT_OVERDUE
            await operator.tell(session, template, values, about_id=row.id, data_key=key)
        audit.record(session, SYSTEM, "identifier.decision_late", "detachment", row.id)
    await session.flush()
    return len(late)


async def sweep(session: Session, limit: int) -> int:
    """Forget what is of no use any more; returns how much.

    The addresses of whoever was told long ago, with their letters; decisions that bar nothing any more; and what nobody
    has looked at of reports that are erased meanwhile, or the erased number would outlive them.
    """
    told = session.now - timedelta(days=session.policy.outbox_days)
    keys = list(await store.list_answered(session, told, limit))
    decided = await store.delete_decided(session, _barred_since(session))
    idle = [
        row
        for row in await store.list_unseen(session)
        if not await identities.list_detached(session, row.index_value, row.at.date())
    ]
    for row in idle:
        keys += [row.data_key_id] if row.data_key_id else []
        await store.delete_detachment(session, row)
    for key in keys:
        await vault.destroy(session, key)
    return len(keys) + decided


def _barred_since(session: Session) -> date:
    """The day from which on one that is undecided, or was taken back, bars the next."""
    return months_after(session.now.date(), -session.policy.detachment_again_months)


def _place(row: Detachment) -> str:
    """Where the address is sealed."""
    return f"detachments.sealed_contacts:{row.id}"


def _contacts(session: Session, value: bytes, known: Sequence[Held]) -> list[tuple[str, str]]:
    """The address that was proven, as one of the reports has it."""
    found = (post.contacts(session, [value], one.subject) for one in known)
    return next(filter(None, found), [])


async def _tell(session: Session, row: Detachment, reason: str) -> None:
    """Write what was decided to whoever said it: not a word of the reports."""
    key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)
    if not key or row.sealed_contacts is None or row.language is None:
        return
    contacts = key.open(_place(row), row.sealed_contacts, list[tuple[str, str]])
    restored = row.state == Detached.RESTORED
    await post.to_person(
        session,
        contacts,
        Template.DETACHMENT_RESTORED if restored else Template.DETACHMENT_CONFIRMED,
        {"reason_text": reason, "file_url": letters.page(session)},
        language=row.language,
        about_id=row.id,
        key=key,
    )
    row.sealed_contacts = row.language = None
    await session.flush()


async def _wait_turn(session: Session, value: bytes) -> None:
    """Whoever says so, or decides, at the same time waits, and then finds what was done.

    Not by the value itself, which is locked after the reports, as everywhere.
    """
    await lock_values(session, [session.keyring.digest("detachment", value.hex())])


async def _check(session: Session, moderator: Staff, row: Detachment) -> list[Held]:
    if row.state == Detached.PENDING:  # a report that was edited meanwhile has a new record
        row.records = await identities.list_detached(session, row.index_value, row.at.date())
    reports = await held.of_records(session, row.records)
    await refuse_conflict(session, moderator, {one.report.business_id for one in reports})
    return reports


async def _case(session: Session, row: Detachment) -> DetachmentCase:
    reports = await held.of_records(session, row.records)
    return DetachmentCase(
        id=row.id,
        ground=Ground(row.ground),
        state=Detached(row.state),
        version=row.version,
        at=row.at,
        due=row.due,
        identifiers=sorted(
            {
                address
                for one in reports
                for _, address in post.contacts(session, [row.index_value], one.subject)
            }
        ),
        cases=[await held.case(session, one.report.id) for one in reports],
    )
