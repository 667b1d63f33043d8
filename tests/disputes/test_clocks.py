"""Deadlines of a dispute: both sides, and their letters, are told one moment, and it is the one that counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.disputes import jobs as dispute_jobs
from registry.messages import letters
from registry.messages.rules import Channel, Language
from registry.platform import clock
from registry.reports import jobs as report_jobs
from tests.disputes.people import SUBJECT, Person, answered, arrived, rule
from tests.factories.registry import Registry, Shop

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
async def dispute(sandbox: Registry, reporter: Shop) -> dict[str, Any]:
    report = await sandbox.published(reporter, subject=SUBJECT)
    return await (await arrived(sandbox)).dispute(report["id"])


async def both(sandbox: Registry, reporter: Shop, person: Person) -> tuple[str, datetime]:
    """What is due next, as both sides see it: they are told the same."""
    (theirs,) = await person.disputes()
    (ours,) = (await reporter.call("GET", "/v1/disputes")).json()["items"]
    assert theirs["due"] == ours["due"]
    return theirs["due"]["event"], datetime.fromisoformat(theirs["due"]["at"])


def told(sandbox: Registry, word: str, moment: datetime) -> bool:
    """Whether the last letter with this word tells the moment."""
    spoken = letters.spoken(moment, Channel.MAIL, Language.UK, sandbox.runtime.policy.calendar)
    return spoken in [one["text"] for one in sandbox.letters() if word in one["text"]][-1]


async def test_the_answer_is_due_after_ten_full_days(
    sandbox: Registry, reporter: Shop, dispute: dict[str, Any]
) -> None:
    await sandbox.work()
    event, at = await both(sandbox, reporter, await arrived(sandbox))
    opened = datetime.fromisoformat(dispute["opened_at"])
    assert (event, at) == ("unanswered", opened + 10 * DAY)
    assert told(sandbox, "Дайте відповідь із доказами до", at)
    report = await reporter.view(dispute["report_id"])
    assert report["due"] == {"event": "reporter_silent", "at": dispute["due"]["at"]}


async def test_the_ruling_is_due_thirty_days_after_the_opening(
    sandbox: Registry, reporter: Shop, dispute: dict[str, Any]
) -> None:
    async with sandbox.after(9 * DAY):
        await answered(reporter, dispute["id"])
        event, at = await both(sandbox, reporter, await arrived(sandbox))
    assert (event, at) == ("late", datetime.fromisoformat(dispute["opened_at"]) + 30 * DAY)


@pytest.mark.parametrize("days", range(7))
async def test_the_time_to_appeal_ends_with_a_working_day_of_the_country(
    sandbox: Registry, reporter: Shop, dispute: dict[str, Any], days: int
) -> None:
    """Ruled on each day of a week: two weeks later, to the last minute of a working day, and not one more."""
    with clock.shifted(days * DAY):
        await answered(reporter, dispute["id"])
        ruled = (await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")).json()
        await sandbox.work()
        event, at = await both(sandbox, reporter, await arrived(sandbox))
    calendar = sandbox.runtime.policy.calendar
    since = datetime.fromisoformat(ruled["dispute"]["state_since"])
    last = calendar.day(at - MINUTE)
    assert event == "close"
    assert calendar.end(last) == at
    assert last.weekday() < 5
    assert 14 * DAY <= at - since < 17 * DAY
    assert told(sandbox, "може один раз оскаржити це рішення, до", at)
    body = {"statement": "Nobody looked at the receipt."}
    path = f"/v1/disputes/{dispute['id']}/appeal"
    in_time = days % 2 == 0
    moment = at - 3 * MINUTE if in_time else at + MINUTE
    with clock.shifted(moment - datetime.fromisoformat(dispute["opened_at"])):
        appealed = await (await arrived(sandbox)).call("POST", path, body)
    assert appealed.status_code == (200 if in_time else 409), appealed.text


async def test_silence_is_told_whichever_job_comes_first(
    sandbox: Registry, reporter: Shop, dispute: dict[str, Any]
) -> None:
    """The report's own clock may end it before the dispute's: with two workers, or after a failure."""
    with clock.shifted(10 * DAY + MINUTE):
        await report_jobs.advance_due(sandbox.runtime)
        assert (await reporter.view(dispute["report_id"]))["state"] == "removed"
        assert await dispute_jobs.follow_reports(sandbox.runtime) == 1
        await sandbox.work()
        (ended,) = await (await arrived(sandbox)).disputes()
    assert (ended["state"], ended["ruling"]) == ("closed", "remove")
    subjects = [one["subject"] for one in sandbox.letters()]
    assert subjects.count("Запис вилучено: відповіді не було") >= 2, "both sides"
