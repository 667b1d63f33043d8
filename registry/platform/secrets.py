"""Keys that are shown once: how they are made, recognised and hashed. Used by businesses and staff alike.

A key is `<prefix><43 characters of 256 random bits><6 characters of CRC-32>`, in base 62. The checksum
lets a scanner, or us, tell a mistyped key from a wrong one without asking the database.
"""

import secrets
import zlib

from registry.platform.keyring import Keyring

LIVE, TEST, STAFF = "bcr_live_", "bcr_test_", "bcr_staff_"
SUBJECT, DOCUMENT = "bcr_subject_", "bcr_document_"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY, CHECKSUM = 43, 6
SHOWN = 6


def mint(prefix: str) -> str:
    """A new key."""
    body = prefix + _base62(secrets.randbits(256), BODY)
    return body + _checksum(body)


def prefix_of(key: str) -> str | None:
    """The prefix of a well-formed key, or None when its form or checksum is wrong."""
    for prefix in (LIVE, TEST, STAFF, SUBJECT, DOCUMENT):
        if key.startswith(prefix) and len(key) == len(prefix) + BODY + CHECKSUM and key.isascii():
            return prefix if _checksum(key[:-CHECKSUM]) == key[-CHECKSUM:] else None
    return None


def hint(key: str) -> str:
    """The readable beginning by which its owner tells keys apart."""
    prefix = prefix_of(key) or ""
    return key[: len(prefix) + SHOWN]


def digest(keyring: Keyring, key: str) -> bytes:
    """The keyed hash under which a key is kept: 256 random bits need no slow hash."""
    return keyring.digest("api-key", key)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM)


def _base62(number: int, length: int) -> str:
    out = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        out.append(DIGITS[digit])
    return "".join(reversed(out))
