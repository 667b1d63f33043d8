"""Files that belong to rows (evidence): put, get, delete, list; a local folder or S3, by one interface.

What is stored here is already sealed by its owner; this module sees bytes and names only. A name is
random hex of our own making (`new_name`), is written once, and anything else is refused, so that no
path can be made out of it. A file is whole or absent: the local folder writes beside, syncs, renames
and syncs the folder; S3 takes one PUT. `put` comes before the row that mentions the file, so a crash
between the two leaves a file without a row and never a row without its file: the owner's sweep finds
such orphans, half-written ones included, through `names`.
"""

import asyncio
import contextlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from registry.platform.errors import Unavailable
from registry.platform.settings import Settings, SettingsError

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

NAME = re.compile(r"[0-9a-f]{32}")
FAN_OUT = 2
PART = ".part"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
WRITE_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
RETRY_AFTER_S = 30


class BlobMissing(Exception):
    """There is no file of this name."""


class BlobsUnavailable(Unavailable):
    """The store of files cannot be reached, is full, or refuses us."""

    slug, title = "files-unavailable", "Files cannot be stored or read now"


class BlobStore(Protocol):
    """A store of whole files. Every method raises `BlobsUnavailable` when the store fails."""

    async def put(self, name: str, content: bytes) -> None:
        """Store the file; when this returns, it survives a crash."""

    async def get(self, name: str) -> bytes:
        """Return the file; raises `BlobMissing`."""
        ...

    async def delete(self, name: str) -> None:
        """Remove the file and whatever a broken `put` left of it; a missing one is fine."""

    def names(self) -> AsyncIterator[tuple[str, datetime]]:
        """Every name with the time of its last change, in no order, half-written files included."""
        ...


def new_name() -> str:
    """A fresh random name."""
    return secrets.token_hex(16)


def open_store(settings: Settings) -> BlobStore:
    """The store that `files_url` names: empty for `<data_dir>/files`, or `s3://bucket/prefix`."""
    if not settings.files_url:
        return LocalBlobs(settings.data_dir / "files")
    return _bucket(settings, "REGISTRY_FILES_URL", settings.files_url)


def open_journal(settings: Settings) -> BlobStore:
    """The store that `journal_url` names: empty for `<data_dir>/erasures`, or `s3://bucket/prefix`.

    It may not lie where the sweep of evidence looks, which takes whatever no row names for left over.
    """
    if not settings.journal_url:
        return LocalBlobs(settings.data_dir / "erasures")
    evidence = settings.files_url.rstrip("/")
    if evidence and f"{settings.journal_url}/".startswith(f"{evidence}/"):
        raise SettingsError("REGISTRY_JOURNAL_URL must not lie within REGISTRY_FILES_URL.")
    return _bucket(settings, "REGISTRY_JOURNAL_URL", settings.journal_url)


def _bucket(settings: Settings, variable: str, url: str) -> BlobStore:
    where = urlsplit(url)
    if where.scheme != "s3" or not where.netloc:
        raise SettingsError(f"{variable} must be empty or s3://bucket/prefix.")
    return S3Blobs(_s3(settings, where.netloc, where.path.strip("/")))


def write_file(path: Path, content: bytes) -> None:
    """Write a private file so that it is whole or absent, and durable when this returns.

    Written beside as `<name>.part`, synced, renamed, and the folder synced. Folders that are missing
    are made private. Raises `OSError`, leaving nothing behind.
    """
    _make_folder(path.parent)
    part = path.with_name(path.name + PART)
    descriptor = os.open(part, WRITE_ANEW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


class LocalBlobs:
    """A private folder, fanned out by the first two characters of the name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, content: bytes) -> None:
        """Store the file in a thread, since a sync may take long."""
        path = self._root / _place(name)
        with _failing():
            await asyncio.to_thread(write_file, path, content)

    async def get(self, name: str) -> bytes:
        """Return the file; raises `BlobMissing`."""
        path = self._root / _place(name)
        with _failing(), _missing():
            return await asyncio.to_thread(path.read_bytes)

    async def delete(self, name: str) -> None:
        """Remove the file and its part."""
        path = self._root / _place(name)
        with _failing():
            await asyncio.to_thread(_unlink, path)

    async def names(self) -> AsyncIterator[tuple[str, datetime]]:
        """Every name with the time of its last change, folder by folder."""
        with _failing():
            folders = await asyncio.to_thread(_folders, self._root)
            for folder in folders:
                for name, modified in await asyncio.to_thread(_scan, folder):
                    yield name, modified


class S3Blobs:
    """A bucket, or a prefix of one, in the same layout as the local folder."""

    def __init__(self, store: "S3Store") -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        """Store the object with a single PUT, which S3 shows whole or not at all."""
        with _failing():
            await self._store.put_async(_place(name), content, use_multipart=False)

    async def get(self, name: str) -> bytes:
        """Return the object; raises `BlobMissing`."""
        with _failing(), _missing():
            found = await self._store.get_async(_place(name))
            return bytes(await found.bytes_async())

    async def delete(self, name: str) -> None:
        """Remove the object."""
        with _failing(), contextlib.suppress(FileNotFoundError):
            await self._store.delete_async(_place(name))

    async def names(self) -> AsyncIterator[tuple[str, datetime]]:
        """Every name with the time of its last change, a page at a time."""
        with _failing():
            async for page in self._store.list_async(chunk_size=500):
                for entry in page:
                    name = entry["path"].rpartition("/")[2]
                    if NAME.fullmatch(name):
                        yield name, entry["last_modified"]


def _s3(settings: Settings, bucket: str, prefix: str) -> "S3Store":
    # Deployments on a local folder need not carry the weight of this import.
    from obstore.store import S3Store  # noqa: PLC0415 - loaded only where S3 is set

    # The bulk call is missing from many S3-compatible servers.
    config: S3Config = {"region": settings.s3_region, "disable_bulk_delete": True}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key_id:
        config["access_key_id"] = settings.s3_access_key_id
        config["secret_access_key"] = settings.s3_secret_access_key
    plain = settings.s3_endpoint.startswith("http://")
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={"allow_http": plain, "timeout": "30 seconds"},
        # Short of the time a caller would wait for one upload.
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )


@contextmanager
def _failing() -> Iterator[None]:
    """Turn the store's own failures into ours; their text may name paths and stays in the cause."""
    try:
        yield
    except Exception as fault:
        if not isinstance(fault, OSError) and not type(fault).__module__.startswith("obstore"):
            raise
        raise BlobsUnavailable(retry_after=RETRY_AFTER_S) from fault


@contextmanager
def _missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as fault:
        raise BlobMissing from fault


def _place(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("The name of a file must be 32 hexadecimal characters of our own making.")
    return f"{name[:FAN_OUT]}/{name}"


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + PART).unlink(missing_ok=True)


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [folder for folder in root.iterdir() if len(folder.name) == FAN_OUT and folder.is_dir()]


def _scan(folder: Path) -> list[tuple[str, datetime]]:
    found = []
    for path in folder.iterdir():
        name = path.name.removesuffix(PART)
        # A file may go between the listing and the look at it.
        with contextlib.suppress(FileNotFoundError):
            if NAME.fullmatch(name):
                found.append((name, datetime.fromtimestamp(path.stat().st_mtime, UTC)))
    return found
