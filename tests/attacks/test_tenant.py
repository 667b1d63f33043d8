"""A member who wants what belongs to another, over HTTP: it is not there, and nothing tells that it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from registry import app
from tests.attacks.bugs import row_security_is_off
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop, problem, query, submission

REASON = {"reason": "Mine now."}


@dataclass
class Scene:
    """Somebody who has everything, and somebody who wants it."""

    registry: Registry
    victim: Shop
    attacker: Shop
    report: str
    lookup: str
    key: str
    ended: dict[str, Any]
    evidence: str


@pytest.fixture(scope="module")
async def scene(shared: Registry) -> Scene:
    victim, attacker = await shared.shop(), await shared.shop()
    report = await victim.report(subject={"phone": "+380505550100", "name": "Чужа Людина"})
    evidence = (await victim.attach(report["id"])).json()["id"]
    lookup = (await victim.look_up(phone="+380505550101"))["lookup_id"]
    key = (await victim.make_key("lookup"))["key"]["id"]
    body = submission()
    ended = await victim.report(**body)
    await victim.call("POST", f"/v1/reports/{ended['id']}/withdraw", REASON)
    return Scene(shared, victim, attacker, report["id"], lookup, key, body, evidence)


#: (method, path, body); `{...}` is the victim's own id of that name.
TRIES: list[tuple[str, str, Any]] = [
    ("GET", "/v1/reports/{report}", None),
    ("PATCH", "/v1/reports/{report}", {"statement": "Mine now."}),
    ("POST", "/v1/reports/{report}/evidence", PDF),
    ("POST", "/v1/reports/{report}/withdraw", REASON),
    ("POST", "/v1/reports/{report}/settle", REASON),
    (
        "POST",
        "/v1/reports/{report}/reinsertion",
        {"certification": True, "reason": "Mine.", "report": submission()},
    ),
    ("GET", "/v1/lookups/{lookup}", None),
    ("POST", "/v1/api-keys/{key}/revoke", None),
    ("GET", "/v1/businesses/{business}", None),
    ("POST", "/v1/businesses/{business}/email-proof", {"code": "12345678"}),
    ("POST", "/v1/reports/{report}/settlement-response", {"confirmed": True}),
]


async def _try(scene: Scene, shop: Shop, method: str, path: str, body: Any) -> Any:
    if body == PDF:
        return await shop.attach(path.split("/")[3])
    return await shop.call(method, path, body, Idempotency_Key=str(uuid4()))


@pytest.mark.parametrize(("method", "path", "body"), TRIES)
async def test_what_is_anothers_is_not_there(
    scene: Scene, method: str, path: str, body: Any
) -> None:
    """The answer is that for what does not exist, byte for byte but for the request's id; nothing changes."""
    theirs = {
        "report": scene.report,
        "lookup": scene.lookup,
        "key": scene.key,
        "business": scene.victim.id,
    }
    nowhere = {name: uuid4() for name in theirs}
    before = await _state_of(scene)
    answers = [
        await _try(scene, scene.attacker, method, path.format(**ids), body)
        for ids in (theirs, nowhere)
    ]
    told = set()
    for answer in answers:
        assert problem(answer) == (404, "not-found")
        told.add(answer.content.replace(answer.headers["x-request-id"].encode(), b""))
    assert len(told) == 1
    assert await _state_of(scene) == before


@pytest.mark.parametrize(("method", "path", "body"), TRIES)
async def test_the_code_alone_refuses(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any
) -> None:
    """The same where row-level security is off: each of the two layers keeps them apart by itself."""
    row_security_is_off(monkeypatch)
    ids = {
        "report": scene.report,
        "lookup": scene.lookup,
        "key": scene.key,
        "business": scene.victim.id,
    }
    answer = await _try(scene, scene.attacker, method, path.format(**ids), body)
    assert problem(answer) == (404, "not-found")


async def _state_of(scene: Scene) -> list[Any]:
    tables = ("audit_entries", "evidence", "reports", "tombstones")
    counts = [await rows.count(scene.registry.runtime, table) for table in tables]
    key = await rows.row(scene.registry.runtime, "api_keys", scene.key)
    report = await rows.row(scene.registry.runtime, "reports", scene.report)
    business = await rows.row(scene.registry.runtime, "businesses", scene.victim.id)
    return [counts, key["revoked_at"], report, business["email_code_tries"]]


def _places() -> Iterator[tuple[str, str]]:
    for route in app.ROUTES:
        for path in route.paths:
            for method in route.http_methods:
                yield method, re.sub(r"\{(\w+):\w+\}", "{id}", path)


def test_every_route_that_names_something_is_tried() -> None:
    """A new route of members with an id in its path fails this test until it is attacked here."""
    members = ("/v1/reports/", "/v1/lookups/", "/v1/api-keys/", "/v1/businesses/")
    named = {(m, p) for m, p in _places() if "{id}" in p and p.startswith(members)}
    assert named == {(m, re.sub(r"\{\w+\}", "{id}", p)) for m, p, _ in TRIES}


async def test_lists_hold_ones_own(scene: Scene) -> None:
    attacker = await scene.registry.shop()
    assert (await attacker.call("GET", "/v1/reports")).json()["items"] == []
    keys = (await attacker.call("GET", "/v1/api-keys")).json()["items"]
    assert scene.key not in [one["id"] for one in keys]
    assert len(keys) == 2


async def test_an_idempotency_key_is_no_door(scene: Scene) -> None:
    """Another's stored answers cannot be had by guessing keys and bodies, nor be spoilt by using them first."""
    for path, body in (
        ("/v1/api-keys", {"label": "new", "scopes": ["lookup"]}),
        ("/v1/reports", submission()),
        ("/v1/lookups", query(phone="+380505550102")),
    ):
        key = {"Idempotency_Key": f"guessable{path}"}
        first = await scene.victim.call("POST", path, body, **key)
        stolen = await scene.attacker.call("POST", path, body, **key)
        assert first.is_success
        assert stolen.is_success
        assert "Idempotent-Replayed" not in stolen.headers
        assert first.json() != stolen.json()
        again = await scene.victim.call("POST", path, body, **key)
        assert again.content == first.content or again.json() == first.json()
        assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_tombstone_stops_its_own_business_only(scene: Scene) -> None:
    """Nobody learns from a refusal that another reported the same person under the same contract."""
    assert (await scene.attacker.create("/v1/reports", scene.ended)).status_code == 201


async def test_a_moderators_doors_do_not_open_for_members(scene: Scene) -> None:
    for path in (
        f"/v1/moderation/reports/{scene.report}",
        f"/v1/moderation/reports/{scene.report}/evidence/{scene.evidence}",
        "/v1/operations/audit",
    ):
        for shop in (scene.attacker, scene.victim):
            assert problem(await shop.call("GET", path)) == (401, "unauthenticated")


async def test_the_control_is_row_level_security_and_the_code(scene: Scene) -> None:
    """With the owner's key the same calls succeed: it is who asks that is refused, not what is asked."""
    for method, path, body in TRIES[:1] + TRIES[6:7] + TRIES[8:9]:
        ids = {"report": scene.report, "lookup": scene.lookup, "business": scene.victim.id}
        answer = await scene.victim.call(method, path.format(**ids, key=""), body)
        assert answer.status_code == 200, path
