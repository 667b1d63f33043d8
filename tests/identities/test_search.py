"""What a new record is compared with: the records that its tokens promise the most of, and none that are too common."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest

from registry.identities import service as identities
from registry.identities import store
from registry.matching.fingerprints import Token
from registry.matching.subject import Subject
from registry.platform import vault
from registry.platform.runtime import Runtime, Session
from tests.factories import rows

PHONE, PAIR, WORD, NOBODY = (letter * 16 for letter in (b"p", b"n", b"w", b"x"))
#: (kind, token, how many of the records hold it: the oldest).
HELD = [("name_word", WORD, 5), ("name_pair", PAIR, 4), ("phone", PHONE, 2)]
ASKED = [
    store.Asked(PHONE, 200, 8, 201),
    store.Asked(PAIR, 50, 3, 50),
    store.Asked(WORD, 50, 1, 5),
    store.Asked(NOBODY, 50, 1, 50),
]
Filled = tuple[Session, list[UUID]]


@pytest.fixture
async def filled(running: Runtime) -> AsyncIterator[Filled]:
    """A transaction with five records, the oldest first."""
    async with rows.rolled_back(running) as session:
        records = []
        for number in range(5):
            held = [Token(kind, value) for kind, value, holders in HELD if number < holders]
            key = await vault.create(session, session.keyring, owner=None)
            made = await identities.add(session, Subject(kind="person", country="UA"), key)
            await store.publish_record(session, made, 1, held, [])
            records.append(made)
        yield session, records


async def _found(
    session: Session, asked: list[store.Asked], *, most: int = 40, before: UUID | None = None
) -> tuple[list[int], list[UUID]]:
    found = await store.find_neighbours(session, asked, most=most, before=before)
    return list(found.counts), [record.id for record in found.records]


async def test_a_token_that_too_many_hold_leads_to_nobody(filled: Filled) -> None:
    session, records = filled
    counts, found = await _found(session, ASKED)
    assert counts == [2, 4, 5, 0]
    assert set(found) == set(records[:4])
    fewer = [store.Asked(WORD, 50, 1, 6)]
    assert set((await _found(session, fewer))[1]) == set(records)


async def test_no_more_are_counted_than_asked(filled: Filled) -> None:
    session, _ = filled
    counts, found = await _found(session, [store.Asked(WORD, 3, 1, 3)])
    assert (counts, found) == ([3], [])


async def test_the_most_promising_are_read_and_of_equals_the_oldest(filled: Filled) -> None:
    session, records = filled
    assert (await _found(session, ASKED, most=1))[1] == [records[0]]
    assert set((await _found(session, ASKED, most=3))[1]) == set(records[:3])


async def test_before_a_record_only_older_ones_count(filled: Filled) -> None:
    session, records = filled
    counts, found = await _found(session, ASKED, before=records[2])
    assert (counts, set(found)) == ([2, 2, 2, 0], set(records[:2]))


async def test_what_is_not_published_counts_for_nobody_but_moderators(filled: Filled) -> None:
    session, records = filled
    await store.unpublish_record(session, records[0])
    counts, found = await _found(session, ASKED)
    assert (counts, set(found)) == ([1, 3, 4, 0], set(records[1:]))
    everything = await store.find_neighbours(session, ASKED, most=40, unpublished=True)
    assert everything.counts[0] == 2
    assert {record.id for record in everything.records} == set(records)


async def test_what_was_lost_leads_to_nobody_and_is_told_of_the_record(filled: Filled) -> None:
    session, records = filled
    lost = await store.end_span(session, PHONE, date(2026, 1, 2))
    assert set(lost) == set(records[:2])
    found = await store.find_neighbours(session, ASKED, most=40)
    assert found.counts[0] == 0
    told = [(record.id, list(record.detached)) for record in found.records]
    assert sorted(told) == [(one, [PHONE] if one in lost else []) for one in records[:4]]


async def test_a_record_without_tokens_is_compared_with_nobody(filled: Filled) -> None:
    session, _ = filled
    assert await _found(session, []) == ([], [])
