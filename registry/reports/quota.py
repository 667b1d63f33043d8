"""How many reports a business may file: so many a day and a month by its plan, and few at once while it is new.

A report spends from the budget when it has been taken in, so that one that is refused, or a repeated request, costs
nothing.
"""

from collections.abc import Awaitable, Callable

from registry.businesses.access import Member, tell_budget
from registry.limits import service as limits
from registry.limits.rules import DAY, Spent
from registry.platform.db import lock_values
from registry.platform.errors import Conflict, QuotaExceeded
from registry.platform.http import Connection, runtime_of
from registry.platform.runtime import Session
from registry.reports import store
from registry.reports.wire import ReportView


class TooManyReports(QuotaExceeded):
    """The plan's budget of reports is spent, for the day or for the month."""

    slug, title = "too-many-reports", "The budget of reports is spent"


class FirstReportsWait(Conflict):
    """A new business has as many reports undecided as it may."""

    slug, title = "first-reports-wait", "A new business's reports wait for each other"


async def spend(
    connection: Connection,
    session: Session,
    member: Member,
    take_in: Callable[[], Awaitable[ReportView]],
) -> ReportView:
    """Take a report in if the business may file one now; raises `TooManyReports`, `FirstReportsWait`."""
    runtime = runtime_of(connection)
    # Reading first spares the work of a report for which there is no room.
    _refuse_spent(member, await limits.spend(runtime, member.reports, 0))
    await _let_newcomers_wait(session, member)
    view = await take_in()
    spent = await limits.spend(runtime, member.reports, 1)
    tell_budget(connection, spent)
    if not spent.admitted:
        _refuse_spent(member, spent)
    return view


def _refuse_spent(member: Member, left: Spent) -> None:
    if left.wait <= 0:
        return
    windows = zip(left.budget.windows, left.remaining, strict=True)
    spent = ["day" if span == DAY else "month" for (_, _, span), room in windows if not room]
    raise TooManyReports(
        f"Nothing was taken in. The plan `{member.plan}` has no report left for the {' and the '.join(spent)}."
        f" The next fits in {left.retry_after} s.",
        retry_after=left.retry_after,
    )


async def _let_newcomers_wait(session: Session, member: Member) -> None:
    policy, id_ = session.policy, member.business_id
    enough = policy.newcomer_reports
    if await store.count_decided(session, id_, enough) >= enough:
        return
    # Reports that are filed at the same moment are counted one after the other.
    await lock_values(session, [session.keyring.digest("first-reports", str(id_))])
    waiting = await store.list_undecided(session, id_)
    if len(waiting) >= policy.newcomer_undecided:
        raise FirstReportsWait(
            f"Nothing was taken in. Until moderators have decided on {enough} of your reports,"
            f" {policy.newcomer_undecided} at most may be undecided at once. These are:"
            f" {', '.join(map(str, waiting))}. File this one when one of them is decided, or take one of them back."
        )
