"""Several serving processes: budgets exact across them, and no answer without its record, however a process ends."""

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from registry.limits import watch
from registry.lookups import canaries
from registry.platform import runtime
from registry.platform.actor import CONSOLE
from registry.platform.policy import Plan
from registry.platform.runtime import transaction
from registry.platform.settings import Settings
from tests.factories import rows, server
from tests.factories.registry import Registry, Shop, problem, query
from tests.factories.registry import serving as served_here

ROUNDS = min(50, int(os.environ.get("LONG_ROUNDS", "3")))
CALLERS = 24
NUMBERS = [f"+3805055501{n:02d}" for n in range(60, 100)]


@pytest.mark.parametrize("distinct", [False, True])
async def test_a_thousand_calls_to_four_processes_get_exactly_the_burst(
    registry: Registry, database_url: str, tmp_path: Path, distinct: bool
) -> None:
    """With 50 left, 50 are answered and on record, whichever of four keys and processes is asked, single or batch.

    Lookups of one number, or distinct numbers that lead to nobody.
    """
    shop = await registry.shop()
    keys = [(await shop.make_key("lookup"))["api_key"] for _ in range(4)]
    # What is left of a day comes back too slowly to blur the count.
    plan = Plan(
        minute=10_000,
        day=10_000 if distinct else 50,
        unmatched=50,
        reports_day=10**6,
        reports_month=10**6,
    )
    numbers = [f"+3805{n:04d}{n:04d}" for n in range(1000, 4000)]
    with server.serving(database_url, tmp_path, plan, processes=4) as servers:
        async with AsyncExitStack() as clients:
            # A client of httpx's takes long to hand a thousand calls out among its connections.
            doors = [
                await clients.enter_async_context(
                    httpx.AsyncClient(base_url=servers.url, timeout=60)
                )
                for _ in range(20)
            ]

            async def call(asker: Shop, path: str, body: Any) -> httpx.Response:
                """The answer; a machine that has too much to do says so, and is asked again."""
                while True:
                    answer = await asker.call("POST", path, body)
                    if answer.status_code != 503:
                        assert answer.status_code in (200, 429), answer.text
                        return answer
                    await asyncio.sleep(int(answer.headers["retry-after"]))

            async def one(number: int) -> int:
                """How many rows of a call are answered; every tenth call is a batch of three."""
                asker = Shop(shop.id, keys[number % 4], doors[number % 20])
                three = [numbers.pop() for _ in range(3)] if distinct else [NUMBERS[0]] * 3
                if number % 10:
                    answer = await call(asker, "/v1/lookups", query(phone=three[0]))
                    return int(answer.status_code == 200)
                batch = {"queries": {phone: query(phone=phone) for phone in three}}
                answer = await call(asker, "/v1/lookups/batch", batch)
                told = answer.json().get("answers", {}).values()
                return sum("lookup_id" in row for row in told)

            answered = await asyncio.gather(*(one(number) for number in range(1000)))
    assert sum(answered) == 50
    assert await rows.count(registry.runtime, "lookups") == 50


async def test_a_canary_stops_every_process_within_a_second(
    registry: Registry, database_url: str, tmp_path: Path
) -> None:
    """Asked at one process, another key is refused at all four, each on a connection of its own."""
    shop = await registry.shop()
    other = (await shop.make_key("lookup"))["api_key"]
    async with transaction(registry.runtime) as session:
        lines = [f"+38039{n:03d}7777" for n in range(100, 100 + watch.CANARIES)]
        await canaries.plant(session, CONSOLE, lines, "list", country="UA")
    plan = Plan(minute=10_000, day=10_000, unmatched=10_000, reports_day=10**6, reports_month=10**6)
    with server.serving(database_url, tmp_path, plan, processes=4) as servers:
        async with AsyncExitStack() as clients:
            doors = [
                await clients.enter_async_context(
                    httpx.AsyncClient(base_url=servers.url, timeout=60)
                )
                for _ in range(24)
            ]
            asked = [Shop(shop.id, other, door) for door in doors]

            async def everywhere() -> list[httpx.Response]:
                """One call by each connection, four times: at once they would be more than one business may make."""
                found = []
                for _ in range(4):
                    calls = [
                        one.call("POST", "/v1/lookups", query(phone=NUMBERS[0])) for one in asked
                    ]
                    found += await asyncio.gather(*calls)
                return found

            # Every process remembers the key by now.
            assert {one.status_code for one in await everywhere()} == {200}
            thief = Shop(shop.id, shop.key, doors[0])
            met = [await thief.call("POST", "/v1/lookups", query(phone=line)) for line in lines]
            assert problem(met[-1]) == (403, "key-suspended")
            await asyncio.sleep(1)
            told = {problem(one) for one in await everywhere()}
    assert told == {(403, "key-suspended")}


