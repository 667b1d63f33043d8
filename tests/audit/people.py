"""What reported persons, and moderators about them, do to leave an entry; and the scene of every act."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from registry.reports.rules import State
from registry.staff.rules import Role
from tests.disputes import test_documents as documents
from tests.disputes.people import Person
from tests.erasure.asking import ask as ask_for_erasure
from tests.erasure.asking import object_to, weigh
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop
from tests.reports.states import in_state
from tests.subjects.test_proofs import code_to, prove, proven, start

REASON = {"reason": "Because."}
NUMBERS = itertools.count(60)


@dataclass
class Scene:
    """Who acts, and on what."""

    registry: Registry
    shop: Shop

    async def report(self, state: State) -> str:
        return await in_state(self.registry.runtime, self.shop, state)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.shop.create(path, body)


async def lift(scene: Scene) -> httpx.Response:
    """The lookups of a business that were suspended."""
    shop = await scene.registry.shop()
    said = "UPDATE businesses SET lookups_suspended_at = now(), lookups_suspended_for = 'canaries' WHERE id = :id"
    await rows.write(scene.registry.runtime, said, id=shop.id)
    path = f"/v1/operations/businesses/{shop.id}/lift"
    return await scene.registry.as_staff(Role.OPERATOR, "POST", path, REASON)


async def person(scene: Scene) -> Person:
    """A person with two proofs, about whom the scene's shop filed a report that is shown; each time another."""
    number = next(NUMBERS)
    phone, mail = f"+3805055{number}777", f"person{number}@mail.example"
    subject = {"phone": phone, "email": mail, "name": "Тест Особа"}
    await in_state(scene.registry.runtime, scene.shop, State.ACTIVE, subject=subject)
    return Person(scene.registry.http, await proven(scene.registry, phone, mail))


async def ask(scene: Scene) -> httpx.Response:
    return await scene.registry.http.post(
        "/v1/subject/sessions", json={"phone": f"+3805055{next(NUMBERS)}778"}
    )


async def prove_person(scene: Scene) -> httpx.Response:
    number = next(NUMBERS)
    phone = f"+3805055{number}779"
    await in_state(scene.registry.runtime, scene.shop, State.ACTIVE, subject={"phone": phone})
    session_id = await start(scene.registry, phone=phone)
    return await prove(scene.registry, session_id, code=code_to(scene.registry, phone) or "")


async def sign_out(scene: Scene) -> httpx.Response:
    return await (await person(scene)).call("DELETE", "/v1/subject/sessions/current")


async def read_file(scene: Scene) -> httpx.Response:
    return await (await person(scene)).call("GET", "/v1/subject/file")


async def disputed(scene: Scene) -> tuple[Person, httpx.Response]:
    caller = await person(scene)
    (report,) = (await caller.file())["reports"]
    body = {"report_id": report["id"], "ground": "inaccurate", "statement": "I have paid."}
    return caller, await caller.call("POST", "/v1/disputes", body)


async def detach(scene: Scene) -> httpx.Response:
    body = {"ground": "not_me"}
    return await (await person(scene)).call("POST", "/v1/subject/detachments", body)


async def detached(scene: Scene) -> str:
    return f"/v1/moderation/detachments/{(await detach(scene)).json()['id']}"


async def view_detached(scene: Scene) -> httpx.Response:
    return await scene.registry.as_staff(Role.MODERATOR, "GET", await detached(scene))


async def confirm(scene: Scene) -> httpx.Response:
    place = f"{await detached(scene)}/decision"
    body = {"decision": "confirm", **REASON}
    return await scene.registry.as_staff(Role.MODERATOR, "POST", place, body)


async def ended(scene: Scene) -> httpx.Response:
    caller = await person(scene)
    (report,) = (await caller.file())["reports"]
    await scene.shop.create(f"/v1/reports/{report['id']}/settle", REASON)
    return await ask_for_erasure(caller, report["id"])


async def make_objection(scene: Scene) -> httpx.Response:
    caller = await person(scene)
    (report,) = (await caller.file())["reports"]
    return await object_to(caller, report["id"])


async def view_objection(scene: Scene) -> httpx.Response:
    made = (await make_objection(scene)).json()
    path = f"/v1/moderation/objections/{made['id']}"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", path, number=1)


async def refuse_objection(scene: Scene) -> httpx.Response:
    return await weigh(scene.registry, (await make_objection(scene)).json()["id"])


async def dispute(scene: Scene) -> httpx.Response:
    return (await disputed(scene))[1]


async def respond(scene: Scene) -> httpx.Response:
    _, opened = await disputed(scene)
    body = {"statement": "The slip shows it."}
    return await scene.shop.call("POST", f"/v1/disputes/{opened.json()['id']}/response", body)


