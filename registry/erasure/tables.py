"""What is kept of requests: states, codes and times in the clear, everything said under the report's key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class SubjectRequest(Base):
    """One request of a person about one report."""

    __tablename__ = "subject_requests"
    __table_args__ = (
        Index(
            "uq_subject_requests_pending",
            "report_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_subject_requests_due", "due", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: A `rules.Kind`.
    kind: Mapped[str]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    #: The reporter's.
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    #: In which it was made: who asked still reads what became of it when the report is gone.
    session_id: Mapped[UUID] = mapped_column(index=True)
    #: A `rules.State`, and, once decided, a `rules.Code`.
    state: Mapped[str]
    code: Mapped[str | None]
    #: Index values of what the person had proven, and whether an accepted document shows whom the report is about.
    proven: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    documented: Mapped[bool]
    #: The report is hidden until it is decided.
    hides: Mapped[bool]
    at: Mapped[datetime]
    #: By when a moderator decides; null where a rule did.
    due: Mapped[datetime | None]
    #: Counts every change; a decision on an older version is refused.
    version: Mapped[int] = mapped_column(default=1)
    policy: Mapped[str]
    #: The report's data key; null once it is erased.
    data_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL")
    )
    #: A key of its own for the letter that tells of the erasure, until it has arrived.
    letter_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL")
    )
    #: The person's grounds, the moderator's reason, where to write to the person; gone with the report.
    sealed_statement: Mapped[bytes | None]
    sealed_reason: Mapped[bytes | None]
    sealed_contacts: Mapped[bytes | None]
    language: Mapped[str]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
