"""Whether this process lives, whether it can serve, and its metrics. For the operator's machinery."""

from typing import Annotated, Any

from litestar import Request, Response, get
from msgspec import Meta, Struct
from sqlalchemy import func, select

from registry.platform import metrics, migrate
from registry.platform.errors import Unavailable
from registry.platform.http import runtime_of
from registry.platform.replica import Replica, ReplicaState
from registry.platform.runtime import Runtime, transaction
from registry.platform.tables import Heartbeat


class Live(Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: str


class Ready(Struct, frozen=True, kw_only=True):
    """The process can serve."""

    status: str
    policy: Annotated[str, Meta(description="Policy profile and version.")]
    worker_heartbeat_age: Annotated[
        float | None,
        Meta(description="Seconds since a job worker last said that it lives; null: never."),
    ]
    replica: Annotated[
        ReplicaState | None,
        Meta(description="Whether the read replica answers lists and reports; null: none is set."),
    ]
    replica_lag: Annotated[
        float | None,
        Meta(description="Seconds that the replica is behind at most; null: nothing is known."),
    ]


class NotReady(Unavailable):
    """The database cannot be reached, or lacks migrations."""

    slug, title = "not-ready", "The registry is not ready to serve"


@get("/health/live", tags=["Health"])
async def live() -> Live:
    """Tell whether the process answers at all."""
    return Live(status="live")


@get("/health/ready", tags=["Health"])
async def ready(request: Request[Any, Any, Any]) -> Ready:
    """Tell whether the registry can serve: the database is reachable and its migrations are current."""
    runtime = runtime_of(request)
    missing = await migrate.pending(runtime.database.engine)
    if missing:
        raise NotReady("The database lacks migrations; run: registry migrate.", retry_after=10)
    age = await _heartbeat_age(runtime)
    replica = runtime.replica
    return Ready(
        status="ready",
        policy=runtime.policy.stamp,
        worker_heartbeat_age=age,
        replica=None if replica is None else replica.state,
        replica_lag=_lag(replica),
    )


@get("/metrics", tags=["Health"], media_type="text/plain")
async def read_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read the metrics in the Prometheus text format; no personal data in any label."""
    runtime = runtime_of(request)
    metrics.replica_lag(_lag(runtime.replica))
    metrics.heartbeat_age(await _heartbeat_age(runtime))
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _lag(replica: Replica | None) -> float | None:
    lag = None if replica is None else replica.lag
    return None if lag is None else round(lag, 1)


async def _heartbeat_age(runtime: Runtime) -> float | None:
    async with transaction(runtime) as session:
        last = await session.scalar(select(func.max(Heartbeat.at)))
        return None if last is None else round(max((session.real - last).total_seconds(), 0.0), 1)


ROUTES = [live, ready, read_metrics]
