"""Files are whole or absent, private, and the same in a folder and in a bucket."""

import asyncio
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from registry.platform.blobs import (
    BlobMissing,
    BlobStore,
    BlobsUnavailable,
    new_name,
    open_store,
    write_file,
)
from registry.platform.settings import Settings, SettingsError

BUCKET = "evidence"


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx.put(f"{endpoint}/{BUCKET}").raise_for_status()
    httpx.put(f"{endpoint}/{BUCKET}/registry/read-me.txt", content=b"x").raise_for_status()
    yield endpoint
    server.stop()


def s3_settings(tmp_path: Path, endpoint: str, bucket: str = BUCKET) -> Settings:
    return Settings(
        data_dir=tmp_path,
        files_url=f"s3://{bucket}/registry",
        s3_endpoint=endpoint,
        s3_access_key_id="test",
        s3_secret_access_key="test",
    )


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return open_store(Settings(data_dir=tmp_path))
    return open_store(s3_settings(tmp_path, request.getfixturevalue("s3_endpoint")))


async def names_in(store: BlobStore) -> set[str]:
    return {name async for name, _ in store.names()}


async def test_what_was_put_is_got_until_it_is_deleted(store: BlobStore) -> None:
    """A file comes back byte for byte, is listed with its time, and goes."""
    name, content = new_name(), bytes(range(256)) * 40_000
    await store.put(name, content)
    assert await store.get(name) == content
    modified = {found: at async for found, at in store.names()}[name]
    assert abs(datetime.now(UTC) - modified) < timedelta(minutes=1)
    await store.delete(name)
    assert name not in await names_in(store)
    with pytest.raises(BlobMissing):
        await store.get(name)


async def test_deleting_a_missing_file_is_fine(store: BlobStore) -> None:
    """A sweep that runs twice does no harm."""
    await store.delete(new_name())


async def test_putting_again_replaces_the_whole(store: BlobStore) -> None:
    """A put that is repeated after a crash leaves the later content alone."""
    name = new_name()
    await store.put(name, b"first and long")
    await store.put(name, b"second")
    assert await store.get(name) == b"second"
    await store.delete(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "a" * 31,
        "a" * 33,
        "A" * 32,
        f"{'a' * 32}\n",
        f"/{'a' * 31}",
        "é" * 32,
    ],
)
async def test_only_names_of_our_own_making_are_taken(store: BlobStore, name: str) -> None:
    """No path can be made out of a name."""
    with pytest.raises(ValueError, match="32 hexadecimal"):
        await store.put(name, b"x")
    with pytest.raises(ValueError, match="32 hexadecimal"):
        await store.get(name)
    with pytest.raises(ValueError, match="32 hexadecimal"):
        await store.delete(name)


async def test_an_empty_store_lists_nothing(tmp_path: Path) -> None:
    """A folder that was never written to is an empty store, not a fault."""
    assert await names_in(open_store(Settings(data_dir=tmp_path))) == set()


async def test_the_folder_is_private(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600, whatever the umask of the process."""
    store, name = open_store(Settings(data_dir=tmp_path / "var")), new_name()
    await store.put(name, b"x")
    root = tmp_path / "var" / "files"
    assert (root / name[:2] / name).read_bytes() == b"x"
    for path in root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


async def test_foreign_files_are_not_listed(tmp_path: Path) -> None:
    """A sweep must never delete what is not ours."""
    store, name = open_store(Settings(data_dir=tmp_path)), new_name()
    await store.put(name, b"x")
    (tmp_path / "files" / name[:2] / "read-me.txt").write_text("not ours")
    (tmp_path / "files" / "lost+found").mkdir()
    assert await names_in(store) == {name}


async def test_what_a_crash_left_half_written_is_listed_and_deleted(tmp_path: Path) -> None:
    """The owner's sweep finds the part of a broken put under the file's own name."""
    store, name = open_store(Settings(data_dir=tmp_path)), new_name()
    part = tmp_path / "files" / name[:2] / f"{name}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    assert await names_in(store) == {name}
    with pytest.raises(BlobMissing):
        await store.get(name)
    await store.delete(name)
    assert not part.exists()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A put that runs out of room says so as 503, and leaves neither the file nor a part of it."""
    name = new_name()
    child = textwrap.dedent(
        f"""
        import asyncio, pathlib, resource
        from registry.platform.blobs import BlobsUnavailable, open_store
        from registry.platform.settings import Settings

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        store = open_store(Settings(data_dir=pathlib.Path({str(tmp_path)!r})))
        asyncio.run(store.put("{"a" * 32}", b"small"))
        try:
            asyncio.run(store.put({name!r}, b"x" * 1_000_000))
        except BlobsUnavailable as refusal:
            print(refusal.status, refusal.retry_after, type(refusal.__cause__).__name__)
        """
    )
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["503", "30", "OSError"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a" * 32]


def test_a_failed_rewrite_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    """The file under the name is replaced by a whole one or not at all."""
    path = tmp_path / "x.json"
    write_file(path, b"first")
    child = textwrap.dedent(
        f"""
        import pathlib, resource
        from registry.platform.blobs import write_file

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        write_file(pathlib.Path({str(path)!r}), b"x" * 10_000)
        """
    )
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, check=False)
    assert done.returncode != 0
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [
        ("x.json", b"first")
    ]


async def test_writers_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Many puts into fresh folders all arrive."""
    store = open_store(Settings(data_dir=tmp_path))
    names = [new_name() for _ in range(40)]
    await asyncio.gather(*(store.put(name, name.encode()) for name in names))
    assert await names_in(store) == set(names)


async def test_a_missing_bucket_is_our_fault_not_the_callers(
    s3_endpoint: str, tmp_path: Path
) -> None:
    """A store that refuses us is 503, and its text goes no further."""
    store = open_store(s3_settings(tmp_path, s3_endpoint, bucket="no-such-bucket"))
    with pytest.raises(BlobsUnavailable) as refusal:
        await store.put(new_name(), b"x")
    assert "no-such-bucket" not in refusal.value.detail


def test_plain_http_is_used_only_when_the_endpoint_says_so(
    tmp_path: Path, s3_endpoint: str
) -> None:
    """An https endpoint never falls back to http."""
    store = open_store(s3_settings(tmp_path, s3_endpoint.replace("http://", "https://")))
    with pytest.raises(BlobsUnavailable):
        asyncio.run(store.put(new_name(), b"x"))


@pytest.mark.parametrize("url", ["/srv/files", "https://bucket/x", "s3://", "file:///srv"])
def test_an_address_that_is_no_store_is_refused_at_start(tmp_path: Path, url: str) -> None:
    """The message names the variable and what to write."""
    with pytest.raises(SettingsError, match="REGISTRY_FILES_URL"):
        open_store(Settings(data_dir=tmp_path, files_url=url))


def test_the_folder_store_does_not_load_the_s3_client() -> None:
    """Who stores in a folder pays nothing for S3."""
    child = (
        "import pathlib, sys; from registry.platform.blobs import open_store;"
        "from registry.platform.settings import Settings;"
        "open_store(Settings(data_dir=pathlib.Path('x')));"
        "sys.exit('obstore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", child], check=False).returncode == 0
