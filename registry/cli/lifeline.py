"""The line between a process and the one that started it: a child ends when its parent is gone.

A parent that is killed outright can't end its children, and a worker or server process that went on without
it would hold the database and the port. Watching the parent's id works on every POSIX system.
"""

import os
import signal
import threading
import time

TICK_SECONDS = 0.5
GRACE_SECONDS = 30.0


def end_with(parent: int) -> None:
    """From now on, end this process when `parent` is no longer the one that it belongs to."""
    threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(TICK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
