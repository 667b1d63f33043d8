"""What is kept of lookups: the receipt, sealed, and which reports it showed; and members' own terms."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Lookup(Base):
    """One recorded lookup and what it answered; a partition a month (`registry_add_lookups`)."""

    __tablename__ = "lookups"
    __table_args__ = (
        Index("ix_lookups_report_ids", "report_ids", postgresql_using="gin"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    key_id: Mapped[UUID]
    #: The registry's time.
    at: Mapped[datetime] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    result: Mapped[str]
    #: The reports whose facts were shown, in the order of the answer.
    report_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    #: `StoredReceipt` under the business's data key.
    sealed: Mapped[bytes]
    #: Keyed digest of the answer as it was first sent.
    digest: Mapped[bytes]


class UsedKey(Base):
    """The idempotency key of a lookup, kept for a day. Not beside the lookup: over partitions no key is unique."""

    __tablename__ = "lookup_idempotency"

    business_id: Mapped[UUID] = mapped_column(primary_key=True)
    idempotency: Mapped[bytes] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    lookup_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(index=True)


class Terms(Base):
    """A member's own rules; without a row the defaults hold."""

    __tablename__ = "terms"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), primary_key=True)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]
