"""A verified business that lies: it changes nothing about a third person without a moderator.

It files reports and takes them back while they cool off, or lets them wait: to spread strangers' facts over other
people, to split a debtor's facts, to erase a true report, to open somebody's file.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry.platform import clock
from registry.reports import rules
from registry.reports.rules import Event, State
from tests.disputes.conftest import person, report, reporter
from tests.disputes.people import MAIL, PHONE, SUBJECT, Person
from tests.erasure.asking import ask, weigh
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, submission
from tests.reports.states import apply, bring_to, in_state
from tests.subjects.test_proofs import code_to, prove, proven, start

__all__ = ["person", "report", "reporter"]  # fixtures of theirs that serve here too

STRANGERS = [f"+38050555046{n}" for n in range(8)]
DEBTOR = {"phone": "+380505550471", "name": "Мельник Іван"}


async def _standings(registry: Registry) -> list[dict[str, Any]]:
    """All that lookups read, byte for byte."""
    return await rows.select(
        registry.runtime,
        "SELECT index_value, identity_id, kind, facts::text AS facts FROM standings ORDER BY 1, 2",
    )


#: What the liar lets its report come to before it ends, if it does.
LIVES: list[list[State]] = [
    [],
    [State.WITHDRAWN],
    [State.SCREENING, State.WITHDRAWN],
    [State.NEEDS_INFO, State.REJECTED],
    [State.NOTICE],
    [State.NOTICE, State.REJECTED, State.ERASED],
]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: "-".join(life) or "cooling off")
async def test_an_unpublished_report_moves_no_standing(
    registry: Registry, life: list[State]
) -> None:
    """Neither one that lists the numbers of eight strangers, nor one that puts another name under a debtor's."""
    honest, liar = await registry.shop(), await registry.shop(plan="partner")
    for phone in STRANGERS[:3]:
        await in_state(registry.runtime, honest, State.ACTIVE, subject={"phone": phone})
    for _ in range(2):
        await in_state(registry.runtime, honest, State.ACTIVE, subject=DEBTOR)
    before = await _standings(registry)
    assert len(before) > 3
    for subject in (
        {"phones": STRANGERS[:3]},
        {"phones": [DEBTOR["phone"], *STRANGERS[:2]]},
        DEBTOR | {"name": "Мельник Ольга", "email": "olha@mail.example"},
    ):
        report = await liar.report(subject=subject)
        for state in life:
            await _go_on(registry, report["id"], state)
        assert await _standings(registry) == before
    asker = await registry.shop()
    found = await asker.look_up(**DEBTOR)
    assert [(m["grade"], len(m["reports"])) for m in found["matches"]] == [("exact", 2)]


async def _go_on(registry: Registry, report_id: str, state: State) -> None:
    now = (await rows.row(registry.runtime, "reports", report_id))["state"]
    if state in (State.SCREENING, State.NEEDS_INFO, State.NOTICE):
        await bring_to(registry.runtime, report_id, state)
        return
    event = {State.WITHDRAWN: "withdraw", State.ERASED: "erase"}.get(state)
    event = event or {"needs_info": "info_overdue", "notice": "undeliverable"}[now]
    await apply(registry.runtime, report_id, Event(event))


async def test_a_published_report_of_many_numbers_joins_nobody(registry: Registry) -> None:
    """Even if a moderator lets it through: a question, and each stranger's number shows what names it."""
    honest, liar = await registry.shop(), await registry.shop()
    for phone in STRANGERS[:3]:
        await in_state(registry.runtime, honest, State.ACTIVE, subject={"phone": phone})
    listed = {"phones": STRANGERS[:3]}
    bridge = await in_state(registry.runtime, liar, State.ACTIVE, subject=listed)
    asker = await registry.shop()
    for phone in STRANGERS[:3]:
        found = await asker.look_up(phone=phone)
        assert [len(match["reports"]) for match in found["matches"]] == [1, 1]
    asked = "SELECT count(*) AS n FROM pair_decisions WHERE due IS NOT NULL"
    assert (await rows.select(registry.runtime, asked))[0]["n"] == 2
    await apply(registry.runtime, bridge, Event.WITHDRAW)
    for phone in STRANGERS[:3]:
        found = await asker.look_up(phone=phone)
        assert [len(match["reports"]) for match in found["matches"]] == [1]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("phones", STRANGERS[:5]),
        ("emails", [f"stranger{n}@mail.example" for n in range(5)]),
    ],
)
async def test_a_report_names_few_contacts(shared: Registry, kind: str, values: list[str]) -> None:
    shop = await shared.shop()
    taken = {"phone": DEBTOR["phone"], kind: values[:3]}
    assert (await shop.create("/v1/reports", submission(subject=taken))).status_code == 201
    refused = await shop.create("/v1/reports", submission(subject={kind: values}))
    assert problem(refused) == (422, "submission-refused")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/subject"]
    assert "at most 4" in refused.json()["detail"]


async def test_what_leaves_publication_leaves_no_trace(registry: Registry) -> None:
    """A published report that two others hang on, contested and upheld, objected to and shown again, then settled."""
    shop = await registry.shop()
    one = {"name": "Бойко Ян", "city": "Суми"}
    for subject in ({"phone": PHONE}, {"email": MAIL}):
        await in_state(registry.runtime, shop, State.ACTIVE, subject=subject | one)
    before = await _standings(registry)
    both = {"phone": PHONE, "email": MAIL} | one
    report = await in_state(registry.runtime, shop, State.ACTIVE, subject=both)
    joined = await _standings(registry)
    assert len({row["identity_id"] for row in joined}) == 1
    await apply(registry.runtime, report, Event.CONTEST)
    assert await _standings(registry) == before
    with clock.shifted(timedelta(days=8)):  # past the days of notice, which begin with the dispute
        await apply(registry.runtime, report, Event.UPHOLD)
    assert {row["identity_id"] for row in await _standings(registry)} == {
        row["identity_id"] for row in joined
    }
    await apply(registry.runtime, report, Event.SETTLE)
    assert await _standings(registry) == before


