"""What is kept of a message: whom it speaks of, where it stands, and, sealed, its address and values.

Nothing personal is in the clear. The row is sealed under the data key of the report or business that
it is about and goes with that key.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Message(Base):
    """One message to one address."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_messages_unacknowledged",
            "acknowledged",
            "settled_at",
            postgresql_where=text("NOT acknowledged AND settled_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: A `rules.Template`.
    template: Mapped[str]
    #: A `rules.Language`.
    language: Mapped[str]
    #: A `rules.Channel`.
    channel: Mapped[str]
    #: A `rules.Transport`, of the last try; null before the first.
    transport: Mapped[str | None]
    #: The report or business that it speaks of.
    about_id: Mapped[UUID] = mapped_column(index=True)
    data_key_id: Mapped[UUID] = mapped_column(
        ForeignKey("data_keys.id", ondelete="CASCADE"), index=True
    )
    #: `{to, values}` at place `messages.sealed:<id>`.
    sealed: Mapped[bytes]
    #: A `rules.State`.
    state: Mapped[str]
    #: Failed tries.
    attempts: Mapped[int] = mapped_column(SmallInteger)
    #: When something is to be done next; null once settled.
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    #: The slice that waits for the outcome has taken it, or none waits.
    acknowledged: Mapped[bool]
