"""Identifiers: UUIDv7, so that ids sort by the time they were made and indexes stay compact."""

import os
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, 12 of their fraction, 62 random.

    The fraction (section 6.2, method 3) keeps the ids of one transaction in the order in which they were made.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


def made_at(id_: UUID) -> datetime:
    """When a UUIDv7 says that it was made. Any other UUID says anything, and no later than the year 9999."""
    return _EPOCH + min(timedelta(milliseconds=id_.int >> 80), _LAST - _EPOCH)
