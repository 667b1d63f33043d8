"""Every SQL statement about reports, evidence, decisions and tombstones."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert

from registry.platform.db import behind
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.reports.rules import FINAL, UNDECIDED, State, Verdict
from registry.reports.tables import Decision, Erasure, Evidence, Report, Tombstone


def add(session: Session, *rows: Report | Evidence | Decision) -> None:
    """Add rows."""
    session.add_all(rows)


async def get(session: Session, report_id: UUID, *, business_id: UUID | None = None) -> Report:
    """The report; raises `NotFound`, also when it is not of the business given."""
    found = await session.get(Report, report_id)
    if found is None or business_id not in (None, found.business_id):
        raise NotFound
    return found


async def lock(session: Session, report_id: UUID, *, business_id: UUID | None = None) -> Report:
    """The report, locked for a change; raises `NotFound`, also when it is not of the business given."""
    found = await session.get(Report, report_id, with_for_update=True, populate_existing=True)
    if found is None or business_id not in (None, found.business_id):
        raise NotFound
    return found


async def list_own(
    session: Session, business_id: UUID, *, state: str | None, before: UUID | None, limit: int
) -> Sequence[Report]:
    """A business's reports, newest first."""
    query = (
        select(Report)
        .where(Report.business_id == business_id)
        .order_by(Report.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Report.state == state)
    if before is not None:
        query = query.where(Report.id < before)
    return (await session.scalars(query)).all()


async def list_of_records(session: Session, records: Collection[UUID]) -> Sequence[Report]:
    """The reports that wrote these records, newest first."""
    query = select(Report).where(Report.record_id.in_(records)).order_by(Report.id.desc())
    return (await session.scalars(query)).all()


async def list_by_id(session: Session, report_ids: Collection[UUID]) -> Sequence[Report]:
    """These reports."""
    return (await session.scalars(select(Report).where(Report.id.in_(report_ids)))).all()


async def list_screening(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Report]:
    """Reports that wait for a moderator, longest waiting first."""
    query = (
        select(Report)
        .where(Report.state == State.SCREENING)
        .order_by(Report.state_since, Report.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(behind(Report.state_since, Report.id, after))
    return (await session.scalars(query)).all()


async def list_due(session: Session, limit: int, but: Collection[UUID]) -> Sequence[UUID]:
    """Reports whose next change by the clock is due, earliest first."""
    return (
        await session.scalars(
            select(Report.id)
            .where(Report.due_at <= session.now, Report.id.not_in(but))
            .order_by(Report.due_at)
            .limit(limit)
        )
    ).all()


async def list_open_of(
    session: Session, businesses: Collection[UUID], limit: int
) -> Sequence[UUID]:
    """Reports of these businesses that have not ended."""
    return (
        await session.scalars(
            select(Report.id)
            .where(Report.business_id.in_(businesses), Report.state.not_in(FINAL))
            .limit(limit)
        )
    ).all()


async def count_decided(session: Session, business_id: UUID, most: int) -> int:
    """How many of a business's reports a moderator published or rejected, counted up to `most`."""
    query = (
        select(Decision.report_id)
        .distinct()
        .where(Decision.business_id == business_id)
        .where(Decision.decision.in_((Verdict.PUBLISH, Verdict.REJECT)))
        .limit(most)
    )
    return len((await session.scalars(query)).all())


async def list_undecided(session: Session, business_id: UUID) -> Sequence[UUID]:
    """A business's reports that cool off or wait for a moderator's decision, oldest first."""
    query = select(Report.id).where(Report.business_id == business_id, Report.state.in_(UNDECIDED))
    return (await session.scalars(query.order_by(Report.id))).all()


async def count_same_contract(session: Session, report: Report) -> int:
    """Other live reports of the business about the same contract."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(Report)
            .where(
                Report.business_id == report.business_id,
                Report.contract_index == report.contract_index,
                Report.id != report.id,
                Report.state.not_in(FINAL),
            )
        )
    ) or 0


async def list_evidence(session: Session, report_id: UUID) -> Sequence[Evidence]:
    """The files that came with a report, oldest first."""
    of = Evidence
    query = select(of).where(of.report_id == report_id, of.dispute_id.is_(None)).order_by(of.id)
    return (await session.scalars(query)).all()


async def list_dispute_files(session: Session, dispute_id: UUID) -> Sequence[Evidence]:
    """The files of both sides of a dispute, oldest first."""
    query = select(Evidence).where(Evidence.dispute_id == dispute_id).order_by(Evidence.id)
    return (await session.scalars(query)).all()


async def get_evidence(session: Session, report_id: UUID, evidence_id: UUID) -> Evidence:
    """One file of a report; raises `NotFound`."""
    found = await session.get(Evidence, evidence_id)
    if found is None or found.report_id != report_id:
        raise NotFound
    return found


async def list_blobs(session: Session) -> set[str]:
    """The names of all files that a row mentions."""
    return set((await session.scalars(select(Evidence.blob))).all())


async def list_decisions(session: Session, report_id: UUID) -> Sequence[Decision]:
    """The decisions on a report, oldest first."""
    query = select(Decision).where(Decision.report_id == report_id).order_by(Decision.id)
    return (await session.scalars(query)).all()


async def count_states(session: Session) -> Sequence[tuple[str, int]]:
    """(state, how many) of all reports."""
    query = select(Report.state, func.count().label("number")).group_by(Report.state)
    return [(row.state, row.number) for row in await session.execute(query)]


async def list_published(session: Session, since: datetime) -> Sequence[Decision]:
    """Decisions to publish after that time."""
    query = select(Decision).where(Decision.decision == Verdict.PUBLISH, Decision.at > since)
    return (await session.scalars(query)).all()


async def list_publishers(
    session: Session, report_ids: Collection[UUID]
) -> Sequence[tuple[UUID, UUID]]:
    """(report, moderator) of every decision to publish one of these reports, each pair once."""
    query = select(Decision.report_id, Decision.moderator_id).distinct()
    query = query.where(Decision.report_id.in_(report_ids), Decision.decision == Verdict.PUBLISH)
    return [(row.report_id, row.moderator_id) for row in await session.execute(query)]


async def list_buried(session: Session, values: Collection[bytes]) -> set[UUID]:
    """The reports whose tombstone holds one of the values and still stands."""
    query = select(Tombstone.report_id).where(
        Tombstone.value.in_(values), Tombstone.until > session.now
    )
    return set((await session.scalars(query)).all())


async def list_linked(session: Session, report_ids: Collection[UUID]) -> set[UUID]:
    """Reports that share a tombstone value with one of these, bring one of these back, or are brought back by one."""
    values = select(Tombstone.value).where(Tombstone.report_id.in_(report_ids))
    back = Report.reinsertion_of
    links: CompoundSelect[Any] = union(
        select(Tombstone.report_id).where(Tombstone.value.in_(values)),
        select(Report.id).where(back.in_(report_ids)),
        select(back).where(Report.id.in_(report_ids), back.is_not(None)),
    )
    return set((await session.scalars(links)).all())


async def lock_all(session: Session, report_ids: Collection[UUID]) -> None:
    """Lock these reports for a change, in the order of their ids."""
    query = select(Report).where(Report.id.in_(report_ids)).order_by(Report.id).with_for_update()
    await session.scalars(query.execution_options(populate_existing=True))


async def find_bringing_back(session: Session, report_ids: Collection[UUID]) -> UUID | None:
    """A report that has not ended and brings one of these back."""
    back = Report.reinsertion_of.in_(report_ids)
    query = select(Report.id).where(back, Report.state.not_in(FINAL))
    return await session.scalar(query.order_by(Report.id).limit(1))


async def list_erased_for(session: Session, report_ids: Collection[UUID]) -> Sequence[str]:
    """Why these reports were erased at a person's request before they had ended, the latest first."""
    query = select(Report.erased_for).where(Report.id.in_(report_ids))
    query = query.where(Report.erased_for.is_not(None))
    found = await session.scalars(query.order_by(Report.ended_at.desc(), Report.id.desc()))
    return [code for code in found if code is not None]


async def list_tombstones_of(session: Session, report_ids: Collection[UUID]) -> set[bytes]:
    """The values of the tombstones of these reports."""
    query = select(Tombstone.value).where(Tombstone.report_id.in_(report_ids))
    return set((await session.scalars(query)).all())


async def bury(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write a tombstone; one that stands already is left."""
    if rows:
        await session.execute(insert(Tombstone).on_conflict_do_nothing(), rows)


async def sweep_tombstones(session: Session) -> int:
    """Delete tombstones past their time; returns how many."""
    gone = await session.execute(
        delete(Tombstone).where(Tombstone.until <= session.now).returning(Tombstone.value)
    )
    return len(gone.all())


async def empty(session: Session, report: Report) -> list[str]:
    """Take everything that was said out of an erased report; returns the names of its files."""
    blobs = await session.scalars(
        delete(Evidence).where(Evidence.report_id == report.id).returning(Evidence.blob)
    )
    await session.execute(
        update(Decision).where(Decision.report_id == report.id).values(sealed_reason=None)
    )
    report.sealed_content = report.sealed_reply = report.sealed_reinsertion = None
    report.data_key_id = None
    report.record_id = None
    report.evidence_count = 0
    await session.flush()
    return list(blobs)


async def note_erasure(session: Session, report_id: UUID) -> None:
    """Let the journal be told that the report is erased."""
    statement = insert(Erasure).values(report_id=report_id, at=session.now)
    await session.execute(statement.on_conflict_do_nothing())


async def list_untold(session: Session, limit: int) -> Sequence[tuple[UUID, datetime]]:
    """(report, when) of erasures that the journal has not been told of, oldest first; locked."""
    query = (
        select(Erasure.report_id, Erasure.at)
        .where(Erasure.told_at.is_(None))
        .order_by(Erasure.at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.report_id, row.at) for row in await session.execute(query)]


async def mark_told(session: Session, report_ids: Collection[UUID]) -> None:
    """The journal has these."""
    await session.execute(
        update(Erasure).where(Erasure.report_id.in_(report_ids)).values(told_at=session.now)
    )


async def list_not_erased(session: Session, report_ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of the reports that are there and not erased."""
    query = select(Report.id).where(Report.id.in_(report_ids), Report.state != State.ERASED)
    return (await session.scalars(query)).all()
