"""Cursors: signed, bound to the caller and the filter, opaque.

A cursor holds the last id of a page. Ids are UUIDv7, so "older than this id" is a stable order.
"""

import base64
import hmac
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec

from registry.platform.errors import InvalidValues
from registry.platform.faults import Fault
from registry.platform.keyring import Keyring

T = TypeVar("T")
SIGNATURE_BYTES = 12
DEFAULT_LIMIT = 20


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list, newest first."""

    items: list[T]
    next_cursor: Annotated[
        str | None,
        msgspec.Meta(description="Send it as `cursor` for the next page; null on the last page."),
    ]


def write(keyring: Keyring, last: UUID, *bound_to: object) -> str:
    """A cursor after `last`, good only for the same `bound_to` (caller, filter)."""
    signature = _sign(keyring, last, bound_to)
    return base64.urlsafe_b64encode(last.bytes + signature).decode().rstrip("=")


def read(keyring: Keyring, cursor: str | None, *bound_to: object) -> UUID | None:
    """The id in the cursor; raises `InvalidValues` for one that was not given out for this list."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        last = UUID(bytes=raw[:16])
    except ValueError:
        raw, last = b"", UUID(int=0)
    if len(raw) != 16 + SIGNATURE_BYTES or not hmac.compare_digest(
        raw[16:], _sign(keyring, last, bound_to)
    ):
        fault = "This cursor was not given out for this list. Start again without one."
        raise InvalidValues(fault, errors=[Fault(pointer="query:cursor", detail=fault)])
    return last


def _sign(keyring: Keyring, last: UUID, bound_to: tuple[object, ...]) -> bytes:
    return keyring.digest("cursor", "|".join([last.hex, *map(str, bound_to)]))[:SIGNATURE_BYTES]
