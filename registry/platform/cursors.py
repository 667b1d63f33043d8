"""Cursors: signed, bound to the caller and the filter, opaque.

A cursor holds the last id of a page. Ids are UUIDv7, so "older than this id" is a stable order. Where a
list goes by another time, the cursor holds that too: a row that has moved since marks no place any more.
"""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec

from registry.platform.errors import InvalidValues
from registry.platform.faults import Fault
from registry.platform.keyring import Keyring

T = TypeVar("T")
ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 16, 8, 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_LIMIT = 20


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: list[T]
    next_cursor: Annotated[
        str | None,
        msgspec.Meta(description="Send it as `cursor` for the next page; null on the last page."),
    ]


def write(keyring: Keyring, last: UUID | tuple[datetime, UUID], *bound_to: object) -> str:
    """A cursor after `last`, good only for the same `bound_to` (caller, filter)."""
    if isinstance(last, UUID):
        place = last.bytes
    else:
        microseconds = (last[0] - _EPOCH) // timedelta(microseconds=1)
        place = microseconds.to_bytes(TIME_BYTES, signed=True) + last[1].bytes
    return base64.urlsafe_b64encode(place + _sign(keyring, place, bound_to)).decode().rstrip("=")


def read(keyring: Keyring, cursor: str | None, *bound_to: object) -> UUID | None:
    """The id in the cursor; raises `InvalidValues` for one that was not given out for this list."""
    place = _read(keyring, cursor, ID_BYTES, bound_to)
    return None if place is None else UUID(bytes=place)


def read_timed(
    keyring: Keyring, cursor: str | None, *bound_to: object
) -> tuple[datetime, UUID] | None:
    """The time and the id in the cursor of a list that goes by a time; raises `InvalidValues`."""
    place = _read(keyring, cursor, TIME_BYTES + ID_BYTES, bound_to)
    if place is None:
        return None
    microseconds = int.from_bytes(place[:TIME_BYTES], signed=True)
    return _EPOCH + timedelta(microseconds=microseconds), UUID(bytes=place[TIME_BYTES:])


def _read(
    keyring: Keyring, cursor: str | None, size: int, bound_to: tuple[object, ...]
) -> bytes | None:
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raw = b""
    place, signature = raw[:size], raw[size:]
    if len(place) != size or not hmac.compare_digest(signature, _sign(keyring, place, bound_to)):
        fault = "This cursor was not given out for this list. Start again without one."
        raise InvalidValues(fault, errors=[Fault(pointer="query:cursor", detail=fault)])
    return place


def _sign(keyring: Keyring, place: bytes, bound_to: tuple[object, ...]) -> bytes:
    return keyring.digest("cursor", "|".join([place.hex(), *map(str, bound_to)]))[:SIGNATURE_BYTES]
