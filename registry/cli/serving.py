"""The application as uvicorn loads it, in each server process.

Its settings come from the environment alone: a server process may have been spawned, and shares nothing
with the command that started it.
"""

import multiprocessing
from typing import Any

from registry import app
from registry.cli import lifeline, opening
from registry.platform import logs
from registry.platform.settings import from_env


def application() -> Any:
    """The guarded application on a runtime of this process's own."""
    settings = from_env()
    logs.configure(settings.log_level)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        lifeline.end_with(parent.pid)
    return app.serving(lambda: opening.opened(settings))
