"""Find the matter of a report: the reports of one business about one subject under one contract.

A report that ended leaves keyed tombstones, one for each identifier (`lifecycle.tombstone_values`). Two reports that
share a tombstone are of one matter, and so are a report and the one that it brings back. What people decided about one
of them counts for the next one, whichever of them the reporter chooses to bring back.
"""

from collections.abc import Collection
from uuid import UUID

from registry.platform.runtime import Session
from registry.reports import lifecycle, store
from registry.reports.rules import ErasedFor
from registry.reports.tables import Report


async def reports_of(session: Session, report_id: UUID) -> set[UUID]:
    """Return the ids of all reports of this report's matter, itself included."""
    found, new = {report_id}, {report_id}
    while new:
        new = await store.list_linked(session, new) - found
        found |= new
    return found


async def lock(session: Session, report_id: UUID) -> set[UUID]:
    """Lock all reports of the matter, in the order of their ids, and return these ids.

    Every reinsertion does so first. Of two at the same time the second waits, and is then refused.
    """
    found = await reports_of(session, report_id)
    await store.lock_all(session, found)
    return found


async def refuse_second(session: Session, matter: Collection[UUID]) -> None:
    """Raise `IllegalTransition` while a report that brings this matter back has not ended."""
    running = await store.find_bringing_back(session, matter)
    if running is not None:
        raise lifecycle.IllegalTransition(
            f"Report {running} brings this person and contract back already, and has not ended."
            f" Read it: GET /v1/reports/{running}."
        )


async def erasures(session: Session, report: Report) -> list[ErasedFor]:
    """Return why reports of the matter that this report brings back were erased, the latest first.

    Empty where they ended otherwise, and for a report that brings none back.
    """
    if report.reinsertion_of is None:
        return []
    matter = await reports_of(session, report.reinsertion_of)
    return [ErasedFor(code) for code in await store.list_erased_for(session, matter)]
