"""`registry serve`: database, migrations, worker and server, in the foreground, until a signal ends them.

In this order everything starts, and in the opposite one it ends, whatever the reason. The steps are here;
the worker's process is in `attendant`, demonstration data in `demo`, the words for the person in `banner`.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import opening, output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from uvicorn import Config

    from registry.platform.settings import Settings

GRACEFUL_SECONDS = 20
BACKLOG = 2048
#: What uvicorn exits with when the application does not start.
STARTUP_FAILURE = 3
_NOT_STARTED = "The server did not start; the log lines above say why."
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Server processes; the job worker is one more.",
)
@click.option("--no-worker", is_flag=True, help="Leave the jobs to `registry worker` elsewhere.")
@click.option("--demo", is_flag=True, help="Load invented demonstration data once, and make keys.")
@opening.options
def serve(host: str, port: int, workers: int, *, no_worker: bool, demo: bool, **given: Any) -> None:
    """Serve the registry: database, migrations, jobs and HTTP in one command.

    Without a database URL it starts a PostgreSQL of its own under the data folder; a second `serve` on the
    same folder shares it. Settings are REGISTRY_* variables. Ctrl-C or SIGTERM end everything cleanly.

        registry serve --demo
        registry serve --data-dir /srv/registry --port 8080
        REGISTRY_DATABASE_URL=postgresql://... registry serve --workers 4

    Exit codes: 0 ended by a signal, 2 not possible, and why.
    """
    from registry.platform import logs

    settings = opening.settings(**given, makes=True)
    listener = _listen(host, port)
    url = _address(host, listener.getsockname()[1])
    settings = _hand_over(settings, url)
    logs.configure(settings.log_level)
    with ExitStack() as running:
        running.enter_context(listener)
        running.enter_context(_signals())
        _serve(settings, url, listener, running, workers, jobs=not no_worker, demo=demo)


def _serve(
    settings: "Settings",
    url: str,
    listener: socket.socket,
    running: ExitStack,
    workers: int,
    *,
    jobs: bool,
    demo: bool,
) -> None:
    from registry.cli import attendant, banner, revival

    with output.err().status("Starting PostgreSQL" if not settings.database_url else "Connecting"):
        database_url = running.enter_context(opening.database(settings))
    running.enter_context(revival.kept_alive(settings, database_url))
    asyncio.run(_prepare(settings, database_url, url, demo=demo))
    if jobs:
        running.enter_context(attendant.attended())
    running.enter_context(banner.once_ready(settings, url, demo=demo))
    if workers == 1:
        _one(listener)
    else:
        _several(listener, workers)


async def _prepare(settings: "Settings", database_url: str, url: str, *, demo: bool) -> None:
    """Migrate; open everything once, so that what is wrong is said here and not by a server process."""
    from registry.platform.reading import replicated
    from registry.platform.runtime import running

    applied = await opening.migrated(database_url)
    if applied:
        output.err().print(f"Migrations applied: {', '.join(applied)}")
    async with running(settings, database_url) as runtime, replicated(runtime):
        if demo:
            from registry.cli import demo as demonstration

            await demonstration.prepare(runtime, url)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is started, so that a taken one costs nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Listening at once, and not only bound, is what makes a second server see that it is taken.
        listener.listen(BACKLOG)
    except OSError as fault:
        listener.close()
        raise Refusal(
            f"Cannot listen on {host}, port {port}: {fault.strerror or fault}. Choose another with --port"
            f" (make serve PORT={port + 1 if 0 < port < 65535 else 8080}) or --host."
        ) from fault
    return listener


def _address(host: str, port: int) -> str:
    """Where this machine itself reaches the server."""
    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _hand_over(settings: "Settings", url: str) -> "Settings":
    """Put what the options say into the environment, from which the worker and server processes read it.

    Letters name the address that is really served, unless a public one is set.
    """
    os.environ["REGISTRY_DATA_DIR"] = str(settings.data_dir)
    if settings.database_url:
        os.environ["REGISTRY_DATABASE_URL"] = settings.database_url
    os.environ.setdefault("REGISTRY_PUBLIC_URL", url)
    return opening.settings(data_dir=None, database_url=None, makes=True)


def _ignore(numbers: Iterable[int]) -> None:
    """What ends the process has begun: more signals must not cut it short."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a process into an orderly exit with 0."""

    def leave(number: int, _: object) -> None:
        _ignore(before)
        sys.exit(0)

    def hang_up(number: int, _: object) -> None:
        # A closed terminal; uvicorn knows SIGTERM and finishes what it is answering.
        os.kill(os.getpid(), signal.SIGTERM)

    before: dict[int, Any] = {number: signal.getsignal(number) for number in _ENDING}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # nohup
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, hang_up if number == signal.SIGHUP else leave)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(workers: int) -> "Config":
    from uvicorn import Config

    from registry.platform.server import Protocol
    from registry.platform.settings import from_env

    proxies = from_env().trusted_proxies
    return Config(
        "registry.cli.serving:application",
        factory=True,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def _one(listener: socket.socket) -> None:
    """Serve in this process."""
    from uvicorn import Server

    try:
        Server(_config(1)).run(sockets=[listener])
    except SystemExit as ended:
        if ended.code == STARTUP_FAILURE:
            raise Refusal(_NOT_STARTED) from None
        raise


def _several(listener: socket.socket, workers: int) -> None:
    """Serve in processes of their own, which are replaced when they die."""
    from uvicorn.supervisors import Multiprocess

    supervisor = Multiprocess(_config(workers), sockets=[listener])
    supervisor.run()
    _ignore(_ENDING)
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise Refusal(_NOT_STARTED)
