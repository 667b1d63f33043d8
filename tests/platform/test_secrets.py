"""Keys that are shown once: their form, their checksum, their keyed hash."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.platform import secrets
from registry.platform.keyring import Keyring

PREFIXES = (secrets.LIVE, secrets.TEST, secrets.STAFF)
FORM = re.compile(r"bcr_(live|test|staff)_[0-9A-Za-z]{49}")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_form(prefix: str) -> None:
    keys = {secrets.mint(prefix) for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert FORM.fullmatch(key)
        assert secrets.prefix_of(key) == prefix
        assert secrets.hint(key) == key[: len(prefix) + 6]


def test_256_random_bits() -> None:
    """The 43 digits hold every number of 256 bits: 62^43 > 2^256, and the highest are reached."""
    assert 62**secrets.BODY > 2**256 > 62 ** (secrets.BODY - 1)
    numbers = []
    for _ in range(300):
        body = secrets.mint(secrets.LIVE)[len(secrets.LIVE) : -secrets.CHECKSUM]
        number = 0
        for digit in body:
            number = number * 62 + secrets.DIGITS.index(digit)
        numbers.append(number)
    assert max(numbers) < 2**256
    assert max(numbers) > 2**255
    assert min(numbers) < 2**255


@given(st.sampled_from(PREFIXES), st.data())
def test_one_wrong_character_is_noticed(prefix: str, data: st.DataObject) -> None:
    """Without asking the database: CRC-32 finds every single changed character."""
    key = secrets.mint(prefix)
    at = data.draw(st.integers(len(prefix), len(key) - 1))
    other = data.draw(st.sampled_from([c for c in secrets.DIGITS if c != key[at]]))
    assert secrets.prefix_of(key[:at] + other + key[at + 1 :]) is None


@pytest.mark.parametrize(
    "text",
    ["", "bcr_live_", "x" * 58, "bcr_live_" + "é" * 49, "bcr_live_" + "0" * 49, "bcr_admin_"],
)
def test_what_is_no_key(text: str) -> None:
    assert secrets.prefix_of(text) is None
    assert secrets.hint(text) in ("", text[:6])


def test_a_key_of_one_kind_is_none_of_another() -> None:
    key = secrets.mint(secrets.LIVE)
    assert secrets.prefix_of(key.replace("bcr_live_", "bcr_test_")) is None
    assert secrets.prefix_of(key + "0") is None
    assert secrets.prefix_of(f" {key}") is None


def test_the_hash_is_keyed() -> None:
    key = secrets.mint(secrets.LIVE)
    one, other = Keyring({1: b"1" * 32}, 1), Keyring({1: b"2" * 32}, 1)
    assert secrets.digest(one, key) == secrets.digest(one, key)
    assert secrets.digest(one, key) != secrets.digest(other, key)
    assert len(secrets.digest(one, key)) == 32
    assert zlib.crc32(key.encode()).to_bytes(4) not in secrets.digest(one, key)
