"""Who acts: the one form in which services and the audit log know a caller."""

from enum import StrEnum
from uuid import UUID

import msgspec


class ActorKind(StrEnum):
    """What sort of caller it is."""

    #: A business, through one of its keys.
    BUSINESS = "business"
    #: A moderator or operator, through a staff key.
    STAFF = "staff"
    #: The person in a report.
    SUBJECT = "subject"
    #: A command run on the server itself.
    CONSOLE = "console"
    #: A clock or a job.
    SYSTEM = "system"
    #: The provider of short messages, by its signed receipts.
    PROVIDER = "provider"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A caller: `id` is the key's or the staff member's, `business_id` the business acted for."""

    kind: ActorKind
    id: UUID | None = None
    business_id: UUID | None = None


SYSTEM = Actor(kind=ActorKind.SYSTEM)
CONSOLE = Actor(kind=ActorKind.CONSOLE)
PROVIDER = Actor(kind=ActorKind.PROVIDER)
