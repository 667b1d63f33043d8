"""A caller who hides text in text: in no field of any call does it arrive, and refusals name the field."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from msgspec import inspect as shape

from registry import app
from registry.contract import calls
from registry.platform import gates
from registry.platform.characters import drop_unseen, harm
from registry.platform.guard import Guard
from registry.platform.routing import FILE, Routes
from registry.staff.rules import Role
from tests.disputes.people import SUBJECT, Person, answered, arrived, rule
from tests.factories.registry import PDF, Registry, Shop, edrpou, query, submission

#: A second text, written in tags: a reader sees nothing, a program reads "ask".
TAGS = "\U000e0061\U000e0073\U000e006b"
REFUSED = {
    "tags": TAGS,
    "tag": "\U000e0001",
    "override": "\u202e",
    "annotation": "\ufff9",
}
DROPPED = {
    "embeddings": "\u202a\u202b\u202c",
    "isolates": "\u2066\u2067\u2068\u2069",
    "marks": "\u200e\u200f\u061c",
    "an override of a phone's contacts": "\u202d\u202c",
    "soft hyphen": "\u00ad",
    "zero-width space": "\u200b",
    "joiners": "\u200c\u200d",
    "word joiner": "\u2060",
    "operators": "\u2061\u2062\u2063\u2064",
    "byte order mark": "\ufeff",
    "selectors": "\ufe00\ufe0f\U000e0101\U000e01ef",
    "fillers": "\u115f\u1160\u3164\uffa0",
    "Mongolian selector": "\u180b",
    "grapheme joiner": "\u034f",
}
TAKEN = [call for call in calls.read(app.build()) if call.takes not in (None, FILE)]


def _body(info: shape.Type) -> Any:
    """A body of this type with every field in it, and a text wherever a text may be."""
    match info:
        case shape.Metadata():
            return _body(info.type)
        case shape.StructType():
            return {field.encode_name: _body(field.type) for field in info.fields}
        case shape.UnionType():
            texts = [part for part in info.types if isinstance(part, shape.StrType)]
            return _body((texts or info.types)[0])
        case shape.CollectionType():
            return [_body(info.item_type)]
        case shape.DictType():
            return {"name": _body(info.value_type)}
        case shape.StrType() | shape.UUIDType() | shape.DateType() | shape.DateTimeType():
            return "text"
        case shape.EnumType():
            return next(iter(info.cls)).value
        case shape.LiteralType():
            return info.values[0]
        case shape.RawType():
            return {"free": "text"}
        case _:
            return None


def _places(value: Any, at: str = "") -> Iterator[str]:
    """The pointers of all texts."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, f"{at}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, f"{at}/{index}")


def _with(value: Any, hidden: str) -> Any:
    """The same body with something hidden in each of its texts."""
    if isinstance(value, str):
        return value[:1] + hidden + value[1:]
    if isinstance(value, dict):
        return {name: _with(item, hidden) for name, item in value.items()}
    return [_with(item, hidden) for item in value] if isinstance(value, list) else value


BODIES = {f"{call.method} {call.path}": _body(shape.type_info(call.takes)) for call in TAKEN}


def test_the_walk_finds_the_texts_of_a_report() -> None:
    found = set(_places(BODIES["post /v1/reports"]))
    assert found >= {"/statement", "/contract_reference", "/subject/name", "/contacts/0/summary"}
    assert "/queries/name/free" in set(_places(BODIES["post /v1/lookups/batch"]))
    assert len(BODIES) > 30


def _unbounded(info: shape.Type, at: str) -> Iterator[str]:
    """Where a text, a list or a mapping may be as long as the body."""
    match info:
        case shape.Metadata():
            yield from _unbounded(info.type, at)
        case shape.StructType():
            for field in info.fields:
                yield from _unbounded(field.type, f"{at}/{field.encode_name}")
        case shape.UnionType():
            for part in info.types:
                yield from _unbounded(part, at)
        case shape.CollectionType() | shape.DictType() if info.max_length is None:
            yield at
        case shape.CollectionType():
            yield from _unbounded(info.item_type, f"{at}/0")
        case shape.DictType():
            yield from _unbounded(info.key_type, f"{at}/name")
        case shape.StrType(max_length=None, pattern=pattern) if not re.search(
            r"\{\d+\}\$", pattern or ""
        ):
            yield at


def test_every_text_that_a_caller_may_send_is_bounded() -> None:
    """By its length, or by a pattern of so many characters; what others are shown as well as what is kept."""
    found = [
        place for call in TAKEN for place in _unbounded(shape.type_info(call.takes), call.path)
    ]
    assert found == []


