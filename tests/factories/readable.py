"""Everything that can be read of a registry with all its keys at hand: database, evidence, outbox, journal.

Sealed values are opened without asking where they belong: AES-GCM is counter mode with a tag, so that whoever has the
key reads a cell wherever it lies. What this does not find under any key that is left, nobody does.
"""

import asyncio
import base64
import re
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from sqlalchemy import text

from registry.platform.runtime import Runtime, transaction
from registry.platform.vault import FORMAT, NONCE_BYTES

_TAG = 16
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")


async def everything(runtime: Runtime) -> bytes:
    """All bytes as they lie, and beside them whatever any key opens."""
    keys = await _keys(runtime)
    raw = [*await _cells(runtime), *await _files(runtime)]
    return b"\n".join([*raw, *(plain for cell in raw for plain in _opened(cell, keys))])


def found(haystack: bytes, needles: dict[str, str]) -> list[str]:
    """The names of those values that can be read, in any usual form."""
    return [
        name
        for name, value in needles.items()
        if value.encode() in haystack or value.encode("unicode_escape") in haystack
    ]


async def _keys(runtime: Runtime) -> list[bytes]:
    async with transaction(runtime) as session:
        rows = (await session.execute(text("SELECT wrapped, kek_version FROM data_keys"))).all()
    opened = [
        aes_key_unwrap(runtime.keyring.key_encryption_key(row.kek_version), row.wrapped)
        for row in rows
    ]
    return [*opened, runtime.keyring.side_key]


async def _cells(runtime: Runtime) -> list[bytes]:
    async with transaction(runtime) as session:
        said = (
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        names = (await session.scalars(text(said))).all()
        rows = [
            row for name in names for row in (await session.execute(text(f"SELECT * FROM {name}")))
        ]
    return [_bytes(cell) for row in rows for cell in row if cell is not None]


def _bytes(cell: Any) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()


async def _files(runtime: Runtime) -> list[bytes]:
    stored = [
        await store.get(name)
        for store in (runtime.files, runtime.journal)
        async for name, _ in store.names()
    ]
    folder = runtime.settings.outbox_dir
    written = await asyncio.to_thread(lambda: [path.read_bytes() for path in folder.glob("*")])
    return stored + written


def _opened(cell: bytes, keys: list[bytes]) -> Iterator[bytes]:
    # Facts keep the person's words as base64 within their codes.
    within = (found[: len(found) // 4 * 4] for found in _BASE64.findall(cell))
    for one in (cell, *map(base64.b64decode, within)):
        if one.startswith(FORMAT) and len(one) > 1 + NONCE_BYTES + _TAG:
            yield from (_decipher(one, key) for key in keys)


def _decipher(sealed: bytes, key: bytes) -> bytes:
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES : -_TAG]
    counter = modes.CTR(nonce + b"\0\0\0\2")
    return Cipher(algorithms.AES(key), counter).decryptor().update(body)
