"""Somebody who finds a session that its holder has ended, or that is over, and goes on with it."""

from datetime import timedelta
from typing import Any

import pytest

from registry.staff.rules import Role
from registry.subjects import rules
from tests.disputes.people import MAIL, PHONE, SUBJECT
from tests.disputes.test_documents import holder, send
from tests.factories.registry import Registry, problem
from tests.subjects.test_proofs import SESSIONS, code_to, prove

LATE = rules.TOKEN_FOR + timedelta(minutes=1)
REFUSED = (422, "proof-refused")


@pytest.fixture
async def report(sandbox: Registry) -> dict[str, Any]:
    return await sandbox.published(await sandbox.shop(), subject=SUBJECT)


async def _accept(registry: Registry, document_id: str, report_id: str) -> None:
    body = {"decision": "accept", "reason": "The same.", "reports": [report_id], "version": 1}
    path = f"/v1/moderation/documents/{document_id}/decision"
    done = await registry.as_staff(Role.MODERATOR, "POST", path, body, number=1)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "over"])
async def test_a_claim_opens_no_file_through_a_session_of_before(
    sandbox: Registry, report: dict[str, Any], *, ended: bool
) -> None:
    """The finder of a claim and of a session has no code: the identifier has to be proven again."""
    session_id, token = await holder(sandbox, PHONE)
    sent = (await send(sandbox, token)).json()
    if ended:
        assert (await sandbox.http.delete(f"{SESSIONS}/current", headers=token)).is_success
    await _accept(sandbox, sent["id"], report["id"])
    async with sandbox.after(timedelta(minutes=5) if ended else timedelta(hours=20)):
        assert problem(await prove(sandbox, session_id, document=sent["claim"])) == REFUSED
        again, _ = await holder(sandbox, PHONE)
        assert (await prove(sandbox, again, document=sent["claim"])).status_code == 200


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "over"])
async def test_a_session_of_before_takes_no_second_proof(
    sandbox: Registry, report: dict[str, Any], *, ended: bool
) -> None:
    """Neither by a code that was on its way nor by naming an identifier; and the code is good elsewhere."""
    session_id, token = await holder(sandbox, PHONE)
    await prove(sandbox, session_id, identifier=MAIL)
    await sandbox.work()
    code = code_to(sandbox, MAIL) or ""
    if ended:
        assert (await sandbox.http.delete(f"{SESSIONS}/current", headers=token)).is_success
    async with sandbox.after(timedelta(0) if ended else LATE):
        before = len(sandbox.letters())
        assert problem(await prove(sandbox, session_id, code=code)) == REFUSED
        assert problem(await prove(sandbox, session_id, identifier=MAIL)) == REFUSED
        await sandbox.work()
        assert len(sandbox.letters()) == before
        again, _ = await holder(sandbox, PHONE)
        await prove(sandbox, again, identifier=MAIL)
        await sandbox.work()
        assert (await prove(sandbox, again, code=code)).json()["proofs"] == 2


async def test_a_document_that_was_shown_is_forgotten_with_its_session(
    sandbox: Registry, report: dict[str, Any]
) -> None:
    session_id, token = await holder(sandbox, PHONE)
    sent = (await send(sandbox, token)).json()
    await _accept(sandbox, sent["id"], report["id"])
    opened = (await prove(sandbox, session_id, document=sent["claim"])).json()
    token = {"Authorization": f"Bearer {opened['token']}"}
    assert (await sandbox.http.get("/v1/subject/file", headers=token)).is_success
    assert (await sandbox.http.delete(f"{SESSIONS}/current", headers=token)).is_success
    assert problem(await sandbox.http.get("/v1/subject/file", headers=token))[0] == 401
    for proof in ({"document": sent["claim"]}, {"identifier": MAIL}):
        assert problem(await prove(sandbox, session_id, **proof)) == REFUSED


async def test_a_third_proof_is_answered_as_the_contract_says(sandbox: Registry) -> None:
    """Two proofs are all that is counted: the answer says no more than its schema."""
    mails = [MAIL, "second@mail.example"]
    await sandbox.published(
        await sandbox.shop(), subject={"phone": PHONE, "emails": mails, "name": "Шевченко Олена"}
    )
    session_id, _ = await holder(sandbox, PHONE)
    for mail in mails:
        assert (await prove(sandbox, session_id, identifier=mail)).json()["proofs"] <= 2
        await sandbox.work()
        taken = await prove(sandbox, session_id, code=code_to(sandbox, mail) or "")
        assert (taken.status_code, taken.json()["proofs"]) == (200, 2), taken.text
