"""What may be told of a count, and which months are over. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

K = TypeVar("K", bound=str)

#: A smaller count is not told, nought included: whether there was one such case or none can be about one person.
SMALLEST = 5
#: Counts are told in steps of this, so that neither the sum of a table nor one more case gives a small one away.
STEP = 5
#: Months that are told of.
MONTHS = 24

#: Action of the audit log -> the name under which its entries are counted, and the code by which they are told apart.
REPORTS = {
    "report.publish": "published",
    "report.reject": "rejected",
    "report.notice_proven": "person_told",
    "report.undeliverable": "undeliverable",
    "report.withdraw": "withdrawn",
    "report.settle": "settled",
    "report.amend": "amended",
    "report.remove": "removed",
    "report.reporter_silent": "removed_unanswered",
    "report.expire": "expired",
    "report.erase": "erased",
}
SUBMITTED, OPENED, LATE, DETACHED = (
    "report.submitted",
    "dispute.opened",
    "dispute.late",
    "identifier.detached",
)
#: The code in the entry's details that tells entries of one action apart.
CODES = {SUBMITTED: "category", OPENED: "ground"}
ACTIONS = frozenset({*REPORTS, SUBMITTED, OPENED, LATE, DETACHED})


def told(count: int) -> int | None:
    """A count as it is told: None below `SMALLEST`, else the nearest multiple of `STEP`."""
    return None if count < SMALLEST else (count + STEP // 2) // STEP * STEP


def table(counts: Mapping[K, int]) -> dict[K, int | None]:
    """Every count of a table as it is told, in the order of the names."""
    return {name: told(counts[name]) for name in sorted(counts)}


def median(count: int, days: float | None) -> int | None:
    """Whole days, of so many cases as may be told of."""
    return None if days is None or told(count) is None else round(days)


def closed(first: datetime, now: datetime) -> Iterator[date]:
    """The first days of the months that are over, from that of `first` on, at most `MONTHS` of them, oldest first."""
    present = now.date().replace(day=1)
    months = [present]
    while months[-1] > first.date() and len(months) <= MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return reversed(months[1:])


def bounds(month: date) -> tuple[datetime, datetime]:
    """When a month begins, and when the next one does, in UTC."""
    after = (month + timedelta(days=31)).replace(day=1)
    return datetime.combine(month, time(), UTC), datetime.combine(after, time(), UTC)
