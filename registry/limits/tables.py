"""What budgets and their watch keep: a time a bucket, what was asked for in vain, and the canaries.

Nothing here says who was asked for. All but the canaries is unlogged, so that no lookup waits for the disk because of
it: after a crash of the database everybody starts the day anew.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Bucket(Base):
    """A GCRA bucket."""

    __tablename__ = "buckets"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own declaration

    #: `<business or key id>:<window>`.
    name: Mapped[str] = mapped_column(primary_key=True)
    #: Theoretical arrival time (TAT) of the next conforming cell.
    arrival: Mapped[datetime]


class Unmatched(Base):
    """An identifier that a business asked for within the last day and that led to nobody."""

    __tablename__ = "unmatched"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own declaration

    business_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: `watch.Mark.block`.
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    #: `watch.Mark.mark`.
    mark: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]


class Refusal(Base):
    """How many calls of a business were refused for a spent budget on a day (UTC)."""

    __tablename__ = "refusals"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own declaration

    business_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]


class Canary(Base):
    """An identifier that is nobody's, laid out by the operator: no honest business can hold it."""

    __tablename__ = "canaries"

    #: As a lookup searches it.
    index_value: Mapped[bytes] = mapped_column(primary_key=True)
    #: Where it was laid out, in the operator's words.
    label: Mapped[str]
    planted_at: Mapped[datetime]


class CanaryTouch(Base):
    """A business asked for a canary; `at` is the last time."""

    __tablename__ = "canary_touches"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), primary_key=True)
    index_value: Mapped[bytes] = mapped_column(
        ForeignKey("canaries.index_value", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]
