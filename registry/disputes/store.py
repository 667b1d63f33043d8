"""Every SQL statement about disputes and rulings."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select

from registry.disputes.rules import UNDER_REVIEW, Detached, Ruling, State
from registry.disputes.tables import Detachment, Dispute, DisputeMessage, DisputeRuling
from registry.platform.db import behind
from registry.platform.errors import NotFound
from registry.platform.runtime import Session


def add(session: Session, *rows: Detachment | Dispute | DisputeMessage | DisputeRuling) -> None:
    """Add rows."""
    session.add_all(rows)


async def lock(session: Session, dispute_id: UUID) -> Dispute:
    """The dispute, locked for a change; raises `NotFound`."""
    found = await session.get(Dispute, dispute_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


async def get(session: Session, dispute_id: UUID) -> Dispute:
    """The dispute; raises `NotFound`."""
    found = await session.get(Dispute, dispute_id)
    if found is None:
        raise NotFound
    return found


async def list_of_reports(session: Session, report_ids: Collection[UUID]) -> Sequence[Dispute]:
    """All disputes of these reports, newest first."""
    query = select(Dispute).where(Dispute.report_id.in_(report_ids)).order_by(Dispute.id.desc())
    return (await session.scalars(query)).all()


async def list_of_business(
    session: Session, business_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Dispute]:
    """Disputes of a business's reports, newest first."""
    query = (
        select(Dispute)
        .where(Dispute.business_id == business_id)
        .order_by(Dispute.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Dispute.id < before)
    return (await session.scalars(query)).all()


async def list_review(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """(id, due, version) of disputes that wait for a ruling, earliest due first; a late one was due when it was."""
    due = Dispute.review_due
    query = (
        select(Dispute.id, due, Dispute.version)
        .where(Dispute.state.in_(UNDER_REVIEW))
        .order_by(due, Dispute.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(behind(due, Dispute.id, after))
    return [(row.id, row.review_due, row.version) for row in await session.execute(query)]


async def list_overdue(session: Session, *, limit: int) -> Sequence[Dispute]:
    """Disputes on which nobody ruled in time, the longest overdue first."""
    query = select(Dispute).where(Dispute.state == State.OVERDUE)
    return (
        await session.scalars(query.order_by(Dispute.review_due, Dispute.id).limit(limit))
    ).all()


async def list_outcomes(
    session: Session, business_id: UUID, *, since: datetime
) -> Sequence[Dispute]:
    """Disputes of a business's reports of which something came after that time, the earliest first."""
    query = select(Dispute).where(Dispute.business_id == business_id, Dispute.outcome_at > since)
    return (await session.scalars(query.order_by(Dispute.outcome_at))).all()


async def list_ruled(session: Session, *, since: datetime) -> Sequence[tuple[UUID, str]]:
    """(report, outcome) of disputes of which something came after that time."""
    query = select(Dispute.report_id, Dispute.outcome).where(Dispute.outcome_at > since)
    return [(row.report_id, row.outcome) for row in await session.execute(query)]


async def list_first_upheld(
    session: Session, *, since: datetime
) -> Sequence[tuple[UUID, int, str | None]]:
    """(moderator, the dispute's round by now, its outcome) of everything upheld after that time, before any appeal."""
    said = DisputeRuling
    query = (
        select(said.moderator_id, Dispute.round, Dispute.outcome)
        .join(Dispute, Dispute.id == said.dispute_id)
        .where(said.round == 1, said.ruling == Ruling.UPHOLD, said.at > since)
    )
    return [(row.moderator_id, row.round, row.outcome) for row in await session.execute(query)]


async def count_outcomes(
    session: Session, start: datetime, end: datetime
) -> dict[tuple[str, str], int]:
    """(ground, outcome) -> how many, of disputes of which something came within a time."""
    query = (
        select(Dispute.ground, Dispute.outcome, func.count().label("number"))
        .where(Dispute.outcome_at >= start, Dispute.outcome_at < end)
        .group_by(Dispute.ground, Dispute.outcome)
    )
    rows = await session.execute(query)
    return {(row.ground, row.outcome): row.number for row in rows}


async def count_rulings(
    session: Session, start: datetime, end: datetime
) -> tuple[int, float | None]:
    """First rulings within a time: how many, and the median of their days since the opening. Of two it is the last."""
    said = DisputeRuling
    first = (
        select(said.dispute_id, func.max(said.at).label("at"))
        .where(said.round == 1)
        .group_by(said.dispute_id)
        .having(func.max(said.at) >= start, func.max(said.at) < end)
        .subquery()
    )
    days = func.extract("epoch", first.c.at - Dispute.opened_at) / 86_400
    middle = func.percentile_cont(0.5).within_group(days)
    query = select(func.count().label("number"), middle.label("median")).select_from(first)
    query = query.join(Dispute, Dispute.id == first.c.dispute_id).where(
        Dispute.ruled_at.is_not(None)
    )
    row = (await session.execute(query)).one()
    return row.number, None if row.median is None else float(row.median)


async def list_businesses(session: Session, *, since: datetime) -> Sequence[UUID]:
    """Businesses of whose disputes something came after that time."""
    query = select(Dispute.business_id).where(Dispute.outcome_at > since).distinct()
    return (await session.scalars(query)).all()


async def any_detachment(session: Session, value: bytes, *, since: date, today: date) -> bool:
    """Whether an identifier was detached since that day, and that is undecided or was taken back; or today at all."""
    of = Detachment
    undecided = and_(of.at >= since, of.state != Detached.CONFIRMED)
    query = select(of.id).where(of.index_value == value, or_(undecided, of.at >= today))
    return await session.scalar(query.limit(1)) is not None


async def lock_detachment(session: Session, detachment_id: UUID) -> Detachment:
    """The detachment, locked for a change; raises `NotFound`."""
    found = await session.get(
        Detachment, detachment_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound
    return found


async def list_detachments(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime, int]]:
    """(id, due, version) of detachments that nobody has looked at, earliest due first."""
    of = Detachment
    query = select(of.id, of.due, of.version).where(of.state == Detached.PENDING)
    if after is not None:
        query = query.where(behind(of.due, of.id, after))
    rows = await session.execute(query.order_by(of.due, of.id).limit(limit))
    return [(row.id, row.due, row.version) for row in rows]


async def any_pending(session: Session, values: Collection[bytes], but: UUID) -> bool:
    """Whether there is a further detachment of these identifiers that nobody has looked at."""
    of = Detachment
    query = select(of.id).where(of.state == Detached.PENDING, of.index_value.in_(values))
    return await session.scalar(query.where(of.id != but).limit(1)) is not None


async def lock_late(session: Session, limit: int) -> Sequence[Detachment]:
    """Detachments that nobody has looked at in time, of which the operator was not told, locked for a change."""
    of = Detachment
    late = of.state == Detached.PENDING, of.due <= session.now, of.overdue_at.is_(None)
    query = select(of).where(*late).order_by(of.due).limit(limit)
    return (await session.scalars(query.with_for_update(skip_locked=True))).all()


async def list_late(session: Session, *, limit: int) -> Sequence[tuple[UUID, datetime]]:
    """(id, due) of detachments that nobody has looked at in time, the longest overdue first."""
    of = Detachment
    query = select(of.id, of.due).where(of.state == Detached.PENDING, of.due <= session.now)
    rows = await session.execute(query.order_by(of.due, of.id).limit(limit))
    return [(row.id, row.due) for row in rows]


async def list_unseen(session: Session) -> Sequence[Detachment]:
    """All detachments that nobody has looked at."""
    query = select(Detachment).where(Detachment.state == Detached.PENDING).order_by(Detachment.due)
    return (await session.scalars(query)).all()


async def delete_detachment(session: Session, detachment: Detachment) -> None:
    """Delete one."""
    await session.delete(detachment)
    await session.flush()


async def delete_decided(session: Session, before: date) -> int:
    """Delete detachments that were decided before that day; returns how many."""
    of = Detachment
    gone = await session.execute(delete(of).where(of.decided_at < before).returning(of.id))
    return len(gone.all())


async def list_answered(session: Session, before: datetime, limit: int) -> Sequence[UUID]:
    """Data keys of detachments whose decision was told before then."""
    of = Detachment
    query = select(of.data_key_id).where(of.decided_at < before, of.data_key_id.is_not(None))
    return [key for key in await session.scalars(query.limit(limit)) if key is not None]


async def list_due(session: Session, limit: int, but: Collection[UUID]) -> Sequence[UUID]:
    """Disputes whose next change by the clock is due, earliest first."""
    query = (
        select(Dispute.id)
        .where(Dispute.due_at <= session.now, Dispute.id.not_in(but))
        .order_by(Dispute.due_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def list_open(
    session: Session, *, after: UUID | None, limit: int
) -> Sequence[tuple[UUID, UUID]]:
    """(id, report) of disputes that are not over, oldest first."""
    query = (
        select(Dispute.id, Dispute.report_id)
        .where(Dispute.state != State.CLOSED)
        .order_by(Dispute.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Dispute.id > after)
    return [(row.id, row.report_id) for row in await session.execute(query)]


async def list_last_rulings(session: Session, report_id: UUID) -> Sequence[DisputeRuling]:
    """The rulings by which the latest decided dispute of a report ended, oldest first; none when there were none."""
    of_report = (
        select(DisputeRuling)
        .join(Dispute, Dispute.id == DisputeRuling.dispute_id)
        .where(Dispute.report_id == report_id)
        .order_by(DisputeRuling.id)
    )
    found = (await session.scalars(of_report)).all()
    return [
        row
        for row in found
        if (row.dispute_id, row.round) == (found[-1].dispute_id, found[-1].round)
    ]


async def list_rulings(session: Session, dispute_id: UUID) -> Sequence[DisputeRuling]:
    """What moderators said, oldest first."""
    query = (
        select(DisputeRuling)
        .where(DisputeRuling.dispute_id == dispute_id)
        .order_by(DisputeRuling.id)
    )
    return (await session.scalars(query)).all()


async def list_messages(session: Session, dispute_id: UUID) -> Sequence[DisputeMessage]:
    """What was said in a dispute, oldest first."""
    of = DisputeMessage
    query = select(of).where(of.dispute_id == dispute_id).order_by(of.id)
    return (await session.scalars(query)).all()
