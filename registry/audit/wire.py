"""An audit entry as operators read it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Who did or saw what. Holds ids and codes; the words of a reason stay sealed."""

    id: UUID
    at: Annotated[datetime, Meta(description="The database's own time.")]
    clock_at: Annotated[
        datetime,
        Meta(
            description="The registry's time; differs by more than moments only in tests and demonstration data."
        ),
    ]
    actor_kind: Annotated[
        str, Meta(description="`business`, `staff`, `subject`, `provider`, `console` or `system`.")
    ]
    actor_id: Annotated[
        UUID | None,
        Meta(description="The key or staff member; null for clocks, commands and the provider."),
    ]
    business_id: UUID | None
    action: Annotated[
        str,
        Meta(description="What happened, such as `report.publish`.", examples=["report.publish"]),
    ]
    object_kind: str
    object_id: UUID
    details: Annotated[dict[str, Any], Meta(description="Codes and numbers of this action.")]
    has_reason: Annotated[
        bool, Meta(description="Whether a reason was given; its words are sealed with the report.")
    ]
