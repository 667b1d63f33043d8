"""Cursors: signed, and good for the caller and the filter they were given out for."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.platform import cursors
from registry.platform.errors import InvalidValues
from registry.platform.ids import uuid7
from registry.platform.keyring import Keyring

RING, OTHER = Keyring({1: b"1" * 32}, 1), Keyring({1: b"2" * 32}, 1)
BOUND = ("caller", "reports", None)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(days=-60_000), timedelta(days=60_000)).map(NEW_YEAR.__add__)


@given(st.uuids(), st.text(max_size=20))
def test_an_id_comes_back(last: UUID, filter_: str) -> None:
    cursor = cursors.write(RING, last, filter_)
    assert cursors.read(RING, cursor, filter_) == last
    assert len(cursor) <= 200
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(MOMENTS, st.uuids())
def test_a_time_and_an_id_come_back_to_the_microsecond(at: datetime, last: UUID) -> None:
    cursor = cursors.write(RING, (at, last), *BOUND)
    assert cursors.read_timed(RING, cursor, *BOUND) == (at, last)


def test_none_is_the_beginning() -> None:
    assert cursors.read(RING, None, *BOUND) is None
    assert cursors.read_timed(RING, None, *BOUND) is None


@pytest.mark.parametrize(
    "bound",
    [
        (),
        ("other", "reports", None),
        ("caller", "api-keys", None),
        ("caller", "reports", "active"),
        ("caller", "reports"),
        ("caller", "reports", None, None),
    ],
)
def test_bound_to_caller_and_filter(bound: tuple[object, ...]) -> None:
    with pytest.raises(InvalidValues) as refused:
        cursors.read(RING, cursors.write(RING, uuid7(), *BOUND), *bound)
    assert [fault.pointer for fault in refused.value.errors] == ["query:cursor"]


def test_another_deployments_cursor_is_none() -> None:
    with pytest.raises(InvalidValues):
        cursors.read(OTHER, cursors.write(RING, uuid7(), *BOUND), *BOUND)


@given(st.text(max_size=80))
def test_garbage_is_refused_and_breaks_nothing(text: str) -> None:
    for read in (cursors.read, cursors.read_timed):
        with pytest.raises(InvalidValues):
            read(RING, text, *BOUND)


@given(st.integers(0, 27), st.integers(1, 255))
def test_every_changed_byte_is_noticed(at: int, change: int) -> None:

    raw = bytearray(base64.urlsafe_b64decode(cursors.write(RING, uuid4(), *BOUND) + "=="))
    raw[at] ^= change
    with pytest.raises(InvalidValues):
        cursors.read(RING, base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), *BOUND)


def test_a_cursor_of_one_kind_is_none_of_the_other() -> None:
    plain = cursors.write(RING, uuid7(), *BOUND)
    timed = cursors.write(RING, (datetime.now(UTC) - timedelta(days=1), uuid7()), *BOUND)
    with pytest.raises(InvalidValues):
        cursors.read_timed(RING, plain, *BOUND)
    with pytest.raises(InvalidValues):
        cursors.read(RING, timed, *BOUND)
