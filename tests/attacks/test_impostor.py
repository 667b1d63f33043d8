"""Whoever is not the reported person: a stranger, a recycled phone's new holder, a guesser of codes, a token's thief.

What they are told is the same byte for byte, whatever is held: status, headers and body, but for the ids that are drawn
anew for each request.
"""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event

from registry import app
from registry.platform import clock, passwords
from registry.platform.errors import NotFound
from registry.staff.rules import Role
from registry.subjects import rules, service, store
from registry.subjects.tables import SubjectSession
from tests.disputes.people import Person
from tests.disputes.test_detachments import say
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop, problem
from tests.subjects.test_proofs import SESSIONS, code_to, prove, proven, start

MARK = "Planted words of the reporter."
NOBODY_PHONE, NOBODY_MAIL = "+380505559999", "nobody@mail.example"
_numbers = itertools.count(100)
_DRAWN = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.]+Z"
)


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that an answer tells, but for ids and times, which are the answer's own."""
    own = {"x-request-id", "ratelimit", "x-ratelimit-reset", "x-ratelimit-remaining"}
    headers = sorted((k, v) for k, v in answer.headers.items() if k not in own)
    return answer.status_code, headers, _DRAWN.sub(b"*", answer.content)


async def reported(registry: Registry, shop: Shop, *, reports: int = 1) -> dict[str, str]:
    """Somebody of whom so many reports are shown."""
    number = next(_numbers)
    subject = {"phone": f"+380505553{number}", "email": f"victim{number}@mail.example"}
    for _ in range(reports):
        await registry.published(shop, subject=subject, statement=MARK)
    return subject


async def holder(registry: Registry, phone: str) -> tuple[str, dict[str, str]]:
    """The session and headers of whoever holds the phone alone."""
    session_id = await start(registry, phone=phone)
    first = await prove(registry, session_id, code=code_to(registry, phone) or "")
    assert first.status_code == 200, first.text
    return session_id, {"Authorization": f"Bearer {first.json()['token']}"}


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop()


@contextmanager
def statements(registry: Registry) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    seen: list[str] = []
    engine = registry.runtime.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def beginnings(registry: Registry, known: str, unknown: str) -> list[Any]:
    """What a stranger is told of each of the two, and what the registry does for it: a start, then wrong codes."""
    found = []
    for value in (known, unknown):
        kind = "email" if "@" in value else "phone"
        with statements(registry) as seen:
            begun = await registry.http.post(SESSIONS, json={kind: value})
        answers = [(told(begun), seen)]
        await registry.work()
        code = code_to(registry, value)
        wrong = "111111" if code == "000000" else "000000"
        for _ in range(rules.CODE_TRIES + 2):
            with statements(registry) as seen:
                session_id = begun.json().get("session_id", uuid4())
                refused = await prove(registry, session_id, code=wrong)
            answers.append((told(refused), seen))
        found.append(answers)
    return found


@pytest.mark.parametrize("kind", ["phone", "email"])
async def test_a_stranger_is_told_the_same_of_everybody(
    shared_sandbox: Registry, shop: Shop, kind: str
) -> None:
    """Byte for byte, and by the same statements, so that the time tells no more than the words."""
    victim = await reported(shared_sandbox, shop)
    nobody = {"phone": NOBODY_PHONE, "email": NOBODY_MAIL}
    known, unknown = await beginnings(shared_sandbox, victim[kind], nobody[kind])
    assert known == unknown
    assert code_to(shared_sandbox, victim[kind]) is not None
    assert code_to(shared_sandbox, nobody[kind]) is None


