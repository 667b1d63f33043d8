"""What `registry serve` says once it answers: the pages, where everything lies, and a lookup to try."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from registry.cli import output

if TYPE_CHECKING:
    from registry.platform.settings import Settings

TICK_SECONDS = 0.1


@contextmanager
def once_ready(settings: "Settings", url: str, *, demo: bool) -> Iterator[None]:
    """Print the banner as soon as the server says that it is ready, while the block goes on."""
    over = threading.Event()

    def wait() -> None:
        while not over.wait(TICK_SECONDS):
            if _ready(url):
                show(settings, url, demo=demo)
                return

    thread = threading.Thread(target=wait, name="banner", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _ready(url: str) -> bool:
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def show(settings: "Settings", url: str, *, demo: bool) -> None:
    """The banner itself."""
    out = output.out()
    out.print(f"\n[bold green]The registry is ready[/] at [bold]{url}[/]\n")
    output.pairs(
        [
            ("  API docs", f"{url}/docs"),
            ("  Health", f"{url}/health/ready"),
            ("  Metrics", f"{url}/metrics"),
            ("  Policy", settings.policy),
            ("  Data", settings.data_dir),
            ("  Database", _database(settings)),
            ("  Messages", f"by mail, {_server(settings)}" if settings.smtp_url else None),
            ("  Outbox", None if settings.smtp_url else settings.outbox_dir),
            ("  Demo keys", settings.data_dir / "demo.json" if demo else None),
        ]
    )
    if demo:
        _try(settings)
    out.print("\n[dim]Ctrl-C stops it.[/]\n")


def _try(settings: "Settings") -> None:
    from registry.cli import demo

    command = _command()
    where = (
        "" if settings.data_dir == Path("var").absolute() else f' --data-dir "{settings.data_dir}"'
    )
    output.out().print("\nTry it in another terminal:")
    for option, value in demo.examples():
        line = f'{command} lookup --demo{where} --{option} "{value}"'
        output.out().print(f"  [cyan]{output.plain(line)}[/]", soft_wrap=True)


def _database(settings: "Settings") -> str:
    from sqlalchemy.engine import make_url

    from registry.cli.opening import FOLDER
    from registry.platform import embedded

    if settings.database_url:
        return make_url(settings.database_url).render_as_string(hide_password=True)
    return f"embedded, in {embedded.location(settings.data_dir / FOLDER)}"


def _server(settings: "Settings") -> str:
    return urlsplit(settings.smtp_url).hostname or ""


def _command() -> str:
    """How the person can call this command again, from where they stand."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{sys.executable} -m registry"
    if not program.is_absolute():
        return str(program)
    try:
        return str(program.relative_to(Path.cwd()))
    except ValueError:
        return os.fspath(program)
