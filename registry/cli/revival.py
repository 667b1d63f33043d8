"""Keeps the embedded PostgreSQL alive: whatever killed it, it is started again while `serve` runs.

Requests that come meanwhile get 503; the pools find the new server by themselves.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from registry.cli import opening

if TYPE_CHECKING:
    from registry.platform.settings import Settings

LOOK_EVERY_SECONDS = 1.0


@contextmanager
def kept_alive(settings: "Settings", database_url: str) -> Iterator[None]:
    """Look after the embedded server for as long as the block lasts; a database of one's own is left alone."""
    if settings.database_url:
        yield
        return
    ending = threading.Event()
    shares = ExitStack()
    thread = threading.Thread(
        target=_look_after, args=(settings, _socket_of(database_url), ending, shares), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        shares.close()


def _look_after(
    settings: "Settings", path: str, ending: threading.Event, shares: ExitStack
) -> None:
    import structlog

    from registry.platform.embedded import EmbeddedError

    log = structlog.get_logger("registry.serve")
    while not ending.wait(LOOK_EVERY_SECONDS):
        if _answers(path):
            continue
        log.error("postgres_died")
        try:
            # A share of the server as it lives again; with the last share it stops.
            shares.enter_context(opening.database(settings))
        except EmbeddedError as fault:
            log.error("postgres_not_revived", reason=str(fault))
        else:
            log.warning("postgres_revived")


def _socket_of(database_url: str) -> str:
    from sqlalchemy.engine import make_url

    query = make_url(database_url).query
    return f"{query['host']}/.s.PGSQL.{query['port']}"


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True
