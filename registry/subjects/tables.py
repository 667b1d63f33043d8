"""What is kept of a person who asks: what they proved, as keyed index values, and a hash of the token; and of codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class SubjectSession(Base):
    """One person's way to their file: begun with one identifier, good once two are proven."""

    __tablename__ = "subject_sessions"
    __table_args__ = (
        Index("ix_subject_sessions_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_keys.id"))
    #: Index values of the identifiers that were proven, in order.
    proven: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    #: The records that an accepted document is of: the second proof; null without one.
    document_records: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    #: The identifier that is to be proven next: its index value, and `service.Asked`, sealed.
    asked: Mapped[bytes | None]
    sealed_asked: Mapped[bytes | None]
    language: Mapped[str]
    #: When the worker is to see whether a letter is due; null once it has.
    due_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(SmallInteger)
    #: Keyed hash of the token.
    token: Mapped[bytes | None] = mapped_column(unique=True)
    token_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def proofs(self) -> int:
        """How many proofs were given."""
        return len(self.proven) + (self.document_records is not None)


class SubjectCode(Base):
    """The code that proves a phone or e-mail. A row for each that was asked for, whether anybody is reported there."""

    __tablename__ = "subject_codes"

    #: The index value of the phone or e-mail.
    asked: Mapped[bytes] = mapped_column(primary_key=True)
    #: What the code is derived from, under a key that is not in the database. A new code has another.
    seed: Mapped[bytes]
    #: Letters with this code.
    letters: Mapped[int] = mapped_column(SmallInteger)
    #: When the last of them was made; null while there is none, as where nobody is reported.
    letter_at: Mapped[datetime | None]
    #: When the worker last saw to a start.
    asked_at: Mapped[datetime] = mapped_column(index=True)


class SubjectDocument(Base):
    """A document that shows who holds a reported identifier. Its bytes go when a moderator has decided."""

    __tablename__ = "subject_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The identifier that its sender proved.
    index_value: Mapped[bytes] = mapped_column(index=True)
    #: Keyed hash of what its sender was given, to use the document by.
    claim: Mapped[bytes] = mapped_column(unique=True)
    #: A `rules.DocumentState`.
    state: Mapped[str] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    #: Of the file in the store; these three are null once it is deleted.
    data_key_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("data_keys.id", ondelete="SET NULL")
    )
    blob: Mapped[str | None] = mapped_column(unique=True)
    media_type: Mapped[str | None]
    language: Mapped[str]
    at: Mapped[datetime]
    due: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    #: The records that it is of, once accepted.
    records: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
