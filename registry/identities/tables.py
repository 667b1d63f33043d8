"""What is kept of people: sealed records, keyed index values, facts, and the standings made of them.

An identity holds no values. A record belongs to one report and is sealed under that report's key.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Identity(Base):
    """A person or company, as far as the registry can tell: a set of records."""

    __tablename__ = "identities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Record(Base):
    """What one report says of whom it is about: a `Subject`, sealed under the report's data key."""

    __tablename__ = "records"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey("identities.id"), index=True)
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_keys.id"))
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class Identifier(Base):
    """One keyed index value of a record, with the span of time in which the identifier was theirs."""

    __tablename__ = "record_identifiers"

    record_id: Mapped[UUID] = mapped_column(
        ForeignKey("records.id", ondelete="CASCADE"), primary_key=True
    )
    #: First 16 bytes of HMAC-SHA256 over `kind | normal form`.
    index_value: Mapped[bytes] = mapped_column(primary_key=True, index=True)
    kind: Mapped[str]
    key_version: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class Fact(Base):
    """What lookups may show of one report, in codes. Kept after the end, empty, for the receipts."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_record_id", "record_id"),)

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID | None] = mapped_column(ForeignKey("records.id", ondelete="SET NULL"))
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    #: `rules.FactCodes`; null once the fact is shown no longer.
    codes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Since when it is shown no longer.
    hidden_since: Mapped[datetime | None]


class Standing(Base):
    """The facts of one identity beside one of its index values: all that a lookup reads."""

    __tablename__ = "standings"

    index_value: Mapped[bytes] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(
        ForeignKey("identities.id"), primary_key=True, index=True
    )
    kind: Mapped[str]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
