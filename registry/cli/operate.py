"""`registry worker` and `registry migrate`: the parts of `registry serve`, for deployments that want them apart."""

import asyncio
import signal
from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import opening, output

if TYPE_CHECKING:
    from registry.platform.settings import Settings


@click.command()
@click.option("--parent", type=int, hidden=True, help="End with this process.")
@opening.options
def worker(parent: int | None, **given: Any) -> None:
    """Run the jobs: letters, deadlines, retention and erasure, clean-up.

    `registry serve` runs a worker of its own unless told `--no-worker`. Any number may run at once.
    SIGTERM and Ctrl-C let it finish what it has in hand.

        registry worker
        REGISTRY_DATABASE_URL=postgresql://... registry worker

    Exit codes: 0 ended by a signal, 2 not possible, and why.
    """
    from registry.cli import lifeline
    from registry.platform import logs

    found = opening.settings(**given)
    if parent is not None:
        lifeline.end_with(parent)
    logs.configure(found.log_level)
    with opening.database(found) as url:
        asyncio.run(_work(found, url))


async def _work(found: "Settings", url: str) -> None:
    import structlog

    from registry import worker as jobs

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await opening.current(found, url)
    log = structlog.get_logger("registry.worker")
    log.info("worker_started", jobs=len(jobs.JOBS))
    await jobs.work(found, url, stop)
    log.info("worker_stopped")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def migrate(*, as_json: bool, **given: Any) -> None:
    """Bring the database to the newest revision, and print what was applied.

    `registry serve` does so itself when it starts. Processes that migrate at the same time wait for one
    another.

        registry migrate
        registry migrate --database-url postgresql://registry@db/registry

    Exit codes: 0 current now, 2 not possible, and why.
    """
    from registry.platform import logs

    logs.configure("warning")
    with opening.database(opening.settings(**given, folder=False, makes=True)) as url:
        applied = asyncio.run(opening.migrated(url))
    if as_json:
        output.emit({"applied": applied})
    elif applied:
        output.out().print(f"Applied: {', '.join(applied)}.")
    else:
        output.out().print("Nothing to do: the database is current.")