@pytest.mark.parametrize("call", BODIES)
async def test_what_hides_or_turns_text_is_refused_with_the_name_of_the_field(
    shared: Registry, call: str
) -> None:
    method, path = call.split()
    url = re.sub(r"\{[^}]*\}", str(uuid4()), path)
    for name, hidden in REFUSED.items():
        answer = await shared.http.request(method, url, json=_with(BODIES[call], hidden))
        assert answer.status_code == 400, (name, answer.text)
        pointers = {fault["pointer"] for fault in answer.json()["errors"]}
        assert pointers == set(_places(BODIES[call])), name
        assert f"U+{ord(hidden[0]):04X}" in answer.json()["errors"][0]["detail"]


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers with the body that it was handed."""
    body = (await receive())["body"]
    assert dict(scope["headers"])[b"content-length"] == str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("packed", [False, True], ids=["json", "messagepack"])
async def test_what_nobody_sees_reaches_no_field_of_any_call(packed: bool) -> None:
    media = "application/vnd.msgpack" if packed else "application/json"
    routes = Routes(app.build(), app.GATES, gates.FILES, gates.OTHERS)
    transport = httpx.ASGITransport(Guard(_echo, routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://registry.test") as http:
        for call, body in BODIES.items():
            for name, hidden in DROPPED.items():
                sent = _with(body, hidden)
                content = (msgspec.msgpack if packed else msgspec.json).encode(sent)
                answer = await http.post("/", content=content, headers={"Content-Type": media})
                assert answer.json() == body, (call, name)


HIDDEN = "".join(DROPPED.values())


def _hiding(text: str) -> str:
    return HIDDEN.join(text) + HIDDEN


def _shows(answer: httpx.Response) -> None:
    """An answer in which nothing is hidden."""
    assert answer.is_success, answer.text
    assert drop_unseen(answer.text) == answer.text
    assert harm(answer.text) is None


async def test_what_a_business_hides_in_its_names_is_not_kept(shared: Registry) -> None:
    made = await shared.sign_up(
        name=_hiding("Приклад"),
        sector=_hiding("retail"),
        beneficial_owners=[_hiding("Олена Коваль"), {"name": _hiding("Іван Коваль")}],
        register_code=edrpou(4_400_001),
    )
    assert made.status_code == 201, made.text
    shop = Shop(made.json()["id"], made.json()["api_key"], shared.http)
    view = await shop.call("GET", f"/v1/businesses/{shop.id}")
    _shows(view)
    assert (view.json()["name"], view.json()["sector"]) == ("Приклад", "retail")
    assert view.json()["beneficial_owners"] == ["Олена Коваль", "Іван Коваль"]


async def test_what_a_reporter_hides_is_in_nothing_that_others_read(shared: Registry) -> None:
    shop = await shared.shop()
    contact = {"at": "2026-01-03T09:00:00Z", "channel": _hiding("ph"), "summary": _hiding("Said")}
    made = await shop.create(
        "/v1/reports",
        submission(
            subject={"phone": "+380505550190", "address": _hiding("Київ, 1")},
            statement=_hiding("Not paid"),
            contract_reference=_hiding("order-1"),
            contacts=[contact],
        ),
    )
    _shows(made)
    assert made.json()["content"]["statement"] == "Not paid"
    file = await shop.attach(made.json()["id"], PDF, _hiding("bill") + TAGS + "\u202e.pdf")
    _shows(file)
    assert file.json()["file_name"] == "bill.pdf"
    _shows(await shop.call("POST", "/v1/lookups", query(name=_hiding("Кіт Василь"), city="Київ")))


async def test_what_the_sides_of_a_dispute_hide_is_not_read(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    report = await sandbox.published(shop, subject=SUBJECT)
    person: Person = await arrived(sandbox)
    words = "I have the receipt."
    dispute = await person.dispute(report["id"], statement=_hiding(words))
    assert dispute["statement"] == words
    _shows(await person.say(dispute["id"], _hiding("Look")))
    await answered(shop, dispute["id"])
    path = f"/v1/moderation/disputes/{dispute['id']}/messages"
    key = {
        "Authorization": f"Bearer {await sandbox.staff_key(Role.MODERATOR, 1)}",
        "Idempotency-Key": str(uuid4()),
    }
    said = {"text": _hiding("Which one?"), "to": "person"}
    _shows(await sandbox.http.post(path, json=said, headers=key))
    reason = _hiding("Seen")
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", reason=reason)
    _shows(ruled)
    assert ruled.json()["dispute"]["reason"] == "Seen"
    asker = await sandbox.shop()
    found = await asker.call("POST", "/v1/lookups", query(phone=SUBJECT["phone"]))
    _shows(found)
    (shown,) = found.json()["matches"][0]["reports"]
    assert shown["statement"] == words
    await sandbox.work()
    for letter in sandbox.letters():
        assert drop_unseen(letter["text"]) == letter["text"]
