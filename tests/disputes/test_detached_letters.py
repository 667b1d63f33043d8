"""Whoever holds a number or address since is told nothing of what was disputed, or objected to, from there."""

from typing import Any

import httpx
import pytest

from registry.staff.rules import Role
from tests.disputes.people import MAIL, PHONE, Person, answered, rule
from tests.disputes.test_detachments import decided, holder, say
from tests.erasure.asking import objected, weigh
from tests.factories.registry import Registry, Shop

pytestmark = pytest.mark.parametrize(("lost", "left"), [(PHONE, MAIL), (MAIL, PHONE)])


async def detached(registry: Registry, address: str) -> None:
    """Its new holder says so."""
    said = await say(registry, await holder(registry, address))
    assert said.status_code == 201, said.text
    await registry.work()


async def written(registry: Registry, done: httpx.Response, before: int) -> set[str]:
    """To which of the two letters went since."""
    assert done.status_code == 200, done.text
    await registry.work()
    return {one["to"] for one in registry.letters()[before:]} & {PHONE, MAIL}


async def test_of_a_ruling(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, lost: str, left: str
) -> None:
    """A moderator who takes the detachment back lets letters go there again."""
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    await detached(sandbox, lost)
    before = len(sandbox.letters())
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert await written(sandbox, ruled, before) == {left}
    assert (await decided(sandbox, "restore")).status_code == 200
    await sandbox.work()
    before = len(sandbox.letters())
    words = {"statement": "Look at the slip again."}
    appealed = await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", words)
    assert await written(sandbox, appealed, before) == {left, lost}


async def test_a_moderator_sees_that_no_letter_reaches_the_person(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, lost: str, left: str
) -> None:
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    for gone, reached in ((lost, True), (left, False)):
        await detached(sandbox, gone)
        path = f"/v1/moderation/disputes/{dispute['id']}"
        case = await sandbox.as_staff(Role.MODERATOR, "GET", path, number=1)
        assert case.json()["letters_reach_person"] is reached
    before = len(sandbox.letters())
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert await written(sandbox, ruled, before) == set()


@pytest.mark.parametrize(
    ("decision", "code"), [("grant", "rights_prevail"), ("refuse", "legal_claims")]
)
async def test_of_an_objection(
    sandbox: Registry,
    report: dict[str, Any],
    person: Person,
    lost: str,
    left: str,
    decision: str,
    code: str,
) -> None:
    objection = await objected(person, report["id"])
    await detached(sandbox, lost)
    before = len(sandbox.letters())
    weighed = await weigh(sandbox, objection["id"], decision, code)
    assert await written(sandbox, weighed, before) == {left}


async def test_of_an_objection_that_lapses(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, lost: str, left: str
) -> None:
    await objected(person, report["id"])
    await detached(sandbox, lost)
    before = len(sandbox.letters())
    paid = {"reason": "Paid."}
    settled = await reporter.call("POST", f"/v1/reports/{report['id']}/settle", paid)
    assert await written(sandbox, settled, before) == {left}
