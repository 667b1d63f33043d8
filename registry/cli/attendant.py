"""The attendant of the job worker: starts its process, starts it again when it dies, ends it with the server."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
#: A worker that lived so long was sound: the next failure starts over with the first delay.
SOUND_SECONDS = 60.0
END_SECONDS = 30.0


class Attendant:
    """Keeps one worker process running, from a thread of its own."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._attend, name="attendant", daemon=True)

    def start(self) -> None:
        """Start the worker and go on attending to it."""
        self._thread.start()

    def end(self) -> None:
        """End the worker, which finishes what it has in hand, and return when it is gone."""
        with self._starting:
            self._ending.set()
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join()

    def _attend(self) -> None:
        import structlog

        log = structlog.get_logger("registry.serve")
        delay = FIRST_DELAY
        while (process := self._launch()) is not None:
            began = time.monotonic()
            code = process.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - began > SOUND_SECONDS:
                delay = FIRST_DELAY
            log.warning("worker_died", code=code, again_in=delay)
            self._ending.wait(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    def _launch(self) -> "subprocess.Popen[bytes] | None":
        """A new worker process; None when all is to end."""
        with self._starting:
            if self._ending.is_set():
                return None
            # -P: nothing is imported from the current folder. A session of its own: Ctrl-C at the terminal
            # reaches the server, which then ends the worker.
            command = [sys.executable, "-P", "-m", "registry", "worker", "--parent"]
            self._process = subprocess.Popen(
                [*command, str(os.getpid())], stdin=subprocess.DEVNULL, start_new_session=True
            )
            return self._process


@contextmanager
def attended() -> Iterator[None]:
    """A job worker for as long as the block lasts."""
    attendant = Attendant()
    attendant.start()
    try:
        yield
    finally:
        attendant.end()
