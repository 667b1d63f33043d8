"""What disputes, objections and erasure requests do to a report: the functions that the slices above call.

A dispute hides at once, a ruling restores, corrects or ends. Who may dispute and who may rule is decided
there; whether the report's state allows it is decided here, by the table.
"""

from datetime import date
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from registry.audit import service as audit
from registry.identities import service as identities
from registry.identities.rules import REPLY
from registry.platform.actor import SYSTEM, Actor
from registry.platform.errors import InvalidValues
from registry.platform.faults import Fault
from registry.platform.runtime import Session
from registry.reports import letters, lifecycle, store
from registry.reports.rules import FINAL, SHOWN, Category, ErasedFor, Event, State
from registry.reports.tables import Report
from registry.reports.wire import Money


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What an amended report says instead."""

    category: Category | UnsetType = UNSET
    incident_date: date | UnsetType = UNSET
    amount: Money | UnsetType = UNSET


async def suspend(
    session: Session,
    actor: Actor,
    report_id: UUID,
    reason: str | None = None,
    *,
    answered: bool = False,
) -> State:
    """Restrict a report at once, because the person disputes it: its reporter must answer, or it ends.

    `answered`: what the reporter has to say is there already, or is asked for by the dispute's own clock.
    """
    report = await store.lock(session, report_id)
    report.answered_at = (report.answered_at or session.now) if answered else None
    await session.flush()
    return await _apply(session, actor, report_id, Event.CONTEST, reason)


async def disputed(session: Session, report_id: UUID) -> None:
    """The person complains of it, whether or not that hides it: what its reporter files next is seen in this light."""
    report = await store.lock(session, report_id)
    report.disputed_at = session.now
    await session.flush()


async def settle(
    session: Session, actor: Actor, report_id: UUID, reason: str | None = None
) -> State:
    """It is paid, as its reporter confirms or does not deny, or as a moderator finds proven: it ends."""
    return await _apply(session, actor, report_id, Event.SETTLE, reason)


async def answered(session: Session, report_id: UUID) -> None:
    """Its reporter has answered the dispute: only a ruling, or the end of its retention, decides now."""
    report = await store.lock(session, report_id)
    report.answered_at = session.now
    lifecycle.set_clock(session, report)
    await session.flush()


async def reply(session: Session, report_id: UUID, words: str) -> None:
    """Put the person's words beside the report: whoever is shown it reads them as well."""
    report = await store.lock(session, report_id)
    key = await lifecycle.data_key(session, report)
    report.sealed_reply = key.seal(f"{REPLY}:{report_id}", words)
    await session.flush()


async def restore(session: Session, actor: Actor, report_id: UUID, reason: str) -> State:
    """A ruling confirms it: shown again, as reviewed; not before the notice days are over."""
    return await _apply(session, actor, report_id, Event.UPHOLD, reason)


async def amend(
    session: Session,
    actor: Actor,
    report_id: UUID,
    reason: str,
    correction: Correction | None = None,
) -> State:
    """A ruling corrects it: shown again, as reviewed, with what is right. Raises `InvalidValues` where it is not."""
    report = await store.lock(session, report_id)
    key = await lifecycle.data_key(session, report)
    content = lifecycle.content_of(report, key)
    assert content is not None  # noqa: S101 - it has its content until it is erased
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(correction or Correction()).items()
        if value is not UNSET
    }
    amended = msgspec.structs.replace(content, **changes)
    if correction is not None and amended == content:
        said = "says what the report says already"
        raise InvalidValues(f"/changes: {said}.", errors=[Fault("/changes", said)])
    lifecycle.write(session, report, key, amended)
    await session.flush()
    return await _apply(session, actor, report_id, Event.AMEND, reason)


async def remove(session: Session, actor: Actor, report_id: UUID, reason: str) -> State:
    """A ruling ends it."""
    return await _apply(session, actor, report_id, Event.REMOVE, reason)


async def remove_unanswered(session: Session, report_id: UUID) -> State:
    """Its reporter did not answer the dispute in time: it ends, if its own clock has not ended it already."""
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    if report.state == State.CONTESTED:
        await lifecycle.apply(session, report, Event.REPORTER_SILENT, SYSTEM)
    return State(report.state)


