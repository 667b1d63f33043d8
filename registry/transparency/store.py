"""Every SQL statement about figures."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from registry.platform.runtime import Session
from registry.transparency.tables import MonthFigures


async def list_months(session: Session, limit: int) -> Sequence[dict[str, Any]]:
    """The figures of the newest months."""
    query = select(MonthFigures.figures).order_by(MonthFigures.month.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def known(session: Session) -> set[date]:
    """The months that were counted."""
    return set((await session.scalars(select(MonthFigures.month))).all())


async def put(session: Session, month: date, at: datetime, figures: dict[str, Any]) -> None:
    """Keep a month's figures; those that stand already are left."""
    row = insert(MonthFigures).values(month=month, counted_at=at, figures=figures)
    await session.execute(row.on_conflict_do_nothing())
