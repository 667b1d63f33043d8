"""Every state times every event on real rows: the legal ones lead where the table says, the others nowhere."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from registry.platform.actor import SYSTEM
from registry.platform.runtime import Session
from registry.reports import lifecycle, rules
from registry.reports.rules import Event, State
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop, submission
from tests.reports.states import apply, everything, in_state, locked

PRODUCT = list(product(State, Event))
LEGAL = [pair for pair in PRODUCT if pair in rules.TRANSITIONS]
ILLEGAL = [pair for pair in PRODUCT if pair not in rules.TRANSITIONS]


@pytest.fixture(scope="module")
async def reports(shared: Registry) -> dict[State, str]:
    """One report a state, all of one business."""
    shop = await shared.shop()
    return {state: await in_state(shared.runtime, shop, state) for state in State}


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
async def test_an_illegal_event_changes_nothing(
    shared: Registry, reports: dict[State, str], state: State, event: Event
) -> None:
    before = await everything(shared.runtime, reports[state])
    with pytest.raises(lifecycle.IllegalTransition):
        await apply(shared.runtime, reports[state], event)
    assert await everything(shared.runtime, reports[state]) == before


@pytest.mark.parametrize(("state", "event"), LEGAL)
async def test_a_legal_event_leads_where_the_table_says(
    shared: Registry, reports: dict[State, str], state: State, event: Event
) -> None:
    """With its version counted, its clock set, its audit entry written, its facts shown or hidden."""
    before = await rows.row(shared.runtime, "reports", reports[state])
    async with rows.rolled_back(shared.runtime) as session:
        report = await locked(session, reports[state])
        await lifecycle.apply(session, report, event, SYSTEM)
        assert report.state == rules.TRANSITIONS[state, event]
        assert report.version == before["version"] + 1
        moved = report.state != before["state"]
        assert report.state_since == (session.now if moved else before["state_since"])
        clockless = report.state in {"screening", "erased"}
        assert (report.due_event is None, report.due_at is None) == (clockless, clockless)
        assert (report.ended_at is not None) == (report.state in rules.FINAL)
        await _check_traces(session, report.id, event, State(report.state))
    assert await rows.row(shared.runtime, "reports", reports[state]) == before


async def _check_traces(session: Session, report_id: UUID, event: Event, after: State) -> None:
    one = {"id": report_id}
    said = "SELECT action FROM audit_entries WHERE object_id = :id ORDER BY id DESC LIMIT 1"
    assert await session.scalar(text(said), one) == f"report.{event}"
    shown = "SELECT codes IS NOT NULL FROM facts WHERE report_id = :id"
    assert bool(await session.scalar(text(shown), one)) == (after in rules.SHOWN)


#: endpoint -> the states in which it is possible
CALLS = {
    "edit": {State.SUBMITTED, State.NEEDS_INFO},
    "evidence": {State.SUBMITTED, State.SCREENING, State.NEEDS_INFO},
    "withdraw": set(State) - rules.FINAL,
    "settle": {State.NOTICE, State.ACTIVE, State.CONTESTED, State.UPHELD, State.AMENDED},
    "reinsertion": set(rules.FINAL),
    "publish": {State.SCREENING},
    "request_info": {State.SCREENING},
    "reject": {State.SCREENING},
}
CODES = {"publish": "proof_standard_met", "request_info": "unclear", "reject": "no_grounds"}
REFUSED = [(name, state) for name, at in CALLS.items() for state in State if state not in at]


@pytest.fixture(scope="module")
async def owned(shared: Registry) -> tuple[Shop, dict[State, str]]:
    """One report a state, with the business whose they are."""
    shop, _ = await shared.shop(), await shared.staff_key(Role.MODERATOR)
    return shop, {state: await in_state(shared.runtime, shop, state) for state in State}


@pytest.mark.parametrize(("name", "state"), REFUSED)
async def test_over_http_it_is_a_conflict_and_changes_nothing(
    shared: Registry, owned: tuple[Shop, dict[State, str]], name: str, state: State
) -> None:
    shop, reports = owned
    before = await everything(shared.runtime, reports[state])
    answer = await _call(shared, shop, name, reports[state])
    assert answer.status_code == 409, answer.text
    expected = "report-already-decided" if name in CODES else "illegal-transition"
    assert answer.json()["type"] == f"urn:registry:problem:{expected}"
    assert await everything(shared.runtime, reports[state]) == before


async def _call(registry: Registry, shop: Shop, name: str, report_id: str) -> Any:
    path = f"/v1/reports/{report_id}"
    if name in CODES:
        return await registry.decide(report_id, name, CODES[name])
    if name == "evidence":
        return await shop.attach(report_id, PDF)
    if name == "edit":
        return await shop.call("PATCH", path, {"statement": "Another one."})
    if name == "reinsertion":
        body = {"certification": True, "reason": "New.", "report": submission()}
        return await shop.create(f"{path}/reinsertion", body)
    return await shop.call("POST", f"{path}/{name}", {"reason": "Because."})
