"""A moderator who decides for their own business, or for one of the same owner: refused by the code, and once more by
the database.

Each decision is tried three ways: over HTTP, where the code refuses it; by the service, with a moderator of whom the
code does not know for whom they work, where the database does; and so, with the database's trigger off, where it is
taken.
"""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.disputes import detachments
from registry.disputes import moderation as disputes
from registry.disputes.wire import DetachmentDecision, DisputeDecision
from registry.erasure import moderation as erasure
from registry.erasure.wire import ObjectionDecision
from registry.identities import review
from registry.identities.wire import PairDecisionRequest
from registry.platform.http import decode
from registry.platform.runtime import Session
from registry.reports import screening
from registry.reports.wire import ReportDecision
from registry.staff.access import Staff
from registry.staff.rules import Role
from registry.subjects import documents
from tests.disputes.people import Person, answered
from tests.disputes.test_detachments import say
from tests.disputes.test_documents import holder, send
from tests.erasure.asking import objected
from tests.factories import rows
from tests.factories.registry import Registry, Shop, person_name, problem
from tests.subjects.test_proofs import proven

_numbers = itertools.count(1)
#: Two who are likely one person, for each scene.
_likely = iter([("Мельниченко", "1990-01-02"), ("Гриценко", "1971-08-25")])
#: What -> the table in which the decision is written, the path, and the decision.
DECISIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "report": (
        "report_decisions",
        "reports/{id}/decision",
        {"decision": "publish", "reason_code": "proof_standard_met"},
    ),
    "dispute": (
        "dispute_rulings",
        "disputes/{id}/decision",
        {"decision": "uphold", "reason_code": "evidence_confirms"},
    ),
    "objection": (
        "subject_requests",
        "objections/{id}/decision",
        {"decision": "refuse", "reason_code": "interests_prevail"},
    ),
    "detachment": ("detachments", "detachments/{id}/decision", {"decision": "restore"}),
    "document": ("subject_documents", "documents/{id}/decision", {"decision": "refuse"}),
    "pair": ("pair_decisions", "pairs/{id}/decision", {"decision": "same"}),
}


