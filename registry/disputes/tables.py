"""What is kept of disputes: states, deadlines and codes in the clear, everything said under the report's key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Dispute(Base):
    """One person's dispute of one report."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index("ix_disputes_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    #: The reporter's.
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    #: All open disputes of one person are one case.
    case_id: Mapped[UUID] = mapped_column(index=True)
    ground: Mapped[str]
    #: The report was disputed before: this one does not hide it.
    repeat: Mapped[bool] = mapped_column(default=False)
    #: Somebody disputed it before who had proven other contacts: this one does not hide it.
    quiet: Mapped[bool] = mapped_column(default=False)
    #: Index values of what the person had proven, and whether an accepted document shows whom the report is about.
    proven: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    documented: Mapped[bool]
    #: The person says that it is paid: the reporter confirms or denies it, and silence confirms.
    settlement: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(index=True)
    state_since: Mapped[datetime]
    #: When it was opened, or taken up for new evidence: its clocks count from here.
    opened_at: Mapped[datetime]
    #: When the person first added a file to it.
    evidence_at: Mapped[datetime | None]
    #: Counts every change; a ruling on an older version is refused.
    version: Mapped[int] = mapped_column(default=1)
    policy: Mapped[str]
    due_at: Mapped[datetime | None]
    due_event: Mapped[str | None]
    #: When the ruling is, or was, due; null before the review.
    review_due: Mapped[datetime | None]
    #: The report's data key; null once the report is erased.
    data_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL")
    )
    #: What the person says, and, after it, the reporter.
    sealed_statement: Mapped[bytes]
    sealed_answer: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]
    #: 1, and 2 from the appeal on.
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    sealed_appeal: Mapped[bytes | None]
    ruling: Mapped[str | None]
    reason_code: Mapped[str | None]
    sealed_reason: Mapped[bytes | None]
    ruled_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    #: What came of it (`rules.Outcome`), and since when: what conduct and figures are counted by.
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None] = mapped_column(index=True)
    #: Where to write to the person, and in which language: what they proved, sealed.
    sealed_contacts: Mapped[bytes]
    language: Mapped[str]

    @property
    def hides(self) -> bool:
        """Whether the report is hidden for it: the first dispute hides, a further one only when its ruling is late."""
        return not (self.repeat or self.quiet) or self.overdue_at is not None


class DisputeMessage(Base):
    """What one side said in a dispute, under the report's data key. Said is said: rows are never changed."""

    __tablename__ = "dispute_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"), index=True)
    #: The reporter's.
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    #: A `rules.Side`, and a `rules.Audience`.
    author: Mapped[str]
    audience: Mapped[str]
    sealed_text: Mapped[bytes]
    at: Mapped[datetime]


class Detachment(Base):
    """An identifier that its present holder says is not the reported person's. Holds from the moment it is said."""

    __tablename__ = "detachments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    index_value: Mapped[bytes] = mapped_column(index=True)
    ground: Mapped[str]
    #: A `rules.Detached`.
    state: Mapped[str] = mapped_column(index=True)
    #: The records that it was detached from.
    records: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    #: Where to write to whoever said it, until a moderator has decided, and in which language. The key also holds the
    #: letter, and is destroyed a while after the decision.
    data_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL"), index=True
    )
    sealed_contacts: Mapped[bytes | None]
    language: Mapped[str | None]
    at: Mapped[datetime]
    due: Mapped[datetime]
    #: When the operator was told that nobody has looked in time.
    overdue_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]


class DisputeRuling(Base):
    """What one moderator said in one round; the database refuses a conflicted one."""

    __tablename__ = "dispute_rulings"
    __table_args__ = (UniqueConstraint("dispute_id", "moderator_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"), index=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    moderator_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    ruling: Mapped[str]
    reason_code: Mapped[str]
    #: What an amendment says instead, under the report's key.
    sealed_changes: Mapped[bytes | None]
    #: The person's words as the ruling shows them, under the report's key; null where it shows none.
    sealed_statement: Mapped[bytes | None]
    at: Mapped[datetime]
