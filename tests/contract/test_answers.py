"""Answers of the running registry against the contract, call by call."""

from uuid import uuid4

import httpx
import pytest

from registry.limits.watch import NEIGHBOURS
from registry.messages.rules import Channel
from registry.platform.http import MESSAGEPACK
from registry.staff.rules import Role
from tests.contract.validate import check_answer, contract, template_of
from tests.disputes import people
from tests.disputes import test_documents as documents
from tests.erasure import asking
from tests.factories.registry import PDF, Registry, Shop, query, serving, submission
from tests.messages import outbox as messaged
from tests.messages.outbox import queued
from tests.messages.smsbridge import RECEIPTS, known_to, receipt, signed
from tests.subjects.test_proofs import proven

PHONE = "050 555 01 91"
SUBJECT = {"phone": PHONE, "name": "Шевченко Олександр"}


@pytest.fixture
async def checked(sandbox: Registry) -> tuple[Registry, set[tuple[str, str, int]]]:
    """A registry of which every answer is checked; beside it, which answers there were."""
    seen: set[tuple[str, str, int]] = set()

    async def check(answer: httpx.Response) -> None:
        await check_answer(answer)
        template = template_of(answer.request.url.path) or "-"
        seen.add((answer.request.method.lower(), template, answer.status_code))

    sandbox.http.event_hooks["response"].append(check)
    return sandbox, seen


async def test_every_call_answers_as_the_contract_says(
    checked: tuple[Registry, set[tuple[str, str, int]]],
) -> None:
    """One journey through all calls: each reaches its success, and is as documented."""
    registry, seen = checked
    shop, asker = await registry.shop(), await registry.shop()
    await _account(registry, shop)
    await _webhooks(shop)
    await _lookups(registry, shop, asker)
    await _reports(registry, shop)
    await _pairs(registry, asker)
    await _person(registry)
    await _settlements(registry)
    await _requests(registry)
    await _document(registry)
    await _staff(registry, shop)
    for path in (
        "/health/live",
        "/health/ready",
        "/metrics",
        "/docs",
        "/docs/you",
        "/docs/figures",
    ):
        await registry.http.get(path)
    await registry.http.get("/openapi.json")
    await registry.http.get("/v1/transparency")
    wanted = {
        (method, path, int(next(iter(operation["responses"]))))
        for path, methods in contract()["paths"].items()
        for method, operation in methods.items()
    }
    # A notice that was written to the outbox folder cannot bounce, and has no receipt; the latter is below.
    assert wanted - seen == {
        ("post", "/v1/operations/notices/{notice_id}/bounce", 200),
        ("post", RECEIPTS, 200),
    }


async def test_a_provider_is_answered_as_the_contract_says(sandbox: Registry) -> None:
    async with serving(known_to(sandbox.runtime)) as texting:
        texting.http.event_hooks["response"].append(check_answer)
        message_id = await queued(texting.runtime, to=messaged.PHONE, channel=Channel.SMS)
        statuses = []
        for body in (receipt(message_id), receipt(uuid4()), b"{}"):
            for headers in (signed(body), {"content-type": "application/json"}):
                answer = await texting.http.post(RECEIPTS, content=body, headers=headers)
                statuses.append(answer.status_code)
    assert statuses == [200, 401, 404, 401, 400, 401]


async def _account(registry: Registry, shop: Shop) -> None:
    newcomer = await registry.newcomer()
    code = next(
        word.rstrip(".")
        for letter in reversed(registry.letters() or await _delivered(registry))
        for word in letter["text"].split()
        if word.rstrip(".").isdigit() and len(word.rstrip(".")) == 8
    )
    await newcomer.call("POST", f"/v1/businesses/{newcomer.id}/email-proof", {"code": code})
    await newcomer.call("POST", f"/v1/businesses/{newcomer.id}/email-proof", {"code": "x"})
    await newcomer.call("POST", "/v1/lookups", query(phone=PHONE))
    await shop.call("GET", f"/v1/businesses/{shop.id}")
    await shop.call("GET", f"/v1/businesses/{newcomer.id}")
    made = await shop.make_key("lookup")
    test = await shop.make_key("lookup", test=True)
    for phone in ("+380505550101", "+380505550102", "+380505550103", "+380505550109"):
        await shop.using(test["api_key"]).call("POST", "/v1/lookups", query(phone=phone))
    await shop.using(test["api_key"]).call("GET", "/v1/reports")
    await shop.using(made["api_key"]).call("GET", "/v1/reports")
    await shop.call("POST", f"/v1/api-keys/{made['key']['id']}/revoke")
    await shop.call("GET", "/v1/api-keys?limit=1")
    await shop.call("GET", "/v1/api-keys?limit=0")
    await shop.call("GET", "/v1/api-keys?cursor=x")
    await shop.call("GET", "/v1/usage")
    await shop.call("GET", "/v1/terms")
    await shop.call("PUT", "/v1/terms", {"rules": [{"advice": "milestones"}]})
    await shop.call("PUT", "/v1/terms", {"rules": [{"advice": "x", "categories": ["y"]}]})
    await registry.http.get("/v1/usage")


