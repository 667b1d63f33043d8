"""Disputes from end to end over HTTP, under the default policy and a moved clock, with every day that it asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.platform import clock
from tests.disputes.people import Person, answered, rule
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import SESSIONS, WRONG, code_to, prove, proven

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PHONE, MAIL, NAME = "+380505550171", "halyna.journey@mail.example", "Бондаренко Галина"
SUBJECT = {"phone": PHONE, "email": MAIL, "name": NAME}
WORDS = "Planted words of the reporter."
CORRECTED = "Запис, який ви бачили, змінився"


@pytest.fixture
async def reporter(registry: Registry) -> Shop:
    return await registry.shop()


@pytest.fixture
async def report(registry: Registry, reporter: Shop) -> dict[str, Any]:
    """A report that a moderator published on the second day; lookups show it from the tenth on."""
    called = (datetime.now(UTC) - 5 * DAY).isoformat()
    filed = await reporter.report(
        subject=SUBJECT,
        category="payment_refused",
        contacts=[{"at": called, "channel": "phone", "summary": "Refused to pay."}],
        statement=WORDS,
    )
    assert (await reporter.attach(filed["id"])).status_code == 201
    async with registry.after(25 * HOUR):
        assert (await registry.decide(filed["id"])).status_code == 200
        await registry.work()
    async with registry.after(8 * DAY + 2 * HOUR):
        assert (await reporter.view(filed["id"]))["state"] == "active"
    return filed


async def shown(shop: Shop, **subject: str) -> list[dict[str, Any]]:
    """The facts that a lookup shows."""
    answer = await shop.look_up(**(subject or {"phone": PHONE, "name": NAME}))
    return [fact for match in answer["matches"] for fact in match["reports"]]


async def arrived(registry: Registry) -> Person:
    """The person, who has proven phone and e-mail anew: a token is good for an hour."""
    return Person(registry.http, await proven(registry, PHONE, MAIL))


def corrections(letters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The correction notices among the letters."""
    return [one for one in letters if one["subject"] == CORRECTED]


async def test_disputed_hidden_unanswered_removed_and_told_to_exactly_those_who_saw_it(
    registry: Registry, reporter: Shop, report: dict[str, Any]
) -> None:
    """On the tenth day of silence the report ends, and a correction goes to whoever was shown it within six months.

    Not to one that saw it longer ago, nor to whoever asked for somebody else, was told `possible`, came late, filed it.
    """
    names = ("long-ago", "by-phone", "twice", "elsewhere", "relative", "late")
    shops = {name: await registry.shop(email=f"{name}@shop.example") for name in names}
    async with registry.after(10 * DAY):
        assert len(await shown(shops["long-ago"])) == 1
    async with registry.after(200 * DAY):
        assert len(await shown(shops["by-phone"])) == 1
        assert len(await shown(shops["twice"], email=MAIL, name=NAME)) == 1
        assert await shown(shops["elsewhere"], phone="+380505550999") == []
        assert await shown(shops["relative"], phone=PHONE, name="Бондаренко Тарас") == []
        assert [fact["own"] for fact in await shown(reporter)] == [True]
    opened = 202 * DAY
    async with registry.after(opened):
        last = await shops["twice"].look_up(phone=PHONE)
        dispute = await (await arrived(registry)).dispute(report["id"], ground="not_me")
        assert (dispute["state"], dispute["report_state"]) == ("awaiting_reporter", "contested")
        assert await shown(shops["late"]) == [], "hidden from the moment it was said"
        due = datetime.fromisoformat(dispute["due"]["at"])
        assert due == datetime.fromisoformat(dispute["opened_at"]) + 10 * DAY
        await registry.work()
        before = len(registry.letters())
    async with registry.after(opened + 10 * DAY - 10 * MINUTE):
        assert (await reporter.view(report["id"]))["state"] == "contested"
        assert len(registry.letters()) == before
    async with registry.after(opened + 10 * DAY + 10 * MINUTE):
        assert (await reporter.view(report["id"]))["state"] == "removed"
        letters = registry.letters()[before:]
        assert sorted(one["to"] for one in corrections(letters)) == [
            "by-phone@shop.example",
            "twice@shop.example",
        ]
        await _says_no_more_than_the_lookup(shops["twice"], last, corrections(letters))
        assert await shown(shops["late"]) == []
        (ended,) = await (await arrived(registry)).disputes()
        assert (ended["state"], ended["ruling"]) == ("closed", "remove")
    async with registry.after(opened + 60 * DAY):
        assert len(corrections(registry.letters()[before:])) == 2, "told once"


