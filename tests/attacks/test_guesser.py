"""Whoever guesses codes, a great many at once, or has a token that is not good here, or not good any more."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from registry.platform import answer_headers, clock, secrets
from registry.platform.db import plain_dsn
from registry.staff.rules import Role
from registry.subjects import rules, service, store
from registry.subjects.tables import SubjectSession
from tests.attacks.strangers import disputed, doors, holder, knock, reported, told
from tests.disputes.test_detachments import say
from tests.disputes.test_documents import decide, send
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import SESSIONS, WRONG, code_to, prove, proven, start

MOST = rules.CODE_TRIES
NOBODY_PHONE = "+380505559999"


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop()


@pytest.fixture(scope="module")
async def held(shared_sandbox: Registry, shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    return await disputed(shared_sandbox, shop)


async def guess(registry: Registry, phone: str, *, at_once: int) -> tuple[int, int]:
    """(guesses that found a try left, tokens won) of so many at once, the right one being the last of them."""
    session_id = await start(registry, phone=phone)
    code = code_to(registry, phone) or ""
    counted = 0
    try_ = service._try

    async def counting(session: Any, row: SubjectSession, guess: str) -> Any:
        nonlocal counted
        counted += row.code_tries < rules.CODE_TRIES
        return await try_(session, row, guess)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "_try", counting)
        guesses = [*[WRONG] * (at_once - 1), code]
        answers = await asyncio.gather(*(prove(registry, session_id, code=one) for one in guesses))
    return counted, sum(answer.status_code == 200 for answer in answers)


async def test_guessing_at_once_wins_no_further_try(shared_sandbox: Registry, shop: Shop) -> None:
    victim = await reported(shared_sandbox, shop)
    counted, _ = await guess(shared_sandbox, victim["phone"], at_once=24)
    assert counted == MOST


@pytest.mark.parametrize("control", ["the lock", "the count"])
async def test_guesses_would_win_without(
    shared_sandbox: Registry, shop: Shop, monkeypatch: pytest.MonkeyPatch, control: str
) -> None:
    """Guesses that do not wait for one another, or are not counted, find a try left beyond the fifth."""
    if control == "the lock":

        async def unlocked(session: Any, session_id: UUID) -> SubjectSession | None:
            found: SubjectSession | None = await session.get(SubjectSession, session_id)
            return found

        monkeypatch.setattr(store, "lock", unlocked)
    else:
        monkeypatch.setattr(rules, "CODE_TRIES", 10**4)
    victim = await reported(shared_sandbox, shop)
    counted, _ = await guess(shared_sandbox, victim["phone"], at_once=24)
    assert counted > MOST


async def test_a_right_code_sent_many_times_at_once_is_one_proof(
    shared_sandbox: Registry, shop: Shop
) -> None:
    victim = await reported(shared_sandbox, shop)
    session_id = await start(shared_sandbox, phone=victim["phone"])
    code = code_to(shared_sandbox, victim["phone"]) or ""
    tries = [prove(shared_sandbox, session_id, code=code) for _ in range(4)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_a_found_claim_opens_nothing(shared_sandbox: Registry, shop: Shop) -> None:
    """The claim of an accepted document counts together with the identifier that it was sent for, and no other."""
    victim, finder = [await reported(shared_sandbox, shop) for _ in range(2)]
    _, token = await holder(shared_sandbox, victim["phone"])
    sent = (await send(shared_sandbox, token)).json()
    case = await shared_sandbox.as_staff(
        Role.MODERATOR, "GET", f"/v1/moderation/documents/{sent['id']}"
    )
    reports = [one["report_id"] for one in case.json()["held"]]
    accepted = await decide(shared_sandbox, sent["id"], "accept", reports=reports)
    assert accepted.status_code == 200, accepted.text
    unproven = await start(shared_sandbox, phone=victim["phone"])
    theirs, _ = await holder(shared_sandbox, finder["phone"])
    for session_id in (unproven, theirs):
        refused = await prove(shared_sandbox, session_id, document=sent["claim"])
        assert problem(refused) == (422, "proof-refused")
    own, _ = await holder(shared_sandbox, victim["phone"])
    assert (await prove(shared_sandbox, own, document=sent["claim"])).json()["proofs"] == 2


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
        assert problem(await prove(shared_sandbox, session_id, code=WRONG)) == (
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
        if end != "signed out":  # then nothing is proven any more, and nothing could be revived
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


async def test_refused_calls_with_invented_keys_form_no_queue(shared_sandbox: Registry) -> None:
    """Their budget is looked for a few at a time; the others are refused without it, while the database is slow."""
    url = shared_sandbox.runtime.database.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute("BEGIN")
        await connection.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
        calls = [
            asyncio.ensure_future(
                shared_sandbox.http.post(
                    "/v1/lookups",
                    content=b"{",
                    headers={
                        "Authorization": f"Bearer {secrets.mint(secrets.LIVE)}",
                        "Content-Type": "application/json",
                    },
                )
            )
            for _ in range(40)
        ]
        async with asyncio.timeout(20):
            while sum(call.done() for call in calls) < 40 - answer_headers.MOST_ASKING:
                await asyncio.sleep(0.02)
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()
    assert {problem(answer) for answer in await asyncio.gather(*calls)} == {(400, "malformed")}
