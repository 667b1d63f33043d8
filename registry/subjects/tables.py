"""What is kept of a person who asks: what they proved, as keyed index values, and hashes of code and token."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, SmallInteger, text
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
    #: The identifier that is to be proven next: its index value, and `service.Asked`, sealed.
    asked: Mapped[bytes | None]
    sealed_asked: Mapped[bytes | None]
    language: Mapped[str]
    #: When a code is to be sent; null once that was looked at.
    due_at: Mapped[datetime | None]
    #: argon2id of the code; null while none was sent, as when nobody was reported under the identifier.
    code_hash: Mapped[str | None]
    code_until: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(SmallInteger)
    #: Keyed hash of the token.
    token: Mapped[bytes | None] = mapped_column(unique=True)
    token_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
