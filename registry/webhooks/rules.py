"""What may happen to an event on its way to an endpoint: its states, when it is tried again, when an endpoint rests.

    queued -> delivered    the endpoint answered 2xx
    queued -> failed       the last try failed, or the endpoint is gone or switched off
    delivered, failed -> queued    its business sends it again by hand

Pure: no clock, socket or database. `now`, and the dice, are arguments.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class EventType(StrEnum):
    """What happened."""

    #: A report that a lookup of yours showed was amended, removed, withdrawn or settled.
    REPORT_CORRECTED = "report.corrected"
    #: Lookups by your keys were suspended for what was noticed in them.
    BUSINESS_SUSPENDED = "business.suspended"
    #: An operator lifted that.
    BUSINESS_LIFTED = "business.lifted"
    #: You asked for a test.
    WEBHOOK_TEST = "webhook.test"


class Change(StrEnum):
    """What became of a report that was shown."""

    #: Its facts were corrected; it is shown still.
    AMENDED = "amended"
    #: It is shown no longer.
    REMOVED = "removed"
    #: Its reporter took it back.
    WITHDRAWN = "withdrawn"
    #: It ended as paid.
    SETTLED = "settled"


class State(StrEnum):
    """Where a delivery is."""

    #: To be sent, or tried again, at `due_at`.
    QUEUED = "queued"
    #: The endpoint answered 2xx.
    DELIVERED = "delivered"
    #: It is not tried any more; send it again by hand.
    FAILED = "failed"


class Resting(StrEnum):
    """Why an endpoint is switched off."""

    #: It answered 410.
    GONE = "gone"
    #: Nothing arrived for three days.
    FAILING = "failing"


#: Endpoints of one business.
MOST_ENDPOINTS = 5
#: Deliveries that a business may cause by hand, in a day and in an hour: nobody is flooded through us.
BY_HAND = (200, 60)
#: How long the log of deliveries is kept.
KEPT = timedelta(days=30)
#: The wait after the first, second, ... failed try: eight tries within about a day.
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=10),
)
#: At most this part of a wait is added to it, so that what failed together does not come back together.
JITTER = 0.1
#: For so long every try must have failed before an endpoint is switched off.
REST_AFTER = timedelta(days=3)
#: How long a delivery that a worker took in hand is left to it; then another takes it, as that one must have died.
LEASE = timedelta(minutes=2)
GONE = 410


def next_try(attempts: int, now: datetime, dice: float) -> datetime | None:
    """When to try again after that many failed tries (1 or more); None after the last. `dice` is from 0 to 1."""
    if attempts > len(RETRY_AFTER):
        return None
    return now + RETRY_AFTER[attempts - 1] * (1 + JITTER * dice)


def taken(status: int | None) -> bool:
    """Whether that answer means that the event arrived."""
    return status is not None and 200 <= status < 300


def rests(status: int | None, failing_since: datetime, now: datetime) -> Resting | None:
    """Whether an endpoint is to be switched off after a try that failed, and why."""
    if status == GONE:
        return Resting.GONE
    return Resting.FAILING if now - failing_since >= REST_AFTER else None
