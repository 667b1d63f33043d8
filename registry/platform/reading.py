"""What the read replica may answer, and the primary in its place: the only place that decides.

Whoever reads so agrees that the answer may be some seconds old (`replica.BEHIND_AT_MOST`). That is right for lists,
counts and what operators read of many; it is wrong for lookups, receipts, keys, budgets, a single item, a person's own
case, and whatever is decided upon. These stay with `runtime.transaction`; import-linter keeps this module from them.

Without a replica the primary answers, in a transaction that may change nothing either: a route that writes here fails
with its first test, not with the first replica.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from registry.platform import db, metrics
from registry.platform.replica import FAILURES, Replica
from registry.platform.runtime import Runtime, Session, read_only

T = TypeVar("T")

#: Seconds that a replica has for an answer; then the primary is asked, within the call's own deadline.
PATIENCE = 5.0


@contextlib.asynccontextmanager
async def replicated(runtime: Runtime) -> AsyncIterator[Runtime]:
    """The runtime with the replica that its settings name, if any; watched for as long as the block runs.

    Raises `DatabaseUnfit` for a login role that may not be used. A replica that cannot be reached stops nothing.
    """
    url = runtime.settings.replica_url
    if not url:
        yield runtime
        return
    engine = db.make_engine(url, pool_size=runtime.settings.pool_size)
    replica = Replica(runtime.database.engine, engine)
    watching = None
    try:
        await replica.look()
        watching = asyncio.create_task(replica.watch())
        yield dataclasses.replace(runtime, replica=replica)
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        await replica.close()


async def reading(
    runtime: Runtime,
    act: Callable[[Session], Awaitable[T]],
    *,
    business_id: UUID | None = None,
) -> T:
    """Let `act` read, as that business or as the system: from the replica where it may answer, else from the primary.

    `act` changes nothing, and may be run a second time: what the replica fails, the primary answers.
    """
    replica = runtime.replica
    if replica is not None and replica.usable:
        try:
            async with (
                asyncio.timeout(PATIENCE),
                read_only(runtime, replica.engine, business_id) as session,
            ):
                answer = await act(session)
        except FAILURES as fault:
            replica.failed(fault)
        else:
            metrics.read("replica")
            return answer
    if replica is not None:
        metrics.read("primary")
    async with read_only(runtime, runtime.database.engine, business_id) as session:
        return await act(session)
