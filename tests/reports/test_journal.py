"""What was erased stays erased: nothing of it can be read with all keys at hand, and no backup brings it back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from registry.messages import jobs as messages
from registry.platform import blobs, runtime, scratch
from registry.platform.settings import Settings, SettingsError, from_env
from registry.reports import jobs as reports
from registry.reports import journal
from registry.reports.rules import State
from registry.subjects import jobs as subjects
from tests.disputes.people import MAIL, PHONE, SUBJECT, answered, arrived, rule, shown
from tests.factories import rows
from tests.factories.readable import everything, found
from tests.factories.registry import PDF, Registry, Shop, problem, serving, submission
from tests.reports.states import in_state

DAY = timedelta(days=1)
OTHER = {"phone": "+380505550399", "name": "Інша Особа"}
#: Said of a person, by everybody who may say something.
PLANTED = {
    "phone": PHONE,
    "mail": MAIL,
    "name": SUBJECT["name"],
    "statement": "zasiv: not collected within seven days",
    "contract": "zasiv-order-4711",
    "contact": "zasiv: promised to come",
    "attempts": "zasiv: two calls",
    "file name": "zasiv-waybill.pdf",
    "file": "zasiv-in-the-file",
    "screening": "Looked at every document.",
    "dispute": "zasiv: I collected it",
    "message": "zasiv: here is the receipt",
    "answer": "The carrier's slip says that nobody came.",
    "ruling": "zasiv: the slip is signed",
    "appeal": "zasiv: the slip is forged",
}


async def planted(registry: Registry, reporter: Shop, asker: Shop) -> str:
    """A report about which everything was said that can be, shown with the person's words, and under appeal."""
    report = await reporter.report(
        subject=SUBJECT,
        contract_reference=PLANTED["contract"],
        statement=PLANTED["statement"],
        settlement_attempts=PLANTED["attempts"],
        contacts=[
            {"at": "2026-01-03T09:00:00Z", "channel": "phone", "summary": PLANTED["contact"]}
        ],
    )
    id_: str = report["id"]
    content = PDF + PLANTED["file"].encode()
    assert (await reporter.attach(id_, content, PLANTED["file name"])).status_code == 201
    await registry.decide(id_)
    await registry.work()
    person = await arrived(registry)
    dispute = await person.dispute(id_, statement=PLANTED["dispute"])
    assert (await person.say(dispute["id"], PLANTED["message"])).status_code == 201
    await answered(reporter, dispute["id"])
    ruled = await rule(
        registry, dispute["id"], "uphold", "evidence_confirms", reason=PLANTED["ruling"]
    )
    assert ruled.status_code == 200, ruled.text
    (fact,) = await shown(asker)
    assert fact["statement"] == PLANTED["dispute"]
    appeal = {"statement": PLANTED["appeal"]}
    appealed = await person.call("POST", f"/v1/disputes/{dispute['id']}/appeal", appeal)
    assert appealed.status_code == 200, appealed.text
    await registry.work()
    return id_


async def swept(registry: Registry) -> None:
    """What the worker takes away within the hour."""
    await registry.work()
    for sweep in (subjects.sweep, messages.sweep, reports.sweep):
        await sweep(registry.runtime)


