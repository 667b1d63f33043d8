"""What a moderator is shown of a report's surroundings: pile-ons, common owners, retaliation, conduct.

Flags decide nothing. The person's complaint about a reporter, of which the registry knows, is a dispute; so a report
keeps when it was last disputed. What was erased is not known any more, and what still cools off is its reporter's
alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from registry.businesses import service as businesses
from registry.identities import service as identities
from registry.platform.runtime import Session
from registry.reports import store
from registry.reports.rules import Category, Flag, State
from registry.reports.tables import Report
from registry.reports.wire import ReportBeside


class Beside(msgspec.Struct, frozen=True):
    """A report about the same person, beside the one that is looked at."""

    id: UUID
    business_id: UUID
    #: Businesses of one beneficial owner share it.
    source_id: UUID
    submitted_at: datetime
    disputed_at: datetime | None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """The policy's numbers for flags."""

    pile_on: timedelta
    pile_on_reports: int
    retaliation: timedelta


def flags_beside(one: Beside, others: Sequence[Beside], alarm: Alarm) -> set[Flag]:
    """What stands out about a report among the others about the same person."""
    found = set()
    near = [o for o in others if abs(o.submitted_at - one.submitted_at) <= alarm.pile_on]
    if len(near) + 1 >= alarm.pile_on_reports:
        found.add(Flag.PILE_ON)
    sisters = [o for o in others if o.source_id == one.source_id]
    if any(o.business_id != one.business_id for o in sisters):
        found.add(Flag.COMMON_OWNER)
    complaints = [o.disputed_at for o in sisters if o.disputed_at is not None]
    if any(at <= one.submitted_at <= at + alarm.retaliation for at in complaints):
        found.add(Flag.RETALIATION)
    return found


async def of(session: Session, report: Report) -> tuple[list[Flag], list[ReportBeside]]:
    """The flags of a report, and the reports beside it that they rest on."""
    found = set[Flag]()
    if await store.count_same_contract(session, report):
        found.add(Flag.SAME_CONTRACT)
    if await businesses.on_probation(session, report.business_id):
        found.add(Flag.REPORTER_ON_PROBATION)
    others = await _others(session, report)
    known = {report.business_id} | {other.business_id for other in others}
    sources = await businesses.sources_of(session, known)

    def beside(one: Report) -> Beside:
        source = sources[one.business_id]
        return Beside(one.id, one.business_id, source, one.submitted_at, one.disputed_at)

    policy = session.policy
    alarm = Alarm(
        pile_on=timedelta(days=policy.pile_on_days),
        pile_on_reports=policy.pile_on_reports,
        retaliation=timedelta(days=policy.retaliation_days),
    )
    found |= flags_beside(beside(report), [beside(other) for other in others], alarm)
    return sorted(found), [
        ReportBeside(
            id=other.id,
            state=State(other.state),
            category=Category(other.category),
            submitted_at=other.submitted_at,
            same_business=other.business_id == report.business_id,
            same_owner=sources[other.business_id] == sources[report.business_id],
            disputed_at=other.disputed_at,
        )
        for other in others
    ]


async def _others(session: Session, report: Report) -> list[Report]:
    if report.record_id is None:
        return []
    records = await identities.neighbours_of(session, report.record_id)
    return [
        other
        for other in await store.list_of_records(session, records)
        if other.id != report.id and other.state != State.SUBMITTED
    ]
