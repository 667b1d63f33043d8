"""Master keys: made once, private, and every use under a key of its own."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.platform import keyring, runtime
from registry.platform.keyring import Keyring
from registry.platform.runtime import Runtime
from registry.platform.settings import Settings, SettingsError


def ring(byte: int = 1, current: int = 1) -> Keyring:
    return Keyring({current: bytes([byte]) * 32}, current)


def test_every_use_has_a_key_of_its_own() -> None:
    """What one label makes means nothing under another, nor under another version or master."""
    one = ring()
    derived = {one.index_key, one.names_key, one.side_key, one.asked_key, one.key_encryption_key(1)}
    assert len(derived) == 5
    assert bytes([1]) * 32 not in derived
    digests = {
        one.digest("a", "x"),
        one.digest("b", "x"),
        one.digest("a", "y"),
        ring(2).digest("a", "x"),
        ring(1, current=2).digest("a", "x"),
    }
    assert len(digests) == 5
    assert one.digest("a", "x") == ring().digest("a", "x")


@pytest.mark.parametrize(
    ("masters", "current"),
    [({}, 1), ({1: b"x" * 32}, 2), ({1: b"x" * 31}, 1), ({1: b"x" * 32, 2: b""}, 1)],
)
def test_what_is_no_keyring(masters: dict[int, bytes], current: int) -> None:
    with pytest.raises(SettingsError):
        Keyring(masters, current)


def test_a_missing_file_is_made_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    first = keyring.load(settings)
    assert stat.S_IMODE(settings.key_path.stat().st_mode) == 0o600
    assert keyring.load(settings).index_key == first.index_key
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["keys.json"]
    other = keyring.load(Settings(data_dir=tmp_path / "other"))
    assert other.index_key != first.index_key


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keyring.load(settings), range(16)))
    assert len({one.index_key for one in rings}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = Settings(data_dir=tmp_path)
    keyring.load(settings)
    settings.key_path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        keyring.load(settings)


SECRET = base64.b64encode(b"s" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        json.dumps({"current": 1, "masters": {"1": SECRET[:-4]}}),
        json.dumps({"current": 2, "masters": {"1": SECRET}}),
        json.dumps({"current": 1, "masters": {"1": "!!" + SECRET}}),
        json.dumps({"current": "x", "masters": {"1": SECRET}}),
        json.dumps({"current": 1, "masters": [SECRET]}),
    ],
)
def test_what_cannot_be_read_is_told_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        keyring.load(Settings(keys=text))
    assert SECRET[:12] not in str(refused.value)


def test_keys_from_the_environment_need_no_file(tmp_path: Path) -> None:
    text = json.dumps({"current": 1, "masters": {"1": SECRET}})
    loaded = keyring.load(Settings(data_dir=tmp_path / "var", keys=text))
    assert loaded.index_key == Keyring({1: b"s" * 32}, 1).index_key
    assert not (tmp_path / "var").exists()


async def test_another_databases_keys_are_refused(
    running: Runtime, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    """Everything would be written under the wrong ones: the start says which file it looked at."""
    with pytest.raises(SettingsError, match=r"other.keys\.json"):
        async with runtime.running(Settings(data_dir=tmp_path / "other"), database_url):
            pass
    async with runtime.running(settings, database_url) as again:
        assert again.keyring.index_key == running.keyring.index_key
