"""A crowd that would hide a report, or drown the moderators: a thousand disputes of nobody, and nothing moves.

What a stranger can reach is tried over HTTP; what a budget of calls would end long before the thousandth, by the
services behind it, so that it is seen to end by itself as well.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.disputes import detachments
from registry.disputes import service as disputes
from registry.disputes.rules import Ground
from registry.disputes.wire import DetachmentRequest, DisputeOpening, SettlementClaim
from registry.erasure import service as erasure
from registry.erasure.wire import ObjectionRequest
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.platform import secrets
from registry.platform.errors import Conflict
from registry.platform.runtime import Session, transaction
from registry.reports import file_access
from registry.staff.rules import Role
from registry.subjects import documents, rules
from registry.subjects.access import Person as Proven
from registry.subjects.tables import SubjectSession
from tests.attacks.strangers import holder
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop
from tests.subjects.test_proofs import SESSIONS, proven

CROWD = 1_000
AT_ONCE = 8
_numbers = itertools.count(100)


class Scene:
    """A report that is shown, and what a dispute of it would change."""

    def __init__(self, registry: Registry, asker: Shop, subject: dict[str, str], report: str):
        self.registry, self.asker, self.subject, self.report = registry, asker, subject, report

    async def state(self) -> dict[str, Any]:
        """What is shown of it, what waits for moderators, and what was written."""
        queue = await self.registry.as_staff(
            Role.MODERATOR, "GET", "/v1/moderation/queue?limit=100"
        )
        found = await self.asker.look_up(phone=self.subject["phone"])
        tables = ("disputes", "detachments", "subject_documents", "subject_requests", "messages")
        counts = {table: await rows.count(self.registry.runtime, table) for table in tables}
        return {
            "shown": [one["state"] for match in found["matches"] for one in match["reports"]],
            "queue": Counter(one["kind"] for one in queue.json()["items"]),
            **counts,
        }

    def opening(self, ground: Ground = Ground.NOT_ME) -> dict[str, str]:
        """A dispute of the report."""
        return {"report_id": self.report, "ground": ground, "statement": "It was never me."}


async def shown(registry: Registry) -> Scene:
    number = next(_numbers)
    subject = {"phone": f"+380505554{number}", "email": f"crowd{number}@mail.example"}
    report = await registry.published(await registry.shop(), subject=subject)
    assert report["state"] == "active"
    asker = await registry.shop(plan="pro")
    await registry.work()
    return Scene(registry, asker, subject, report["id"])


async def waves(calls: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """All of the calls, a few at a time."""
    found: list[Any] = []
    for start in range(0, len(calls), AT_ONCE):
        found += await asyncio.gather(*(call() for call in calls[start : start + AT_ONCE]))
    return found


async def test_a_thousand_unverified_disputes_hide_nothing_and_fill_no_queue(
    shared_sandbox: Registry,
) -> None:
    """Without a token, with invented ones, with one proof, and with both proofs of somebody else."""
    scene = await shown(shared_sandbox)
    other = (await shown(shared_sandbox)).subject
    _, one_proof = await holder(shared_sandbox, scene.subject["phone"])
    somebody_else = await proven(shared_sandbox, other["phone"], other["email"])
    kinds: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {secrets.mint(secrets.SUBJECT)}"},
        one_proof,
        somebody_else,
    ]
    before = await scene.state()

    async def dispute(number: int) -> int:
        headers = {**kinds[number % len(kinds)], "Idempotency-Key": str(uuid4())}
        body = scene.opening(list(Ground)[number % len(Ground)])
        answer = await shared_sandbox.http.post("/v1/disputes", json=body, headers=headers)
        return answer.status_code

    answers = await waves([partial(dispute, n) for n in range(CROWD)])
    assert len(answers) == CROWD
    assert set(answers) == {401, 403, 404, 429}
    await shared_sandbox.work()
    assert await scene.state() == before
    assert before["shown"] == ["active"]


async def test_it_is_the_second_proof_that_a_crowd_lacks(
    shared_sandbox: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one proof counts as two, the first of them hides the report and writes to its reporter."""
    scene = await shown(shared_sandbox)
    _, one_proof = await holder(shared_sandbox, scene.subject["phone"])
    monkeypatch.setattr(SubjectSession, "proofs", property(lambda _: rules.BOTH))
    monkeypatch.setattr(file_access, "CONTACTS", 1)
    headers = {**one_proof, "Idempotency-Key": str(uuid4())}
    opened = await shared_sandbox.http.post("/v1/disputes", json=scene.opening(), headers=headers)
    assert opened.status_code == 201
    after = await scene.state()
    assert (after["shown"], after["disputes"]) == ([], 1)


async def starts(registry: Registry, victim: str) -> Counter[int]:
    """A thousand starts from one address, every tenth for the same phone: how many were answered how."""

    async def start(number: int) -> int:
        phone = f"+380505{number:06d}" if number % 10 else victim
        answer = await registry.http.post(SESSIONS, json={"phone": phone})
        return answer.status_code

    answers = Counter(await waves([partial(start, n) for n in range(CROWD)]))
    await registry.work()
    return answers


