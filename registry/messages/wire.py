"""What a provider of short messages is sent, and what it sends back."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from registry.messages.rules import State


class SmsRequest(Struct, frozen=True, kw_only=True):
    """A short message to be sent, as the provider gets it. docs/operations.md tells it to whoever connects one."""

    #: The message's own id: what it was sent under once is not sent again.
    id: UUID
    #: In E.164 form: `+380501234567`.
    to: str
    text: str
    #: What the phone shall show; null leaves it to the provider.
    sender: str | None


class ReceiptStatus(StrEnum):
    """What became of a short message, at the end."""

    #: The phone has it.
    DELIVERED = "delivered"
    #: The phone does not have it, and will not.
    UNDELIVERED = "undelivered"


class Receipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a short message, by the word of the provider."""

    id: Annotated[UUID, Meta(description="The `id` under which we sent it to you.")]
    status: Annotated[
        ReceiptStatus, Meta(description="At the end: what is still under way is no receipt.")
    ]


class ReceiptTaken(Struct, frozen=True, kw_only=True):
    """The receipt is on record. The first one decides; what comes after it changes nothing."""

    id: UUID
    state: Annotated[State, Meta(description="Where the message stands now.")]
