"""What is kept of a month: the figures as they are told. Small counts are not in it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class MonthFigures(Base):
    """The figures of one month, made once after its end and never changed."""

    __tablename__ = "month_figures"

    #: Its first day.
    month: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]
    #: `wire.Month`.
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