async def test_a_thousand_starts_neither_flood_a_phone_nor_fill_a_table(sandbox: Registry) -> None:
    """One letter for one phone, and so many starts from one address: the rest are told to come again."""
    scene = await shown(sandbox)
    before = await scene.state()
    letters = len(sandbox.letters())
    answers = await starts(sandbox, scene.subject["phone"])
    begun, most = answers[202], rules.CODES.address[1]
    assert set(answers) <= {202, 429, 503}, "a busy machine turns some away at the gate"
    assert most <= begun <= most + 10, "one more fits every twelve seconds"
    told = sandbox.letters()[letters:]
    assert [one["to"] for one in told] == [scene.subject["phone"]]
    assert await rows.count(sandbox.runtime, "subject_sessions") == begun
    after = await scene.state()
    assert after == {**before, "messages": before["messages"] + begun}, "all but one are decoys"
    everybodys = limits_rules.seldom("code:all", *rules.CODES.shared)
    left = (await limits.spend(sandbox.runtime, everybodys, 0)).remaining
    assert left[1] >= rules.CODES.shared[1] - begun, "who is turned away takes nothing from others"


async def test_without_the_limit_of_letters_a_phone_is_flooded(
    sandbox: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LETTERS", 10**6)
    monkeypatch.setattr(rules, "LETTER_AFTER", timedelta())
    phone = (await shown(sandbox)).subject["phone"]
    answers = [await sandbox.http.post(SESSIONS, json={"phone": phone}) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {202}
    await sandbox.work()
    assert len([one for one in sandbox.letters() if one["to"] == phone]) > 6


async def person(scene: Scene, *kinds: str) -> Proven:
    """What the guard makes of a token with these proofs."""
    said = (
        "SELECT index_value FROM record_identifiers JOIN reports USING (record_id)"
        " WHERE reports.id = :id AND kind = :k"
    )
    found = [
        (await rows.select(scene.registry.runtime, said, id=UUID(scene.report), k=kind))[0]
        for kind in kinds
    ]
    return Proven(uuid4(), tuple(one["index_value"] for one in found), "uk")


async def each(
    scene: Scene,
    act: Callable[[Session, Proven], Awaitable[object]],
    who: Proven,
    times: int = CROWD,
) -> Counter[str]:
    """So many times, each in a transaction of its own: what came of them."""

    async def once() -> str:
        try:
            async with transaction(scene.registry.runtime) as session:
                await act(session, who)
        except Conflict as refusal:
            return type(refusal).__name__
        return "done"

    return Counter(await waves([once] * times))


async def test_the_holder_of_one_identifier_brings_one_of_each_before_a_moderator(
    shared_sandbox: Registry,
) -> None:
    """A thousand detachments and a thousand documents of one phone: one of each waits."""
    scene = await shown(shared_sandbox)
    before = await scene.state()
    who = await person(scene, "phone")

    async def send(session: Session, proof: Proven) -> None:
        await documents.send(session, proof, PDF)

    async def detach(session: Session, proof: Proven) -> None:
        await detachments.detach(session, proof, DetachmentRequest(ground=Ground.NOT_ME))

    assert await each(scene, send, who) == {"done": 1, "DocumentsWait": CROWD - 1}
    assert await each(scene, detach, who) == {"done": 1, "AlreadyDetached": CROWD - 1}
    after = await scene.state()
    assert after["queue"] - before["queue"] == {"document": 1, "detachment": 1}
    assert after["disputes"] == before["disputes"]


async def test_a_person_hides_a_report_once_however_often_they_ask(
    shared_sandbox: Registry,
) -> None:
    """A thousand disputes, objections and claims by whoever may: one of each, and a moderator sees one objection."""
    scene = await shown(shared_sandbox)
    before = await scene.state()
    who = await person(scene, "phone", "email")

    async def open_(session: Session, proof: Proven) -> None:
        opening = DisputeOpening(
            report_id=UUID(scene.report), ground=Ground.INACCURATE, statement="I paid."
        )
        await disputes.open_(session, proof, opening)

    async def claim(session: Session, proof: Proven) -> None:
        said = SettlementClaim(report_id=UUID(scene.report), statement="I paid.")
        await disputes.claim(session, proof, said)

    async def object_(session: Session, proof: Proven) -> None:
        said = ObjectionRequest(report_id=UUID(scene.report), statement="I was ill.")
        await erasure.object_(session, proof, said, [])

    assert await each(scene, open_, who) == {"done": 1, "AlreadyDisputed": CROWD - 1}
    assert await each(scene, claim, who, 40) == {"AlreadyDisputed": 40}
    assert await each(scene, object_, who, 40) == {"done": 1, "AlreadyObjected": 39}
    after = await scene.state()
    assert after["disputes"] - before["disputes"] == 1
    assert after["queue"] - before["queue"] == {"objection": 1}
    assert after["shown"] == []
