"""What is counted: requests by route template and status, how long they took, and the worker's heartbeat.

Labels are templates and codes; nothing that a caller sent ever becomes one.
"""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

#: Litestar adds the charset itself.
CONTENT_TYPE = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")

_registry = CollectorRegistry()
_requests = Counter(
    "registry_requests", "Requests answered.", ["method", "route", "status"], registry=_registry
)
_seconds = Histogram(
    "registry_request_seconds",
    "Time from the request's head to the last byte of the answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=_registry,
)
_turned_away = Counter(
    "registry_turned_away",
    "Calls that were not answered for want of room: at a gate, in a share, for a body or a head, in time.",
    ["gate"],
    registry=_registry,
)
_alarms = Counter(
    "registry_alarms",
    "Businesses that were noticed to look up too much: by what, and whether it suspended their lookups.",
    ["signal", "suspended"],
    registry=_registry,
)
_heartbeat = Gauge(
    "registry_worker_heartbeat_age_seconds",
    "Seconds since the youngest heartbeat of a job worker; -1 when there has been none.",
    registry=_registry,
)
_reads = Counter(
    "registry_replica_reads",
    "Lists and reports for which a replica is set, by what answered them: the replica, or the primary in its place.",
    ["by"],
    registry=_registry,
)
_lag = Gauge(
    "registry_replica_lag_seconds",
    "Seconds that the replica is behind at most; -1 when there is none, or nothing is known of it.",
    registry=_registry,
)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the template of the path."""
    count, times = _of(method, route, status)
    count.inc()
    times.observe(seconds)


@cache
def _of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Finding a label's own counter takes longer than counting."""
    return _requests.labels(method, route, str(status)), _seconds.labels(route)


def turned_away(gate: str) -> None:
    """Count a call for which there was no room."""
    _turned_away.labels(gate).inc()


def alarm(signal: str, *, suspended: bool) -> None:
    """Count an alarm."""
    _alarms.labels(signal, str(suspended).lower()).inc()


def read(by: str) -> None:
    """Count a list or a report that the replica might have answered."""
    _reads.labels(by).inc()


def replica_lag(seconds: float | None) -> None:
    """Set how far behind the replica is."""
    _lag.set(-1 if seconds is None else seconds)


def heartbeat_age(seconds: float | None) -> None:
    """Set the age of the youngest heartbeat."""
    _heartbeat.set(-1 if seconds is None else seconds)


def exposition() -> bytes:
    """Everything in the Prometheus text format."""
    return generate_latest(_registry)
