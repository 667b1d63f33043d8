"""Whoever is not the reported person: a stranger, and the new holder of a recycled phone.

What they are told is the same byte for byte, whatever is held: status, headers and body, but for the ids that are drawn
anew for each request.
"""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.messages import jobs as message_jobs
from registry.messages import service as messages
from registry.platform.errors import NotFound
from registry.reports import file_access
from registry.subjects import jobs as subject_jobs
from registry.subjects import rules, service
from registry.subjects.tables import SubjectSession
from tests.attacks.strangers import MARK, disputed, doors, holder, knock, reported, told
from tests.attacks.traces import traced
from tests.disputes.test_detachments import say
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import SESSIONS, WRONG, code_to, prove, start

NOBODY_PHONE, NOBODY_MAIL = "+380505559999", "nobody@mail.example"


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop()


async def seen_to(registry: Registry) -> list[Any]:
    """What the worker does for a start: its code, then its letter."""
    found = []
    for job in (subject_jobs.send_codes, message_jobs.deliver):
        with traced(registry) as seen:
            done = await job(registry.runtime)
        # Several messages are looked for at once, in no order.
        found.append((done, sorted(seen)))
    return found


async def beginnings(registry: Registry, known: str, unknown: str) -> list[Any]:
    """What a stranger is told of each of the two, and what the registry does for it: a start, its code, wrong codes."""
    found = []
    for value in (known, unknown):
        kind = "email" if "@" in value else "phone"
        with traced(registry) as seen:
            begun = await registry.http.post(SESSIONS, json={kind: value})
        answers = [(told(begun), seen)]
        answers += await seen_to(registry)
        for _ in range(rules.CODE_TRIES + 2):
            with traced(registry) as seen:
                session_id = begun.json().get("session_id", uuid4())
                refused = await prove(registry, session_id, code=WRONG)
            answers.append((told(refused), seen))
        found.append(answers)
    return found


@pytest.mark.parametrize("kind", ["phone", "email"])
async def test_a_stranger_is_told_the_same_of_everybody(
    shared_sandbox: Registry, shop: Shop, kind: str
) -> None:
    """Byte for byte, by the same statements and under the same locks, so that the time tells no more than the words.

    A second start, for which no letter is due, is no other than the first.
    """
    victim = await reported(shared_sandbox, shop)
    nobody = {"phone": NOBODY_PHONE, "email": NOBODY_MAIL}
    await shared_sandbox.work()
    for _ in range(2):
        known, unknown = await beginnings(shared_sandbox, victim[kind], nobody[kind])
        for number, (one, other) in enumerate(zip(known, unknown, strict=True)):
            assert one[0] == other[0], f"answer {number}"
            assert one[1], f"what answer {number} took"
            assert one[1] == other[1], f"what answer {number} took"
    assert code_to(shared_sandbox, victim[kind]) is not None
    assert code_to(shared_sandbox, nobody[kind]) is None


