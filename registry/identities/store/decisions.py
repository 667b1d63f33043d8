"""Every SQL statement about the log of decisions on pairs, and the questions in it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, or_, select, text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from registry.identities.tables import PairDecision, Record
from registry.platform.db import behind, fetch_rows
from registry.platform.runtime import Session

#: What counts of each pair of some published records: the last decision, a moderator's before the engine's. The
#: engine's count since both were published: what it said in an earlier publication rested on other neighbours.
_COUNTING = """
    SELECT DISTINCT ON (p.one, p.other) {columns}
    FROM pair_decisions p JOIN records a ON a.id = p.one JOIN records b ON b.id = p.other
    WHERE p.one = ANY ({records}) AND p.other = ANY ({records})
      AND (p.staff_id IS NOT NULL OR p.publication >= greatest(a.publication, b.publication))
      AND a.publication IS NOT NULL AND b.publication IS NOT NULL
    ORDER BY p.one, p.other, p.staff_id IS NULL, p.publication DESC, p.at DESC, p.id DESC
"""
_COLUMNS = PairDecision.__table__.columns
_ALL = ", ".join(f"p.{column.name}" for column in _COLUMNS)
_DECISIONS = select(PairDecision).from_statement(
    text(_COUNTING.format(columns=_ALL, records=":records")).columns(*_COLUMNS)
)
_VERDICTS = _COUNTING.format(
    columns="p.id, p.one, p.other, p.verdict, p.weight, p.staff_id", records="$1"
)


class Verdict(NamedTuple):
    """What counts of a pair of records, without the evidence; `weight` is the engine's, `staff_id` the moderator's."""

    #: In the order in which entries were made.
    id: UUID
    one: UUID
    other: UUID
    verdict: str
    weight: float | None
    staff_id: UUID | None


async def list_decisions(session: Session, records: Collection[UUID]) -> Sequence[PairDecision]:
    """What counts of each pair of these records."""
    return (await session.scalars(_DECISIONS, {"records": list(records)})).all()


async def list_verdicts(session: Session, records: Collection[UUID]) -> Sequence[Verdict]:
    """What `list_decisions` says of each pair, without the evidence."""
    if len(records) < 2:
        return []
    return [Verdict(*row) for row in await fetch_rows(session, _VERDICTS, list(records))]


async def list_answers(session: Session) -> Sequence[Row[str, list[tuple[str, str, float]]]]:
    """(verdict, evidence) of each pair that moderators decided: their last answer, and what the engine saw last."""
    answer, asked = aliased(PairDecision), aliased(PairDecision)
    seen = (
        select(asked.evidence)
        .where(asked.one == answer.one, asked.other == answer.other, asked.staff_id.is_(None))
        .order_by(asked.at.desc(), asked.id.desc())
        .limit(1)
        .lateral("seen")
    )
    query = (
        select(answer.verdict, seen.c.evidence)
        .join(seen, true())
        .ext(distinct_on(answer.one, answer.other))
        .where(answer.staff_id.is_not(None))
        .order_by(answer.one, answer.other, answer.at.desc(), answer.id.desc())
    )
    return (await session.execute(query)).all()


async def next_publication(session: Session) -> int:
    """A number greater than those of all publications that are committed."""
    number: int = (await fetch_rows(session, "SELECT nextval('publications') AS number"))[0][0]
    return number


async def find_decision(session: Session, decision_id: UUID) -> PairDecision | None:
    """An entry of the log."""
    return await session.get(PairDecision, decision_id)


async def list_questions(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime]]:
    """(id, due) of questions that nobody answered, about records that are still of two identities."""
    one, other, answer = aliased(Record), aliased(Record), aliased(PairDecision)
    answered = (
        select(answer.id)
        .where(
            answer.one == PairDecision.one,
            answer.other == PairDecision.other,
            or_(answer.staff_id.is_not(None), answer.at > PairDecision.at),
        )
        .exists()
    )
    query = (
        select(PairDecision.id, PairDecision.due)
        .join(one, one.id == PairDecision.one)
        .join(other, other.id == PairDecision.other)
        .where(PairDecision.due.is_not(None), one.identity_id != other.identity_id, ~answered)
        .order_by(PairDecision.due, PairDecision.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(behind(PairDecision.due, PairDecision.id, after))
    return [(row.id, row.due) for row in await session.execute(query)]
