"""The operator's report: what is late, businesses past the line, how moderators' own decisions fared."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from registry.businesses import conduct
from registry.disputes import rules, store
from registry.disputes.rules import Outcome
from registry.disputes.wire import (
    ConductReport,
    ModeratorConduct,
    OverdueDetachment,
    OverdueDispute,
)
from registry.platform.runtime import Session
from registry.reports import held
from registry.staff import service as staff

MOST_OVERDUE = 100


async def report(session: Session) -> ConductReport:
    """All of it, counted now over the policy's days."""
    since = session.now - timedelta(days=session.policy.conduct_days)
    return ConductReport(
        overdue=[
            OverdueDispute(
                id=row.id,
                report_id=row.report_id,
                business_id=row.business_id,
                due=row.review_due or row.state_since,
            )
            for row in await store.list_overdue(session, limit=MOST_OVERDUE)
        ],
        detachments_overdue=[
            OverdueDetachment(id=id_, due=due)
            for id_, due in await store.list_late(session, limit=MOST_OVERDUE)
        ],
        since=since,
        businesses=await conduct.list_on_probation(session),
        moderators=await _moderators(session, since),
    )


async def _moderators(session: Session, since: datetime) -> list[ModeratorConduct]:
    outcomes: dict[UUID, set[str]] = {}
    for report_id, outcome in await store.list_ruled(session, since=since):
        outcomes.setdefault(report_id, set()).add(outcome)
    overturned = {one for one, of in outcomes.items() if of & rules.CORRECTED_BY_RULING}
    ruled = overturned | {one for one, of in outcomes.items() if Outcome.UPHELD in of}
    published = await held.published(session, since)
    publishers = await held.publishers(session, ruled)
    upheld = await store.list_first_upheld(session, since=since)
    appealed = [(who, outcome) for who, round_, outcome in upheld if round_ > 1]
    counts = {
        "published": published,
        "published_decided": _count(who for _, who in publishers),
        "published_overturned": _count(who for one, who in publishers if one in overturned),
        "upheld": _count(who for who, _, _ in upheld),
        "upheld_appealed": _count(who for who, _ in appealed),
        "upheld_overturned": _count(
            who for who, outcome in appealed if outcome in rules.CORRECTED_BY_RULING
        ),
    }
    known = sorted(set[UUID]().union(*counts.values()))
    names = await staff.names(session, known)
    return [
        ModeratorConduct(
            staff_id=who,
            name=names[who],
            **{name: counted[who] for name, counted in counts.items()},
        )
        for who in known
    ]


def _count(moderators: Iterable[UUID]) -> Counter[UUID]:
    return Counter(moderators)