async def _webhooks(shop: Shop) -> None:
    """As many endpoints as there may be and one more; a test, the log, sending again, removing."""
    for url in ["https://127.0.0.1/", *["https://shop.example.com/events"] * 6]:
        await shop.create("/v1/webhooks", {"url": url})
    listed = (await shop.call("GET", "/v1/webhooks")).json()["items"]
    place = f"/v1/webhooks/{listed[0]['id']}"
    made = await shop.create(f"{place}/test")
    await shop.call("GET", f"{place}/deliveries?limit=1")
    await shop.call("POST", f"{place}/deliveries/{made.json()['id']}/redelivery")
    for _ in range(2):
        await shop.call("DELETE", place)


async def _delivered(registry: Registry) -> list[dict[str, str]]:
    await registry.work()
    return registry.letters()


async def _lookups(registry: Registry, shop: Shop, asker: Shop) -> None:
    report = await registry.published(shop, subject=SUBJECT)
    answer = await asker.look_up(**SUBJECT)
    assert answer["result"] == "record"
    await asker.look_up(phone=PHONE, name="Мельник Тетяна")
    rows = {"a": query(phone=PHONE), "b": query(phone="1"), "c": query(name="Хто")}
    await asker.call("POST", "/v1/lookups/batch", {"queries": rows})
    await asker.call("POST", "/v1/lookups/batch", {"queries": {}})
    await asker.call("POST", "/v1/lookups", query(name="Шевченко"))
    await asker.call("POST", "/v1/lookups", {"subjct": {}})
    for body in (query(phone=PHONE), query(phone=PHONE), query(phone="0505550192")):
        await asker.call("POST", "/v1/lookups", body, Idempotency_Key="repeated")
    await shop.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    receipt = await asker.call("GET", f"/v1/lookups/{answer['lookup_id']}")
    assert receipt.json()["matches"][0]["reports"][0]["state"] == "no_longer_shown"
    await asker.call("GET", f"/v1/lookups/{report['id']}")


async def _pairs(registry: Registry, shop: Shop) -> None:
    """A question answered, and the identity then split and merged."""
    for phone in ("0505550194", "0505550195"):
        like = {"name": "Яблонська Леся", "birth_date": "1991-05-17"}
        await registry.published(shop, subject={**like, "phone": phone})
    base, because = "/v1/moderation", {"reason": "Looked at both."}
    queue = (await registry.as_staff(Role.MODERATOR, "GET", f"{base}/queue?limit=100")).json()
    pair = next(item["id"] for item in queue["items"] if item["kind"] == "pair")
    case = (await registry.as_staff(Role.MODERATOR, "GET", f"{base}/pairs/{pair}")).json()
    said = {"decision": "same", **because}
    for _ in range(2):
        await registry.as_staff(Role.MODERATOR, "POST", f"{base}/pairs/{pair}/decision", said)
    one, other = (record["id"] for record in case["records"])
    place = f"{base}/identities/{one}"
    await registry.as_staff(Role.MODERATOR, "GET", place)
    leaving = {"records": [other], **because}
    await registry.as_staff(Role.MODERATOR, "POST", f"{place}/split", leaving)
    await registry.as_staff(Role.MODERATOR, "POST", f"{place}/split", leaving)
    joining = {"identity": other, **because}
    await registry.as_staff(Role.MODERATOR, "POST", f"{place}/merge", joining)


async def _reports(registry: Registry, shop: Shop) -> None:
    report = await shop.report(subject={"phone": "0505550193"})
    await shop.attach(report["id"])
    await shop.attach(report["id"], b"neither")
    await shop.call("POST", f"/v1/reports/{report['id']}/evidence", {})
    await registry.decide(report["id"], "request_info", "unclear")
    await registry.decide(report["id"], "publish", "unclear")
    await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "More exactly."})
    await shop.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Too early."})
    await shop.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "A mistake."})
    await shop.call("PATCH", f"/v1/reports/{report['id']}", {"statement": "Too late."})
    viewed = await shop.view(report["id"])
    again = {
        name: value
        for name, value in viewed["content"].items()
        if value not in (None, []) or name == "contacts"
    }
    await shop.create("/v1/reports", again)
    certified = {"certification": True, "reason": "A new document.", "report": again}
    await shop.create(f"/v1/reports/{report['id']}/reinsertion", certified)
    await shop.create("/v1/reports", submission(incident_date="2020-01-01", amount=None))
    await shop.call("POST", "/v1/reports", submission())
    await shop.call("GET", "/v1/reports?state=withdrawn&limit=1")
    await shop.call("GET", "/v1/reports?state=unheard")


