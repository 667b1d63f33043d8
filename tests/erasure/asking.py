"""What persons ask beyond disputes, and what moderators decide on it, over HTTP."""

from typing import Any

import httpx

from registry.staff.rules import Role
from tests.disputes.people import Person
from tests.factories.registry import Registry

GROUNDS = "zasiv: it happened while I was in hospital"


async def ask(person: Person, report_id: str) -> httpx.Response:
    """A request to erase a report."""
    return await person.call("POST", "/v1/subject/erasure-requests", {"report_id": report_id})


async def object_to(person: Person, report_id: str, statement: str = GROUNDS) -> httpx.Response:
    """An objection to a report."""
    body = {"report_id": report_id, "statement": statement}
    return await person.call("POST", "/v1/subject/objections", body)


async def objected(person: Person, report_id: str) -> dict[str, Any]:
    """An objection that was taken in."""
    answer = await object_to(person, report_id)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def weigh(
    registry: Registry,
    objection_id: str,
    decision: str = "refuse",
    code: str = "interests_prevail",
    number: int = 1,
    **more: Any,
) -> httpx.Response:
    """A decision by a moderator who did not screen the report (number 0 did)."""
    body = {"decision": decision, "reason_code": code, "reason": "zasiv: weighed", **more}
    path = f"/v1/moderation/objections/{objection_id}/decision"
    return await registry.as_staff(Role.MODERATOR, "POST", path, body, number=number)


async def mine(person: Person, what: str) -> list[dict[str, Any]]:
    """The person's `objections` or `erasure-requests`."""
    answer = await person.call("GET", f"/v1/subject/{what}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