async def _says_no_more_than_the_lookup(
    shop: Shop, lookup: dict[str, Any], letters: list[dict[str, Any]]
) -> None:
    """A correction names the latest lookup, whose receipt tells that the fact is gone, and nothing of the person."""
    (letter,) = [one for one in letters if one["to"] == "twice@shop.example"]
    assert lookup["lookup_id"] in letter["text"]
    for personal in (PHONE, PHONE[4:], MAIL, NAME, NAME.split()[0], WORDS):
        assert all(personal not in str(one) for one in letters)
    receipt = (await shop.call("GET", f"/v1/lookups/{lookup['lookup_id']}")).json()
    (gone,) = [fact for match in receipt["matches"] for fact in match["reports"]]
    assert gone["state"] == "no_longer_shown"


async def test_a_reporter_who_takes_it_back_under_dispute_corrects_those_who_saw_it(
    registry: Registry, reporter: Shop, report: dict[str, Any]
) -> None:
    """No ruling is needed for a correction: a wrong fact is not left standing in the files of others by a retreat."""
    asker = await registry.shop(email="asker@shop.example")
    async with registry.after(12 * DAY):
        lookup = await asker.look_up(phone=PHONE, name=NAME)
        assert len(lookup["matches"]) == 1
        await (await arrived(registry)).dispute(report["id"], ground="not_me")
        await registry.work()
        before = len(registry.letters())
        taken = await reporter.call(
            "POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Mixed up."}
        )
        assert (taken.status_code, taken.json()["state"]) == (200, "withdrawn")
        await registry.work()
        (told,) = corrections(registry.letters()[before:])
    assert told["to"] == "asker@shop.example"
    assert lookup["lookup_id"] in told["text"]


async def test_upheld_with_the_persons_words_then_appealed_and_amended_by_another(
    registry: Registry, reporter: Shop, report: dict[str, Any]
) -> None:
    asker = await registry.shop(email="asker@shop.example")
    words = " ".join(f"word{number}" for number in range(100))
    async with registry.after(12 * DAY):
        assert len(await shown(asker)) == 1
        dispute = await (await arrived(registry)).dispute(report["id"], statement=words)
        assert await shown(asker) == []
    async with registry.after(21 * DAY):
        await answered(reporter, dispute["id"])
        screener = await rule(registry, dispute["id"], "uphold", "evidence_confirms", number=0)
        assert problem(screener) == (403, "conflict-of-interest"), "whoever screened it"
    async with registry.after(41 * DAY):
        assert await shown(asker) == []
        before = len(registry.letters())
        upheld = await rule(registry, dispute["id"], "uphold", "evidence_confirms", number=1)
        assert (upheld.status_code, upheld.json()["dispute"]["state"]) == (200, "decided")
        (fact,) = await shown(asker)
        assert (fact["state"], fact["evidence_grade"]) == ("upheld", "adjudicated")
        assert fact["statement"] == words
        await registry.work()
        assert corrections(registry.letters()[before:]) == [], "it stands: nobody is corrected"
    async with registry.after(54 * DAY):
        person = await arrived(registry)
        body = {"statement": "Nobody looked at the receipt."}
        appealed = await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", body)
        assert (appealed.status_code, appealed.json()["state"]) == (200, "in_review")
        assert await shown(asker) == []
    changes = {"amount": {"amount": 40000, "currency": "UAH"}}
    async with registry.after(80 * DAY):
        same = await rule(
            registry, dispute["id"], "amend", "partly_wrong", number=1, changes=changes
        )
        assert problem(same) == (403, "conflict-of-interest"), "whoever ruled before"
        amended = await rule(
            registry, dispute["id"], "amend", "partly_wrong", number=2, changes=changes
        )
        assert (amended.status_code, amended.json()["dispute"]["state"]) == (200, "closed")
        (fact,) = await shown(asker)
        assert (fact["state"], fact["amount_band"]) == ("amended", "0-500")
        await registry.work()
        told = corrections(registry.letters()[before:])
        assert [one["to"] for one in told] == ["asker@shop.example"]
        again = await (await arrived(registry)).call(
            "POST", f"/v1/disputes/{dispute['id']}/appeal", body
        )
        assert problem(again) == (409, "dispute-not-open-for-that"), "there is one appeal"