@dataclass
class Journal:
    """What the callers saw."""

    #: Lookups that were answered.
    answered: list[UUID] = field(default_factory=list)
    #: Idempotency key -> the lookups it was answered with.
    keyed: dict[str, set[UUID]] = field(default_factory=dict)
    #: Calls without a key of which nothing is known; answers that were no success; answers that broke off.
    unknown: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


async def _caller(shop: Shop, journal: Journal, stop: asyncio.Event) -> None:
    """Asks on and on; what goes under a key is sent until it is answered, as a careful client does."""
    while not stop.is_set():
        key = str(uuid4()) if random.random() < 0.5 else None
        body = query(phone=random.choice(NUMBERS))
        while True:
            headers = {"Idempotency_Key": key} if key else {}
            try:
                answer = await shop.call("POST", "/v1/lookups", body, **headers)
            except httpx.TransportError as fault:
                if "incomplete" in str(fault):
                    journal.broken.append(str(fault))
                if key is None:
                    journal.unknown += 1
                    break
                await asyncio.sleep(0.02)
                continue
            journal.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                found = UUID(answer.json()["lookup_id"])
                journal.answered.append(found)
                if key:
                    journal.keyed.setdefault(key, set()).add(found)
                break
            if key is None:
                break
            await asyncio.sleep(0.02)


async def _under_load(
    registry: Registry, database_url: str, folder: Path, number: int, rounds: int
) -> tuple[Journal, list[int]]:
    """A signal to one of two processes in each round, while callers ask; the journal and the exit codes."""
    shop = await registry.shop()
    journal, stop, codes = Journal(), asyncio.Event(), list[int]()
    plan = Plan(
        minute=1_000_000,
        day=10_000_000,
        unmatched=10_000_000,
        reports_day=10**6,
        reports_month=10**6,
    )
    limits = httpx.Limits(max_connections=CALLERS)
    with server.serving(database_url, folder, plan, processes=2) as servers:
        async with httpx.AsyncClient(base_url=servers.url, limits=limits, timeout=30) as http:
            there = Shop(shop.id, shop.key, http)
            callers = [asyncio.ensure_future(_caller(there, journal, stop)) for _ in range(CALLERS)]
            for _ in range(rounds):
                await asyncio.sleep(random.uniform(0.2, 0.6))
                codes.append(await asyncio.to_thread(servers.end, number))
                await asyncio.to_thread(servers.start)
            stop.set()
            await asyncio.gather(*callers)
    return journal, codes


async def _on_record(registry: Registry, journal: Journal) -> None:
    """Every answer is on record and in the audit log, once; a key made one lookup, whatever happened between."""
    kept = [row["id"] for row in await rows.select(registry.runtime, "SELECT id FROM lookups")]
    audited = await rows.select(
        registry.runtime, "SELECT object_id FROM audit_entries WHERE action = 'lookup.answered'"
    )
    assert len(journal.answered) > 50
    assert len(set(journal.answered)) == len(journal.answered)
    assert set(journal.answered) <= set(kept)
    assert sorted(row["object_id"] for row in audited) == sorted(kept)
    assert {len(found) for found in journal.keyed.values()} == {1}
    # What is on record and was not answered is what callers know nothing of: never a second one under a key.
    assert len(kept) - len(set(journal.answered)) <= journal.unknown


async def test_killed_under_load_every_answer_is_on_record_and_none_twice(
    registry: Registry, database_url: str, tmp_path: Path
) -> None:
    """SIGKILL to a serving process, again and again."""
    journal, codes = await _under_load(registry, database_url, tmp_path, signal.SIGKILL, ROUNDS)
    assert codes == [-signal.SIGKILL] * ROUNDS
    await _on_record(registry, journal)


async def test_asked_to_end_under_load_a_process_answers_what_it_has_begun(
    registry: Registry, database_url: str, tmp_path: Path
) -> None:
    """SIGTERM: no answer breaks off, none is a failure, and the process ends by itself."""
    journal, codes = await _under_load(registry, database_url, tmp_path, signal.SIGTERM, 1)
    assert codes == [-signal.SIGTERM]  # which uvicorn repeats to itself when all is answered
    assert journal.broken == []
    assert set(journal.statuses) <= {200, 409}
    await _on_record(registry, journal)


@pytest.fixture
async def registry(tmp_path: Path, settings: Settings, database_url: str):
    """A registry whose keys lie where the serving processes look for them."""
    async with runtime.running(settings, database_url) as opened, served_here(opened) as here:
        yield here
