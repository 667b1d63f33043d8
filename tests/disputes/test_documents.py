"""A document as second proof: for whoever is reported under one identifier only."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from registry.platform.runtime import Runtime, transaction
from registry.staff.rules import Role
from registry.subjects import documents
from registry.subjects.access import Person
from tests.disputes import people
from tests.factories import rows
from tests.factories.registry import PDF, Registry, problem
from tests.subjects.test_proofs import code_to, prove, start

DAY = timedelta(days=1)
PHONE = "+380505550188"
SUBJECT = {"phone": PHONE, "name": "Марчук Дарина", "birth_date": "1990-02-11"}


async def holder(registry: Registry, phone: str = PHONE) -> tuple[str, dict[str, str]]:
    """The session and headers of whoever holds the phone: one proof."""
    session_id = await start(registry, phone=phone)
    first = await prove(registry, session_id, code=code_to(registry, phone) or "")
    assert first.status_code == 200, first.text
    return session_id, {"Authorization": f"Bearer {first.json()['token']}"}


async def send(registry: Registry, token: dict[str, str], content: bytes = PDF) -> httpx.Response:
    return await registry.http.post(
        "/v1/subject/documents",
        files={"file": ("passport.pdf", content)},
        headers={**token, "Idempotency-Key": str(uuid4())},
    )


async def decide(registry: Registry, document_id: str, decision: str, **more: Any) -> Any:
    path = f"/v1/moderation/documents/{document_id}/decision"
    body = {"decision": decision, "reason": "The birth date differs.", **more}
    return await registry.as_staff(Role.MODERATOR, "POST", path, body)


@pytest.fixture
async def report(sandbox: Registry) -> dict[str, Any]:
    return await sandbox.published(await sandbox.shop(), subject=SUBJECT)


@pytest.fixture
async def sent(sandbox: Registry, report: dict[str, Any]) -> dict[str, Any]:
    """A document that waits."""
    _, token = await holder(sandbox)
    answer = await send(sandbox, token)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_accepted_document_opens_the_file_and_disputes(
    sandbox: Registry, report: dict[str, Any], sent: dict[str, Any]
) -> None:
    queue = (await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
    assert ("document", sent["id"]) in [(one["kind"], one["id"]) for one in queue["items"]]
    place = f"/v1/moderation/documents/{sent['id']}"
    case = (await sandbox.as_staff(Role.MODERATOR, "GET", place)).json()
    (held,) = case["held"]
    assert held["report_id"] == report["id"]
    assert held["identifiers"]["birth_date"] == ["1990-02-11"]
    file = await sandbox.as_staff(Role.MODERATOR, "GET", f"{place}/file")
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    before = len(sandbox.letters())
    accepted = await decide(sandbox, sent["id"], "accept", reports=[report["id"]])
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted"), accepted.text
    await sandbox.work()
    told = [one["text"] for one in sandbox.letters()[before:] if one["to"] == PHONE]
    assert any("документ прийнято" in text for text in told)
    session_id, one_proof = await holder(sandbox)
    assert problem(await sandbox.http.get("/v1/subject/file", headers=one_proof))[0] == 403
    second = await prove(sandbox, session_id, document=sent["claim"])
    assert (second.status_code, second.json()["proofs"]) == (200, 2), second.text
    person = people.Person(sandbox.http, {"Authorization": f"Bearer {second.json()['token']}"})
    assert [one["id"] for one in (await person.file())["reports"]] == [report["id"]]
    assert (await person.dispute(report["id"]))["report_state"] == "contested"


async def test_the_document_is_deleted_with_its_key_when_it_is_decided(
    sandbox: Registry, report: dict[str, Any], sent: dict[str, Any]
) -> None:
    files = sandbox.runtime.files
    said = "SELECT data_key_id AS key, blob FROM subject_documents"
    (before,) = await rows.select(sandbox.runtime, said)
    async with sandbox.after(2 * DAY):
        assert before["blob"] in [name async for name, _ in files.names()], "no sweep takes it"
    assert (await decide(sandbox, sent["id"], "refuse")).status_code == 200
    assert before["blob"] not in [name async for name, _ in files.names()]
    (after,) = await rows.select(sandbox.runtime, said)
    assert (after["key"], after["blob"]) == (None, None)
    left = await rows.select(
        sandbox.runtime, "SELECT id FROM data_keys WHERE id = :id", id=before["key"]
    )
    assert left == []
    gone = await sandbox.as_staff(
        Role.MODERATOR, "GET", f"/v1/moderation/documents/{sent['id']}/file"
    )
    assert problem(gone) == (404, "not-found")


async def test_a_claim_counts_only_accepted_with_its_own_identifier_and_in_time(
    sandbox: Registry, report: dict[str, Any], sent: dict[str, Any]
) -> None:
    session_id, _ = await holder(sandbox)
    waiting = await prove(sandbox, session_id, document=sent["claim"])
    assert problem(waiting) == (422, "proof-refused")
    await decide(sandbox, sent["id"], "accept", reports=[report["id"]])
    unproven = await start(sandbox, phone=PHONE)
    assert problem(await prove(sandbox, unproven, document=sent["claim"])) == (422, "proof-refused")
    other = {"phone": "+380505550189", "name": "Інша Ганна"}
    await sandbox.published(await sandbox.shop(), subject=other)
    theirs, _ = await holder(sandbox, "+380505550189")
    assert problem(await prove(sandbox, theirs, document=sent["claim"])) == (422, "proof-refused")
    wrong = sent["claim"][:-1] + ("0" if sent["claim"][-1] != "0" else "1")
    assert problem(await prove(sandbox, session_id, document=wrong)) == (422, "proof-refused")
    async with sandbox.after(91 * DAY):
        late, _ = await holder(sandbox)
        assert problem(await prove(sandbox, late, document=sent["claim"])) == (422, "proof-refused")


async def test_of_two_people_under_one_number_only_the_one_is_opened(
    sandbox: Registry, report: dict[str, Any], sent: dict[str, Any]
) -> None:
    brother = {"phone": PHONE, "name": "Марчук Степан", "birth_date": "1961-07-30"}
    other = await sandbox.published(await sandbox.shop(), subject=brother)
    await decide(sandbox, sent["id"], "accept", reports=[report["id"]])
    session_id, _ = await holder(sandbox)
    second = await prove(sandbox, session_id, document=sent["claim"])
    person = people.Person(sandbox.http, {"Authorization": f"Bearer {second.json()['token']}"})
    assert [one["id"] for one in (await person.file())["reports"]] == [report["id"]]
    body = {"report_id": other["id"], "ground": "not_me", "statement": "His."}
    assert problem(await person.call("POST", "/v1/disputes", body)) == (404, "not-found")


async def test_one_waits_at_a_time_and_three_in_ninety_days(
    sandbox: Registry, report: dict[str, Any]
) -> None:
    for _ in range(3):
        _, token = await holder(sandbox)
        answer = await send(sandbox, token)
        assert answer.status_code == 201, answer.text
        assert problem(await send(sandbox, token)) == (409, "document-not-taken")
        assert (await decide(sandbox, answer.json()["id"], "refuse")).status_code == 200
    _, token = await holder(sandbox)
    assert problem(await send(sandbox, token)) == (409, "document-not-taken")


async def test_who_sends_at_the_same_time_waits_and_is_counted(running: Runtime) -> None:
    """Two processes, one identifier: the second sees what the first has sent, however close they come."""
    person = Person(UUID(int=1), (b"sixteen bytes ok",), "uk")

    async def second() -> None:
        async with transaction(running) as session:
            await documents.send(session, person, PDF)

    async with transaction(running) as session:
        await documents.send(session, person, PDF)
        waiting = asyncio.create_task(second())
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
    with pytest.raises(documents.DocumentsWait):
        await waiting


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (lambda _: {"decision": "accept"}, "/reports"),
        (lambda report: {"decision": "refuse", "reports": [report]}, "/reports"),
        (lambda _: {"decision": "accept", "reports": [str(UUID(int=7))]}, "/reports"),
    ],
)
async def test_what_a_decision_must_name(
    body: Callable[[str], dict[str, Any]],
    pointer: str,
    sandbox: Registry,
    report: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    refused = await decide(sandbox, sent["id"], **body(report["id"]))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_who_may_not_decide_and_once_is_enough(
    sandbox: Registry, sent: dict[str, Any], report: dict[str, Any]
) -> None:
    (row,) = await rows.select(sandbox.runtime, "SELECT business_id FROM reports")
    key = await sandbox.staff_key(Role.MODERATOR, business_id=row["business_id"])
    for method, path in (("GET", ""), ("GET", "/file"), ("POST", "/decision")):
        said = {"decision": "refuse", "reason": "No.", "version": 1}
        body = said if method == "POST" else None
        refused = await sandbox.http.request(
            method,
            f"/v1/moderation/documents/{sent['id']}{path}",
            json=body,
            headers={"Authorization": f"Bearer {key}"},
        )
        assert problem(refused) == (403, "conflict-of-interest"), path
    assert problem(await decide(sandbox, sent["id"], "refuse", version=9)) == (
        409,
        "dispute-already-decided",
    )
    assert (await decide(sandbox, sent["id"], "refuse")).status_code == 200
    again = await decide(sandbox, sent["id"], "accept", reports=[report["id"]])
    assert problem(again) == (409, "dispute-already-decided")


async def test_what_is_no_document(sandbox: Registry, report: dict[str, Any]) -> None:
    _, token = await holder(sandbox)
    assert problem(await send(sandbox, token, b"MZ")) == (415, "file-type-refused")
    unsigned = await send(sandbox, {"Authorization": "Bearer nothing"})
    assert problem(unsigned) == (401, "unauthenticated")
