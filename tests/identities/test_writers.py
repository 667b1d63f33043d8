"""Many at once about one person: one identity, however they come. `make long` runs 200 rounds, `make test` a few."""

import asyncio
import os
import random
from itertools import pairwise
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.identities import service as identities
from registry.identities import store
from registry.matching.subject import Subject
from registry.platform import vault
from registry.platform.runtime import Runtime, transaction
from tests.factories import rows

WRITERS = 64
SURNAMES = ("Гнатюк", "Яремчук", "Онищенко", "Бакуменко", "Тищенко")
ROUNDS = int(os.environ.get("LONG_ROUNDS", "3"))


def _subject(number: int, dice: random.Random) -> Subject:
    """The person as one of many shops knows them: always the phone, the rest now and then.

    The next round's is a namesake, whose number no slip makes of this one's.
    """
    return Subject(
        kind="person",
        country="UA",
        phones=(f"+3805055{number * 101:05d}",),
        emails=dice.choice([(), (f"p{number}@mail.example",)]),
        handles=dice.choice([(), (f"telegram:p{number}",)]),
        name=dice.choice([None, "Яблонська Леся", "Lesia Yablonska", "Яблонська Л."]),
        city=dice.choice([None, "Суми"]),
    )


async def _write(runtime: Runtime, subject: Subject) -> None:
    """Publish a record; on a machine too busy to do it in time, try again, as the worker does."""
    while True:
        try:
            async with transaction(runtime) as session:
                key = await vault.create(session, session.keyring, owner=None)
                await identities.add_published(session, subject, key)
        except (PoolTimeout, asyncpg.QueryCanceledError):
            continue
        return


async def test_sixty_four_at_once_are_one_identity(running: Runtime) -> None:
    dice = random.Random(64)
    for number in range(ROUNDS):
        subjects = [_subject(number, dice) for _ in range(WRITERS)]
        await asyncio.gather(*(_write(running, subject) for subject in subjects))
        newest = (
            "SELECT DISTINCT identity_id FROM (SELECT * FROM records ORDER BY id DESC LIMIT :n) r"
        )
        found = await rows.select(running, newest, n=WRITERS)
        assert len(found) == 1, f"round {number}"
    assert len(await rows.select(running, "SELECT id FROM identities")) == ROUNDS


async def test_bridges_at_once_make_one_of_many(running: Runtime) -> None:
    """Records that each hold two of a person's numbers, all at once: every order of merging ends in one identity.

    Each number is held by two of them, and all have the name and the town: no record alone holds others together.
    """
    phones = [f"+38050557{n:04d}" for n in range(12)]
    for start in range(ROUNDS):
        own = [phone[:-4] + f"{start:02d}" + phone[-2:] for phone in phones]
        name = f"{SURNAMES[start % len(SURNAMES)]} Леся"  # no two rounds' numbers are a slip apart
        subjects = [
            Subject(kind="person", country="UA", phones=pair, name=name, city="Суми")
            for pair in pairwise(own)
        ]
        random.Random(start).shuffle(subjects)
        await asyncio.gather(*(_write(running, subject) for subject in subjects))
    assert len(await rows.select(running, "SELECT id FROM identities")) == ROUNDS


async def test_a_record_that_moved_while_we_waited_is_held_where_it_is(running: Runtime) -> None:
    """And the lock that is of no use is given back: taken in passing, it would break the order of locks."""
    for phone in ("+380505580001", "+380505580002"):
        await _write(running, Subject(kind="person", country="UA", phones=(phone,)))
    one, other = [
        row["id"] for row in await rows.select(running, "SELECT id FROM records ORDER BY id")
    ]

    async def hold() -> set[UUID]:
        async with transaction(running) as session:
            held = set((await store.hold_linked(session, [one])).values())
            free = "SELECT id FROM identities WHERE id = :id FOR UPDATE NOWAIT"
            assert await rows.select(running, free, id=one)
            return held

    async with transaction(running) as session:
        assert set(await store.hold_linked(session, [one, other])) == {one, other}
        waiting = asyncio.create_task(hold())
        while not await rows.select(running, "SELECT pid FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        moved = "UPDATE records SET identity_id = :other WHERE id = :one"
        await session.execute(text(moved), {"one": one, "other": other})
    assert await waiting == {other}