def _born(years: int) -> str:
    """A birth date by which a person is `years` old now, and was younger last month."""
    today = datetime.now(UTC).date()
    return str(today.replace(year=today.year - years, day=1) - timedelta(days=10))


@pytest.mark.parametrize("published", [False, True], ids=["unpublished", "published"])
@pytest.mark.parametrize("own", [None, "1985-02-03"], ids=["no date", "another date"])
async def test_a_friends_birth_date_erases_no_true_report(
    sandbox: Registry, reporter: Shop, person: Person, own: str | None, *, published: bool
) -> None:
    """By it the debtor was seventeen. No rule believes it: a moderator decides, and then the friend may withdraw."""
    subject = SUBJECT | ({"birth_date": own} if own else {})
    incident = str(datetime.now(UTC).date() - timedelta(days=300))
    true = await sandbox.published(reporter, subject=subject, incident_date=incident)
    friend = await sandbox.shop()
    lie = {
        "subject": SUBJECT | {"birth_date": _born(18)},
        "amount": {"amount": 1_00, "currency": "UAH"},
    }
    if published:
        await sandbox.published(friend, **lie)
    else:
        await friend.report(**lie)
    view = (await ask(person, true["id"])).json()
    assert (view["state"], view["hides"]) == ("pending", True), view
    assert (await reporter.view(true["id"]))["state"] == "active"
    done = await weigh(sandbox, view["id"], "refuse", "interests_prevail")
    assert done.status_code == 200, done.text
    assert (await reporter.view(true["id"]))["restricted"] is False


async def test_a_reporters_second_report_keeps_no_minor_reported(
    sandbox: Registry, reporter: Shop, person: Person
) -> None:
    """It files another report, with a birth date of somebody grown, which no moderator has seen."""
    young = await sandbox.published(
        reporter,
        subject=SUBJECT | {"birth_date": _born(18)},
        incident_date=str(datetime.now(UTC).date() - timedelta(days=60)),
    )
    await reporter.report(subject=SUBJECT | {"birth_date": "1985-02-03"})
    view = (await ask(person, young["id"])).json()
    assert (view["state"], view["code"]) == ("granted", "under_age"), view


# --- the person's file ---


async def _file(registry: Registry, phone: str, mail: str) -> dict[str, Any]:
    token = await proven(registry, phone, mail)
    found: dict[str, Any] = (await registry.http.get("/v1/subject/file", headers=token)).json()
    return found


@pytest.mark.parametrize("screened", [False, True], ids=["cooling off or screened", "published"])
async def test_the_new_holder_of_a_number_reads_nothing_of_the_old(
    sandbox: Registry, screened: bool
) -> None:
    """An honest shop reports the new holder under the number and their own address, without a name."""
    await sandbox.published(
        await sandbox.shop(), subject={"phone": PHONE, "name": "Шевченко Олена"}, statement="Old."
    )
    newer = {"phone": PHONE, "email": "newer@mail.example"}
    shop = await sandbox.shop()
    if screened:
        await sandbox.published(shop, subject=newer)
    else:
        await shop.report(subject=newer)
    file = await _file(sandbox, PHONE, "newer@mail.example")
    assert len(file["reports"]) == 1
    assert "Old." not in str(file)
    assert "Олена" not in str(file)


async def test_what_agrees_by_name_opens_together(sandbox: Registry) -> None:
    """The person's own older report, under the number alone: they have a right to it."""
    shop = await sandbox.shop()
    old = {"phone": PHONE, "name": "Шевченко Олена"}
    await sandbox.published(shop, subject=old, contract_reference="old")
    await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    assert len((await _file(sandbox, PHONE, MAIL))["reports"]) == 2


async def test_a_report_that_nobody_looked_at_opens_no_other(
    sandbox: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder of a recycled number has a friend file a report with the old holder's name."""
    await sandbox.published(
        await sandbox.shop(), subject={"phone": PHONE, "name": "Шевченко Олена"}, statement="Old."
    )
    await (await sandbox.shop()).report(subject=SUBJECT | {"email": "mine@mail.example"})
    assert "Old." not in str(await _file(sandbox, PHONE, "mine@mail.example"))
    monkeypatch.setattr(rules, "SCREENED", frozenset(State))
    assert "Old." in str(await _file(sandbox, PHONE, "mine@mail.example")), "it would be seen"


async def test_a_report_that_cools_off_is_its_reporters_alone(registry: Registry) -> None:
    """Nobody gets a code for it, nobody reads it, and no moderator is shown it as a neighbour."""
    shop = await registry.shop()
    report = await shop.report(subject=SUBJECT)
    await start(registry, phone=PHONE)
    assert code_to(registry, PHONE) is None
    async with registry.after(timedelta(hours=25)):
        session_id = await start(registry, phone=PHONE)
        code = code_to(registry, PHONE)
        assert code is not None
        assert (await prove(registry, session_id, code=code)).status_code == 200
    assert (await shop.view(report["id"]))["state"] == "screening"
