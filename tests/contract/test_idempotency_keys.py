"""`Idempotency-Key`: what the contract declares of each call is what the server does."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.platform import idempotency
from registry.staff.rules import Role
from tests.contract.validate import contract
from tests.factories.registry import PDF, Registry
from tests.subjects.test_proofs import proven

POINTER = f"header:{idempotency.HEADER}"
#: What ends the person's session comes last.
CALLS = {
    f"{method} {path}": (method, path, operation)
    for method in ("post", "put", "patch", "delete")
    for path, methods in contract()["paths"].items()
    if (operation := methods.get(method))
}


@pytest.fixture(scope="module")
async def keys(shared_sandbox: Registry) -> dict[str, str]:
    """A key of each sort of caller; staff by their role."""
    shop = await shared_sandbox.shop()
    subject = {"phone": "+380505550163", "email": "keys@mail.example"}
    await shared_sandbox.published(shop, subject=subject)
    token = await proven(shared_sandbox, *subject.values())
    staff = {str(role): await shared_sandbox.staff_key(role) for role in Role}
    return {"member": shop.key, "person": token["Authorization"].split()[1], **staff}


def _declared(operation: dict[str, Any]) -> str:
    found = [one for one in operation.get("parameters", ()) if one["name"] == idempotency.HEADER]
    return "no" if not found else "required" if found[0]["required"] else "optional"


def _bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {"none": {}})
    for media, body in content.items():
        if media == "multipart/form-data":
            yield {"files": {"file": ("a.pdf", PDF)}}
        for example in body.get("examples", {}).values():
            yield {"json": example["value"]}
        if media == "none":
            yield {}


@pytest.mark.parametrize("call", CALLS)
async def test_the_declared_requirement_is_the_servers(
    shared_sandbox: Registry, keys: dict[str, str], call: str
) -> None:
    """Without a key, and with one that is too long. The ids in the path lead nowhere: the key is looked at first."""
    method, path, operation = CALLS[call]
    access = operation.get("x-access", {"caller": "nobody"})
    caller = access["needs"][0] if access["caller"] == "staff" else access["caller"]
    authorized = {"Authorization": f"Bearer {keys[caller]}"} if caller in keys else {}
    url = "/".join(str(uuid4()) if step.startswith("{") else step for step in path.split("/"))

    async def asks_for_the_key(body: dict[str, Any], key: str | None) -> bool:
        headers = authorized if key is None else {**authorized, idempotency.HEADER: key}
        answer = await shared_sandbox.http.request(method, url, headers=headers, **body)
        return POINTER in _pointers(answer)

    bodies = list(_bodies(operation))
    assert bodies, "an example makes the body that is sent here"
    without = {await asks_for_the_key(body, None) for body in bodies}
    unfit = {await asks_for_the_key(body, "x" * (idempotency.LONGEST + 1)) for body in bodies}
    did = "required" if without == {True} else "optional" if unfit == {True} else "no"
    assert did == _declared(operation)
    assert len(without) == len(unfit) == 1


def _pointers(answer: httpx.Response) -> list[str]:
    return [one["pointer"] for one in answer.json().get("errors", ())]
