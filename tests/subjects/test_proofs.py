"""Proof of who asks: what a person must show, what a stranger learns (nothing), and how often either may try."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from registry.platform import clock
from registry.subjects import jobs, rules
from tests.factories import rows
from tests.factories.registry import Registry, problem

PHONE, MAIL = "+380505550177", "olena.test@mail.example"
SUBJECT = {"phone": PHONE, "email": MAIL, "name": "Шевченко Олена"}
SESSIONS = "/v1/subject/sessions"
#: It is right once in ten thousand million.
WRONG = "0" * rules.CODE_DIGITS


async def start(registry: Registry, language: str = "uk", **identifier: str) -> str:
    """A session that was begun, with its code sent if one is due."""
    spoken = {"Accept-Language": language}
    begun = await registry.http.post(SESSIONS, json=identifier, headers=spoken)
    assert begun.status_code == 202, begun.text
    assert begun.json().keys() == {"session_id"}
    await registry.work()
    session_id: str = begun.json()["session_id"]
    return session_id


async def prove(registry: Registry, session_id: str, **proof: str) -> httpx.Response:
    return await registry.http.post(f"{SESSIONS}/{session_id}/proof", json=proof)


def code_to(registry: Registry, address: str) -> str | None:
    """The last code that was sent to an address."""
    sent = [letter for letter in registry.letters() if letter["to"] == address]
    digits = [word.strip(".,") for letter in sent for word in letter["text"].split()]
    codes = [word for word in digits if len(word) == rules.CODE_DIGITS and word.isdigit()]
    return codes[-1] if codes else None


async def proven(registry: Registry, phone: str = PHONE, mail: str = MAIL) -> dict[str, str]:
    """The headers of a person with two proofs."""
    session_id = await start(registry, phone=phone)
    first = await prove(registry, session_id, code=code_to(registry, phone) or "")
    assert (first.status_code, first.json()["proofs"]) == (200, 1), first.text
    named = await prove(registry, session_id, identifier=mail)
    assert (named.status_code, named.json()["token"]) == (200, None), named.text
    await registry.work()
    second = await prove(registry, session_id, code=code_to(registry, mail) or "")
    assert (second.status_code, second.json()["proofs"]) == (200, 2), second.text
    return {"Authorization": f"Bearer {second.json()['token']}"}


@pytest.fixture
async def reported(registry: Registry) -> dict[str, Any]:
    return await registry.published(await registry.shop(), subject=SUBJECT)


async def test_two_codes_to_two_reported_identifiers(
    registry: Registry, reported: dict[str, Any]
) -> None:
    token = await proven(registry)
    ended = await registry.http.delete(f"{SESSIONS}/current", headers=token)
    assert ended.status_code == 200
    again = await registry.http.delete(f"{SESSIONS}/current", headers=token)
    assert problem(again) == (401, "unauthenticated"), (
        "a token that was given back is good no longer"
    )


async def test_a_stranger_and_a_reported_person_are_answered_alike(
    registry: Registry, reported: dict[str, Any]
) -> None:
    """Status, fields and headers of a start and of a wrong code are the same; only the reported one gets a letter."""
    told = []
    for phone in (PHONE, "+380505550999"):
        before = len(registry.letters())
        begun = await registry.http.post(SESSIONS, json={"phone": phone})
        session_id = begun.json()["session_id"]
        await registry.work()
        refused = await prove(registry, session_id, code=WRONG)
        body = {**refused.json(), "instance": ""}
        fields = sorted(begun.headers), sorted(refused.headers)
        told.append((begun.status_code, begun.json().keys(), refused.status_code, body, fields))
        assert len(registry.letters()) - before == (phone == PHONE)
    assert told[0] == told[1]


async def test_a_second_identifier_that_is_not_theirs_gets_no_code(registry: Registry) -> None:
    """Of somebody else, of nobody, or the same once more: the answer is one, and no code is sent."""
    await registry.published(await registry.shop(), subject=SUBJECT)
    other = {"phone": "+380505550333", "email": "stranger@mail.example", "name": "Інший Тарас"}
    await registry.published(await registry.shop(), subject=other)
    session_id = await start(registry, phone=PHONE)
    await prove(registry, session_id, code=code_to(registry, PHONE) or "")
    before = registry.letters()
    told = []
    for identifier in ("stranger@mail.example", "+380505550333", "nobody@mail.example", PHONE):
        answer = await prove(registry, session_id, identifier=identifier)
        await registry.work()
        told.append((answer.status_code, answer.json()))
        assert problem(await prove(registry, session_id, code=WRONG)) == (422, "proof-refused")
    assert registry.letters() == before
    assert all(one == told[0] for one in told)


async def test_a_second_identifier_before_the_first_is_proven(
    registry: Registry, reported: dict[str, Any]
) -> None:
    session_id = await start(registry, phone=PHONE)
    early = await prove(registry, session_id, identifier=MAIL)
    assert problem(early) == (422, "proof-refused")
    assert code_to(registry, MAIL) is None


async def test_a_code_is_good_for_five_tries(registry: Registry, reported: dict[str, Any]) -> None:
    session_id = await start(registry, phone=PHONE)
    code = code_to(registry, PHONE) or ""
    for _ in range(rules.CODE_TRIES):
        assert problem(await prove(registry, session_id, code=WRONG)) == (422, "proof-refused")
    assert problem(await prove(registry, session_id, code=code)) == (422, "proof-refused")


async def test_a_code_is_good_for_four_hours_and_once(
    registry: Registry, reported: dict[str, Any]
) -> None:
    session_id = await start(registry, phone=PHONE)
    code = code_to(registry, PHONE) or ""
    with clock.shifted(clock.offset() + rules.CODE_FOR + timedelta(seconds=1)):
        assert problem(await prove(registry, session_id, code=code)) == (422, "proof-refused")
    assert (await prove(registry, session_id, code=code)).status_code == 200
    assert problem(await prove(registry, session_id, code=code)) == (422, "proof-refused")


async def test_a_token_ends_by_itself_and_its_session_is_deleted(
    registry: Registry, reported: dict[str, Any]
) -> None:
    token = await proven(registry)
    with clock.shifted(clock.offset() + rules.TOKEN_FOR + timedelta(seconds=1)):
        late = await registry.http.delete(f"{SESSIONS}/current", headers=token)
        assert problem(late) == (401, "unauthenticated")
    with clock.shifted(clock.offset() + rules.TOKEN_FOR + rules.KEPT_FOR + timedelta(seconds=1)):
        assert await jobs.sweep(registry.runtime) == 3
    for table in ("subject_sessions", "subject_codes"):
        assert await rows.count(registry.runtime, table) == 0


async def test_one_code_for_all_sessions_and_a_new_one_when_it_is_used(
    registry: Registry, reported: dict[str, Any]
) -> None:
    """Asked for again, the letter comes once more after ten minutes; the code opens one session, and then is over."""
    letters = len(registry.letters())
    first, second = await start(registry, phone=PHONE), await start(registry, phone=PHONE)
    code = code_to(registry, PHONE) or ""
    assert len(registry.letters()) == letters + 1
    for passed in (rules.LETTER_AFTER, 2 * rules.LETTER_AFTER):
        with clock.shifted(clock.offset() + passed):
            await start(registry, phone=PHONE)
    assert len(registry.letters()) == letters + 2
    assert code_to(registry, PHONE) == code
    assert (await prove(registry, second, code=code)).status_code == 200
    assert problem(await prove(registry, first, code=code)) == (422, "proof-refused")
    third = await start(registry, phone=PHONE)
    assert code_to(registry, PHONE) != code
    assert (await prove(registry, third, code=code_to(registry, PHONE) or "")).status_code == 200


async def test_the_holder_proves_one_identifier_so_often_a_day(
    registry: Registry, reported: dict[str, Any]
) -> None:
    """Each proof makes room for a letter, which costs the registry money; only the holder can spend them."""
    for _ in range(rules.PROOFS_OF_ONE[1]):
        session_id = await start(registry, phone=PHONE)
        proof = await prove(registry, session_id, code=code_to(registry, PHONE) or "")
        assert proof.status_code == 200
    session_id = await start(registry, phone=PHONE)
    refused = await prove(registry, session_id, code=code_to(registry, PHONE) or "")
    assert problem(refused) == (429, "too-many-codes")
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"phone": PHONE, "email": MAIL}, ""),
        ({"phone": "no number"}, "/phone"),
        ({"email": "olena@"}, "/email"),
        ({"passport": "KM 123456"}, "/passport"),
    ],
)
async def test_what_cannot_be_read_is_named(
    registry: Registry, body: dict[str, str], pointer: str
) -> None:
    refused = await registry.http.post(SESSIONS, json=body)
    assert problem(refused) == (400, "invalid-values")
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_the_code_comes_in_the_language_of_the_asker(
    registry: Registry, reported: dict[str, Any]
) -> None:
    languages = (("ru,en;q=0.5", "действует"), ("en-GB", "good for"), ("de", "діє"))
    for number, (language, word) in enumerate(languages):
        with clock.shifted(clock.offset() + number * rules.CODE_FOR):
            await start(registry, language, phone=PHONE)
        assert word in registry.letters()[-1]["text"]


async def test_nothing_personal_lies_in_the_row(
    registry: Registry, reported: dict[str, Any]
) -> None:
    await start(registry, phone=PHONE)
    (row,) = await rows.select(registry.runtime, "SELECT * FROM subject_sessions")
    assert PHONE[1:] not in str(row)
    assert (code_to(registry, PHONE) or "") not in str(row)
