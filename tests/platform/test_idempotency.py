"""A repeated request gets the first answer and changes nothing; two at once are one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from registry.platform import idempotency
from registry.platform.errors import InvalidValues
from registry.platform.idempotency import Answer, KeyReused, StillRunning, once
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from tests.factories import rows

REQUEST = b"POST /v1/x\n{}"


class Counter:
    """Work that says how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> dict[str, int]:
        self.done += 1
        return {"done": self.done}


async def _once(
    runtime: Runtime,
    caller: UUID,
    run: Callable[[], Awaitable[Any]],
    *,
    key: str | None = "key-1",
    request: bytes = REQUEST,
) -> Answer:
    async with transaction(runtime) as session:
        return await once(session, caller, key, request, 201, run)


async def test_the_first_answer_is_repeated(running: Runtime) -> None:
    caller, work = uuid7(), Counter()
    first = await _once(running, caller, work)
    second = await _once(running, caller, work)
    assert (first.body, first.status, first.replayed) == (b'{"done":1}', 201, False)
    assert (second.body, second.status, second.replayed) == (b'{"done":1}', 201, True)
    assert work.done == 1


async def test_without_a_key_nothing_is_kept(running: Runtime) -> None:
    work = Counter()
    for number in (1, 2):
        answer = await _once(running, uuid7(), work, key=None)
        assert answer.body == b'{"done":%d}' % number
    assert await rows.count(running, "stored_answers") == 0


async def test_another_request_is_refused(running: Runtime) -> None:
    caller, work = uuid7(), Counter()
    await _once(running, caller, work)
    for other in (b"POST /v1/y\n{}", b"POST /v1/x\n{} ", b""):
        with pytest.raises(KeyReused):
            await _once(running, caller, work, request=other)
    assert work.done == 1


async def test_callers_and_keys_are_apart(running: Runtime) -> None:
    work, caller = Counter(), uuid7()
    await _once(running, caller, work)
    await _once(running, uuid7(), work)
    await _once(running, caller, work, key="key-2")
    assert work.done == 3


async def test_a_refusal_is_not_kept(running: Runtime) -> None:
    """What failed may be tried again with the same key."""
    caller, work = uuid7(), Counter()

    async def fails() -> None:
        raise InvalidValues("x")

    with pytest.raises(InvalidValues):
        await _once(running, caller, fails)
    assert (await _once(running, caller, work)).replayed is False


async def test_two_at_once(running: Runtime) -> None:
    """While the first has not committed, the others are told so; then they get its answer."""
    caller, work = uuid7(), Counter()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> dict[str, int]:
        begun.set()
        await go_on.wait()
        return await work()

    first = asyncio.create_task(_once(running, caller, slow))
    await begun.wait()
    with pytest.raises(StillRunning):
        await _once(running, caller, work)
    # Another key, and another caller with the same key, wait for nobody.
    await _once(running, caller, Counter(), key="key-2")
    await _once(running, uuid7(), Counter())
    go_on.set()
    assert (await first).replayed is False
    assert (await _once(running, caller, work)).replayed is True
    assert work.done == 1


async def test_after_a_day_a_key_is_fresh(running: Runtime) -> None:
    """Counted by the database's own clock, which nothing moves; the sweep deletes what is older."""
    caller, work = uuid7(), Counter()
    await _once(running, caller, work)
    aged = "UPDATE stored_answers SET at = at - make_interval(hours => :hours)"
    await rows.write(running, aged, hours=23)
    assert (await _once(running, caller, work)).replayed is True
    async with transaction(running) as session:
        assert await idempotency.sweep(session) == 0
    await rows.write(running, aged, hours=2)
    assert (await _once(running, caller, work, request=b"other")).replayed is False
    assert work.done == 2
    await rows.write(running, aged, hours=25)
    async with transaction(running) as session:
        assert await idempotency.sweep(session) == 1
    assert await rows.count(running, "stored_answers") == 0


async def test_the_answer_and_its_key_lie_sealed(running: Runtime) -> None:
    caller = uuid7()

    async def told() -> dict[str, str]:
        return {"phone": "+380505550100"}

    await _once(running, caller, told, key="planted-key", request=b"planted-request")
    (row,) = await rows.select(running, "SELECT * FROM stored_answers")
    for value in (b"planted", b"50555"):
        assert value not in row["sealed_body"] + row["key_digest"] + row["fingerprint"]
    # Put under another key of the same caller, it does not open.
    other = running.keyring.digest("idempotency", f"{caller}:key-2")
    await rows.write(running, "UPDATE stored_answers SET key_digest = :other", other=other)
    with pytest.raises(Exception, match="stored_answers"):
        await _once(running, caller, told, key="key-2", request=b"planted-request")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\x00", "\u202e", "\ud800"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(InvalidValues) as refused:
        idempotency.check_key(key, required=True)
    assert refused.value.errors[0].pointer == "header:Idempotency-Key"


@pytest.mark.parametrize(
    "key", ["x", "x" * 255, "ключ", "0193531c-5dbe-7c4c-a51d-8a6ff2b5d0c1", "a b"]
)
def test_what_is_a_key(key: str) -> None:
    assert idempotency.check_key(key, required=True) == key


def test_whether_one_is_needed() -> None:
    assert idempotency.check_key(None, required=False) is None
    with pytest.raises(InvalidValues):
        idempotency.check_key(None, required=True)
