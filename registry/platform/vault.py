"""The vault: data keys, and values sealed under them.

Each report, and each business, has a data key of its own. A value is sealed with AES-256-GCM under
that key; the additional data names its place (table, column, row), so that cells cannot be swapped.
All wrapped data keys live in one table: deleting the row there is what erases everything sealed
under it. A transaction notes which keys it opened, so that an answer kept for its repetition
(`idempotency`) goes with whatever was read to make it.
"""

import os
from typing import TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.platform.db import fetch_rows
from registry.platform.ids import uuid7
from registry.platform.keyring import Keyring
from registry.platform.tables import DataKeyRow, StoredAnswer

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"

_OPENED = "data_keys"

T = TypeVar("T")


class SealBroken(Exception):
    """A sealed value does not open: another key, another place, or changed bytes."""


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Seal `plain`: format byte, 12-byte nonce, AES-256-GCM ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, FORMAT + place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """Open what `seal` made for the same place; raises `SealBroken`."""
    if sealed[:1] != FORMAT:
        raise SealBroken("unknown format")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, FORMAT + place.encode())
    except (InvalidTag, ValueError):
        raise SealBroken(place.split(":")[0]) from None


class DataKey:
    """An opened data key. `place` is `table.column` or `table.column:row`; the key's id is added to it."""

    __slots__ = ("_raw", "id")

    def __init__(self, key_id: UUID, raw: bytes) -> None:
        self.id = key_id
        self._raw = raw

    def seal(self, place: str, value: object) -> bytes:
        """Seal any msgspec-encodable value."""
        return seal(self._raw, msgspec.json.encode(value), f"{place}:{self.id}")

    def open(self, place: str, sealed: bytes, type_: type[T]) -> T:
        """Open a value sealed at the same place; raises `SealBroken`."""
        return msgspec.json.decode(unseal(self._raw, sealed, f"{place}:{self.id}"), type=type_)

    def seal_bytes(self, place: str, plain: bytes) -> bytes:
        """Seal raw bytes, such as an evidence file."""
        return seal(self._raw, plain, f"{place}:{self.id}")

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        """Open raw bytes sealed at the same place; raises `SealBroken`."""
        return unseal(self._raw, sealed, f"{place}:{self.id}")


_CREATE = "INSERT INTO data_keys (id, owner_id, wrapped, kek_version) VALUES ($1, $2, $3, $4)"


async def create(session: AsyncSession, keyring: Keyring, *, owner: UUID | None) -> DataKey:
    """Make a data key, store it wrapped, and return it open. `owner` is the business it belongs to."""
    raw, key_id, version = os.urandom(KEY_BYTES), uuid7(), keyring.current
    wrapped = aes_key_wrap(keyring.key_encryption_key(version), raw)
    await fetch_rows(session, _CREATE, key_id, owner, wrapped, version)
    note(session, key_id)
    return DataKey(key_id, raw)


async def fetch(session: AsyncSession, keyring: Keyring, key_id: UUID) -> DataKey | None:
    """Open a stored data key; None when it was destroyed (or is not this tenant's)."""
    row = (
        await session.execute(
            select(DataKeyRow.wrapped, DataKeyRow.kek_version).where(DataKeyRow.id == key_id)
        )
    ).one_or_none()
    if row is None:
        return None
    note(session, key_id)
    return unwrap(keyring, key_id, row.wrapped, row.kek_version)


def note(session: AsyncSession, key_id: UUID) -> None:
    """Note that this transaction reads under the key, where `unwrap` opened it."""
    session.info.setdefault(_OPENED, set()).add(key_id)


def opened(session: AsyncSession) -> list[UUID]:
    """The data keys that this transaction has opened or made."""
    return sorted(session.info.get(_OPENED, ()))


def unwrap(keyring: Keyring, key_id: UUID, wrapped: bytes, kek_version: int) -> DataKey:
    """Open a wrapped data key that was read by other means (the lookup path)."""
    return DataKey(key_id, aes_key_unwrap(keyring.key_encryption_key(kek_version), wrapped))


async def destroy(session: AsyncSession, key_id: UUID) -> None:
    """Delete a data key: whatever was sealed under it can never be read again. Answers that tell of it go as well."""
    await session.execute(delete(StoredAnswer).where(StoredAnswer.data_keys.contains([key_id])))
    await session.execute(delete(DataKeyRow).where(DataKeyRow.id == key_id))
