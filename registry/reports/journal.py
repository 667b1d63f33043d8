"""The journal of erasures: which reports were erased, told outside the database, so that no backup brings one back.

An erasure is noted in its own transaction (`lifecycle`) and told to the journal right after its commit: one small file
a report, named by its id, written once and never changed. It holds ids and times, nothing of anybody. After a restore
from an older backup `replay` erases again whatever the journal names; doing so twice changes nothing.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from registry.platform.runtime import Runtime, transaction
from registry.reports import evidence, lifecycle, store
from registry.reports.rules import State

BATCH = 100


class Replayed(msgspec.Struct, frozen=True):
    """What a replay did: entries that the journal has, and reports that it erased again."""

    entries: int
    erased: int


async def tell(runtime: Runtime) -> int:
    """Tell the journal of erasures that it has not heard of; returns how many.

    When the journal cannot be reached, they are told later.
    """
    async with transaction(runtime) as session:
        untold = await store.list_untold(session, BATCH)
        for report_id, at in untold:
            entry = msgspec.json.encode({"report": report_id, "erased_at": at})
            await runtime.journal.put(report_id.hex, entry)
        await store.mark_told(session, [report_id for report_id, _ in untold])
    return len(untold)


async def replay(runtime: Runtime, step: Callable[[int], None] = lambda _: None) -> Replayed:
    """Erase again every report that the journal names and the database still has.

    `step` is told of each batch how many entries were looked at. Each report has a transaction of its own, so a replay
    that was broken off is taken up by the next.
    """
    entries = erased = 0
    batch: list[UUID] = []
    async for name, _ in runtime.journal.names():
        batch.append(UUID(name))
        if len(batch) == BATCH:
            erased += await _again(runtime, batch)
            entries, batch = entries + BATCH, []
            step(BATCH)
    erased += await _again(runtime, batch)
    step(len(batch))
    return Replayed(entries + len(batch), erased)


async def _again(runtime: Runtime, report_ids: Sequence[UUID]) -> int:
    async with transaction(runtime) as session:
        back = await store.list_not_erased(session, report_ids)
    for report_id in back:
        async with transaction(runtime) as session:
            report = await store.lock(session, report_id)
            gone = report.state == State.ERASED
            files = [] if gone else await lifecycle.erase_again(session, report)
        await evidence.delete_files(runtime, files)
    return len(back)
