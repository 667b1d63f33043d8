"""A recycled number: its present holder is rid of a stranger's reports by one proof, and learns nothing of them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.staff.rules import Role
from tests.disputes.people import MAIL, PHONE, SUBJECT
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, submission
from tests.subjects.test_proofs import code_to, prove, start

NAME = SUBJECT["name"]
REASON = "The operator of the network says so."


async def holder(registry: Registry, address: str = PHONE, language: str = "uk") -> dict[str, str]:
    """The headers of whoever holds the phone, or the e-mail: one proof."""
    kind = "email" if "@" in address else "phone"
    session_id = await start(registry, language=language, **{kind: address})
    first = await prove(registry, session_id, code=code_to(registry, address) or "")
    return {"Authorization": f"Bearer {first.json()['token']}"}


async def say(
    registry: Registry, token: dict[str, str], ground: str = "number_changed_owner"
) -> httpx.Response:
    headers = {**token, "Idempotency-Key": str(uuid4())}
    path = "/v1/subject/detachments"
    return await registry.http.post(path, json={"ground": ground}, headers=headers)


async def shown(shop: Shop, **subject: Any) -> int:
    answer = await shop.look_up(**subject)
    return sum(len(match["reports"]) for match in answer["matches"])


async def standings(registry: Registry) -> list[dict[str, Any]]:
    said = (
        "SELECT index_value, identity_id, kind, facts::text FROM standings"
        " ORDER BY index_value, identity_id"
    )
    return await rows.select(registry.runtime, said)


async def waiting(registry: Registry) -> list[str]:
    """Where a moderator looks at what is detached, earliest due first."""
    queue = (await registry.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
    items = [one["id"] for one in queue["items"] if one["kind"] == "detachment"]
    return [f"/v1/moderation/detachments/{item}" for item in items]


async def decided(registry: Registry, decision: str) -> httpx.Response:
    """A moderator decides on the one that waits."""
    (place,) = await waiting(registry)
    body = {"decision": decision, "reason": REASON}
    return await registry.as_staff(Role.MODERATOR, "POST", f"{place}/decision", body)


@pytest.fixture
async def asker(sandbox: Registry) -> Shop:
    await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    return await sandbox.shop()


async def test_the_holder_is_rid_of_it_at_once_and_has_learnt_nothing(
    sandbox: Registry, asker: Shop
) -> None:
    assert await shown(asker, phone=PHONE) == await shown(asker, email=MAIL) == 1
    token = await holder(sandbox)
    refused = await sandbox.http.get("/v1/subject/file", headers=token)
    assert problem(refused) == (403, "second-proof-needed")
    said = await say(sandbox, token)
    assert said.status_code == 201, said.text
    assert said.json().keys() == {"id", "state", "at", "due"}
    assert await shown(asker, phone=PHONE) == 0
    assert (await asker.look_up(phone=PHONE))["result"] == "no_record"
    assert await shown(asker, email=MAIL, name=NAME) == 1, "the report stays with its person"
    assert problem(await say(sandbox, token)) == (409, "already-detached")
    before = len(sandbox.letters())
    await start(sandbox, phone=PHONE)
    assert len(sandbox.letters()) == before, "nobody is reported under it any more"


async def test_only_what_one_proof_may_say(sandbox: Registry, asker: Shop) -> None:
    refused = await say(sandbox, await holder(sandbox), "inaccurate")
    assert problem(refused) == (400, "invalid-values")
    assert refused.json()["errors"][0]["pointer"] == "/ground"
    assert await shown(asker, phone=PHONE) == 1


async def test_a_later_report_of_the_number_stands_by_itself(
    sandbox: Registry, asker: Shop
) -> None:
    """The number leads to its new holder, and to nothing of the old one."""
    await say(sandbox, await holder(sandbox))
    await sandbox.published(await sandbox.shop(), subject={"phone": PHONE, "name": NAME})
    assert await shown(asker, phone=PHONE) == 1
    identities = {row["identity_id"] for row in await standings(sandbox)}
    assert len(identities) == 2


async def test_a_later_report_of_the_number_and_the_address_brings_nothing_back(
    sandbox: Registry, asker: Shop
) -> None:
    """Whoever files an old number with the address says something of their own report, and of no other."""
    await sandbox.published(await sandbox.shop(), subject={"email": MAIL, "name": NAME})
    assert await shown(asker, phone=PHONE) == 2
    said = await say(sandbox, await holder(sandbox))
    await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    assert await shown(asker, phone=PHONE) == 1
    assert await shown(asker, email=MAIL) == await shown(asker, phone=PHONE, email=MAIL) == 3
    assert said.status_code == 201
    assert (await decided(sandbox, "restore")).status_code == 200
    assert await shown(asker, phone=PHONE) == 3


async def test_what_only_the_number_held_together_falls_apart_and_a_moderator_may_take_it_back(
    sandbox: Registry, asker: Shop
) -> None:
    await sandbox.published(await sandbox.shop(), subject={"phone": PHONE, "name": NAME})
    before = await standings(sandbox)
    assert len({row["identity_id"] for row in before}) == 1
    said = await say(sandbox, await holder(sandbox))
    apart = await rows.select(sandbox.runtime, "SELECT DISTINCT identity_id FROM records")
    assert len(apart) == 2
    (place,) = await waiting(sandbox)
    assert place.endswith(said.json()["id"])
    case = (await sandbox.as_staff(Role.MODERATOR, "GET", place)).json()
    assert (case["ground"], len(case["cases"])) == ("number_changed_owner", 2)
    decision = {"decision": "restore", "reason": "The carrier's register says otherwise."}
    done = await sandbox.as_staff(Role.MODERATOR, "POST", f"{place}/decision", decision)
    assert (done.status_code, done.json()["state"]) == (200, "restored"), done.text
    assert await standings(sandbox) == before
    again = await sandbox.as_staff(Role.MODERATOR, "POST", f"{place}/decision", decision, number=1)
    assert problem(again) == (409, "dispute-already-decided")
    assert problem(await say(sandbox, await holder(sandbox))) == (409, "already-detached"), (
        "once in twelve months, whatever was decided"
    )


DAY = timedelta(days=1)
TAX_ID = "3184710691"


@pytest.mark.parametrize("mail", [True, False])
async def test_a_notice_that_only_the_new_holder_read_is_none(
    registry: Registry, mail: bool
) -> None:
    """It goes anew to the addresses that are left; where there are none, the report ends and is never seen."""
    asker, reporter = await registry.shop(), await registry.shop()
    subject = {key: value for key, value in SUBJECT.items() if mail or key != "email"}
    report = await registry.published(reporter, subject=subject | {"tax_id": TAX_ID})
    view = await reporter.view(report["id"])
    assert view["due"]["event"] == "notice_ended", "somebody was told"
    async with registry.after(5 * DAY):
        said = await say(registry, await holder(registry))
        assert said.status_code == 201, said.text
        view = await reporter.view(report["id"])
        assert (view["state"], view["due"]["event"]) == ("notice", "undeliverable")
        before = len(registry.letters())
        await registry.work()
        notices = [one["to"] for one in registry.letters()[before:] if one["to"] in (MAIL, PHONE)]
        assert (MAIL in notices, PHONE in notices) == (mail, False)
    async with registry.after(11 * DAY):
        assert await shown(asker, tax_id=TAX_ID) == 0
        assert (await reporter.view(report["id"]))["state"] == "notice"
    async with registry.after(20 * DAY):
        assert await shown(asker, tax_id=TAX_ID) == int(mail)
    async with registry.after(100 * DAY):
        waits = (await reporter.view(report["id"]))["state"]
        assert waits == ("active" if mail else "notice"), "nobody has looked"
    async with registry.after(366 * DAY):
        ended = (await reporter.view(report["id"]))["state"]
        assert ended == ("expired" if mail else "rejected"), "its retention is over"


@pytest.mark.parametrize("early", [True, False], ids=["before the notice", "during the notice"])
@pytest.mark.parametrize("decision", ["confirm", "restore"])
async def test_nobody_ends_a_report_by_a_word_that_no_moderator_has_looked_at(
    registry: Registry, decision: str, early: bool
) -> None:
    """The one address is detached: the report waits, and is hidden; it ends, or its person is told, by the decision."""
    asker, reporter = await registry.shop(), await registry.shop()
    subject = {"phone": PHONE, "tax_id": TAX_ID}
    report = await reporter.report(subject=subject)
    await reporter.attach(report["id"])
    if early:
        await say(registry, await holder(registry))
    async with registry.after(2 * DAY):
        assert (await registry.decide(report["id"])).status_code == 200
        if not early:
            await say(registry, await holder(registry))
        await registry.work()
    async with registry.after(25 * DAY):
        assert (await reporter.view(report["id"]))["state"] == "notice"
        assert await shown(asker, tax_id=TAX_ID) == 0
        before = len(registry.letters())
        assert (await decided(registry, decision)).status_code == 200
        await registry.work()
        notices = [one for one in registry.letters()[before:] if "/docs/you" in one["text"]]
        assert [one["to"] for one in notices] == [PHONE] * (2 if decision == "restore" else 0)
    async with registry.after(33 * DAY):
        ended = (await reporter.view(report["id"]))["state"]
        assert ended == ("active" if decision == "restore" else "rejected")


async def test_whoever_lets_no_letter_arrive_is_told_all_the_same(registry: Registry) -> None:
    """They held the address when they said that it was a stranger's: its days count from the decision."""
    asker, reporter = await registry.shop(), await registry.shop()
    report = await registry.published(reporter, subject={"phone": PHONE, "tax_id": TAX_ID})
    await say(registry, await holder(registry))
    async with registry.after(3 * DAY):
        assert (await decided(registry, "restore")).status_code == 200
        queued = "UPDATE messages SET state = 'failed', due_at = NULL WHERE state = 'queued'"
        await rows.write(registry.runtime, queued)
    async with registry.after(9 * DAY):
        assert (await reporter.view(report["id"]))["state"] == "notice"
        assert await shown(asker, tax_id=TAX_ID) == 0
    async with registry.after(11 * DAY):
        assert await shown(asker, tax_id=TAX_ID) == 1


