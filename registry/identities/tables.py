"""What is kept of people: sealed records, keyed index values, decisions on pairs, facts, and standings.

An identity holds no values; which records make it up is derived from the decisions on pairs. A record
belongs to one report and is sealed under that report's key.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    Uuid,
    any_,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from registry.platform.tables import Base


class Identity(Base):
    """A person or company, as far as the registry can tell: a set of published records."""

    __tablename__ = "identities"

    #: The id of its oldest record, so that the same records always make the same identity.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Record(Base):
    """What one report says of whom it is about: a `Subject`, sealed under the report's data key."""

    __tablename__ = "records"

    __table_args__ = (
        CheckConstraint("(identity_id IS NULL) = (publication IS NULL)", name="published"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The identity that it is part of while it is published; null otherwise.
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey("identities.id"), index=True)
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_keys.id"))
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    #: The number of its publication, while it is published; null otherwise. In one identity numbers grow in the order
    #: of commits; times, which are read before a wait, do not.
    publication: Mapped[int | None] = mapped_column(BigInteger)


class RecordCount(Base):
    """How many records are published, in parts, so that publications do not wait for one another."""

    __tablename__ = "record_counts"

    #: 0 to `PARTS` - 1: the last byte of the record's id, modulo `PARTS`.
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    published: Mapped[int]


class Identifier(Base):
    """One keyed index value of a record, with the span of time in which the identifier was theirs."""

    __tablename__ = "record_identifiers"
    __table_args__ = (
        Index(
            "ix_record_identifiers_ended",
            "record_id",
            postgresql_where=text("valid_until IS NOT NULL"),
        ),
    )

    record_id: Mapped[UUID] = mapped_column(
        ForeignKey("records.id", ondelete="CASCADE"), primary_key=True
    )
    #: First 16 bytes of HMAC-SHA256 over `kind | normal form`.
    index_value: Mapped[bytes] = mapped_column(primary_key=True, index=True)
    kind: Mapped[str]
    key_version: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    #: Whether its record is published. Only then does it count in the resolution of others.
    published: Mapped[bool] = mapped_column(default=False)


class PairDecision(Base):
    """An entry of the log: what was held of two records, by whom, on what evidence. Codes only.

    Entries are added, never changed. The last of a pair counts; a moderator's goes before the engine's. An entry of the
    engine counts only if both records have been published without a break since it was written.
    """

    __tablename__ = "pair_decisions"
    __table_args__ = (
        CheckConstraint("one < other", name="ordered"),
        CheckConstraint("(staff_id IS NULL) = (parameters IS NOT NULL)", name="decider"),
        Index("ix_pair_decisions_pair", "one", "other"),
        Index("ix_pair_decisions_other", "other"),
        Index("ix_pair_decisions_due", "due", "id", postgresql_where=text("due IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Two records, the older first. They may have been erased since.
    one: Mapped[UUID]
    other: Mapped[UUID]
    #: `matching.decision.Verdict`: what the evidence says, or the moderator.
    verdict: Mapped[str]
    #: By when a moderator should look, the more valuable the answer the sooner; null where nobody is asked.
    due: Mapped[datetime | None]
    #: log2 of the odds; null where a moderator decided.
    weight: Mapped[float | None]
    #: [field, level, bits] of each field.
    evidence: Mapped[list[Any]] = mapped_column(JSONB)
    #: Version of the parameters; null where a moderator decided.
    parameters: Mapped[str | None]
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    #: A number of publications (`Record.publication`): the entry counts for both records' publications up to it; null
    #: where a moderator decided.
    publication: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Fact(Base):
    """What lookups may show of one report, in codes. Kept after the end, empty, for the receipts."""

    __tablename__ = "facts"
    __table_args__ = (
        Index("ix_facts_record_id", "record_id"),
        Index("ix_facts_business_id", "business_id", postgresql_where=text("codes IS NOT NULL")),
        Index("ix_facts_publish_at", "publish_at", postgresql_where=text("publish_at IS NOT NULL")),
    )

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID | None] = mapped_column(ForeignKey("records.id", ondelete="SET NULL"))
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    #: `rules.FactCodes`; null once the fact is shown no longer.
    codes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Since when it is shown no longer.
    hidden_since: Mapped[datetime | None]
    #: When its record is to be published, at the earliest: not while its business is suspended. Null once it is, and
    #: while the fact is hidden.
    publish_at: Mapped[datetime | None]


class Standing(Base):
    """The facts of one identity beside one of its index values: all that a lookup reads."""

    __tablename__ = "standings"

    index_value: Mapped[bytes] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID] = mapped_column(
        ForeignKey("identities.id"), primary_key=True, index=True
    )
    kind: Mapped[str]
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


def one_of(column: InstrumentedAttribute[UUID], values: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter however many values there are: the statement is compiled, and planned, once."""
    return column == any_(bindparam(None, list(values), type_=ARRAY(Uuid)))
