"""What budgets keep: one theoretical arrival time a bucket."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Bucket(Base):
    """A GCRA bucket. Unlogged: after a crash of the database every budget starts full again."""

    __tablename__ = "buckets"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own declaration

    #: `<business or key id>:<window>`.
    name: Mapped[str] = mapped_column(primary_key=True)
    #: Theoretical arrival time (TAT) of the next conforming cell.
    arrival: Mapped[datetime]
