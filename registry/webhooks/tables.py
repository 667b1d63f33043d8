"""What is kept of endpoints and of what was sent to them. An event holds nothing personal, and lies in the clear.

An endpoint's address and secret are sealed under the data key of its business: an address may carry a token.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.platform.tables import Base


class Endpoint(Base):
    """Where a business wants to be told."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (UniqueConstraint("id", "business_id", name="uq_webhook_endpoints_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_keys.id"))
    #: `service.Target` at place `webhook_endpoints.sealed:<id>`.
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    #: Since when every try failed; null after one that succeeded.
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    #: A `rules.Resting`.
    disabled_for: Mapped[str | None]
    #: Its business is still to be told that it was switched off.
    untold: Mapped[bool]


class Delivery(Base):
    """One event on its way to one endpoint, and how far it came."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        # Of both, so that nothing can be queued for another business's endpoint.
        ForeignKeyConstraint(
            ["endpoint_id", "business_id"],
            ["webhook_endpoints.id", "webhook_endpoints.business_id"],
            name="fk_webhook_deliveries_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        Index(
            "ix_webhook_deliveries_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(index=True)
    business_id: Mapped[UUID]
    #: The same at each endpoint and at each try: receivers know a repetition by it.
    event_id: Mapped[UUID]
    #: A `rules.EventType`.
    type: Mapped[str]
    #: The event as it is sent, byte for byte.
    body: Mapped[str]
    #: A `rules.State`.
    state: Mapped[str]
    #: Failed tries since it was last queued.
    attempts: Mapped[int] = mapped_column(SmallInteger)
    #: When it is tried next; null once settled.
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    tried_at: Mapped[datetime | None]
    #: What the last try was answered, or a code for why there was no answer.
    status: Mapped[int | None] = mapped_column(SmallInteger)
    fault: Mapped[str | None]
    settled_at: Mapped[datetime | None]
