"""The worker's own list of jobs, with something for each to look at: every one comes to an end."""

import asyncio
from datetime import timedelta
from itertools import chain

from registry import worker
from registry.platform import clock
from tests.disputes.cases import decided
from tests.disputes.people import SUBJECT, arrived, shown
from tests.erasure.asking import ask, objected
from tests.factories.registry import Registry

#: A batch of a job is bounded, and there is little to do: so many are more than enough.
MOST_BATCHES = 10


async def test_every_job_comes_to_an_end(sandbox: Registry) -> None:
    """One that never says that nothing is left would keep the others, and so every deadline, from being looked at."""
    shop = await sandbox.shop()
    await decided(sandbox, shop, "removed", "upheld", "amended")
    report = await sandbox.published(shop, subject=SUBJECT)
    await shown(await sandbox.shop())
    person = await arrived(sandbox)
    assert (await ask(person, report["id"])).status_code == 201
    await objected(person, report["id"])
    for later in (timedelta(), timedelta(days=40), timedelta(days=500)):
        with clock.shifted(later):
            for job in (*worker.JOBS, *chain(*worker.OUTWARD)):
                batches = 0
                while await asyncio.wait_for(job.run(sandbox.runtime), 60):
                    batches += 1
                    assert batches < MOST_BATCHES, job.name