async def test_what_names_the_number_after_a_moderator_agreed_is_another_matter(
    sandbox: Registry, asker: Shop
) -> None:
    """Its holder is rid of that as quickly; while nobody has looked, or once it was taken back, it is said once."""
    await say(sandbox, await holder(sandbox))
    await sandbox.published(await sandbox.shop(), subject={"phone": PHONE, "name": NAME})
    assert await shown(asker, phone=PHONE) == 1
    assert problem(await say(sandbox, await holder(sandbox))) == (409, "already-detached")
    await decided(sandbox, "confirm")
    assert problem(await say(sandbox, await holder(sandbox))) == (409, "already-detached"), "today"
    async with sandbox.after(DAY):
        assert (await say(sandbox, await holder(sandbox))).status_code == 201
        assert await shown(asker, phone=PHONE) == 0
        assert (await decided(sandbox, "restore")).status_code == 200
        assert await shown(asker, phone=PHONE) == 1, "what a moderator confirmed stays detached"


async def test_two_words_are_two_decisions(registry: Registry) -> None:
    """While one of them is undecided, the notice does not run out."""
    reporter = await registry.shop()
    report = await registry.published(reporter, subject=SUBJECT)
    for token in (await holder(registry), await holder(registry, MAIL)):
        assert (await say(registry, token)).status_code == 201
    places = await waiting(registry)
    assert len(places) == 2
    body = {"decision": "confirm", "reason": REASON}
    for number, place in enumerate(places, 1):
        async with registry.after(number * 15 * DAY):
            answer = await registry.as_staff(Role.MODERATOR, "POST", f"{place}/decision", body)
            assert answer.is_success, answer.text
            await registry.work()
            state = (await reporter.view(report["id"]))["state"]
            assert state == ("notice" if number == 1 else "rejected")


