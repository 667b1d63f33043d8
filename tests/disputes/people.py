"""A reported person under test: what they prove, read and say."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from registry.staff.rules import Role
from tests.factories.registry import PDF, Registry, Shop
from tests.subjects.test_proofs import MAIL, PHONE, SUBJECT, proven

__all__ = ["MAIL", "PHONE", "SUBJECT", "Person", "answered", "arrived", "rule", "shown"]


@dataclass
class Person:
    """A person with two proofs."""

    http: httpx.AsyncClient
    token: dict[str, str]

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call with the person's token."""
        headers = {**self.token, "Idempotency-Key": str(uuid4())}
        return await self.http.request(method, path, json=body, headers=headers)

    async def file(self) -> dict[str, Any]:
        """All that is held about them."""
        answer = await self.call("GET", "/v1/subject/file")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def dispute(self, report_id: str, **changes: Any) -> dict[str, Any]:
        """A dispute that was opened."""
        body = {
            "report_id": report_id,
            "ground": "inaccurate",
            "statement": "I collected the parcel on the third day and have the receipt.",
        }
        answer = await self.call("POST", "/v1/disputes", {**body, **changes})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def claim(self, report_id: str) -> httpx.Response:
        """That a report is paid."""
        body = {"report_id": report_id, "statement": "Paid on 5 November by transfer."}
        return await self.call("POST", "/v1/subject/settlements", body)

    async def attach(self, dispute_id: str, content: bytes = PDF) -> httpx.Response:
        """A file for a dispute."""
        return await self.http.post(
            f"/v1/subject/disputes/{dispute_id}/evidence",
            files={"file": ("receipt.pdf", content)},
            headers={**self.token, "Idempotency-Key": str(uuid4())},
        )

    async def say(self, dispute_id: str, text: str, to: str = "both") -> httpx.Response:
        """A word in a dispute."""
        return await self.call(
            "POST", f"/v1/disputes/{dispute_id}/messages", {"text": text, "to": to}
        )

    async def read(self, dispute_id: str) -> dict[str, Any]:
        """One of their disputes."""
        answer = await self.call("GET", f"/v1/subject/disputes/{dispute_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def disputes(self) -> list[dict[str, Any]]:
        """Their disputes."""
        answer = await self.call("GET", "/v1/subject/disputes")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


async def arrived(registry: Registry) -> Person:
    """The reported person, who has proven a phone and an e-mail."""
    return Person(registry.http, await proven(registry))


async def shown(shop: Shop) -> list[dict[str, Any]]:
    """The reports that a lookup of the person shows."""
    answer = await shop.look_up(phone=PHONE, name=SUBJECT["name"])
    return [report for match in answer["matches"] for report in match["reports"]]


async def rule(
    registry: Registry, dispute_id: str, decision: str, code: str, number: int = 1, **more: Any
) -> httpx.Response:
    """A ruling by a moderator who did not screen the report (number 0 did)."""
    said = {"decision": decision, "reason_code": code, "reason": "The receipt shows it.", **more}
    path = f"/v1/moderation/disputes/{dispute_id}/decision"
    return await registry.as_staff(Role.MODERATOR, "POST", path, said, number=number)


async def answered(shop: Shop, dispute_id: str) -> None:
    """The reporter's answer."""
    body = {"statement": "The carrier's slip says that nobody came."}
    answer = await shop.call("POST", f"/v1/disputes/{dispute_id}/response", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "in_review"), answer.text