async def test_nothing_erased_can_be_read_with_all_keys_at_hand(sandbox: Registry) -> None:
    """Row by row, file by file, letter by letter; before the erasure the same search finds everything."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    report_id = await planted(sandbox, reporter, asker)
    before = await everything(sandbox.runtime)
    assert found(before, PLANTED) == list(PLANTED)
    reason = {"reason": "zasiv"}
    ended = await reporter.call("POST", f"/v1/reports/{report_id}/withdraw", reason)
    assert ended.status_code == 200, ended.text
    async with sandbox.after(31 * DAY):
        await swept(sandbox)
        assert (await reporter.view(report_id))["state"] == "erased"
        assert found(await everything(sandbox.runtime), PLANTED) == []


async def test_an_answer_kept_for_its_repetition_goes_with_the_report(registry: Registry) -> None:
    """It is sealed under a key of its own store, for a day: with the key of the report, so does what it said."""
    reporter = await registry.shop()
    key = {"Idempotency_Key": str(uuid4())}
    body = submission(statement=PLANTED["statement"], subject=OTHER)
    report = (await reporter.call("POST", "/v1/reports", body, **key)).json()
    assert found(await everything(registry.runtime), PLANTED) == ["statement"]
    other = await reporter.report(subject=OTHER)
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "A mistake."})
    async with registry.after(31 * DAY):
        assert found(await everything(registry.runtime), PLANTED) == []
        kept = await rows.select(registry.runtime, "SELECT data_keys FROM stored_answers")
        left = await rows.row(registry.runtime, "reports", other["id"])
        assert any(left["data_key_id"] in one["data_keys"] for one in kept), "another's stays"


@asynccontextmanager
async def opened(settings: Settings, url: str) -> AsyncIterator[Registry]:
    async with runtime.running(settings, url) as running, serving(running) as served:
        yield served


async def test_a_backup_brings_nothing_back(
    server_url: str, database_url: str, tmp_path: Path
) -> None:
    """Erased after the backup was made: the restored one has it all again, until the journal is replayed."""
    settings = from_env({}, data_dir=tmp_path / "var", policy="sandbox")
    async with opened(settings, database_url) as live:
        reporter, asker = await live.shop(), await live.shop()
        report_id = await planted(live, reporter, asker)
        kept = (await live.published(reporter, subject=OTHER))["id"]
    live_name = make_url(database_url).database
    backup = f"backup_{uuid4().hex[:12]}"
    # A copy needs the original for itself; the last connection may still be on its way out.
    leave = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{live_name}'"
    await scratch.execute(server_url, leave)
    async with scratch.database(server_url, backup, template=live_name) as old_url:
        async with opened(settings, database_url) as live:
            await _erase(live, replace(reporter, http=live.http), report_id)
        async with opened(settings, old_url) as restored:
            there, then = (replace(one, http=restored.http) for one in (reporter, asker))
            await _replay(restored, there, then, report_id)
            assert (await rows.row(restored.runtime, "reports", kept))["state"] == "active"


async def _erase(live: Registry, reporter: Shop, report_id: str) -> None:
    await reporter.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "Paid."})
    async with live.after(31 * DAY):
        assert (await reporter.view(report_id))["state"] == "erased"


async def _replay(restored: Registry, reporter: Shop, asker: Shop, report_id: str) -> None:
    back = await rows.row(restored.runtime, "reports", report_id)
    assert back["state"] == "contested", "the backup knows nothing of the end"
    assert found(await everything(restored.runtime), PLANTED) != []
    looked: list[int] = []
    did = await journal.replay(restored.runtime, looked.append)
    assert (did.entries, did.erased, sum(looked)) == (1, 1, 1)
    await swept(restored)
    async with restored.after(2 * DAY):
        await swept(restored)
        left = await everything(restored.runtime)
    # The moderator said the same of the report that is kept.
    assert found(left, PLANTED) == ["screening"]
    assert await shown(asker) == []
    view: dict[str, Any] = await reporter.view(report_id)
    assert (view["state"], view["content"], view["due"]) == ("erased", None, None)
    assert "report.erased_again" in await rows.actions(restored.runtime, report_id)
    same = submission(subject=SUBJECT, contract_reference=PLANTED["contract"])
    refused = await reporter.create("/v1/reports", same)
    assert problem(refused) == (409, "reinsertion-required")
    again = await journal.replay(restored.runtime)
    assert (again.entries, again.erased) == (1, 0)


async def test_a_journal_that_cannot_be_reached_is_told_later(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure stands all the same, and is still to be told."""
    reporter = await registry.shop()
    report_id = await in_state(registry.runtime, reporter, State.ERASED)

    async def put(self: blobs.LocalBlobs, name: str, content: bytes) -> None:
        raise blobs.BlobsUnavailable(retry_after=1)

    with monkeypatch.context() as broken:
        broken.setattr(blobs.LocalBlobs, "put", put)
        with pytest.raises(blobs.BlobsUnavailable):
            await journal.tell(registry.runtime)
    assert [name async for name, _ in registry.runtime.journal.names()] == []
    assert await journal.tell(registry.runtime) == 1
    assert await journal.tell(registry.runtime) == 0
    (name,) = [name async for name, _ in registry.runtime.journal.names()]
    assert name == report_id.replace("-", "")


def test_the_journal_does_not_lie_where_left_over_files_are_swept(tmp_path: Path) -> None:
    for journal_url in ("s3://bucket/evidence", "s3://bucket/evidence/erasures"):
        settings = Settings(
            data_dir=tmp_path, files_url="s3://bucket/evidence", journal_url=journal_url
        )
        with pytest.raises(SettingsError, match="REGISTRY_JOURNAL_URL must not lie within"):
            blobs.open_journal(settings)
    beside = Settings(
        data_dir=tmp_path, files_url="s3://bucket/evidence", journal_url="s3://bucket/evidence-2"
    )
    assert isinstance(blobs.open_journal(beside), blobs.S3Blobs)
    with pytest.raises(SettingsError, match="REGISTRY_JOURNAL_URL must be empty or s3"):
        blobs.open_journal(Settings(data_dir=tmp_path, journal_url="/var/erasures"))
