"""What is kept of moderators and operators."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class StaffMember(Base):
    """A moderator or operator."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    sealed_name: Mapped[bytes]
    #: The business they work for, if any: they never decide on its reports.
    business_id: Mapped[UUID | None] = mapped_column(ForeignKey("businesses.id"))
    created_at: Mapped[datetime]


class StaffKey(Base):
    """A staff key: its keyed hash."""

    __tablename__ = "staff_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
