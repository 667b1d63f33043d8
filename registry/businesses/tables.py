"""What is kept of a business: its state in the clear, everything that names people sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Business(Base):
    """A member, or one who wants to be."""

    __tablename__ = "businesses"
    __table_args__ = (
        # One member a register code. A pending claim reserves nothing.
        Index(
            "uq_businesses_register_code_index",
            "register_code_index",
            unique=True,
            postgresql_where=text("state IN ('verified', 'suspended')"),
        ),
        Index("ix_businesses_register_code_index", "register_code_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    #: Of one that was closed while suspended: since the suspension, for its reports are hidden since then.
    state_since: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    plan: Mapped[str]
    country: Mapped[str]
    sector: Mapped[str | None]
    #: Businesses of one beneficial owner share it: together they are one source.
    source_id: Mapped[UUID]
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_keys.id"))
    #: `Profile`: name, register code, e-mail, website, owners.
    sealed_profile: Mapped[bytes]
    register_code_index: Mapped[bytes]
    #: Whether `Owner` has its rows in their present form.
    owners_indexed: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    email_proven_at: Mapped[datetime | None]
    email_code_hash: Mapped[str | None]
    email_code_until: Mapped[datetime | None]
    email_code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    #: Since when none of its keys may look up (the database's time), and for what signal.
    lookups_suspended_at: Mapped[datetime | None]
    lookups_suspended_for: Mapped[str | None]


class Owner(Base):
    """A keyed index value of a business's beneficial owners: of a code, or of a word of a name."""

    __tablename__ = "business_owners"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), primary_key=True)
    owner_index: Mapped[bytes] = mapped_column(primary_key=True, index=True)
    #: Whether to share it is to have one owner; else it only finds whose names to compare.
    certain: Mapped[bool]


class OwnerAnswer(Base):
    """What an operator answered of two businesses whose owners may be one."""

    __tablename__ = "owner_answers"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(
        ForeignKey("businesses.id"), primary_key=True, index=True
    )
    same: Mapped[bool]
    at: Mapped[datetime]


class Conduct(Base):
    """How a business's disputed reports were decided within the policy's days: counted anew with each ruling."""

    __tablename__ = "conducts"
    __table_args__ = (
        Index("ix_conducts_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), primary_key=True)
    decided: Mapped[int] = mapped_column(default=0)
    overturned: Mapped[int] = mapped_column(default=0)
    #: When the oldest decision that counts stops counting.
    due_at: Mapped[datetime | None]
    #: Since when it is on probation, and why (`rules.Probation`).
    probation_since: Mapped[datetime | None]
    because: Mapped[str | None]


class ApiKey(Base):
    """An API key: its keyed hash and what it may do."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    #: Prefix and first characters, by which its owner tells it from others.
    hint: Mapped[str]
    label: Mapped[str]
    test: Mapped[bool]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    #: Networks in CIDR form from which it may be used; empty means anywhere.
    networks: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Alarm(Base):
    """Something was noticed in what a business looks up."""

    __tablename__ = "alarms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    #: The key whose call it was noticed at.
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    #: `limits.watch.Signal`.
    signal: Mapped[str]
    count: Mapped[int]
    #: Whether it suspended the business's lookups.
    suspended: Mapped[bool]
    #: The database's time.
    at: Mapped[datetime]
