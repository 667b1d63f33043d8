"""Sealed values open under their own key and at their own place, and nowhere else."""

import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from hypothesis import given
from hypothesis import strategies as st

from registry.platform import vault
from registry.platform.ids import uuid7
from registry.platform.keyring import Keyring
from registry.platform.runtime import Runtime, transaction
from registry.platform.tables import DataKeyRow
from registry.platform.vault import DataKey, SealBroken

KEY, OTHER = b"k" * 32, b"o" * 32
PLACE = "reports.sealed_content"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_again(plain: bytes, place: str) -> None:
    assert vault.unseal(KEY, vault.seal(KEY, plain, place), place) == plain


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_breaks_the_seal(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(vault.seal(KEY, plain, PLACE))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        vault.unseal(KEY, bytes(sealed), PLACE)


@pytest.mark.parametrize("length", range(0, 30, 7))
def test_what_is_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(SealBroken):
        vault.unseal(KEY, vault.seal(KEY, b"x", PLACE)[:length], PLACE)


@pytest.mark.parametrize(
    ("key", "place"),
    [(OTHER, PLACE), (KEY, "reports.sealed_name"), (KEY, PLACE + ":1"), (KEY, "")],
)
def test_another_key_or_place(key: bytes, place: str) -> None:
    with pytest.raises(SealBroken) as broken:
        vault.unseal(key, vault.seal(KEY, b"planted", PLACE), place)
    assert "planted" not in str(broken.value)


def test_the_same_value_never_looks_the_same() -> None:
    assert len({vault.seal(KEY, b"x", PLACE) for _ in range(100)}) == 100


def test_cells_cannot_be_swapped_between_rows_columns_and_reports() -> None:
    """The place names table, column and row; the key's own id stands for the report."""
    mine, theirs = DataKey(uuid7(), KEY), DataKey(uuid7(), KEY)
    sealed = mine.seal(f"{PLACE}:1", {"phone": "+380505550100"})
    assert mine.open(f"{PLACE}:1", sealed, dict) == {"phone": "+380505550100"}
    for key, place in ((mine, f"{PLACE}:2"), (mine, "records.sealed:1"), (theirs, f"{PLACE}:1")):
        with pytest.raises(SealBroken):
            key.open(place, sealed, dict)


def test_a_key_says_nothing_of_itself() -> None:
    assert "kkkk" not in repr(DataKey(uuid7(), KEY))
    assert not hasattr(DataKey(uuid7(), KEY), "__dict__")


async def test_keys_are_kept_wrapped_and_destroyed_for_good(running: Runtime) -> None:
    owner = uuid7()
    async with transaction(running) as session:
        key = await vault.create(session, session.keyring, owner=owner)
    async with transaction(running) as session:
        again = await vault.fetch(session, session.keyring, key.id)
        assert again is not None
        assert again.open(PLACE, key.seal(PLACE, "x"), str) == "x"
        row = await session.get(DataKeyRow, key.id)
        assert row is not None
        assert (row.owner_id, len(row.wrapped)) == (owner, 40)
        stranger = Keyring({1: b"m" * 32}, 1)
        with pytest.raises(InvalidUnwrap):
            vault.unwrap(stranger, key.id, row.wrapped, 1)
    async with transaction(running, business_id=uuid7()) as session:
        assert await vault.fetch(session, session.keyring, key.id) is None
    async with transaction(running) as session:
        await vault.destroy(session, key.id)
    async with transaction(running) as session:
        assert await vault.fetch(session, session.keyring, key.id) is None
