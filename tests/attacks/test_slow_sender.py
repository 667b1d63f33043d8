"""A slow sender: keeps nobody else from an answer, and one who leaves is no failure of the registry."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from registry.platform.policy import Plan
from registry.staff.rules import Role
from tests.attacks import wire
from tests.attacks.strangers import disputed, holder
from tests.factories import server
from tests.factories.registry import PDF, Registry, Shop, submission
from tests.subjects.test_proofs import proven

PLAN = Plan(minute=10_000, day=100_000, unmatched=10_000, reports_day=1_000, reports_month=10_000)
NOBODY = "0193a0b0-0000-7000-8000-000000000000"


@dataclass
class Scene:
    """A served registry, the attackers and their victims."""

    registry: Registry
    http: httpx.AsyncClient
    url: str
    log: Path
    #: Sends slow uploads.
    greedy: Shop
    report_id: str
    token: str
    #: Must be answered meanwhile.
    other: Shop
    other_report_id: str
    person: dict[str, str]
    dispute_id: str

    async def victims(self) -> dict[str, int]:
        """Return the status that each victim gets."""
        moderator = {"Authorization": f"Bearer {await self.registry.staff_key(Role.MODERATOR)}"}
        operator = {"Authorization": f"Bearer {await self.registry.staff_key(Role.OPERATOR)}"}
        shop = {"Authorization": f"Bearer {self.other.key}"}
        file = {"file": ("a.pdf", PDF)}

        async def ask(method: str, path: str, key: dict[str, str], **sent: object) -> int:
            headers = {**key, "Idempotency-Key": str(uuid4())}
            answer = await self.http.request(method, path, headers=headers, **sent)  # type: ignore[arg-type] # of httpx
            return answer.status_code

        own, evidence = "/v1/subject/disputes", "evidence"
        return {
            "moderator": await ask("GET", "/v1/moderation/queue", moderator),
            "operator": await ask("GET", "/v1/operations/audit", operator),
            "report": await ask("POST", "/v1/reports", shop, json=submission()),
            "evidence": await ask(
                "POST", f"/v1/reports/{self.other_report_id}/{evidence}", shop, files=file
            ),
            "person": await ask("GET", own, self.person),
            "person's file": await ask(
                "POST", f"{own}/{self.dispute_id}/{evidence}", self.person, files=file
            ),
            "revocation": await ask("GET", "/v1/api-keys", shop),
        }


ANSWERED = {
    "moderator": 200,
    "operator": 200,
    "report": 201,
    "evidence": 201,
    "person": 200,
    "person's file": 201,
    "revocation": 200,
}


@pytest.fixture(scope="module")
async def scene(shared: Registry) -> AsyncIterator[Scene]:
    greedy, other = await shared.shop(), await shared.shop()
    reports = [await shop.report() for shop in (greedy, other)]
    victim, ids = await disputed(shared, other)
    _, one_proof = await holder(shared, victim["phone"])
    both = await proven(shared, victim["phone"], victim["email"])
    url = shared.runtime.database.engine.url.render_as_string(hide_password=False)
    folder = shared.runtime.settings.data_dir.parent
    with server.serving(url, folder, PLAN, processes=1) as servers:
        async with httpx.AsyncClient(base_url=servers.url, timeout=60) as http:
            yield Scene(
                shared,
                http,
                servers.url,
                folder / "log",
                greedy,
                reports[0]["id"],
                one_proof["Authorization"].removeprefix("Bearer "),
                other,
                reports[1]["id"],
                both,
                ids["dispute_id"],
            )


async def test_slow_uploads_shut_nobody_out(scene: Scene) -> None:
    """Ninety by one business and thirty by one person with one proof, however their paths are spelled."""
    evidence, documents = f"/v1/reports/{scene.report_id}/evidence", "/v1/subject/documents"
    with ExitStack() as opened:
        for path, key, count in ((evidence, scene.greedy.key, 30), (documents, scene.token, 10)):
            for spelled in (path, f"{path}/", path.replace("/v1/", "//v1/")):
                opened.enter_context(wire.slow_uploads(scene.url, spelled, key, count))
        for _ in range(3):
            assert await scene.victims() == ANSWERED
            await asyncio.sleep(0.3)


async def test_a_slow_upload_that_arrives_is_taken(scene: Scene) -> None:
    """In pieces, while many others do not arrive."""
    path = f"/v1/reports/{scene.report_id}/evidence"
    with wire.slow_uploads(scene.url, path, scene.greedy.key, 10), wire.connect(scene.url) as line:
        line.sendall(
            wire.upload(path, scene.greedy.key, len(wire.FILE), Connection="close") + wire.FILE[:60]
        )
        await asyncio.sleep(0.5)
        line.sendall(wire.FILE[60:])
        answer = await asyncio.to_thread(wire.read_to_end, line)
    assert answer.startswith(b"HTTP/1.1 201 "), answer


async def test_who_leaves_in_the_middle_of_an_upload_is_no_failure(scene: Scene) -> None:
    """Neither the log nor the metrics, on which the alert rests, tell of a fault of ours."""
    left, failed = await _counted(scene, "0"), await _counted(scene, "500")
    for path, key in (
        (f"/v1/reports/{scene.report_id}/evidence", scene.greedy.key),
        ("/v1/subject/documents", scene.token),
    ):
        with wire.slow_uploads(scene.url, path, key, 3):
            await asyncio.sleep(0.3)
    for _ in range(100):
        if await _counted(scene, "0") + await _counted(scene, "500") - left - failed >= 6:
            break
        await asyncio.sleep(0.1)
    assert await _counted(scene, "500") == failed
    assert "failed" not in scene.log.read_text(encoding="utf-8")


async def _counted(scene: Scene, status: str) -> int:
    """How many calls ended so, by the metrics."""
    told = (await scene.http.get("/metrics")).text
    found = re.findall(rf'registry_requests_total\{{.*status="{status}"\}} (\d+)', told)
    return sum(map(int, found))