async def claim(scene: Scene) -> httpx.Response:
    caller = await person(scene)
    (report,) = (await caller.file())["reports"]
    return await caller.claim(report["id"])


async def confirm_settlement(scene: Scene) -> httpx.Response:
    report_id = (await claim(scene)).json()["report_id"]
    path = f"/v1/reports/{report_id}/settlement-response"
    return await scene.shop.call("POST", path, {"confirmed": True})


async def add_file(scene: Scene) -> httpx.Response:
    caller, opened = await disputed(scene)
    return await caller.attach(opened.json()["id"])


async def add_file_as_reporter(scene: Scene) -> httpx.Response:
    _, opened = await disputed(scene)
    return await scene.shop.http.post(
        f"/v1/disputes/{opened.json()['id']}/evidence",
        files={"file": ("slip.pdf", PDF)},
        headers={"Authorization": f"Bearer {scene.shop.key}", "Idempotency-Key": str(uuid4())},
    )


async def with_file(scene: Scene) -> tuple[Person, str]:
    caller, opened = await disputed(scene)
    added = await caller.attach(opened.json()["id"])
    return caller, f"{opened.json()['id']}/evidence/{added.json()['id']}"


async def read_file_of_dispute(scene: Scene) -> httpx.Response:
    caller, place = await with_file(scene)
    return await caller.call("GET", f"/v1/subject/disputes/{place}")


async def read_file_as_reporter(scene: Scene) -> httpx.Response:
    _, place = await with_file(scene)
    return await scene.shop.call("GET", f"/v1/disputes/{place}")


async def say(scene: Scene) -> httpx.Response:
    caller, opened = await disputed(scene)
    return await caller.say(opened.json()["id"], "I have the receipt.")


async def reply(scene: Scene) -> httpx.Response:
    _, opened = await disputed(scene)
    body = {"text": "We have none."}
    return await scene.shop.create(f"/v1/disputes/{opened.json()['id']}/replies", body)


async def say_as_moderator(scene: Scene) -> httpx.Response:
    _, opened = await disputed(scene)
    headers = {
        "Authorization": f"Bearer {await scene.registry.staff_key(Role.MODERATOR, 1)}",
        "Idempotency-Key": str(uuid4()),
    }
    path = f"/v1/moderation/disputes/{opened.json()['id']}/messages"
    return await scene.registry.http.post(path, json={"text": "Is it paid?"}, headers=headers)


async def in_review(scene: Scene) -> tuple[Person, str]:
    person, opened = await disputed(scene)
    dispute_id = opened.json()["id"]
    body = {"statement": "The slip shows it."}
    await scene.shop.call("POST", f"/v1/disputes/{dispute_id}/response", body)
    return person, f"/v1/moderation/disputes/{dispute_id}"


async def view_dispute(scene: Scene) -> httpx.Response:
    _, place = await in_review(scene)
    return await scene.registry.as_staff(Role.MODERATOR, "GET", place, number=1)


async def ruled(scene: Scene) -> tuple[Person, str, httpx.Response]:
    person, place = await in_review(scene)
    said = {"decision": "uphold", "reason_code": "evidence_confirms", **REASON}
    ruled = await scene.registry.as_staff(
        Role.MODERATOR, "POST", f"{place}/decision", said, number=1
    )
    return person, place.rpartition("/")[2], ruled


async def rule(scene: Scene) -> httpx.Response:
    return (await ruled(scene))[2]


async def appeal(scene: Scene) -> httpx.Response:
    person, dispute_id, _ = await ruled(scene)
    return await person.call(
        "POST", f"/v1/disputes/{dispute_id}/appeal", {"statement": "Look again."}
    )


async def send_document(scene: Scene) -> httpx.Response:
    phone = f"+3805055502{next(NUMBERS)}"
    await scene.registry.published(scene.shop, subject={"phone": phone})
    _, token = await documents.holder(scene.registry, phone)
    return await documents.send(scene.registry, token)


async def sent_document(scene: Scene) -> str:
    return f"/v1/moderation/documents/{(await send_document(scene)).json()['id']}"


async def view_document(scene: Scene) -> httpx.Response:
    return await scene.registry.as_staff(Role.MODERATOR, "GET", await sent_document(scene))


async def read_document(scene: Scene) -> httpx.Response:
    place = f"{await sent_document(scene)}/file"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", place)


async def refuse_document(scene: Scene) -> httpx.Response:
    place = (await sent_document(scene)).rpartition("/")[2]
    refused: httpx.Response = await documents.decide(scene.registry, place, "refuse")
    return refused