@pytest.mark.parametrize(
    ("language", "word"), [("uk", "Модератор"), ("ru", "Модератор"), ("en", "moderator")]
)
@pytest.mark.parametrize("decision", ["confirm", "restore"])
async def test_whoever_said_so_is_told_what_was_decided_and_nothing_else(
    sandbox: Registry, asker: Shop, decision: str, language: str, word: str
) -> None:
    await say(sandbox, await holder(sandbox, MAIL, language))
    before = len(sandbox.letters())
    assert (await decided(sandbox, decision)).status_code == 200
    await sandbox.work()
    (letter,) = sandbox.letters()[before:]
    assert (letter["to"], letter["language"]) == (MAIL, language)
    assert word in letter["subject"] + letter["text"]
    assert (REASON in letter["text"]) == (decision == "restore")
    (report,) = await rows.select(sandbox.runtime, "SELECT id FROM reports")
    assert str(report["id"]) not in letter["text"], "whoever reads it may be a stranger"
    await sandbox.work()
    assert len(sandbox.letters()) == before + 1


async def test_a_reason_that_a_stranger_reads_is_one_short_line(
    sandbox: Registry, asker: Shop
) -> None:
    await say(sandbox, await holder(sandbox))
    (place,) = await waiting(sandbox)
    for reason in ("r" * 201, "two\nlines", " "):
        body = {"decision": "restore", "reason": reason}
        refused = await sandbox.as_staff(Role.MODERATOR, "POST", f"{place}/decision", body)
        assert problem(refused) == (400, "invalid-values")
        assert refused.json()["errors"][0]["pointer"] == "/reason"


