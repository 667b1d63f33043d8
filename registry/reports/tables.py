"""What is kept of reports: states, deadlines and codes in the clear, everything said under the report's key."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base
from registry.reports.rules import Party


class Report(Base):
    """One report of one business about one person or company."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    record_id: Mapped[UUID | None] = mapped_column(index=True)
    #: Null once erased.
    data_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL")
    )
    category: Mapped[str]
    incident_on: Mapped[date]
    amount_band: Mapped[str | None]
    currency: Mapped[str | None]
    state: Mapped[str] = mapped_column(index=True)
    state_since: Mapped[datetime]
    #: Counts every change; a decision on an older version is refused.
    version: Mapped[int] = mapped_column(default=1)
    #: Name and version of the policy by which its clocks run.
    policy: Mapped[str]
    #: `wire.ReportContent`; null once erased.
    sealed_content: Mapped[bytes | None]
    #: The person's words beside a report that stands after a dispute.
    sealed_reply: Mapped[bytes | None]
    #: Keyed digest of business and contract reference: finds the same contract reported twice.
    contract_index: Mapped[bytes]
    evidence_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    contacts_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    #: The code of the moderator's last request for information.
    info_code: Mapped[str | None]
    approvals_needed: Mapped[int] = mapped_column(SmallInteger, default=1)
    #: The ended report that this one brings back, with certification.
    reinsertion_of: Mapped[UUID | None] = mapped_column(index=True)
    #: What its reporter says is new since that one ended; null once erased.
    sealed_reinsertion: Mapped[bytes | None]
    #: A `rules.ErasedFor`, where the person's request erased it before it had ended.
    erased_for: Mapped[str | None]
    submitted_at: Mapped[datetime]
    #: The notice days that the person was promised; fixed when notice begins.
    notice_days: Mapped[int | None] = mapped_column(SmallInteger)
    #: When the person's notice was accepted on some channel; set again when notice starts anew.
    notice_delivered_at: Mapped[datetime | None]
    #: When its facts may be seen at the earliest; fixed when notice is delivered.
    visible_from: Mapped[datetime | None]
    #: Somebody says that an address of it is not the person's, and no moderator has looked: it does not end for want of
    #: an address until one has.
    notice_held: Mapped[bool] = mapped_column(default=False)
    #: When the person last disputed it, or appealed: their complaint about its reporter.
    disputed_at: Mapped[datetime | None]
    #: When the reporter answered the present dispute.
    answered_at: Mapped[datetime | None]
    #: Since when lookups do not show it, whatever its state: the person objected, and a moderator has not decided.
    restricted_at: Mapped[datetime | None]
    #: When the category's retention ends.
    retention_until: Mapped[datetime]
    #: The next change that the clock brings, and when.
    due_at: Mapped[datetime | None]
    due_event: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class Evidence(Base):
    """One file: its bytes lie sealed in the file store under a random name."""

    __tablename__ = "evidence"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    #: The dispute that it was sent in, and by which `rules.Party`; null for what came with the report.
    dispute_id: Mapped[UUID | None] = mapped_column(index=True)
    party: Mapped[str] = mapped_column(default=Party.REPORTER)
    blob: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[bytes]
    media_type: Mapped[str]
    size: Mapped[int]
    #: The file's name as it was sent.
    sealed_name: Mapped[bytes]
    uploaded_at: Mapped[datetime]


class Decision(Base):
    """A moderator's decision, with its reason sealed under the report's key."""

    __tablename__ = "report_decisions"
    __table_args__ = (UniqueConstraint("report_id", "screening_since", "moderator_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    moderator_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    #: When the report's present screening began: approvals count within one screening.
    screening_since: Mapped[datetime]
    report_version: Mapped[int]
    decision: Mapped[str]
    reason_code: Mapped[str]
    sealed_reason: Mapped[bytes | None]
    at: Mapped[datetime]


class Erasure(Base):
    """That a report was erased. Told outside the database as well, so that a restored backup erases it again."""

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_untold", "at", postgresql_where=text("told_at IS NULL")),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    at: Mapped[datetime]
    #: When the journal had it.
    told_at: Mapped[datetime | None]


class Tombstone(Base):
    """Keyed over business, identifier and contract reference: stops an ended report from coming back."""

    __tablename__ = "tombstones"

    value: Mapped[bytes] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    key_version: Mapped[int] = mapped_column(SmallInteger)
    until: Mapped[datetime] = mapped_column(index=True)
