"""The clock: read once a transaction from the database, plus an offset that only tests and the seeder set.

Deadlines and states live by `Session.now`. Quotas and revocation live by the database's own time
(`Session.real`), which nothing can move. Audit entries carry both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

_offset = timedelta()


def offset() -> timedelta:
    """The present offset; zero in production."""
    return _offset


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move the registry's clock by `by` within the block (this process only; for tests and seeding)."""
    global _offset  # noqa: PLW0603 - one clock per process is the point
    before = _offset
    _offset = by
    try:
        yield
    finally:
        _offset = before
