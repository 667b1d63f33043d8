"""Files and messages in a dispute: who reads what, until when, and what is refused."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.disputes import rules
from registry.staff.rules import Role
from tests.disputes.people import Person, answered, arrived, rule
from tests.factories.registry import PDF, Registry, Shop, problem
from tests.subjects.test_proofs import proven

DAY = timedelta(days=1)


@pytest.fixture
async def dispute(person: Person, report: dict[str, Any]) -> dict[str, Any]:
    return await person.dispute(report["id"])


async def attach(shop: Shop, dispute_id: str, content: bytes = PDF) -> httpx.Response:
    return await shop.http.post(
        f"/v1/disputes/{dispute_id}/evidence",
        files={"file": ("slip.pdf", content)},
        headers={"Authorization": f"Bearer {shop.key}", "Idempotency-Key": str(uuid4())},
    )


async def write(shop: Shop, dispute_id: str, text: str, to: str = "both") -> httpx.Response:
    return await shop.create(f"/v1/disputes/{dispute_id}/replies", {"text": text, "to": to})


async def as_moderator(
    sandbox: Registry, dispute_id: str, text: str, to: str, number: int = 1
) -> httpx.Response:
    path = f"/v1/moderation/disputes/{dispute_id}/messages"
    headers = {
        "Authorization": f"Bearer {await sandbox.staff_key(Role.MODERATOR, number)}",
        "Idempotency-Key": str(uuid4()),
    }
    return await sandbox.http.post(path, json={"text": text, "to": to}, headers=headers)


async def test_both_sides_read_each_others_files(
    sandbox: Registry, reporter: Shop, person: Person, dispute: dict[str, Any]
) -> None:
    mine = await person.attach(dispute["id"], PDF + b"mine")
    theirs = await attach(reporter, dispute["id"], PDF + b"theirs")
    assert (mine.status_code, theirs.status_code) == (201, 201), (mine.text, theirs.text)
    assert (mine.json()["party"], theirs.json()["party"]) == ("person", "reporter")
    listed = (await reporter.call("GET", f"/v1/disputes/{dispute['id']}")).json()["evidence"]
    assert listed == (await person.read(dispute["id"]))["evidence"]
    assert [one["file_name"] for one in listed] == ["receipt.pdf", "slip.pdf"]
    place = f"/v1/disputes/{dispute['id']}/evidence"
    read = await reporter.call("GET", f"{place}/{mine.json()['id']}")
    assert (read.content, read.headers["content-type"]) == (PDF + b"mine", "application/pdf")
    assert "attachment" in read.headers["content-disposition"]
    path = f"/v1/subject/disputes/{dispute['id']}/evidence/{theirs.json()['id']}"
    assert (await person.call("GET", path)).content == PDF + b"theirs"
    other = await (await sandbox.shop()).call("GET", f"{place}/{mine.json()['id']}")
    assert problem(other) == (404, "not-found")


async def test_what_came_with_the_report_is_not_read_through_the_dispute(
    sandbox: Registry,
    reporter: Shop,
    report: dict[str, Any],
    person: Person,
    dispute: dict[str, Any],
) -> None:
    """And what came with the dispute is not listed among what came with the report."""
    await person.attach(dispute["id"])
    (first,) = (await reporter.view(report["id"]))["evidence"]
    path = f"/v1/subject/disputes/{dispute['id']}/evidence/{first['id']}"
    assert problem(await person.call("GET", path)) == (404, "not-found")


async def test_the_persons_file_gives_fifteen_days_once(
    sandbox: Registry, reporter: Shop, person: Person, dispute: dict[str, Any]
) -> None:
    await answered(reporter, dispute["id"])
    assert (await attach(reporter, dispute["id"])).status_code == 201
    due = (await person.read(dispute["id"]))["due"]["at"]
    for _ in range(2):
        assert (await person.attach(dispute["id"])).status_code == 201
    later = (await person.read(dispute["id"]))["due"]["at"]
    assert due[:10] < later[:10]
    assert later[10:] == due[10:]
    async with sandbox.after(44 * DAY):
        assert (await (await arrived(sandbox)).read(dispute["id"]))["state"] == "in_review"
    async with sandbox.after(45 * DAY + timedelta(minutes=1)):
        assert (await (await arrived(sandbox)).read(dispute["id"]))["state"] == "overdue"


async def test_each_reads_only_what_it_may(
    sandbox: Registry, reporter: Shop, person: Person, dispute: dict[str, Any]
) -> None:
    id_ = dispute["id"]
    said = [
        await person.say(id_, "I paid in cash."),
        await person.say(id_, "He threatens me at work.", "moderator"),
        await write(reporter, id_, "No cash is in the book."),
        await write(reporter, id_, "We know her brother.", "moderator"),
        await as_moderator(sandbox, id_, "Is there a receipt?", "person"),
        await as_moderator(sandbox, id_, "Send the cash book.", "reporter"),
        await as_moderator(sandbox, id_, "I decide on Friday.", "both"),
    ]
    assert [one.status_code for one in said] == [201] * 7, [one.text for one in said]
    texts = [one.json()["text"] for one in said]
    hers = [one["text"] for one in (await person.read(id_))["messages"]]
    theirs = (await reporter.call("GET", f"/v1/disputes/{id_}")).json()["messages"]
    case = await sandbox.as_staff(Role.MODERATOR, "GET", f"/v1/moderation/disputes/{id_}", number=1)
    assert hers == [texts[n] for n in (0, 1, 2, 4, 6)]
    assert [one["text"] for one in theirs] == [texts[n] for n in (0, 2, 3, 5, 6)]
    assert [one["text"] for one in case.json()["dispute"]["messages"]] == texts
    await sandbox.work()
    before = len(sandbox.letters())
    await as_moderator(sandbox, id_, "For you alone.", "person")
    await sandbox.work()
    told = [one for one in sandbox.letters()[before:] if "справі" in one["text"]]
    assert told
    assert all("shop" not in one["to"] for one in told), "the reporter is not written to"


async def test_what_is_refused(
    sandbox: Registry, reporter: Shop, person: Person, dispute: dict[str, Any]
) -> None:
    id_ = dispute["id"]
    aside = await person.say(id_, "Between us.", "reporter")
    assert problem(aside) == (400, "invalid-values")
    assert aside.json()["errors"][0]["pointer"] == "/to"
    assert problem(await person.attach(id_, b"MZ")) == (415, "file-type-refused")
    assert problem(await person.attach(id_, b"")) == (400, "invalid-values")
    stranger = await sandbox.shop()
    assert problem(await write(stranger, id_, "Ours.")) == (404, "not-found")
    assert problem(await attach(stranger, id_)) == (404, "not-found")
    assert problem(await stranger.call("GET", f"/v1/disputes/{id_}")) == (404, "not-found")
    for _ in range(rules.MOST_FILES):
        assert (await person.attach(id_)).status_code == 201
    assert problem(await person.attach(id_)) == (422, "rule-broken")
    assert (await attach(reporter, id_)).status_code == 201, "each side has its own number"


async def test_after_the_ruling_nothing_is_added(
    sandbox: Registry, reporter: Shop, person: Person, dispute: dict[str, Any]
) -> None:
    await answered(reporter, dispute["id"])
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    for refused in (
        await person.attach(dispute["id"]),
        await person.say(dispute["id"], "One more thing."),
        await write(reporter, dispute["id"], "And another."),
    ):
        assert problem(refused) == (409, "dispute-not-open-for-that")


async def test_another_persons_dispute_is_not_found(
    sandbox: Registry, person: Person, dispute: dict[str, Any]
) -> None:
    phone, mail = "+380505550444", "taras@mail.example"
    subject = {"phone": phone, "email": mail, "name": "Бондар Тарас"}
    await sandbox.published(await sandbox.shop(), subject=subject)
    other = Person(sandbox.http, await proven(sandbox, phone, mail))
    assert problem(await other.say(dispute["id"], "Mine.")) == (404, "not-found")
    assert problem(await other.attach(dispute["id"])) == (404, "not-found")
    path = f"/v1/subject/disputes/{dispute['id']}"
    assert problem(await other.call("GET", path)) == (404, "not-found")


async def test_files_go_with_the_report(
    sandbox: Registry,
    reporter: Shop,
    report: dict[str, Any],
    person: Person,
    dispute: dict[str, Any],
) -> None:
    """Erased with it; and no sweep takes them before."""
    await person.attach(dispute["id"])
    await person.say(dispute["id"], "Here it is.")
    files = sandbox.runtime.files
    async with sandbox.after(2 * DAY):
        assert len([name async for name, _ in files.names()]) == 2
    body = {"reason": "It was our mistake."}
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", body)
    async with sandbox.after(31 * DAY):
        assert [name async for name, _ in files.names()] == []
        left = (await reporter.call("GET", f"/v1/disputes/{dispute['id']}")).json()
        assert (left["evidence"], left["messages"], left["statement"]) == ([], [], None)