async def test_it_would_be_seen(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry that looks first, or has less to do for nobody, is told apart by its words or its statements alone."""
    ask, with_letter = service._ask, messages.enqueue

    async def looks(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if await service._is_theirs(session, [], index):
            await rows.select(shared_sandbox.runtime, "SELECT 1")

    async def says(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if not await service._is_theirs(session, [], index):
            raise NotFound

    async def drops(session: Any, *, decoy: bool, **given: Any) -> None:
        if not decoy:
            await with_letter(session, **given)

    for place, leaky in ((service, looks), (service, says), (messages, drops)):
        victim = await reported(shared_sandbox, shop)
        await shared_sandbox.work()
        with monkeypatch.context() as patch:
            patch.setattr(place, "enqueue" if place is messages else "_ask", leaky)
            known, unknown = await beginnings(shared_sandbox, victim["phone"], NOBODY_PHONE)
        assert known != unknown, leaky


async def test_each_try_is_compared(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a known phone, nobody's, one that the worker has not seen to, where no try is left, and where it is over."""
    victim = await reported(shared_sandbox, shop)
    known, nobodys = [await start(shared_sandbox, phone=p) for p in (victim["phone"], NOBODY_PHONE)]
    begun = await shared_sandbox.http.post(SESSIONS, json={"phone": "+380505559998"})
    tried = await start(shared_sandbox, phone=victim["phone"])
    for _ in range(rules.CODE_TRIES):
        await prove(shared_sandbox, tried, code=WRONG)
    over, _ = await holder(shared_sandbox, victim["phone"])
    derived: list[bytes] = []
    derive = service._code

    def noted(session: Any, asked: bytes, seed: bytes) -> str:
        derived.append(asked)
        return derive(session, asked, seed)

    monkeypatch.setattr(service, "_code", noted)
    for session_id in (known, nobodys, begun.json()["session_id"], tried, over):
        derived.clear()
        refused = await prove(shared_sandbox, session_id, code=WRONG)
        assert problem(refused) == (422, "proof-refused")
        assert len(derived) == 1


async def named(registry: Registry, victim: dict[str, str], other: dict[str, str]) -> list[Any]:
    """What the phone's holder is told, and the registry does, when they name a second identifier and guess its code."""
    session_id, _ = await holder(registry, victim["phone"])
    found = []
    for value in (victim["email"], other["email"], NOBODY_MAIL):
        answer = await prove(registry, session_id, identifier=value)
        done = await seen_to(registry)
        guess = await prove(registry, session_id, code=WRONG)
        found.append((told(answer), done, told(guess)))
    return found


async def test_the_phones_holder_does_not_learn_what_else_is_held(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an e-mail is that person's, another's, or nobody's: one answer. It would be seen if it were told."""
    victim, other = [await reported(shared_sandbox, shop) for _ in range(2)]
    theirs, anothers, nobodys = await named(shared_sandbox, victim, other)
    assert theirs == anothers == nobodys
    assert code_to(shared_sandbox, other["email"]) is None
    ask = service._ask

    async def says(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if not await service._is_theirs(session, row.proven, index):
            raise NotFound

    monkeypatch.setattr(service, "_ask", says)
    victim = await reported(shared_sandbox, shop)
    theirs, anothers, nobodys = await named(shared_sandbox, victim, other)
    assert theirs != anothers == nobodys


@pytest.fixture(scope="module")
async def held(shared_sandbox: Registry, shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    return await disputed(shared_sandbox, shop)


async def test_the_phone_alone_opens_no_door(
    shared_sandbox: Registry, held: tuple[dict[str, str], dict[str, str]]
) -> None:
    """Every call of a person, with true ids and with invented ones: one refusal, and nothing is done."""
    victim, ids = held
    _, token = await holder(shared_sandbox, victim["phone"])
    before = await _changes(shared_sandbox)
    answers = []
    for method, path in doors():
        for named_ids in (ids, {name: str(uuid4()) for name in ids}):
            answer = await knock(shared_sandbox, token, method, path, named_ids)
            assert problem(answer) == (403, "second-proof-needed"), path
            answers.append(told(answer))
    assert len(answers) >= 20
    assert ("cache-control", "no-store") in answers[0][1], "nobody keeps a copy on the way"
    assert all(answer == answers[0] for answer in answers)
    assert await _changes(shared_sandbox) == before


async def _changes(registry: Registry) -> list[int]:
    tables = ("disputes", "dispute_messages", "subject_requests", "evidence", "detachments")
    return [await rows.count(registry.runtime, table) for table in tables]


async def test_it_is_the_second_proof_that_keeps_them_shut(
    shared_sandbox: Registry,
    held: tuple[dict[str, str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where one proof counts as two, the same calls read the file and write in the dispute."""
    victim, ids = held
    _, token = await holder(shared_sandbox, victim["phone"])
    monkeypatch.setattr(SubjectSession, "proofs", property(lambda _: rules.BOTH))
    monkeypatch.setattr(file_access, "CONTACTS", 1)
    opened = {
        (method, path)
        for method, path in doors()
        if (await knock(shared_sandbox, token, method, path, ids)).is_success
    }
    assert {
        ("GET", "/v1/subject/file"),
        ("POST", "/v1/disputes/{dispute_id:uuid}/messages"),
        ("GET", "/v1/subject/disputes/{dispute_id:uuid}/evidence/{evidence_id:uuid}"),
    } <= opened
    file = await knock(shared_sandbox, token, "GET", "/v1/subject/file", ids)
    assert MARK in file.text


async def test_being_rid_of_a_number_tells_not_of_how_much(
    shared_sandbox: Registry, shop: Shop
) -> None:
    """One report or three, the answer is the same."""
    answers = []
    for reports in (1, 3):
        victim = await reported(shared_sandbox, shop, reports=reports)
        _, token = await holder(shared_sandbox, victim["phone"])
        answers.append(told(await say(shared_sandbox, token)))
    assert answers[0][0] == 201
    assert answers[0] == answers[1]


async def test_a_number_that_was_detached_leads_to_nobody(
    shared_sandbox: Registry, shop: Shop
) -> None:
    """The new holder is not taken for the old one, who is still found by the rest."""
    victim, asker = await reported(shared_sandbox, shop), await shared_sandbox.shop()
    _, token = await holder(shared_sandbox, victim["phone"])
    assert (await asker.look_up(phone=victim["phone"]))["result"] == "record"
    assert (await say(shared_sandbox, token)).status_code == 201
    assert (await asker.look_up(phone=victim["phone"]))["result"] == "no_record"
    assert (await asker.look_up(email=victim["email"]))["result"] == "record"


async def beside(
    registry: Registry, victim: dict[str, str], mails: list[str], proven_by: tuple[str, str]
) -> httpx.Response:
    """The file of somebody whom a friend reports beside the victim's phone, with own e-mails, by two proofs."""
    friend = await registry.shop()
    await friend.report(subject={"phone": victim["phone"], "emails": mails})
    session_id = await start(registry, **dict([_identifier(proven_by[0])]))
    await prove(registry, session_id, code=code_to(registry, proven_by[0]) or "")
    await prove(registry, session_id, identifier=proven_by[1])
    await registry.work()
    proof = await prove(registry, session_id, code=code_to(registry, proven_by[1]) or "")
    assert (proof.status_code, proof.json()["proofs"]) == (200, 2), proof.text
    token = {"Authorization": f"Bearer {proof.json()['token']}"}
    return await registry.http.get("/v1/subject/file", headers=token)


def _identifier(value: str) -> tuple[str, str]:
    return ("email" if "@" in value else "phone"), value


@pytest.mark.parametrize("holds", ["nothing of theirs", "their phone"])
async def test_a_friends_report_opens_no_file(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch, holds: str
) -> None:
    """Who is held to be the same person by a report that anybody may file is not, for that, shown what others filed.

    Not by two e-mails that the friend put beside the victim's number, nor by a recycled number and one such e-mail.
    """
    for contacts in (file_access.CONTACTS, 1):
        victim = await reported(shared_sandbox, shop)
        mails = [f"{name}.{victim['email']}" for name in ("mine", "also.mine")]
        first = victim["phone"] if holds == "their phone" else mails[0]
        monkeypatch.setattr(file_access, "CONTACTS", contacts)
        seen = contacts == 1 and first == victim["phone"]
        file = await beside(shared_sandbox, victim, mails, (first, mails[1]))
        assert file.status_code == 200
        assert (MARK in file.text) is seen
        assert (victim["email"] in file.text.replace(mails[0], "").replace(mails[1], "")) is seen
        assert mails[0] in file.text, "their own report is theirs to read"
