"""A reporter that names contacts of its own in a report, proves them, and acts as the reported person."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from registry.staff.rules import Role
from tests.disputes.people import Person, answered, rule
from tests.erasure.asking import ask, mine, object_to, objected, weigh
from tests.factories.registry import PDF, Registry, Shop, problem
from tests.subjects.test_proofs import code_to, prove, proven, start

DAY = timedelta(days=1)
PHONE, MAIL = "+380505550177", "olena.test@mail.example"
OWN_PHONE, OWN_MAIL = "+380505559999", "burner@evil.example"
PLANTED = {"phones": [PHONE, OWN_PHONE], "emails": [MAIL, OWN_MAIL], "name": "Шевченко Олена"}
SECRET = "zasiv: do not tell them where I live now"
GROUNDS = "zasiv: I was in hospital"


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    return await sandbox.shop()


@pytest.fixture
async def report_id(sandbox: Registry, shop: Shop) -> str:
    found: str = (await sandbox.published(shop, subject=PLANTED))["id"]
    return found


async def person(registry: Registry) -> Person:
    """The reported person."""
    return Person(registry.http, await proven(registry, PHONE, MAIL))


async def planted(registry: Registry) -> Person:
    """The reporter, by the contacts that it added."""
    return Person(registry.http, await proven(registry, OWN_PHONE, OWN_MAIL))


async def documented(registry: Registry, report_id: str, phone: str = PHONE) -> Person:
    """Somebody with one contact, whose document a moderator accepts for the report."""
    session_id = await start(registry, phone=phone)
    first = await prove(registry, session_id, code=code_to(registry, phone) or "")
    holder = Person(registry.http, {"Authorization": f"Bearer {first.json()['token']}"})
    headers = {**holder.token, "Idempotency-Key": session_id}
    sent = await registry.http.post(
        "/v1/subject/documents", files={"file": ("p.pdf", PDF)}, headers=headers
    )
    assert sent.status_code == 201, sent.text
    path = f"/v1/moderation/documents/{sent.json()['id']}/decision"
    body = {"decision": "accept", "reason": "It is she.", "reports": [report_id]}
    accepted = await registry.as_staff(Role.MODERATOR, "POST", path, body, number=1)
    assert accepted.status_code == 200, accepted.text
    taken = await prove(registry, session_id, document=sent.json()["claim"])
    assert taken.status_code == 200, taken.text
    return Person(registry.http, {"Authorization": f"Bearer {taken.json()['token']}"})


async def disputes(who: Person, report_id: str, ground: str = "not_me") -> httpx.Response:
    body = {"report_id": report_id, "ground": ground, "statement": "I never ordered this."}
    return await who.call("POST", "/v1/disputes", body)


async def seen(asker: Shop) -> list[tuple[str, str | None]]:
    """(state, the person's words) of what a lookup by the person's phone shows."""
    found = await asker.look_up(phone=PHONE, name=PLANTED["name"])
    return [(one["state"], one["statement"]) for m in found["matches"] for one in m["reports"]]


async def upheld(registry: Registry, shop: Shop, dispute_id: str, number: int = 1) -> None:
    """The reporter's answer and a ruling in its favour."""
    await answered(shop, dispute_id)
    ruled = await rule(registry, dispute_id, "uphold", "evidence_confirms", number)
    assert ruled.status_code == 200, ruled.text


async def case(registry: Registry, dispute_id: str) -> dict[str, Any]:
    path = f"/v1/moderation/disputes/{dispute_id}"
    answer = await registry.as_staff(Role.MODERATOR, "GET", path, number=1)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_nothing_that_the_person_wrote_is_read_by_another(
    sandbox: Registry, report_id: str
) -> None:
    victim = await person(sandbox)
    dispute = await victim.dispute(report_id, statement="zasiv: it was my neighbour")
    assert (await victim.say(dispute["id"], SECRET, to="moderator")).status_code == 201
    assert (await victim.attach(dispute["id"])).status_code == 201
    assert (await object_to(victim, report_id, GROUNDS)).status_code == 201
    attacker = await planted(sandbox)
    file = await attacker.call("GET", "/v1/subject/file")
    assert "zasiv" not in file.text
    assert (await attacker.disputes(), await mine(attacker, "objections")) == ([], [])
    page = await sandbox.http.get(
        "/v1/subject/file", headers={**attacker.token, "Accept": "text/html"}
    )
    assert "zasiv" not in page.text
    path = f"/v1/subject/disputes/{dispute['id']}"
    evidence = (await victim.read(dispute["id"]))["evidence"][0]["id"]
    for refused in (path, f"{path}/evidence/{evidence}"):
        assert problem(await attacker.call("GET", refused)) == (404, "not-found")


async def test_nobody_writes_in_the_persons_dispute(
    sandbox: Registry, shop: Shop, report_id: str
) -> None:
    victim = await person(sandbox)
    dispute = await victim.dispute(report_id)
    attacker = await planted(sandbox)
    assert problem(await attacker.say(dispute["id"], "I admit all.")) == (404, "not-found")
    assert problem(await attacker.attach(dispute["id"])) == (404, "not-found")
    await upheld(sandbox, shop, dispute["id"])
    path = f"/v1/disputes/{dispute['id']}/appeal"
    assert problem(await attacker.call("POST", path, {"statement": "No."})) == (404, "not-found")
    assert (await victim.call("POST", path, {"statement": "Wrong."})).status_code == 200


async def test_a_document_opens_what_was_written_under_other_contacts(
    sandbox: Registry, report_id: str
) -> None:
    """The person lost the phone and the e-mail that she disputed by."""
    dispute = await (await person(sandbox)).dispute(report_id)
    one = await documented(sandbox, report_id, phone=OWN_PHONE)
    assert [d["id"] for d in await one.disputes()] == [dispute["id"]]
    assert (await one.say(dispute["id"], "It is I.")).status_code == 201


async def test_no_right_of_the_person_is_used_up(
    sandbox: Registry, shop: Shop, report_id: str
) -> None:
    asker = await sandbox.shop()
    attacker = await planted(sandbox)
    dispute = await attacker.dispute(report_id, statement="I did not want to pay.")
    await upheld(sandbox, shop, dispute["id"])
    await attacker.call("POST", f"/v1/disputes/{dispute['id']}/appeal", {"statement": "No."})
    again = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", 2)
    assert again.status_code == 200, again.text
    for _ in range(2):
        assert (await attacker.claim(report_id)).status_code in (201, 409)
    for number in (1, 2):
        objection = await objected(attacker, report_id)
        assert (await weigh(sandbox, objection["id"], number=number)).status_code == 200
    for _ in range(4):
        await ask(attacker, report_id)
    victim = await person(sandbox)
    heard = await disputes(victim, report_id)
    assert (heard.status_code, heard.json()["state"]) == (201, "awaiting_reporter"), heard.text
    assert heard.json()["hides"] is False, "hidden once; again only with a document"
    assert (await object_to(victim, report_id)).status_code == 201
    assert (await ask(victim, report_id)).status_code == 201
    assert await seen(asker) == [("upheld", "I did not want to pay.")]


async def test_a_false_dispute_leaves_the_notice_days_to_the_person(registry: Registry) -> None:
    shop = await registry.shop()
    report_id = (await registry.published(shop, subject=PLANTED))["id"]
    dispute = await (await planted(registry)).dispute(report_id)
    victim = await person(registry)
    during = await disputes(victim, report_id)
    assert (during.status_code, during.json()["state"]) == (201, "awaiting_reporter"), during.text
    await upheld(registry, shop, dispute["id"])
    theirs = await victim.read(during.json()["id"])
    assert theirs["state"] == "awaiting_reporter"


async def test_a_dispute_after_anothers_ruling_is_heard(
    sandbox: Registry, shop: Shop, report_id: str
) -> None:
    """The other's time to appeal runs, and nothing is closed for it."""
    dispute = await (await planted(sandbox)).dispute(report_id)
    await upheld(sandbox, shop, dispute["id"])
    heard = await disputes(await person(sandbox), report_id)
    assert (heard.status_code, heard.json()["state"]) == (201, "awaiting_reporter"), heard.text
    found = await case(sandbox, heard.json()["id"])
    assert (found["apart"], found["documented"]) == (True, False)
    await upheld(sandbox, shop, heard.json()["id"], 2)


async def test_a_claim_closes_nobodys_appeal(sandbox: Registry, shop: Shop, report_id: str) -> None:
    victim = await person(sandbox)
    dispute = await victim.dispute(report_id)
    await upheld(sandbox, shop, dispute["id"])
    assert (await (await planted(sandbox)).claim(report_id)).status_code == 201
    assert (await victim.claim(report_id)).json()["reason_code"] == "nothing_new"
    path = f"/v1/disputes/{dispute['id']}/appeal"
    appealed = await victim.call("POST", path, {"statement": "The receipt was overlooked."})
    assert (appealed.status_code, appealed.json()["state"]) == (200, "in_review"), appealed.text


async def test_a_document_hides_it_once_more(sandbox: Registry, shop: Shop, report_id: str) -> None:
    asker = await sandbox.shop()
    first = await (await planted(sandbox)).dispute(report_id, statement="I owe it.")
    await upheld(sandbox, shop, first["id"])
    assert await seen(asker) == [("upheld", "I owe it.")]
    victim = await documented(sandbox, report_id)
    dispute = (await disputes(victim, report_id)).json()
    assert (dispute["hides"], dispute["state"]) == (True, "awaiting_reporter")
    assert await seen(asker) == []
    found = await case(sandbox, dispute["id"])
    assert (found["apart"], found["documented"]) == (True, True)
    await upheld(sandbox, shop, dispute["id"], 2)
    assert await seen(asker) == [("upheld", "I never ordered this.")]
    async with sandbox.after(18 * DAY):
        other = await documented(sandbox, report_id, phone=OWN_PHONE)
        assert (await disputes(other, report_id)).json()["reason_code"] == "nothing_new"
        assert len(await seen(asker)) == 1


async def test_objections_hide_once_and_once_more_with_a_document(
    sandbox: Registry, report_id: str
) -> None:
    asker = await sandbox.shop()
    first = await objected(await planted(sandbox), report_id)
    assert (await weigh(sandbox, first["id"])).status_code == 200
    second = await objected(await person(sandbox), report_id)
    assert (first["hides"], second["hides"]) == (True, False)
    assert len(await seen(asker)) == 1
    assert (await weigh(sandbox, second["id"], number=2)).status_code == 200
    third = await objected(await documented(sandbox, report_id, phone=OWN_PHONE), report_id)
    assert third["hides"] is False, "it shares the phone of the first"


async def test_a_report_stays_hidden_while_another_dispute_hides_it(
    sandbox: Registry, shop: Shop, report_id: str
) -> None:
    asker = await sandbox.shop()
    first = await (await planted(sandbox)).dispute(report_id)
    second = (await disputes(await documented(sandbox, report_id), report_id)).json()
    assert second["hides"] is True
    await upheld(sandbox, shop, first["id"])
    assert await seen(asker) == []
    await answered(shop, second["id"])
    changes = {"amount": {"amount": 40000, "currency": "UAH"}}
    amended = await rule(sandbox, second["id"], "amend", "partly_wrong", 2, changes=changes)
    assert amended.status_code == 200, amended.text
    assert await seen(asker) == [("amended", "I never ordered this.")]


async def test_silence_on_a_dispute_that_hides_nothing_goes_to_a_moderator(
    sandbox: Registry, shop: Shop, report_id: str
) -> None:
    """And it is hidden when the ruling is late, beside whatever else is."""
    first = await (await planted(sandbox)).dispute(report_id)
    await answered(shop, first["id"])
    second = (await disputes(await person(sandbox), report_id)).json()
    async with sandbox.after(11 * DAY):
        found = await (await person(sandbox)).read(second["id"])
        assert (found["state"], found["report_state"]) == ("in_review", "contested")
    async with sandbox.after(31 * DAY):
        found = await (await person(sandbox)).read(second["id"])
        assert (found["state"], found["hides"]) == ("overdue", True)
        ruled = await rule(sandbox, first["id"], "uphold", "evidence_confirms", 1)
        assert ruled.json()["dispute"]["report_state"] == "contested"
        ruled = await rule(sandbox, second["id"], "uphold", "evidence_confirms", 2)
        assert ruled.json()["dispute"]["report_state"] == "upheld"


async def test_an_appeal_and_a_claim_at_once_never_wait_for_each_other(sandbox: Registry) -> None:
    shop, got = await sandbox.shop(), Counter[tuple[int, int]]()
    for number in range(6):
        phone, mail = f"+3805055530{number:02d}", f"q{number}@mail.example"
        subject = {"phone": phone, "email": mail, "name": "Тест Особа"}
        report_id = (await sandbox.published(shop, subject=subject))["id"]
        one = Person(sandbox.http, await proven(sandbox, phone, mail))
        dispute = await one.dispute(report_id)
        await upheld(sandbox, shop, dispute["id"])
        path = f"/v1/disputes/{dispute['id']}/appeal"
        appealed, claimed = await asyncio.gather(
            one.call("POST", path, {"statement": "Wrong."}), one.claim(report_id)
        )
        got[appealed.status_code, claimed.status_code] += 1
    assert {status for pair in got for status in pair} <= {200, 201, 409}
