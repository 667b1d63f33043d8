"""Who is told of each event of a report's life, by the full table; and that no letter goes where it must not."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from registry.identities import service as identities
from registry.matching.fingerprints import keyed
from registry.platform.actor import SYSTEM
from registry.platform.runtime import Session
from registry.reports import letters, lifecycle, rulings
from registry.reports.rules import TRANSITIONS, Event, State
from tests.factories import rows
from tests.factories.registry import Registry
from tests.reports.states import in_state, locked

PHONE, MAIL = "+380505550181", "telling@mail.example"
SUBJECT = {"phone": PHONE, "email": MAIL, "name": "Коваль Марія"}
#: Event -> the letters that it alone brings: (to the reporter, to the person on both channels).
TOLD: dict[Event, set[str]] = {
    Event.PUBLISH: {"report_notice"},
    Event.INFO_OVERDUE: {"report_unanswered"},
    Event.UNDELIVERABLE: {"report_undeliverable"},
    Event.NOTICE_ENDED: {"report_visible", "notice_over"},
    Event.EXPIRE: {"report_over", "report_expired"},
    Event.WITHDRAW: {"report_taken_back"},
    Event.SETTLE: {"report_settled"},
}
#: Told by others: a moderator's decision by screening, what a dispute brings by the slice of disputes; or done by
#: whoever it concerns; or concerning nobody.
ELSEWHERE = {
    Event.EDIT,
    Event.COOLED_OFF,
    Event.REQUEST_INFO,
    Event.REJECT,
    Event.INFO_GIVEN,
    Event.CONTEST,
    Event.UPHOLD,
    Event.AMEND,
    Event.REMOVE,
    Event.REPORTER_SILENT,
    Event.ERASE,
}
#: The person knows nothing yet of these, so nothing is written to them of a withdrawal.
UNTOLD = {State.SUBMITTED, State.SCREENING, State.NEEDS_INFO}


@pytest.fixture(scope="module")
async def reports(shared: Registry) -> dict[State, str]:
    """One report a state, all of one business."""
    shop = await shared.shop()
    return {
        state: await in_state(shared.runtime, shop, state, subject=SUBJECT)
        for state in State
        if state is not State.ERASED
    }


async def _written(session: Session, report_id: str) -> list[tuple[str, str]]:
    said = "SELECT template, channel FROM messages WHERE about_id = :id AND created_at = :now"
    found = await session.execute(text(said), {"id": UUID(report_id), "now": session.now})
    return sorted((row[0], row[1]) for row in found)


def test_every_event_is_told_here_or_elsewhere() -> None:
    assert TOLD.keys() | ELSEWHERE == set(Event)
    assert set(letters.TELLS) == TOLD.keys() - {Event.PUBLISH}


@pytest.mark.parametrize(("state", "event"), [pair for pair in TRANSITIONS if pair[1] in TOLD])
async def test_an_event_tells_those_concerned(
    shared: Registry, reports: dict[State, str], state: State, event: Event
) -> None:
    async with rows.rolled_back(shared.runtime) as session:
        await lifecycle.apply(session, await locked(session, reports[state]), event, SYSTEM)
        written = await _written(session, reports[state])
    corrections = {"correction"}
    expected = set() if state in UNTOLD and event is Event.WITHDRAW else TOLD[event]
    assert {template for template, _ in written} - corrections == expected
    for template in expected & {"notice_over", "report_taken_back", "report_settled"}:
        assert [c for t, c in written if t == template] == ["mail", "sms"]


@pytest.mark.parametrize("event", ["settle", "restore", "amend", "remove"])
async def test_what_a_dispute_does_is_told_by_the_dispute_alone(
    shared: Registry, reports: dict[State, str], event: str
) -> None:
    async with rows.rolled_back(shared.runtime) as session:
        reason: Any = "Because."
        id_ = reports[State.CONTESTED]
        await getattr(rulings, event)(session, SYSTEM, UUID(id_), reason)
        assert {template for template, _ in await _written(session, id_)} <= {"correction"}


async def test_nothing_is_written_to_a_detached_number(
    shared: Registry, reports: dict[State, str]
) -> None:
    """Its new holder has nothing to do with the report; the person's own address still gets the letter."""
    async with rows.rolled_back(shared.runtime) as session:
        value = keyed("phone", PHONE, session.keyring.index_key)
        await identities.detach(session, value, session.now.date())
        report = await locked(session, reports[State.ACTIVE])
        await lifecycle.apply(session, report, Event.EXPIRE, SYSTEM)
        written = await _written(session, reports[State.ACTIVE])
    assert ("report_expired", "mail") in written
    assert ("report_expired", "sms") not in written
