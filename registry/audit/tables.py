"""What the audit log keeps: ids, codes and sealed reasons. No role may change or delete an entry."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Entry(Base):
    """One change or sight: who, what, to which object."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_object_id", "object_id"),
        # Entries lie in the order of time: a small index finds a month.
        Index("ix_audit_entries_clock_at", "clock_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The database's own time.
    at: Mapped[datetime]
    #: The registry's time: equal to `at`, except in tests and seeded data.
    clock_at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    business_id: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    #: Codes and numbers; never a personal value.
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: The data key of the reason, when there is one. No foreign key: the entry outlives the key.
    data_key_id: Mapped[UUID | None]
    sealed_reason: Mapped[bytes | None]
