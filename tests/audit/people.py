"""What reported persons, and moderators about them, do to leave an entry; and the scene of every act."""

import itertools
from dataclasses import dataclass
from typing import Any

import httpx

from registry.reports.rules import State
from registry.staff.rules import Role
from tests.disputes.people import Person
from tests.factories.registry import Registry, Shop
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


async def dispute(scene: Scene) -> httpx.Response:
    return (await disputed(scene))[1]


async def respond(scene: Scene) -> httpx.Response:
    _, opened = await disputed(scene)
    body = {"statement": "The slip shows it."}
    return await scene.shop.call("POST", f"/v1/disputes/{opened.json()['id']}/response", body)


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
