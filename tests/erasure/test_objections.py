"""Objections: hidden once while a moderator weighs, granted for good, refused with reasons; and nobody games it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from registry.staff.rules import Role
from tests.disputes.people import MAIL, SUBJECT, Person, answered, arrived, rule, shown
from tests.erasure.asking import GROUNDS, ask, mine, object_to, objected, weigh
from tests.factories import rows
from tests.factories.readable import everything, found
from tests.factories.registry import Registry, Shop, problem

DAY = timedelta(days=1)


async def test_an_objection_hides_at_once_and_a_refusal_shows_again(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """With its state as it was: what is true does not become `disputed` by having been objected to."""
    asker = await sandbox.shop()
    (before,) = await shown(asker)
    objection = await objected(person, report["id"])
    assert (objection["state"], objection["hides"]) == ("pending", True)
    left = datetime.fromisoformat(objection["due"]) - datetime.fromisoformat(objection["at"])
    assert left == 30 * DAY
    assert await shown(asker) == []
    (held,) = (await person.file())["reports"]
    theirs = await reporter.view(report["id"])
    assert [(one["state"], one["restricted"]) for one in (held, theirs)] == [("active", True)] * 2
    decided = await weigh(sandbox, objection["id"])
    assert decided.status_code == 200, decided.text
    assert await shown(asker) == [before]
    assert (await reporter.view(report["id"]))["restricted"] is False
    (mine_now,) = await mine(person, "objections")
    assert (mine_now["state"], mine_now["code"]) == ("refused", "interests_prevail")
    assert mine_now["reason"] == "zasiv: weighed"
    assert mine_now["remedies"] == ["objection", "authority", "court"]
    await sandbox.work()
    subjects = [one["subject"] for one in sandbox.letters()]
    for subject in (
        "Ми отримали вашу вимогу припинити показ",
        "Ваш запис приховано, доки вирішують вимогу",
        "Рішення: вашу вимогу відхилено",
        "Вимогу щодо вашого запису відхилено",
    ):
        assert subject in subjects
    told = await _letters_to_reporter(sandbox)
    assert not [one for one in told if GROUNDS in one["text"] or "zasiv" in one["text"]]


async def _letters_to_reporter(registry: Registry) -> list[dict[str, Any]]:
    return [one for one in registry.letters() if one["to"].endswith("@shop.example")]


async def test_a_granted_objection_removes_and_erases_and_tells_who_was_shown_it(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    await shown(asker)
    objection = await objected(person, report["id"])
    granted = await weigh(sandbox, objection["id"], "grant", "rights_prevail")
    assert granted.status_code == 200, granted.text
    assert granted.json()["objection"]["state"] == "granted"
    view = await reporter.view(report["id"])
    assert (view["state"], view["content"]) == ("erased", None)
    await sandbox.work()
    letters = sandbox.letters()
    assert [one for one in letters if "виправлено" in one["text"]]
    assert [one for one in letters if one["subject"] == "Запис про вас стерто"]
    (told,) = [one for one in letters if "вимогу особи задоволено" in one["subject"]]
    assert "не означає, що ваш запис був неправдивий" in told["text"]
    assert [one["state"] for one in await mine(person, "objections")] == ["granted"]
    # The grounds lie nowhere any more, also not in the answer kept for a repetition.
    assert found(await everything(sandbox.runtime), {"grounds": GROUNDS}) == []


async def test_one_objection_hides_and_no_further_one(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    """The second goes to another moderator, and the third is not heard within the year."""
    asker = await sandbox.shop()
    first = await objected(person, report["id"])
    assert problem(await object_to(person, report["id"])) == (409, "already-objected")
    await weigh(sandbox, first["id"])
    second = await objected(person, report["id"])
    assert second["hides"] is False
    assert len(await shown(asker)) == 1
    same = await weigh(sandbox, second["id"], number=1)
    assert problem(same) == (403, "conflict-of-interest"), "another moderator decides"
    refused = await weigh(sandbox, second["id"], number=2)
    assert refused.json()["objection"]["remedies"] == ["authority", "court"]
    assert [one["id"] for one in refused.json()["earlier"]] == [first["id"]]
    assert problem(await object_to(person, report["id"])) == (409, "asked-too-often")
    assert len(await shown(asker)) == 1


async def test_a_late_decision_stays_hidden_and_first_in_the_queue(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    """That is the registry's fault, and the only way in which it stays hidden beyond its month."""
    asker = await sandbox.shop()
    objection = await objected(person, report["id"])
    async with sandbox.after(40 * DAY):
        assert await shown(asker) == []
        queue = (await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
        (item,) = [one for one in queue["items"] if one["kind"] == "objection"]
        assert (item["id"], item["version"]) == (objection["id"], 1)
        assert datetime.fromisoformat(item["due"]) < datetime.now(UTC) + 40 * DAY
        await weigh(sandbox, objection["id"])
        assert len(await shown(asker)) == 1


async def test_who_may_decide(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    objection = await objected(person, report["id"])
    path = f"/v1/moderation/objections/{objection['id']}"
    screener = await weigh(sandbox, objection["id"], number=0)
    assert problem(screener) == (403, "conflict-of-interest")
    key = await sandbox.staff_key(Role.MODERATOR, business_id=reporter.id)
    own = {"Authorization": f"Bearer {key}"}
    assert problem(await sandbox.http.get(path, headers=own)) == (403, "conflict-of-interest")
    body = {"decision": "refuse", "reason_code": "legal_claims", "reason": "Mine.", "version": 1}
    theirs = await sandbox.http.post(f"{path}/decision", json=body, headers=own)
    assert problem(theirs) == (403, "conflict-of-interest")
    wrong = await weigh(sandbox, objection["id"], "grant", "legal_claims")
    assert wrong.json()["errors"][0]["pointer"] == "/reason_code"
    by_rule = await weigh(sandbox, objection["id"], "refuse", "still_needed")
    assert by_rule.status_code == 400, "only a rule says so"
    stale = await weigh(sandbox, objection["id"], version=7)
    assert problem(stale) == (409, "objection-already-decided")
    assert (await sandbox.as_staff(Role.OPERATOR, "GET", path)).status_code == 403
    assert (await reporter.call("GET", path)).status_code == 401
    case = await sandbox.as_staff(Role.MODERATOR, "GET", path, number=1)
    assert case.json()["objection"]["statement"] == GROUNDS
    assert case.json()["case"]["report"]["id"] == report["id"]


@pytest.mark.parametrize("who", ["screener", "own business"])
async def test_the_database_refuses_a_conflicted_moderator_too(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, who: str
) -> None:
    objection = await objected(person, report["id"])
    if who == "screener":
        said = "SELECT moderator_id AS id FROM report_decisions LIMIT 1"
    else:
        await sandbox.staff_key(Role.MODERATOR, business_id=reporter.id)
        said = f"SELECT id FROM staff WHERE business_id = '{reporter.id}'"
    (moderator,) = await rows.select(sandbox.runtime, said)
    decide = "UPDATE subject_requests SET decided_by = :by WHERE id = :id"
    with pytest.raises(IntegrityError, match="a moderator may not decide"):
        await rows.write(sandbox.runtime, decide, by=moderator["id"], id=UUID(objection["id"]))


async def test_two_moderators_at_once_one_wins(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    objection = await objected(person, report["id"])
    for number in (1, 2):
        await sandbox.staff_key(Role.MODERATOR, number)
    answers = await asyncio.gather(
        weigh(sandbox, objection["id"], number=1),
        weigh(sandbox, objection["id"], "grant", "rights_prevail", number=2),
    )
    assert sorted(one.status_code for one in answers) == [200, 409]


async def test_a_decision_and_a_dispute_at_once(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """Whichever comes first, an erased report is not disputed, and a disputed one is erased with its dispute."""
    objection = await objected(person, report["id"])
    await sandbox.staff_key(Role.MODERATOR, 1)
    body = {"report_id": report["id"], "ground": "inaccurate", "statement": "I have the receipt."}
    granted, disputed = await asyncio.gather(
        weigh(sandbox, objection["id"], "grant", "rights_prevail"),
        person.call("POST", "/v1/disputes", body),
    )
    assert granted.status_code == 200, granted.text
    assert disputed.status_code in (201, 404, 409), disputed.text
    assert (await reporter.view(report["id"]))["state"] == "erased"
    await sandbox.work()
    states = await rows.select(sandbox.runtime, "SELECT state FROM disputes")
    assert [one["state"] for one in states] == ["closed"] * (disputed.status_code == 201)


async def test_a_dispute_beside_an_objection_each_hides_on_its_own(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """Upheld, the report stays hidden for the objection; refused, it is shown as reviewed."""
    asker = await sandbox.shop()
    objection = await objected(person, report["id"])
    dispute = await person.dispute(report["id"])
    await answered(reporter, dispute["id"])
    upheld = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    assert upheld.json()["dispute"]["report_state"] == "upheld"
    assert await shown(asker) == []
    await weigh(sandbox, objection["id"])
    (fact,) = await shown(asker)
    assert fact["state"] == "upheld"


async def test_a_refused_objection_shows_nothing_that_a_dispute_hides(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    objection = await objected(person, report["id"])
    await person.dispute(report["id"])
    await weigh(sandbox, objection["id"])
    assert await shown(asker) == []


async def test_an_objection_lapses_with_its_report(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    objection = await objected(person, report["id"])
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    late = await weigh(sandbox, objection["id"])
    assert problem(late) == (409, "objection-already-decided")
    await sandbox.work()
    assert [one["state"] for one in await mine(person, "objections")] == ["lapsed"]
    letters = [one for one in sandbox.letters() if one["to"] == MAIL]
    assert any("більше не діє" in one["text"] for one in letters)
    assert problem(await object_to(person, report["id"])) == (409, "not-to-be-objected")
    assert (await ask(person, report["id"])).json()["state"] == "granted"


async def test_asking_for_erasure_closes_what_waits(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    """The report has ended, the objection has not been closed yet: nothing of it is left to decide."""
    objection = await objected(person, report["id"])
    await reporter.call("POST", f"/v1/reports/{report['id']}/settle", {"reason": "Paid."})
    assert (await ask(person, report["id"])).json()["state"] == "granted"
    row = await rows.row(sandbox.runtime, "subject_requests", objection["id"])
    assert (row["state"], row["sealed_statement"], row["sealed_contacts"]) == ("lapsed", None, None)


async def test_a_restriction_holds_when_notice_ends(registry: Registry) -> None:
    """Objected to before it was ever shown: the end of the notice days does not show it."""
    reporter, asker = await registry.shop(), await registry.shop()
    report = await registry.published(reporter, subject=SUBJECT)
    assert report["state"] == "notice"
    person = await arrived(registry)
    objection = await objected(person, report["id"])
    async with registry.after(12 * DAY):
        assert (await reporter.view(report["id"]))["state"] == "active"
        assert await shown(asker) == []
        await weigh(registry, objection["id"])
        assert len(await shown(asker)) == 1


async def test_what_an_objection_hides_is_told_to_be_visible_when_it_is(registry: Registry) -> None:
    """Objected to in the notice days: they end, and nobody is told that others see what they do not see."""
    reporter, asker = await registry.shop(), await registry.shop()
    report = await registry.published(reporter, subject=SUBJECT)
    told = {"Запис із цією адресою тепер видимий", "Ваш запис тепер видимий"}
    async with registry.after(3 * DAY):
        objection = await objected(await arrived(registry), report["id"])
    async with registry.after(12 * DAY):
        view = await reporter.view(report["id"])
        assert (view["state"], view["restricted"]) == ("active", True)
        assert await shown(asker) == []
        assert told.isdisjoint(one["subject"] for one in registry.letters())
        assert (await weigh(registry, objection["id"])).status_code == 200
        assert len(await shown(asker)) == 1
        await registry.work()
        assert told <= {one["subject"] for one in registry.letters()}


async def test_a_refused_objection_does_not_tell_that_a_disputed_report_is_seen(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person
) -> None:
    asker = await sandbox.shop()
    objection = await objected(person, report["id"])
    await person.dispute(report["id"])
    assert (await weigh(sandbox, objection["id"])).status_code == 200
    assert await shown(asker) == []
    await sandbox.work()
    letters = [
        one for one in sandbox.letters() if "відхилено" in one["subject"] and "@" in one["to"]
    ]
    assert len(letters) >= 2, "to the person and to the reporter"
    assert all("не приховує щось інше" in one["text"] for one in letters)