async def catch_up(session: Session, report_id: UUID) -> list[str]:
    """Lock the report and let what the clock has brought take effect; returns files to delete after the commit."""
    return await lifecycle.advance(session, await store.lock(session, report_id))


async def restrict(session: Session, actor: Actor, report_id: UUID) -> None:
    """Let no lookup show the report until `lift`, whatever state it comes to meanwhile (GDPR, art. 18(1)(d))."""
    report = await store.lock(session, report_id)
    report.restricted_at = session.now
    await identities.hide(session, report_id)
    _record(session, actor, report, "report.restricted")


async def lift(session: Session, actor: Actor, report_id: UUID) -> None:
    """Restrict the report no longer: lookups show it again, where its state lets them."""
    report = await store.lock(session, report_id)
    since, report.restricted_at = report.restricted_at, None
    if State(report.state) in SHOWN:
        await lifecycle.show(session, report)
    ended_meanwhile = since and report.visible_from and since < report.visible_from
    if ended_meanwhile and report.state == State.ACTIVE:
        key = await lifecycle.data_key(session, report)
        subject = await lifecycle.subject_of(session, report, key)
        await letters.tell(session, report, Event.NOTICE_ENDED, key, subject)
    _record(session, actor, report, "report.restriction_lifted")


async def doubt_notice(session: Session, report_id: UUID) -> None:
    """Whoever was told of it may not be the person: the notice counts no longer, and goes to what addresses are left.

    Where there are none, nobody can be told, and the report waits for a moderator: else whoever was reported could end
    it by a word that nobody has looked at.
    """
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    report.notice_held = True
    if report.state == State.NOTICE:
        await lifecycle.notify_anew(session, report)


async def settle_notice(session: Session, report_id: UUID, *, anew: bool, held: bool) -> None:
    """A moderator has looked at such a word; `held`: another is still to be looked at.

    `anew`: the address is the person's after all. Whoever said otherwise had control of it, and so knows of the report:
    its days begin now, and the letter says so.
    """
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    report.notice_held = held
    if report.state != State.NOTICE:
        return
    if anew and report.notice_delivered_at is None:
        await lifecycle.notify_anew(session, report, told=True)
        return
    lifecycle.set_clock(session, report)
    # What was due while it was held is due now, and not as of then.
    report.due_at = max(report.due_at or session.now, session.now)
    await session.flush()


async def remove_untold(session: Session, actor: Actor, report_id: UUID, reason: str) -> None:
    """A shown report of which only a stranger was told, as a moderator found, and nobody else can be: it ends.

    Nobody is reported without knowing it (GDPR, art. 14). What its person disputed, they know.
    """
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    if report.state != State.ACTIVE or report.disputed_at or report.restricted_at:
        return
    await lifecycle.apply(session, report, Event.CONTEST, actor, quietly=True)
    await lifecycle.apply(session, report, Event.REMOVE, actor, reason=reason, quietly=True)
    await letters.tell_untold(session, report)


async def erase(
    session: Session, actor: Actor, report_id: UUID, erased_for: ErasedFor | None
) -> list[str]:
    """End a report that has not ended, and erase it at once; returns files to delete after the commit.

    Businesses that were shown it before it ended are told that it was removed (GDPR, art. 19). `erased_for` is kept for
    the moderators who read it when the reporter contests the erasure; None for a report that has ended.
    """
    report = await store.lock(session, report_id)
    blobs = await lifecycle.advance(session, report)
    if report.state == State.ERASED:
        return blobs
    if State(report.state) not in FINAL:
        if report.state != State.CONTESTED:
            await lifecycle.apply(session, report, Event.CONTEST, actor)
        await lifecycle.apply(session, report, Event.REMOVE, actor)
    report.erased_for = erased_for
    return await lifecycle.apply(session, report, Event.ERASE, actor)


def _record(session: Session, actor: Actor, report: Report, action: str) -> None:
    audit.record(session, actor, action, "report", report.id, business_id=report.business_id)


async def _apply(
    session: Session, actor: Actor, report_id: UUID, event: Event, reason: str | None
) -> State:
    report = await store.lock(session, report_id)
    await lifecycle.advance(session, report)
    await lifecycle.apply(session, report, event, actor, reason=reason, quietly=True)
    return State(report.state)
