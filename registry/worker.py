"""The job worker: every job there is, and its loop in a process.

What a job does lives in its slice; what is listed here, and how often, is the only list. A job that is
woken runs when a change has committed; its interval is the net below, and what the clock itself brings.
"""

import asyncio

from registry.businesses import jobs as businesses
from registry.disputes import jobs as disputes
from registry.erasure import jobs as erasure
from registry.identities import jobs as identities
from registry.limits import jobs as limits
from registry.lookups import jobs as lookups
from registry.messages import jobs as messages
from registry.platform import idempotency, jobs
from registry.platform.jobs import Job
from registry.platform.runtime import Runtime, running, transaction
from registry.platform.settings import Settings
from registry.reports import jobs as reports
from registry.reports import journal
from registry.subjects import jobs as subjects
from registry.transparency import jobs as transparency
from registry.webhooks import jobs as webhooks

SOON, MINUTELY, HOURLY = 2.0, 60.0, 3600.0


async def sweep_answers(runtime: Runtime) -> int:
    """Delete stored idempotent answers that are past their time."""
    async with transaction(runtime) as session:
        return await idempotency.sweep(session)


async def replay_journal(runtime: Runtime) -> int:
    """Erase again what an older backup brought back: first thing when a worker starts."""
    return (await journal.replay(runtime)).erased


JOBS = (
    Job("send_codes", subjects.send_codes, every=SOON),
    Job("tell_disabled", businesses.tell_disabled, every=SOON),
    Job("take_proofs", reports.take_proofs, every=SOON),
    Job("advance_due", reports.advance_due, every=SOON),
    Job("unpublish_suspended", identities.unpublish_suspended, every=SOON),
    Job("publish_due", identities.publish_due, every=SOON),
    Job("tell_journal", journal.tell, every=SOON),
    Job("advance_disputes", disputes.advance_due, every=SOON),
    Job("recount_due", disputes.recount_due, every=SOON),
    Job("follow_reports", disputes.follow_reports, every=MINUTELY, wakes=False),
    Job("follow_objections", erasure.follow_reports, every=MINUTELY, wakes=False),
    Job("escalate_detachments", disputes.escalate_detachments, every=MINUTELY, wakes=False),
    Job("sweep_detachments", disputes.sweep_detachments, every=HOURLY, wakes=False),
    Job("forget_letters", erasure.forget_letters, every=HOURLY, wakes=False),
    Job("recount_conduct", disputes.recount_all, every=HOURLY, wakes=False),
    Job("count_months", transparency.count_months, every=HOURLY, wakes=False),
    Job("withdraw_abandoned", reports.withdraw_abandoned, every=HOURLY, wakes=False),
    Job("index_owners", businesses.index_owners, every=HOURLY, wakes=False),
    Job("sweep_reports", reports.sweep, every=HOURLY, wakes=False),
    Job("sweep_limits", limits.sweep, every=HOURLY, wakes=False),
    Job("add_lookup_months", lookups.add_months, every=HOURLY, wakes=False),
    Job("sweep_lookups", lookups.sweep, every=HOURLY, wakes=False),
    Job("sweep_messages", messages.sweep, every=HOURLY, wakes=False),
    Job("sweep_webhooks", webhooks.sweep, every=HOURLY, wakes=False),
    Job("sweep_subjects", subjects.sweep, every=HOURLY, wakes=False),
    Job("replay_journal", replay_journal, every=HOURLY, wakes=False),
    Job("sweep_answers", sweep_answers, every=HOURLY, wakes=False),
)
#: In loops of their own: they wait for other machines, and a slow one must hold up neither a deadline nor the other.
OUTWARD = (
    (Job("deliver", messages.deliver, every=SOON),),
    (Job("deliver_webhooks", webhooks.deliver, every=SOON),),
)


async def work(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Run the jobs until `stop` is set; what is in hand is finished first."""
    async with running(settings, url) as runtime:
        await asyncio.gather(*(jobs.loop(runtime, url, ours, stop) for ours in (JOBS, *OUTWARD)))
