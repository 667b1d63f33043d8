"""Bodies that do not arrive: they hold a share of a budget, and what they held is free again when they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from registry import app
from registry.platform import bodies, guard
from registry.platform.bodies import OVERHEAD, Bodies, Body
from registry.platform.gates import Overloaded
from registry.platform.routing import KIB
from tests.attacks import wire
from tests.factories.registry import PDF, Registry, Shop, problem, query

BATCH = "/v1/lookups/batch"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused client is not waited for."""
    monkeypatch.setattr(guard, "LINGER_TIME", 0.01)


@asynccontextmanager
async def served(registry: Registry) -> AsyncIterator[list[httpx.AsyncClient]]:
    """The same registry as a new application, reached from three addresses."""
    application = app.build()
    app.attach(application, registry.runtime)
    wrapped = app.wrapped(application)
    async with AsyncExitStack() as opened:
        yield [
            await opened.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(wrapped, client=(f"192.0.2.{last}", 4711)),
                    base_url="http://registry.test",
                )
            )
            for last in (1, 2, 3)
        ]


@asynccontextmanager
async def slow(
    http: httpx.AsyncClient,
    path: str,
    headers: dict[str, str],
    first: bytes,
    *,
    count: int,
    refused: int,
) -> AsyncIterator[list[tuple[int, str]]]:
    """So many calls whose bodies stop after their first bytes, until the block ends; those that were refused."""
    end = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield first
        await end.wait()

    async def call() -> httpx.Response:
        given = {**headers, "Idempotency-Key": str(uuid4())}
        return await http.post(path, content=body(), headers=given)

    calls = [asyncio.ensure_future(call()) for _ in range(count)]
    async with asyncio.timeout(20):
        while sum(call.done() for call in calls) < refused:
            await asyncio.sleep(0.02)
    try:
        yield [problem(call.result()) for call in calls if call.done()]
    finally:
        end.set()
        await asyncio.gather(*calls)


async def test_small_bodies_of_one_address_leave_room_for_others(
    shared: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SMALL", 16 * OVERHEAD)
    shop = await shared.shop()
    own = {"Authorization": f"Bearer {shop.key}"}
    async with served(shared) as (one, two, three):
        ask = query(phone="0505550123")
        # Each holds `OVERHEAD` and a byte: seven fit into the half.
        async with slow(one, BATCH, JSON, b"{", count=12, refused=5) as first:
            assert first == [(503, "overloaded")] * 5
            assert (await two.post("/v1/lookups", json=ask, headers=own)).status_code == 200
            refused = await one.post("/v1/lookups", json=ask, headers=own)
            assert int(refused.headers["Retry-After"]) > 0
            async with slow(two, BATCH, JSON, b"{", count=12, refused=5) as second:
                assert second == [(503, "overloaded")] * 5
                assert (await three.post("/v1/lookups", json=ask, headers=own)).is_success
        for http in (one, two, three):
            assert (await http.post("/v1/lookups", json=ask, headers=own)).is_success


async def test_uploads_of_one_business_leave_room_for_others(
    shared: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit is refused, however slowly it came; small files of others are taken meanwhile."""
    monkeypatch.setattr(bodies, "FILES", 1200 * KIB)
    shops = [await shared.shop() for _ in range(2)]
    paths = [f"/v1/reports/{(await shop.report())['id']}/evidence" for shop in shops]
    headers = {
        "Authorization": f"Bearer {shops[0].key}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    async with served(shared) as (one, two, _):
        other = Shop(shops[1].id, shops[1].key, two)
        first = wire.FILE[:100] + bytes(150 * KIB)
        # Two of 166 KiB fit into the third of it.
        async with slow(one, paths[0], headers, first, count=5, refused=3) as calls:
            assert calls == [(503, "overloaded")] * 3
            taken = await other.attach(paths[1].split("/")[3], PDF)
            assert taken.status_code == 201, taken.text
        again = await Shop(shops[0].id, shops[0].key, one).attach(paths[0].split("/")[3], PDF)
        assert again.status_code == 201, again.text


@pytest.mark.parametrize("announced", [b"0", b"5"])
async def test_who_leaves_before_an_upload_begins_is_no_failure(
    shared: Registry, announced: bytes
) -> None:
    shop = await shared.shop()
    application = app.build()
    app.attach(application, shared.runtime)
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    head = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/reports/{uuid4()}/evidence",
        "query_string": b"",
        "headers": [
            (b"host", b"registry.test"),
            (b"authorization", f"Bearer {shop.key}".encode()),
            (b"content-type", b"multipart/form-data; boundary=x"),
            (b"content-length", announced),
        ],
    }
    with capture_logs() as lines:
        await app.wrapped(application)(head, receive, send)
    assert sent == []
    assert [(line["event"], line["status"]) for line in lines] == [("request", 0)]


def test_what_a_body_held_is_free_when_it_ends() -> None:
    memory = Bodies(10 * OVERHEAD, 5 * OVERHEAD)
    for _ in range(3):
        with Body(memory, "one") as body:
            body.add(bytes(4 * OVERHEAD))
            with pytest.raises(Overloaded):
                body.add(b"x")
            with pytest.raises(Overloaded), Body(memory, "one"):
                pass
            with Body(memory, "two") as other:
                other.add(bytes(4 * OVERHEAD))
                with pytest.raises(Overloaded), Body(memory, "three"):
                    pass