async def _person(registry: Registry) -> None:
    """A person proves who they are, reads their file, disputes, and appeals; the reporter answers."""
    reporter = await registry.shop()
    report = await registry.published(reporter, subject=people.SUBJECT)
    person = await people.arrived(registry)
    await person.file()
    dispute = await person.dispute(report["id"])
    body = {"report_id": report["id"], "ground": "not_me", "statement": "Again."}
    await person.call("POST", "/v1/disputes", body)
    await person.disputes()
    await reporter.call("GET", "/v1/disputes?limit=1")
    await _heard(registry, reporter, person, dispute["id"])
    said = {"statement": "See the slip."}
    for _ in range(2):
        await reporter.call("POST", f"/v1/disputes/{dispute['id']}/response", said)
    place = f"/v1/moderation/disputes/{dispute['id']}"
    moderator = Role.MODERATOR
    await registry.as_staff(moderator, "GET", place, number=1)
    ruling = {"decision": "uphold", "reason_code": "evidence_confirms", "reason": "It is clear."}
    for number in (0, 1, 2):
        await registry.as_staff(moderator, "POST", f"{place}/decision", ruling, number=number)
    for _ in range(2):
        await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", said)
    owner = {"ground": "number_changed_owner"}
    for _ in range(2):
        await person.call("POST", "/v1/subject/detachments", owner)
    queue = (await registry.as_staff(moderator, "GET", "/v1/moderation/queue?limit=100")).json()
    (item,) = [one for one in queue["items"] if one["kind"] == "detachment"]
    place = f"/v1/moderation/detachments/{item['id']}"
    await registry.as_staff(moderator, "GET", place)
    taken = {"decision": "confirm", "reason": "The carrier confirms it."}
    for _ in range(2):
        await registry.as_staff(moderator, "POST", f"{place}/decision", taken)
    await person.call("DELETE", "/v1/subject/sessions/current")
    await person.call("GET", "/v1/subject/file")


async def _heard(registry: Registry, reporter: Shop, person: people.Person, id_: str) -> None:
    """Both sides and the moderator add files and words to a dispute."""
    headers = {"Authorization": f"Bearer {reporter.key}", "Idempotency-Key": str(uuid4())}
    sent = await registry.http.post(
        f"/v1/disputes/{id_}/evidence", files={"file": ("slip.pdf", PDF)}, headers=headers
    )
    await person.attach(id_, b"MZ")
    mine = await person.attach(id_)
    await person.call("GET", f"/v1/subject/disputes/{id_}/evidence/{sent.json()['id']}")
    await reporter.call("GET", f"/v1/disputes/{id_}/evidence/{mine.json()['id']}")
    for to in ("both", "moderator", "reporter"):
        await person.say(id_, "I paid in cash.", to)
        await reporter.create(f"/v1/disputes/{id_}/replies", {"text": "No.", "to": to})
    headers = {
        "Authorization": f"Bearer {await registry.staff_key(Role.MODERATOR, 1)}",
        "Idempotency-Key": str(uuid4()),
    }
    body = {"text": "Is there a receipt?", "to": "person"}
    place = f"/v1/moderation/disputes/{id_}/messages"
    await registry.http.post(place, json=body, headers=headers)
    await person.read(id_)
    await reporter.call("GET", f"/v1/disputes/{id_}")


async def _settlements(registry: Registry) -> None:
    """A person says that it is paid, twice; the reporter denies without a word, then confirms, twice."""
    reporter = await registry.shop()
    phone, mail = "+380505550178", "paid@mail.example"
    report = await registry.published(reporter, subject={"phone": phone, "email": mail})
    person = people.Person(registry.http, await proven(registry, phone, mail))
    for _ in range(2):
        await person.claim(report["id"])
    place = f"/v1/reports/{report['id']}/settlement-response"
    for confirmed in (False, True, True):
        await reporter.call("POST", place, {"confirmed": confirmed})


