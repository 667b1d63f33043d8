"""The keyring: where master keys come from, and every key that is derived from them.

A master key never encrypts or indexes anything itself: each use has its own key, derived with
HKDF-SHA256 (RFC 5869) under its own label, so that no value made for one use means anything in another.
"""

import base64
import contextlib
import hmac
import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from registry.platform.settings import Settings, SettingsError

MASTER_BYTES = 32


class Keyring:
    """All keys of a deployment. `current` is the version under which new values are made."""

    def __init__(self, masters: dict[int, bytes], current: int) -> None:
        if current not in masters or any(len(key) != MASTER_BYTES for key in masters.values()):
            raise SettingsError(
                "The key source must hold 32-byte master keys and name the current one."
            )
        self.current = current
        self._masters = masters
        self._derive = cache(self._derive_uncached)

    def _derive_uncached(self, label: str, version: int) -> bytes:
        info = f"client-registry/{label}/v{version}".encode()
        return HKDF(SHA256(), MASTER_BYTES, salt=None, info=info).derive(self._masters[version])

    def key_encryption_key(self, version: int) -> bytes:
        """The key that wraps data keys (AES key wrap, RFC 3394)."""
        return self._derive("wrap", version)

    @property
    def index_key(self) -> bytes:
        """For index values of strong identifiers."""
        return self._derive("index", self.current)

    @property
    def names_key(self) -> bytes:
        """For keyed tokens of names: a secret of their own."""
        return self._derive("names", self.current)

    @property
    def asked_key(self) -> bytes:
        """For marks of what a business asked for (`lookups.queries.Mark`)."""
        return self._derive("asked", self.current)

    @property
    def side_key(self) -> bytes:
        """For AES-GCM of side stores that belong to no report (stored idempotent answers)."""
        return self._derive("side", self.current)

    def digest(self, label: str, text: str) -> bytes:
        """HMAC-SHA256 of `text` under the key named by `label`: fingerprints, key hashes, tombstones."""
        return hmac.digest(self._derive(label, self.current), text.encode(), sha256)


def load(settings: Settings, *, may_create: bool = True) -> Keyring:
    """Load the keyring from `REGISTRY_KEYS`, or the key file.

    `may_create` says that the database is new: only then is a missing file made (mode 0600).
    """
    if settings.keys:
        return _parse(settings.keys, "REGISTRY_KEYS")
    path = settings.key_path
    if not path.exists():
        if not may_create:
            raise SettingsError(
                f"The database has data, but its keys are not at {path}. Restore the key file that was"
                " made with it, or set REGISTRY_KEYS."
            )
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others; run: chmod 600 {path}")
    return _parse(path.read_text(encoding="utf-8"), str(path))


def _parse(text: str, source: str) -> Keyring:
    try:
        body = json.loads(text)
        masters = {
            int(v): base64.b64decode(key, validate=True) for v, key in body["masters"].items()
        }
        return Keyring(masters, int(body["current"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        wanted = '{"current": 1, "masters": {"1": "<32 bytes in base64>"}}'
        raise SettingsError(f"{source} does not hold keys in the form {wanted}.") from None


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"current": 1, "masters": {"1": base64.b64encode(os.urandom(MASTER_BYTES)).decode()}}
    # A name of its own: in two containers two processes may have one number, and what is linked is in use.
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    # A second process that starts at the same moment must not replace keys already in use:
    # whichever file was there first stays.
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
