"""What businesses send and read of their webhooks, and the events themselves.

`EVENTS` is the list of events; `schemas/events/` is made from it.
"""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from registry.limits.watch import Signal
from registry.platform.text import Line
from registry.webhooks.rules import Change, EventType, Resting, State

Moment = Annotated[datetime, Meta(tz=True, description="When it happened.")]


class EndpointRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address of yours to which events are sent."""

    url: Annotated[
        Line,
        Meta(
            description="`https`, a public host, no user name in it. Redirects are not followed.",
            examples=["https://shop.example.com/registry-events"],
        ),
    ]


class EndpointView(Struct, frozen=True, kw_only=True):
    """An endpoint: its address, and whether it is on."""

    id: UUID
    url: str
    created_at: datetime
    failing_since: Annotated[
        datetime | None, Meta(description="Every try failed since then; null: the last succeeded.")
    ]
    disabled_at: Annotated[
        datetime | None,
        Meta(
            description="Switched off since then; a delivery by hand that succeeds switches it on."
        ),
    ]
    disabled_for: Resting | None


class EndpointCreated(Struct, frozen=True, kw_only=True):
    """The new endpoint, and the secret with which its events are signed, shown this once."""

    secret: Annotated[str, Meta(description="`whsec_...`. Keep it now; it cannot be read again.")]
    endpoint: EndpointView


class EndpointRemoved(Struct, frozen=True, kw_only=True):
    """It is gone, with its log."""

    id: UUID


class DeliveryView(Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    id: UUID
    event_id: Annotated[
        UUID, Meta(description="`webhook-id` of the request; the same at every try.")
    ]
    type: EventType
    state: State
    attempts: Annotated[int, Meta(description="Tries since it was last queued.")]
    created_at: datetime
    tried_at: datetime | None
    next_try_at: datetime | None
    status: Annotated[int | None, Meta(description="What your endpoint answered at the last try.")]
    fault: Annotated[
        str | None,
        Meta(
            description="Why the last try failed: `status`, `redirect`, `address-refused`, `unresolved`, `timeout`,"
            " `connection`, `endpoint-off`, `unreadable`."
        ),
    ]
    body: Annotated[str, Meta(description="The event, byte for byte as it is sent and signed.")]


class Corrected(Struct, frozen=True, kw_only=True):
    """Which lookup of yours showed the report: its receipt says what still holds."""

    lookup_id: UUID
    shown_on: Annotated[date, Meta(description="The day of the lookup, UTC.")]
    what: Change


class Noticed(Struct, frozen=True, kw_only=True):
    """What was noticed in your lookups."""

    reason: Signal


class Nothing(Struct, frozen=True):
    """A test tells nothing."""


class ReportCorrected(
    Struct, frozen=True, kw_only=True, tag_field="type", tag=EventType.REPORT_CORRECTED.value
):
    """A report that you were shown was amended, removed, withdrawn or settled since. Do not rely on it any longer."""

    timestamp: Moment
    data: Corrected


class BusinessSuspended(
    Struct, frozen=True, kw_only=True, tag_field="type", tag=EventType.BUSINESS_SUSPENDED.value
):
    """Lookups by all your keys are suspended until an operator lifts that."""

    timestamp: Moment
    data: Noticed


class BusinessLifted(
    Struct, frozen=True, kw_only=True, tag_field="type", tag=EventType.BUSINESS_LIFTED.value
):
    """Your keys may look up again. `reason` is what they had been suspended for."""

    timestamp: Moment
    data: Noticed


class WebhookTest(
    Struct, frozen=True, kw_only=True, tag_field="type", tag=EventType.WEBHOOK_TEST.value
):
    """You asked for a test."""

    timestamp: Moment
    data: Nothing = Nothing()


Event = ReportCorrected | BusinessSuspended | BusinessLifted | WebhookTest
EVENTS = (ReportCorrected, BusinessSuspended, BusinessLifted, WebhookTest)
