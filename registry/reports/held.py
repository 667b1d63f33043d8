"""Reports by the records that they wrote: what the slices above ask of them, for the person and for a ruling."""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from registry.identities import service as identities
from registry.identities.rules import REPLY
from registry.matching.subject import Subject
from registry.platform.errors import NotFound
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.reports import lifecycle, matters, post, store, views
from registry.reports.rules import ErasedFor, State
from registry.reports.tables import Report
from registry.reports.wire import ReportCase, ReportSubmission


class Held(msgspec.Struct, frozen=True):
    """A report that is still there, opened."""

    report: Report
    key: DataKey
    content: ReportSubmission
    subject: Subject
    media_types: list[str]


class Ruled(msgspec.Struct, frozen=True):
    """What of a report matters for who may rule on its dispute."""

    business_id: UUID
    state: State
    approvals_needed: int
    screeners: frozenset[UUID]
    retention_until: datetime


async def of_records(session: Session, records: Collection[UUID]) -> list[Held]:
    """The reports that wrote these records, newest first, each opened; without any that is erased meanwhile."""
    found = []
    for report in await store.list_of_records(session, records):
        with suppress(lifecycle.IllegalTransition, NotFound):
            found.append(await _open(session, report))
    return found


async def _open(session: Session, report: Report) -> Held:
    key = await lifecycle.data_key(session, report)
    content = lifecycle.content_of(report, key)
    assert content is not None  # noqa: S101 - a report with a record has its content
    files = await store.list_evidence(session, report.id)
    subject = await lifecycle.subject_of(session, report, key)
    return Held(report, key, content, subject, [file.media_type for file in files])


async def lock(session: Session, report_id: UUID) -> None:
    """Whoever disputes the report at the same time waits, and then sees what was done."""
    await store.lock(session, report_id)


async def reachable(
    session: Session, report_id: UUID, contacts: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Those of a person's contacts that were not detached from the report since: the others have another holder."""
    report = await store.get(session, report_id)
    assert report.record_id is not None  # noqa: S101 - it has one until it is erased
    lost = (await identities.detached_of(session, [report.record_id])).get(report.record_id, {})
    subject = await lifecycle.subject_of(session, report, await lifecycle.data_key(session, report))
    gone = post.contacts(session, lost, subject)
    return [one for one in contacts if one not in gone]


async def states_of(session: Session, report_ids: Collection[UUID]) -> dict[UUID, State]:
    """Where each of these reports stands."""
    return {row.id: State(row.state) for row in await store.list_by_id(session, report_ids)}


async def ruled(session: Session, report_id: UUID) -> Ruled:
    """Who may rule on a dispute of this report."""
    report = await store.get(session, report_id)
    decisions = await store.list_decisions(session, report_id)
    screeners = frozenset(row.moderator_id for row in decisions)
    return Ruled(
        report.business_id,
        State(report.state),
        report.approvals_needed,
        screeners,
        report.retention_until,
    )


async def contested_erasures(session: Session, report: Report) -> list[ErasedFor]:
    """Return why reports of the matter that this one brings back had been erased, the latest first."""
    return await matters.erasures(session, report)


async def count_states(session: Session) -> Counter[str]:
    """How many reports there are in each state."""
    return Counter(dict(await store.count_states(session)))


async def published(session: Session, since: datetime) -> Counter[UUID]:
    """How many reports each moderator published after that time."""
    rows = await store.list_published(session, since)
    return Counter(
        moderator for _, moderator in {(row.report_id, row.moderator_id) for row in rows}
    )


async def publishers(session: Session, report_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(report, moderator) of whoever published these reports."""
    return list(await store.list_publishers(session, report_ids))


def reply_of(report: Report, key: DataKey) -> str | None:
    """Return the person's words as lookups show them; None where there are none."""
    sealed = report.sealed_reply
    return key.open(f"{REPLY}:{report.id}", sealed, str) if sealed else None


async def reply(session: Session, report_id: UUID, key: DataKey) -> str | None:
    """The same of a report by its id."""
    return reply_of(await store.get(session, report_id), key)


async def case(session: Session, report_id: UUID) -> ReportCase:
    """The whole report, for the moderator who rules on its dispute."""
    report = await store.get(session, report_id)
    key = None if report.state == State.ERASED else await lifecycle.data_key(session, report)
    return await views.case(session, report, key)
