"""Tables that belong to no slice: data keys, stored answers, the worker's heartbeat, the deployment's mark."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Constraint names are fixed, so that a migration can name what an earlier one made.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table; `metadata.py` gathers them for alembic."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        str: String,
    }


class DataKeyRow(Base):
    """All wrapped data keys of the registry. The only place where one is kept."""

    __tablename__ = "data_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The business whose row-level view shows the key. No foreign key: the key is made before its owner.
    owner_id: Mapped[UUID | None] = mapped_column(index=True)
    wrapped: Mapped[bytes]
    kek_version: Mapped[int] = mapped_column(SmallInteger)


class StoredAnswer(Base):
    """The answer given under an idempotency key; sealed, kept 24 hours."""

    __tablename__ = "stored_answers"
    __table_args__ = (Index("ix_stored_answers_data_keys", "data_keys", postgresql_using="gin"),)

    caller_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int] = mapped_column(SmallInteger)
    sealed_body: Mapped[bytes]
    #: The data keys that were open when it was made: it is deleted with any of them.
    data_keys: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'::uuid[]"))
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class Heartbeat(Base):
    """When each worker last said that it lives."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Deployment(Base):
    """One row: a digest that only the right master keys reproduce, so that wrong keys are noticed at start."""

    __tablename__ = "deployment"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key_check: Mapped[bytes]
