"""The claim of a document: good once it is accepted, for the identifier that it was sent for, and for ninety days."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.platform import clock
from registry.platform.actor import CONSOLE
from registry.platform.runtime import Runtime, transaction
from registry.staff import service as staff
from registry.staff.rules import Role
from registry.subjects import documents, rules
from registry.subjects.access import Person
from tests.factories.registry import PDF

MINE, ANOTHERS = b"sixteen bytes ok", b"sixteen others.."
RECORDS = [UUID(int=7)]


@pytest.fixture
async def claim(running: Runtime) -> str:
    """The claim of a document that a moderator accepted for `MINE`."""
    person = Person(UUID(int=1), (MINE,), "uk")
    async with transaction(running) as session:
        moderator, _ = await staff.add(session, CONSOLE, Role.MODERATOR, "Тест Персонал")
        taken = await documents.send(session, person, PDF)
    assert await _accepted(running, taken.claim) is None, "it waits for a moderator"
    async with transaction(running) as session:
        row = await documents.lock(session, taken.id)
        await documents.decide(session, row, moderator, RECORDS)
    return taken.claim


async def _accepted(runtime: Runtime, claim: str, value: bytes = MINE) -> Any:
    async with transaction(runtime) as session:
        return await documents.accepted(session, claim, value)


async def test_it_opens_the_records_that_the_moderator_named(running: Runtime, claim: str) -> None:
    assert await _accepted(running, claim) == RECORDS


async def test_it_is_good_with_no_other_identifier(running: Runtime, claim: str) -> None:
    assert await _accepted(running, claim, ANOTHERS) is None


async def test_another_claim_is_good_for_nothing(running: Runtime, claim: str) -> None:
    assert await _accepted(running, claim[:-1] + ("0" if claim[-1] != "0" else "1")) is None


async def test_it_is_good_for_ninety_days(running: Runtime, claim: str) -> None:
    for passed, good in ((timedelta(days=89), True), (rules.DOCUMENT_FOR, False)):
        with clock.shifted(passed):
            assert (await _accepted(running, claim) is not None) is good


async def test_a_refused_one_is_good_for_nothing(running: Runtime) -> None:
    async with transaction(running) as session:
        moderator, _ = await staff.add(session, CONSOLE, Role.MODERATOR, "Тест Персонал")
        taken = await documents.send(session, Person(UUID(int=1), (MINE,), "uk"), PDF)
        await documents.decide(session, await documents.lock(session, taken.id), moderator, [])
    assert await _accepted(running, taken.claim) is None