@dataclass
class Scene:
    """A business, somebody who works for it and moderates, and one of everything that waits for a decision."""

    registry: Registry
    shop: Shop
    key: str
    insider: UUID
    waiting: dict[str, UUID]

    async def refused(self, what: str) -> None:
        """Over HTTP, with the insider's key."""
        _, path, decision = DECISIONS[what]
        place = f"/v1/moderation/{path.format(id=self.waiting[what])}"
        answer = await self.registry.http.post(
            place,
            json={**decision, "reason": "It is ours.", "version": 1},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert problem(answer) == (403, "conflict-of-interest")


@pytest.fixture(scope="module", params=["its own business", "a business of the same owner"])
async def scene(shared_sandbox: Registry, request: pytest.FixtureRequest) -> Scene:
    owned: dict[str, Any] = {"beneficial_owners": [person_name(len(request.param))]}
    shop, sister = await shared_sandbox.shop(**owned), await shared_sandbox.shop(**owned)
    employer = shop if request.param == "its own business" else sister
    key = await shared_sandbox.staff_key(Role.MODERATOR, business_id=employer.id)
    (insider,) = await rows.select(
        shared_sandbox.runtime, "SELECT id FROM staff WHERE business_id = :id", id=employer.id
    )
    waiting = {
        "report": await _in_screening(shop),
        "dispute": await _disputed(shared_sandbox, shop),
        "objection": await _objected(shared_sandbox, shop),
        "detachment": await _detached(shared_sandbox, shop),
        "document": await _sent(shared_sandbox, shop),
        "pair": await _asked(shared_sandbox, shop),
    }
    return Scene(shared_sandbox, shop, key, insider["id"], waiting)


def _somebody() -> dict[str, str]:
    number = next(_numbers)
    return {"phone": f"+380505552{number:03d}", "email": f"insider{number}@mail.example"}


async def _in_screening(shop: Shop) -> UUID:
    report = await shop.report(subject=_somebody())
    assert (await shop.attach(report["id"])).status_code == 201
    return UUID(report["id"])


async def _person_of(registry: Registry, shop: Shop) -> tuple[Person, str]:
    subject = _somebody()
    report = await registry.published(shop, subject=subject)
    return Person(
        registry.http, await proven(registry, subject["phone"], subject["email"])
    ), report["id"]


async def _disputed(registry: Registry, shop: Shop) -> UUID:
    person, report_id = await _person_of(registry, shop)
    dispute = await person.dispute(report_id)
    await answered(shop, dispute["id"])
    return UUID(dispute["id"])


async def _objected(registry: Registry, shop: Shop) -> UUID:
    person, report_id = await _person_of(registry, shop)
    return UUID((await objected(person, report_id))["id"])


async def _detached(registry: Registry, shop: Shop) -> UUID:
    subject = _somebody()
    await registry.published(shop, subject=subject)
    _, token = await holder(registry, subject["phone"])
    return UUID((await say(registry, token)).json()["id"])


async def _sent(registry: Registry, shop: Shop) -> UUID:
    subject = _somebody()
    await registry.published(shop, subject=subject)
    _, token = await holder(registry, subject["phone"])
    return UUID((await send(registry, token)).json()["id"])


async def _asked(registry: Registry, shop: Shop) -> UUID:
    """Two reports of likely one person, one of them by another business."""
    surname, born = next(_likely)
    for reporter, name in (
        (shop, f"{surname} Остап"),
        (await registry.shop(), f"Остап {surname}"),
    ):
        subject = {**_somebody(), "name": name, "birth_date": born}
        await registry.published(reporter, subject=subject)
    said = "SELECT id FROM pair_decisions WHERE due IS NOT NULL ORDER BY at DESC LIMIT 1"
    (question,) = await rows.select(registry.runtime, said)
    found: UUID = question["id"]
    return found


async def _report(session: Session, staff: Staff, id_: UUID, body: bytes) -> None:
    await screening.decide(session, staff, id_, decode(body, ReportDecision))


async def _dispute(session: Session, staff: Staff, id_: UUID, body: bytes) -> None:
    await disputes.decide(session, staff, id_, decode(body, DisputeDecision))


async def _objection(session: Session, staff: Staff, id_: UUID, body: bytes) -> None:
    await erasure.decide(session, staff, id_, decode(body, ObjectionDecision), [])


async def _detachment(session: Session, staff: Staff, id_: UUID, body: bytes) -> None:
    await detachments.decide(session, staff, id_, decode(body, DetachmentDecision))


async def _document(session: Session, staff: Staff, id_: UUID, _: bytes) -> None:
    await documents.decide(session, await documents.lock(session, id_), staff.id, [])


async def _pair(session: Session, staff: Staff, id_: UUID, body: bytes) -> None:
    await review.decide(session, staff, id_, decode(body, PairDecisionRequest))


DECIDE: dict[str, Callable[[Session, Staff, UUID, bytes], Awaitable[None]]] = {
    "report": _report,
    "dispute": _dispute,
    "objection": _objection,
    "detachment": _detachment,
    "document": _document,
    "pair": _pair,
}


async def _decide(session: Session, scene: Scene, what: str, staff_id: UUID) -> None:
    """By the service, with a moderator of whom it is not known for whom they work."""
    stranger = Staff(id=staff_id, role=Role.MODERATOR, business_id=None)
    path = f"/v1/moderation/{DECISIONS[what][1].format(id=scene.waiting[what])}"
    version = await scene.registry.version(path)
    said = {**DECISIONS[what][2], "reason": "It is ours.", "version": version}
    body = msgspec.json.encode(said)
    await DECIDE[what](session, stranger, scene.waiting[what], body)
    await session.flush()


async def _off(session: Session, table: str) -> None:
    """Take the database's own check away, until the transaction is rolled back."""
    await session.execute(text("SET LOCAL ROLE NONE"))
    await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER refuse_conflict"))
    await session.execute(text("SET LOCAL ROLE registry_system"))


@pytest.mark.parametrize("what", DECISIONS)
async def test_the_code_refuses_and_nothing_changes(scene: Scene, what: str) -> None:
    table = DECISIONS[what][0]
    said = f"SELECT * FROM {table} ORDER BY id"
    before = await rows.select(scene.registry.runtime, said)
    await scene.refused(what)
    assert await rows.select(scene.registry.runtime, said) == before


@pytest.mark.parametrize("what", DECISIONS)
async def test_the_database_refuses_what_the_code_let_through(scene: Scene, what: str) -> None:
    with pytest.raises(IntegrityError, match=r"may not (decide|rule)"):
        async with rows.rolled_back(scene.registry.runtime) as session:
            await _decide(session, scene, what, scene.insider)


@pytest.mark.parametrize("what", DECISIONS)
async def test_without_either_it_is_decided(scene: Scene, what: str) -> None:
    """The same decision, with the trigger off: it is the trigger that refused it."""
    reached = False
    async with rows.rolled_back(scene.registry.runtime) as session:
        await _off(session, DECISIONS[what][0])
        await _decide(session, scene, what, scene.insider)
        reached = True
    assert reached


async def test_every_table_of_decisions_is_tried(scene: Scene) -> None:
    """A new table that names who decided fails this test until it has its trigger, and is attacked here."""
    said = (
        "SELECT DISTINCT c.conrelid::regclass::text AS name FROM pg_constraint c"
        " WHERE c.contype = 'f' AND c.confrelid = 'staff'::regclass"
    )
    of_staff = {one["name"] for one in await rows.select(scene.registry.runtime, said)}
    assert of_staff - {"staff_keys"} == {table for table, _, _ in DECISIONS.values()}


async def test_whoever_screened_it_does_not_rule(scene: Scene) -> None:
    """The other conflict of a ruling: the same three ways."""
    body = {**DECISIONS["dispute"][2], "reason": "I have seen it before."}
    path = f"/v1/moderation/disputes/{scene.waiting['dispute']}/decision"
    answer = await scene.registry.as_staff(Role.MODERATOR, "POST", path, body, number=0)
    assert problem(answer) == (403, "conflict-of-interest")
    said = (
        "SELECT moderator_id FROM report_decisions d JOIN disputes USING (report_id)"
        " WHERE disputes.id = :id"
    )
    (screener,) = await rows.select(scene.registry.runtime, said, id=scene.waiting["dispute"])
    forged = text(
        "INSERT INTO dispute_rulings SELECT gen_random_uuid(), id, business_id, :who, 1, 'uphold',"
        " 'evidence_confirms', now() FROM disputes WHERE id = :id"
    )
    values = {"who": screener["moderator_id"], "id": scene.waiting["dispute"]}
    with pytest.raises(IntegrityError, match="may not rule"):
        async with rows.rolled_back(scene.registry.runtime) as session:
            await session.execute(forged, values)
    async with rows.rolled_back(scene.registry.runtime) as session:
        await _off(session, "dispute_rulings")
        await session.execute(forged, values)


#: A voice of :who that goes around the code: what -> the statement.
VOICES = {
    "report": """
        INSERT INTO report_decisions SELECT gen_random_uuid(), id, business_id, :who, state_since, version,
        'publish', 'proof_standard_met', NULL, now() FROM reports WHERE id = :id
    """,
    "dispute": """
        INSERT INTO dispute_rulings SELECT gen_random_uuid(), id, business_id, :who, round, 'uphold',
        'evidence_confirms', now() FROM disputes WHERE id = :id
    """,
}


@pytest.mark.parametrize("what", VOICES)
async def test_one_moderator_is_not_two(scene: Scene, what: str) -> None:
    """Where two must agree, the database takes one voice of each: within one screening, and in a dispute."""
    values = {"who": await _moderator(scene), "id": scene.waiting[what]}
    async with rows.rolled_back(scene.registry.runtime) as session:
        await session.execute(text(VOICES[what]), values)
        with pytest.raises(IntegrityError, match="uq_"):
            await session.execute(text(VOICES[what]), values)
        await session.rollback()


async def _moderator(scene: Scene) -> UUID:
    """A moderator without any part in this."""
    await scene.registry.staff_key(Role.MODERATOR, 5)
    said = "SELECT id FROM staff WHERE role = 'moderator' AND business_id IS NULL ORDER BY id DESC LIMIT 1"
    (row,) = await rows.select(scene.registry.runtime, said)
    found: UUID = row["id"]
    return found
