"""What strangers have in common: somebody to pry into, one proof at most, every door to knock at, and a strict ear."""

import itertools
import re
from typing import Any
from uuid import uuid4

import httpx

from registry import app
from tests.disputes.people import Person
from tests.factories.registry import PDF, Registry, Shop
from tests.subjects.test_proofs import code_to, prove, proven, start

MARK = "Planted words of the reporter."
_numbers = itertools.count(100)
_DRAWN = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.]+Z"
)


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that an answer tells, but for ids and times, which are the answer's own.

    An upload that is refused by its head closes its connection; no other call does.
    """
    own = {"x-request-id", "ratelimit", "x-ratelimit-reset", "x-ratelimit-remaining", "connection"}
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


async def disputed(registry: Registry, shop: Shop) -> tuple[dict[str, str], dict[str, str]]:
    """Somebody who disputes their report, and the ids of all of it."""
    victim = await reported(registry, shop)
    token = await proven(registry, victim["phone"], victim["email"])
    person = Person(registry.http, token)
    report_id = (await person.file())["reports"][0]["id"]
    dispute = await person.dispute(report_id)
    file = await person.attach(dispute["id"])
    ids = {
        "report_id": report_id,
        "dispute_id": dispute["id"],
        "evidence_id": file.json()["id"],
    }
    return victim, ids