@pytest.mark.parametrize("once", [True, False], ids=["once", "taken out and named again"])
async def test_an_edit_does_not_bring_a_detached_number_back(
    registry: Registry, once: bool
) -> None:
    """The number stays detached from what the reporter says anew, and the moderator sees of whom it was."""
    asker, reporter = await registry.shop(), await registry.shop()
    report = await reporter.report(subject=SUBJECT)
    await reporter.attach(report["id"])
    await say(registry, await holder(registry))
    without = {key: value for key, value in SUBJECT.items() if key != "phone"}
    edits = [SUBJECT] if once else [without, SUBJECT]
    for edit in edits:
        changed = {"subject": {**edit, "city": "Lviv"}}
        answer = await reporter.call("PATCH", f"/v1/reports/{report['id']}", changed)
        assert answer.status_code == 200, answer.text
    async with registry.after(2 * DAY):
        before = len(registry.letters())
        assert (await registry.decide(report["id"])).status_code == 200
        await registry.work()
        assert PHONE not in [one["to"] for one in registry.letters()[before:]]
    async with registry.after(10 * DAY):
        assert await shown(asker, phone=PHONE) == 0
        assert await shown(asker, email=MAIL) == 1
        done = await decided(registry, "restore")
        assert [one["report"]["id"] for one in done.json()["cases"]] == [report["id"]]
        assert done.json()["identifiers"] == [PHONE]
        assert await shown(asker, phone=PHONE) == 1


async def test_a_reporters_own_moderator_does_not_decide_after_an_edit(registry: Registry) -> None:
    reporter = await registry.shop()
    report = await reporter.report(subject=SUBJECT)
    await say(registry, await holder(registry))
    changed = {"subject": {**SUBJECT, "city": "Lviv"}}
    assert (await reporter.call("PATCH", f"/v1/reports/{report['id']}", changed)).is_success
    insider = await registry.staff_key(Role.MODERATOR, business_id=reporter.id)
    (place,) = await waiting(registry)
    body = {"decision": "restore", "reason": REASON, "version": 1}
    headers = {"Authorization": f"Bearer {insider}"}
    refused = await registry.http.post(f"{place}/decision", json=body, headers=headers)
    assert problem(refused)[0] == 403, refused.text


@pytest.mark.parametrize("other", [True, False], ids=["with another address", "without one"])
@pytest.mark.parametrize("decision", ["confirm", "restore"])
async def test_a_shown_report_of_which_only_a_stranger_was_told_is_removed(
    sandbox: Registry, decision: str, other: bool
) -> None:
    """Once a moderator agrees that the one address was a stranger's; whoever was shown it is told."""
    asker, reporter = await sandbox.shop(), await sandbox.shop()
    subject = {"phone": PHONE, "tax_id": TAX_ID} | ({"email": MAIL} if other else {})
    report = await sandbox.published(reporter, subject=subject)
    assert await shown(asker, tax_id=TAX_ID) == 1
    await say(sandbox, await holder(sandbox))
    assert await shown(asker, tax_id=TAX_ID) == 1, "nobody has looked yet"
    before = len(sandbox.letters())
    assert (await decided(sandbox, decision)).status_code == 200
    await sandbox.work()
    removed = decision == "confirm" and not other
    assert await shown(asker, tax_id=TAX_ID) == int(not removed)
    assert (await reporter.view(report["id"]))["state"] == ("removed" if removed else "active")
    told = [one for one in sandbox.letters()[before:] if one["to"] != PHONE]
    assert len(told) == (2 if removed else 0), "the reporter, and whoever was shown it"
    if removed:
        again = {"subject": {**subject, "email": MAIL}, "contract_reference": "another"}
        assert (await reporter.create("/v1/reports", submission(**again))).status_code == 201