async def test_it_would_be_seen(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry that looks first and answers then is told apart, by its words or by its statements alone."""
    victim = await reported(shared_sandbox, shop)
    ask = service._ask

    async def looks(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if await service._is_theirs(session, [], index):
            await rows.select(shared_sandbox.runtime, "SELECT 1")

    async def says(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if not await service._is_theirs(session, [], index):
            raise NotFound

    for leaky in (looks, says):
        monkeypatch.setattr(service, "_ask", leaky)
        known, unknown = await beginnings(shared_sandbox, victim["phone"], NOBODY_PHONE)
        assert known != unknown


async def named(registry: Registry, victim: dict[str, str], other: dict[str, str]) -> list[Any]:
    """What the phone's holder is told when they name a second identifier, and when they guess its code."""
    session_id, _ = await holder(registry, victim["phone"])
    found = []
    for value in (victim["email"], other["email"], NOBODY_MAIL):
        answer = await prove(registry, session_id, identifier=value)
        await registry.work()
        code = code_to(registry, value)
        guess = await prove(registry, session_id, code="111111" if code == "000000" else "000000")
        found.append((told(answer), told(guess)))
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


def doors() -> list[tuple[str, str]]:
    """(method, path) of every call of a person that needs two proofs."""
    one_proof = {
        "/v1/subject/sessions",
        "/v1/subject/sessions/{session_id:uuid}/proof",
        "/v1/subject/sessions/current",
        "/v1/subject/documents",
        "/v1/subject/detachments",
    }
    return sorted(
        (method, path)
        for route in app.ROUTES
        if "The reported person" in (route.tags or ())
        for path in route.paths - one_proof
        for method in route.http_methods
    )


async def knock(
    registry: Registry, token: dict[str, str], method: str, path: str, ids: dict[str, str]
) -> httpx.Response:
    """One call of a person, with the best body that there is."""
    place = re.sub(r"\{(\w+):uuid\}", lambda found: ids[found[1]], path)
    body = {
        "report_id": ids["report_id"],
        "ground": "not_me",
        "statement": "Not mine.",
        "text": "Hello.",
        "to": "both",
    }
    wanted = {
        "/v1/disputes": ("report_id", "ground", "statement"),
        "/v1/disputes/{dispute_id:uuid}/appeal": ("statement",),
        "/v1/disputes/{dispute_id:uuid}/messages": ("text", "to"),
        "/v1/subject/settlements": ("report_id", "statement"),
        "/v1/subject/objections": ("report_id", "statement"),
        "/v1/subject/erasure-requests": ("report_id",),
    }
    sent: dict[str, Any] = {"json": {name: body[name] for name in wanted.get(path, ())}}
    if method == "POST" and path.endswith("/evidence"):
        sent = {"files": {"file": ("receipt.pdf", PDF)}}
    if method == "GET":
        sent = {}
    headers = {**token, "Idempotency-Key": str(uuid4())}
    return await registry.http.request(method, place, headers=headers, **sent)


@pytest.fixture(scope="module")
async def held(shared_sandbox: Registry, shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    """Somebody who disputes their report, and the ids of all of it."""
    victim = await reported(shared_sandbox, shop)
    token = await proven(shared_sandbox, victim["phone"], victim["email"])
    person = Person(shared_sandbox.http, token)
    report_id = (await person.file())["reports"][0]["id"]
    dispute = await person.dispute(report_id)
    file = await person.attach(dispute["id"])
    ids = {
        "report_id": report_id,
        "dispute_id": dispute["id"],
        "evidence_id": file.json()["id"],
    }
    return victim, ids


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


async def guess(registry: Registry, phone: str, *, at_once: int) -> tuple[int, int]:
    """(codes really compared, tokens won) of so many guesses at once, the right one being the last of them."""
    session_id = await start(registry, phone=phone)
    code = code_to(registry, phone) or ""
    wrong = [f"{n:06d}" for n in range(at_once) if f"{n:06d}" != code][: at_once - 1]
    compared = 0
    verify = passwords.verify

    async def counting(encoded: str, secret: str) -> bool:
        nonlocal compared
        compared += encoded != service._NO_CODE
        return await verify(encoded, secret)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "verify", counting)
        sent = [prove(registry, session_id, code=one) for one in [*wrong, code]]
        answers = await asyncio.gather(*sent)
    return compared, sum(answer.status_code == 200 for answer in answers)


async def test_guessing_at_once_wins_no_further_try(shared_sandbox: Registry, shop: Shop) -> None:
    victim = await reported(shared_sandbox, shop)
    compared, _ = await guess(shared_sandbox, victim["phone"], at_once=24)
    assert compared == rules.CODE_TRIES


@pytest.mark.parametrize("control", ["the lock", "the count"])
async def test_guesses_would_win_without(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch, control: str
) -> None:
    """Guesses that do not wait for one another, or are not counted, are compared beyond the fifth."""
    if control == "the lock":

        async def unlocked(session: Any, session_id: UUID) -> SubjectSession | None:
            found: SubjectSession | None = await session.get(SubjectSession, session_id)
            return found

        monkeypatch.setattr(store, "lock", unlocked)
    else:
        uncounted: Callable[..., bool] = lambda asked, now: asked.code_hash is not None  # noqa: E731 - a control taken out
        monkeypatch.setattr(rules, "code_is_open", uncounted)
    victim = await reported(shared_sandbox, shop)
    compared, _ = await guess(shared_sandbox, victim["phone"], at_once=24)
    assert compared > rules.CODE_TRIES


async def test_a_right_code_sent_many_times_at_once_is_one_proof(
    shared_sandbox: Registry, shop: Shop
) -> None:
    victim = await reported(shared_sandbox, shop)
    session_id = await start(shared_sandbox, phone=victim["phone"])
    code = code_to(shared_sandbox, victim["phone"]) or ""
    tries = [prove(shared_sandbox, session_id, code=code) for _ in range(4)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_forty_thousand_guesses_break_nothing(shared_sandbox: Registry, shop: Shop) -> None:
    """Whoever goes on guessing is refused as before: the count of tries ends with the last that counts."""
    session_id = await start(shared_sandbox, phone=NOBODY_PHONE)
    for tries in (rules.CODE_TRIES, 32_767):
        await rows.write(
            shared_sandbox.runtime,
            "UPDATE subject_sessions SET code_tries = :n WHERE id = :id",
            n=tries,
            id=UUID(session_id),
        )
        assert problem(await prove(shared_sandbox, session_id, code="000000")) == (
            422,
            "proof-refused",
        )


async def test_a_token_opens_its_own_persons_file_and_nothing_else(
    shared_sandbox: Registry, held: tuple[dict[str, str], dict[str, str]], shop: Shop
) -> None:
    """Another person's ids are as good as invented ones, byte for byte."""
    other = await reported(shared_sandbox, shop)
    token = await proven(shared_sandbox, other["phone"], other["email"])
    ids = held[1]
    nowhere = {name: str(uuid4()) for name in ids}
    named = [(m, p) for m, p in doors() if "{" in p] + [
        ("POST", path)
        for path in (
            "/v1/disputes",
            "/v1/subject/settlements",
            "/v1/subject/objections",
            "/v1/subject/erasure-requests",
        )
    ]
    for method, path in named:
        theirs = await knock(shared_sandbox, token, method, path, ids)
        assert problem(theirs) == (404, "not-found"), path
        nothing = await knock(shared_sandbox, token, method, path, nowhere)
        assert told(theirs) == told(nothing), path


async def test_a_token_is_good_in_its_own_place_only(
    shared_sandbox: Registry, held: tuple[dict[str, str], dict[str, str]], shop: Shop
) -> None:
    """Not as a member's or a staff key, not in a query or a cookie; and their keys are not good in its place."""
    victim = held[0]
    token = await proven(shared_sandbox, victim["phone"], victim["email"])
    bare = token["Authorization"].removeprefix("Bearer ")
    http = shared_sandbox.http
    assert (await http.get("/v1/subject/file", headers=token)).status_code == 200
    for path in ("/v1/reports", "/v1/disputes", "/v1/moderation/queue", "/v1/operations/audit"):
        assert problem(await http.get(path, headers=token)) == (401, "unauthenticated")
    places: tuple[dict[str, Any], ...] = (
        {"params": {"token": bare}},
        {"params": {"access_token": bare}},
        {"headers": {"Cookie": f"token={bare}"}},
        {"headers": {"Authorization": f"Basic {bare}"}},
        {"headers": {"Authorization": f"Bearer {bare[:-1]}"}},
        {"headers": {"Authorization": f"Bearer {bare.upper()}"}},
    )
    for elsewhere in places:
        assert problem(await http.get("/v1/subject/file", **elsewhere)) == (401, "unauthenticated")
    staff_key = await shared_sandbox.staff_key(Role.MODERATOR)
    for key in (shop.key, staff_key):
        stolen = await http.get("/v1/subject/file", headers={"Authorization": f"Bearer {key}"})
        assert problem(stolen) == (401, "unauthenticated")


@pytest.mark.parametrize("end", ["signed out", "a newer one", "an hour"])
async def test_a_token_that_is_over_opens_nothing(
    shared_sandbox: Registry, shop: Shop, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given back, replaced by the next proof of its session, or an hour old: at once, and for all calls alike."""
    victim = await reported(shared_sandbox, shop)
    session_id, old = await holder(shared_sandbox, victim["phone"])
    late = timedelta()
    if end == "signed out":
        ended = await shared_sandbox.http.delete(f"{SESSIONS}/current", headers=old)
        assert ended.status_code == 200
    elif end == "a newer one":
        await prove(shared_sandbox, session_id, identifier=victim["email"])
        await shared_sandbox.work()
        code = code_to(shared_sandbox, victim["email"]) or ""
        assert (await prove(shared_sandbox, session_id, code=code)).json()["proofs"] == 2
    else:
        late = rules.TOKEN_FOR
    with clock.shifted(late):
        ids = {"report_id": str(uuid4()), "dispute_id": str(uuid4()), "evidence_id": str(uuid4())}
        for method, path in [*doors(), ("DELETE", f"{SESSIONS}/current")]:
            answer = await knock(shared_sandbox, old, method, path, ids)
            assert problem(answer) == (401, "unauthenticated"), path
        assert problem(await say(shared_sandbox, old)) == (401, "unauthenticated")
        await _revived(shared_sandbox, session_id, old, monkeypatch)


async def _revived(
    registry: Registry, session_id: str, old: dict[str, str], patch: pytest.MonkeyPatch
) -> None:
    """A registry that finds a token's session without asking whether it is still good lets the same call in."""

    async def any_token(session: Any, _: bytes) -> SubjectSession | None:
        found: SubjectSession | None = await session.get(SubjectSession, UUID(session_id))
        return found

    patch.setattr(store, "find_by_token", any_token)
    assert (await say(registry, old)).status_code == 201