async def test_the_holder_of_a_recycled_number_is_rid_of_it_at_once_and_has_learnt_nothing(
    registry: Registry, reporter: Shop, report: dict[str, Any]
) -> None:
    """Each answer that he got, and each letter, is looked through: of the report and its person there is nothing."""
    asker = await registry.shop()
    heard: list[httpx.Response] = []

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        heard.append(answer)

    async with registry.after(30 * DAY):
        assert len(await shown(asker, phone=PHONE)) == 1
        before = len(registry.letters())
        registry.http.event_hooks = {"response": [hear]}
        await _is_rid_of_it(registry, report["id"])
        registry.http.event_hooks = {"response": []}
        nothing = await asker.look_up(phone=PHONE)
        assert (nothing["result"], nothing["matches"]) == ("no_record", [])
        assert len(await shown(asker, email=MAIL, name=NAME)) == 1, "it stays with its person"
        letters = [one for one in registry.letters()[before:] if one["to"] == PHONE]
    assert len(heard) >= 10
    assert len(letters) == 1, "the code"
    told = " ".join([*(f"{one.headers} {one.text}" for one in heard), *(str(letters))])
    view = await reporter.view(report["id"])
    content = view["content"]
    facts = ["payment_refused", "active", "1000-5000", str(content["amount"]["amount"])]
    words = [MAIL, NAME, *NAME.split(), WORDS, content["contract_reference"], *facts]
    assert [one for one in (report["id"], str(reporter.id), *words) if one in told] == []


async def _is_rid_of_it(registry: Registry, report_id: str) -> None:
    """All that somebody with the phone alone may try, and the one thing that helps."""
    http = registry.http
    begun = (await http.post(SESSIONS, json={"phone": PHONE})).json()["session_id"]
    await registry.work()
    proof = await prove(registry, begun, code=code_to(registry, PHONE) or "")
    token = {"Authorization": f"Bearer {proof.json()['token']}", "Idempotency-Key": str(uuid4())}
    assert proof.json()["proofs"] == 1
    for guess in ("somebody@mail.example", "halyna@mail.example"):
        assert (await prove(registry, begun, identifier=guess)).status_code == 200
        assert (await prove(registry, begun, code=WRONG)).status_code == 422
    for path in ("file", "disputes", "objections", "erasure-requests"):
        refused = await http.get(f"/v1/subject/{path}", headers=token)
        assert problem(refused) == (403, "second-proof-needed")
    body = {"report_id": str(uuid4()), "ground": "not_me", "statement": "Not mine."}
    assert (await http.post("/v1/disputes", json=body, headers=token)).status_code == 403
    said = {"ground": "number_changed_owner"}
    freed = await http.post("/v1/subject/detachments", json=said, headers=token)
    assert (freed.status_code, freed.json().keys()) == (201, {"id", "state", "at", "due"})


async def test_with_both_proofs_he_would_have_learnt_it(
    registry: Registry, report: dict[str, Any]
) -> None:
    """The same words, looked for where they are: in the answer to the person."""
    with clock.shifted(30 * DAY):
        file = await (await arrived(registry)).call("GET", "/v1/subject/file")
    words = (MAIL, NAME, WORDS, report["id"], "payment_refused", "active")
    assert [one for one in words if one not in file.text] == []
