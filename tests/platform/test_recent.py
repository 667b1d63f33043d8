"""What was read lately is trusted for a few seconds and no longer."""

import time

import pytest

from registry.platform import recent
from registry.platform.recent import Recent


class Source:
    """Counts how often it was read."""

    def __init__(self, **values: str) -> None:
        self.values = {name.encode(): value for name, value in values.items()}
        self.reads: list[bytes] = []

    async def load(self, digest: bytes) -> str | None:
        self.reads.append(digest)
        return self.values.get(digest)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test moves."""
    at = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])
    return at


async def test_read_once_and_again_after_its_life(moved: list[float]) -> None:
    source = Source(a="1")
    known = Recent(source.load)
    for _ in range(3):
        assert await known.get(b"a") == "1"
    assert len(source.reads) == 1
    source.values[b"a"] = "2"
    moved[0] += recent.LIFETIME - 0.01
    assert await known.get(b"a") == "1"
    moved[0] += 0.02
    assert await known.get(b"a") == "2"


async def test_use_does_not_prolong_it(moved: list[float]) -> None:
    """However often a revoked key is tried, it ends at its time."""
    source = Source(a="1")
    known = Recent(source.load)
    await known.get(b"a")
    del source.values[b"a"]
    for _ in range(29):
        moved[0] += recent.LIFETIME / 30
        assert await known.get(b"a") == "1"
    moved[0] += recent.LIFETIME / 30 + 0.001
    assert await known.get(b"a") is None


async def test_absence_is_not_remembered(moved: list[float]) -> None:
    source = Source()
    known = Recent(source.load)
    assert await known.get(b"a") is None
    source.values[b"a"] = "1"
    assert await known.get(b"a") == "1"


async def test_its_life_counts_from_the_question(moved: list[float]) -> None:
    """A slow read is as old as its beginning: what changed meanwhile is not trusted longer."""
    source = Source(a="1")

    async def slow(digest: bytes) -> str | None:
        value = await source.load(digest)
        moved[0] += recent.LIFETIME
        return value

    known = Recent(slow)
    assert await known.get(b"a") == "1"
    source.values[b"a"] = "2"
    assert await known.get(b"a") == "2"


async def test_the_least_recently_used_go_first(
    moved: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "LARGEST", 3)
    source = Source(a="1", b="2", c="3", d="4")
    known = Recent(source.load)
    for name in (b"a", b"b", b"c", b"a", b"d"):
        await known.get(name)
    source.reads.clear()
    for name in (b"a", b"c", b"d"):
        await known.get(name)
    assert source.reads == []
    await known.get(b"b")
    assert source.reads == [b"b"]


async def test_forgetting_reads_anew(moved: list[float]) -> None:
    source = Source(a="1")
    known = Recent(source.load)
    await known.get(b"a")
    known.forget()
    await known.get(b"a")
    assert len(source.reads) == 2
