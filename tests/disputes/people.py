"""A reported person under test: what they prove, read and say."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.factories.registry import Registry
from tests.subjects.test_proofs import MAIL, PHONE, SUBJECT, proven

__all__ = ["MAIL", "PHONE", "SUBJECT", "Person", "arrived"]


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

    async def disputes(self) -> list[dict[str, Any]]:
        """Their disputes."""
        answer = await self.call("GET", "/v1/subject/disputes")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


async def arrived(registry: Registry) -> Person:
    """The reported person, who has proven a phone and an e-mail."""
    return Person(registry.http, await proven(registry))