async def _requests(registry: Registry) -> None:
    """A person asks for erasure while it stays, objects, is refused, asks again once it has ended."""
    reporter = await registry.shop()
    phone, mail = "+380505550179", "gone@mail.example"
    report = await registry.published(reporter, subject={"phone": phone, "email": mail})
    person = people.Person(registry.http, await proven(registry, phone, mail))
    await asking.ask(person, report["id"])
    objection = await asking.objected(person, report["id"])
    await asking.object_to(person, report["id"])
    place = f"/v1/moderation/objections/{objection['id']}"
    await registry.as_staff(Role.MODERATOR, "GET", place, number=1)
    for number in (0, 1, 2):
        await asking.weigh(registry, objection["id"], number=number)
    await asking.weigh(registry, objection["id"], "grant")
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    await asking.object_to(person, report["id"])
    for _ in range(2):
        await asking.ask(person, report["id"])
    await asking.mine(person, "objections")
    await asking.mine(person, "erasure-requests")


async def _document(registry: Registry) -> None:
    """A person sends a document, twice; a moderator looks at it and refuses it, twice."""
    await registry.published(await registry.shop(), subject=documents.SUBJECT)
    _, token = await documents.holder(registry)
    await documents.send(registry, token, b"MZ")
    sent = (await documents.send(registry, token)).json()
    await documents.send(registry, token)
    for path in ("", "/file"):
        place = f"/v1/moderation/documents/{sent['id']}{path}"
        await registry.as_staff(Role.MODERATOR, "GET", place)
    await documents.decide(registry, sent["id"], "accept")
    for _ in range(2):
        await documents.decide(registry, sent["id"], "refuse")


async def _staff(registry: Registry, shop: Shop) -> None:
    await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/conduct")
    report = await shop.report(subject={"phone": "0505550194", "email": "who@example.com"})
    file = (await shop.attach(report["id"])).json()
    moderator, operator = Role.MODERATOR, Role.OPERATOR
    case = f"/v1/moderation/reports/{report['id']}"
    await registry.as_staff(moderator, "GET", "/v1/moderation/queue?limit=1")
    await registry.as_staff(moderator, "GET", case)
    content = await registry.as_staff(moderator, "GET", f"{case}/evidence/{file['id']}")
    assert content.content == PDF
    await registry.decide(report["id"])
    await registry.decide(report["id"])
    await registry.work()
    notices = (await registry.as_staff(moderator, "GET", case)).json()["notices"]
    bounce = f"/v1/operations/notices/{notices[0]['id']}/bounce"
    await registry.as_staff(operator, "POST", bounce, {"reason": "550 no such mailbox"})
    await registry.as_staff(operator, "GET", "/v1/operations/audit?limit=50")
    await registry.as_staff(operator, "GET", "/v1/operations/businesses?state=verified")
    await registry.as_staff(operator, "GET", "/v1/operations/businesses?state=unheard")
    await registry.as_staff(moderator, "GET", "/v1/operations/businesses")
    thief = await registry.shop()
    for n in range(NEIGHBOURS + 1):
        await thief.call("POST", "/v1/lookups", query(phone=f"+380671234{n:03d}"))
    lift = f"/v1/operations/businesses/{thief.id}/lift"
    await registry.as_staff(operator, "GET", "/v1/operations/alarms")
    while (await thief.call("GET", "/v1/usage")).json()["lookups_suspended"] is None:
        pass
    await thief.call("GET", f"/v1/businesses/{thief.id}")
    for _ in range(2):
        await registry.as_staff(operator, "POST", lift, {"reason": "A flaw, mended."})
    await registry.decide_business(shop.id, "suspend")


async def test_answers_in_messagepack_are_the_same(
    checked: tuple[Registry, set[tuple[str, str, int]]],
) -> None:
    registry, _ = checked
    shop = await registry.shop()
    report = await shop.report()
    for path in ("/v1/usage", f"/v1/reports/{report['id']}", "/v1/api-keys", "/health/ready"):
        answer = await shop.call("GET", path, Accept=MESSAGEPACK)
        assert answer.headers["content-type"] == MESSAGEPACK
    made = await shop.call(
        "POST", "/v1/reports", submission(), Accept=MESSAGEPACK, Idempotency_Key="packed"
    )
    assert made.status_code == 201


async def test_what_is_no_call_is_refused_as_the_contract_says(
    checked: tuple[Registry, set[tuple[str, str, int]]],
) -> None:
    registry, _ = checked
    assert (await registry.http.get("/v1/nothing")).status_code == 404
    assert (await registry.http.delete("/v1/usage")).status_code == 405
    assert (await registry.http.get("/v1/reports/no-id")).status_code == 404
    for path, body in (
        ("/v1/lookups", b"{"),
        ("/v1/lookups", b"\xff"),
        ("/v1/reports", b"x" * 70_000),
    ):
        headers = {"Content-Type": "application/json"}
        await registry.http.post(path, content=body, headers=headers)
    await registry.http.post("/v1/lookups", content=b"a=b")
