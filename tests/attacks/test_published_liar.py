"""A verified business whose reports pass a moderator: what they may change in lookups about third persons.

Each of its reports looks fine, with evidence, and is published. It must not change what no moderator decided: whose
facts are shown under another number, code or name, and what is known of a debtor.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from registry.reports.rules import State
from registry.staff.rules import Role
from tests.disputes.test_detachments import decided, holder, say
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, rnokpp
from tests.reports.states import in_state

A, B, DEBTOR = "+380505550461", "+380505550962", "+380505550471"
NAMED = {"phone": DEBTOR, "name": "Мельник Іван"}

Match = tuple[str, int, int | None]


async def _publish(registry: Registry, shop: Shop, *subjects: dict[str, Any]) -> None:
    for subject in subjects:
        await in_state(registry.runtime, shop, State.ACTIVE, subject=subject)


async def _honest(registry: Registry, *subjects: dict[str, Any]) -> None:
    """Publish honest reports, each of a business of its own."""
    for subject in subjects:
        await _publish(registry, await registry.shop(), subject)


async def _found(registry: Registry, **subject: Any) -> list[Match]:
    """What a business that has no part in it is shown: grade, facts and sources of each match."""
    answer = await (await registry.shop()).look_up(**subject)
    return [
        (match["grade"], len(match["reports"]), match["independent_sources"])
        for match in answer["matches"]
    ]


async def _identities(registry: Registry) -> Sequence[int]:
    """How many published records each identity has."""
    counted = "SELECT count(*) AS n FROM records WHERE identity_id IS NOT NULL GROUP BY identity_id"
    return sorted(row["n"] for row in await rows.select(registry.runtime, counted))


async def _honest_identities(registry: Registry, *liars: Shop) -> int:
    """Of how many identities the reports of all other businesses are."""
    honest = (
        "SELECT DISTINCT r.identity_id FROM records r JOIN facts f ON f.record_id = r.id"
        " WHERE f.business_id <> ALL (CAST(:liars AS uuid[]))"
    )
    return len(await rows.select(registry.runtime, honest, liars=[shop.id for shop in liars]))


@pytest.mark.parametrize(
    "lie",
    [{"birth_date": "1960-07-21"}, {"tax_id": rnokpp(date(1960, 7, 21), 3)}],
    ids=["date", "code"],
)
async def test_a_false_date_or_code_hides_no_facts(registry: Registry, lie: dict[str, Any]) -> None:
    """Asked with the true one, the debtor's facts are shown; the false report's is not."""
    await _honest(registry, NAMED, NAMED, NAMED)
    await _publish(registry, await registry.shop(), NAMED | lie)
    true = {"birth_date": "1985-02-03", "tax_id": rnokpp(date(1985, 2, 3), 12)}
    assert await _found(registry, **NAMED, birth_date=true["birth_date"]) == [("exact", 3, 3)]
    if "tax_id" in lie:
        assert await _found(registry, **NAMED, tax_id=true["tax_id"]) == [("exact", 3, 3)]


async def test_another_name_hides_no_nameless_facts(registry: Registry) -> None:
    await _honest(registry, {"phone": DEBTOR}, {"phone": DEBTOR}, {"phone": DEBTOR})
    await _publish(registry, await registry.shop(), {"phone": DEBTOR, "name": "Петренко Ольга"})
    assert await _found(registry, **NAMED) == [("strong", 3, 3)]


async def test_two_sources_name_whose_the_number_is(registry: Registry) -> None:
    """Then a nameless report under it is held to be of the one whom they name, and a relative is shown none."""
    olha = {"phone": DEBTOR, "name": "Петренко Ольга"}
    await _honest(registry, {"phone": DEBTOR}, olha, olha)
    assert await _found(registry, **NAMED) == [("possible", 0, None)]
    assert await _found(registry, **olha) == [("exact", 3, 3)]


@pytest.mark.parametrize("name", ["Мельник І.", "Мельник"])
async def test_an_initial_puts_no_debts_on_a_relative(registry: Registry, name: str) -> None:
    await _honest(registry, NAMED, NAMED, NAMED)
    wife = {"phone": DEBTOR, "name": "Мельник Ірина"}
    assert await _found(registry, **wife) == [("possible", 0, None)]
    await _publish(registry, await registry.shop(), {"phone": DEBTOR, "name": name})
    ((_, facts, sources),) = await _found(registry, **wife)
    assert (facts, sources) == (1, 1)  # what the report says by itself
    assert await _found(registry, **NAMED) == [("exact", 4, 4)]


@pytest.mark.parametrize("name", [{}, {"name": "Мельник Іван"}], ids=["nameless", "named"])
async def test_reports_of_one_business_join_no_strangers(
    registry: Registry, name: dict[str, str]
) -> None:
    await _honest(registry, *[{"phone": A}] * 3, {"phone": B} | name)
    liar = await registry.shop()
    for _ in range(3):
        await _publish(registry, liar, {"phones": [A, B]} | name)
        assert await _honest_identities(registry, liar) == 2
        most = max(facts for _, facts, _ in await _found(registry, phone=B))
        assert most <= 4, "the three honest facts under A are shown under B"


async def test_businesses_of_one_owner_are_one_source(registry: Registry) -> None:
    await _honest(registry, {"phone": A}, {"phone": B})
    one, other = await registry.shop(), await registry.shop()
    same = "UPDATE businesses SET source_id = CAST(:one AS uuid) WHERE id = CAST(:other AS uuid)"
    await rows.write(registry.runtime, same, one=one.id, other=other.id)
    for shop in (one, other):
        await _publish(registry, shop, {"phones": [A, B]})
    assert await _honest_identities(registry, one, other) == 2


async def test_reports_of_one_business_outvote_nobody(registry: Registry) -> None:
    dated = NAMED | {"birth_date": "1985-02-03"}
    await _honest(registry, dated, dated, NAMED, NAMED, NAMED)
    friend = await registry.shop()
    for _ in range(3):
        await _publish(registry, friend, NAMED | {"birth_date": "1960-07-21"})
        assert (await _found(registry, **dated))[0] == ("exact", 5, 5)


async def test_a_suspended_business_joins_and_splits_nothing(registry: Registry) -> None:
    """Its facts are hidden at once; within seconds its records hold nothing together. They come back with it."""
    await _honest(registry, {"phone": A, "name": "Бойко Ян", "city": "Суми"})
    await _honest(registry, {"email": "b@mail.example", "name": "Бойко Ян", "city": "Суми"})
    bridge = {"phone": A, "email": "b@mail.example", "name": "Бойко Ян", "city": "Суми"}
    shop = await registry.shop()
    await _publish(registry, shop, bridge)
    assert await _identities(registry) == [3]
    await registry.decide_business(shop.id, "suspend")
    assert await _found(registry, phone=A) == [("strong", 2, 2)]
    await registry.work()
    assert await _identities(registry) == [1, 1]
    assert await _found(registry, phone=A) == [("strong", 1, 1)]
    await registry.decide_business(shop.id, "verify")
    await registry.work()
    assert await _identities(registry) == [3]
    assert await _found(registry, phone=A) == [("strong", 3, 3)]


async def test_two_answers_merge_nobody_who_contradicts(sandbox: Registry) -> None:
    """Each question shows both identities whole, and the answer that would bring two persons together is refused."""
    ivan = {"phone": A, "name": "Мельник Іван", "birth_date": "1985-02-03"}
    olha = {"phone": B, "name": "Петренко Ольга", "birth_date": "1991-05-06"}
    for subject in (ivan, ivan, olha, {"phones": [A, B]}):
        await sandbox.published(await sandbox.shop(), subject=subject)
    queue = (await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
    asked = [item["id"] for item in queue["items"] if item["kind"] == "pair"]
    assert len(asked) == 2
    answered, shown = [], []
    for number, id_ in enumerate(asked):
        path = f"/v1/moderation/pairs/{id_}"
        case = (await sandbox.as_staff(Role.MODERATOR, "GET", path, number=number)).json()
        records = [*case["records"], *case["others"]]
        shown.append([name for record in records for name in record["names"] or [None]])
        body = {"decision": "same", "reason": "They share the phone.", "version": 1}
        answered.append(
            await sandbox.as_staff(Role.MODERATOR, "POST", f"{path}/decision", body, number=number)
        )
    one, both = shown
    assert len({*one} - {None}) == 1
    assert sorted(map(str, both)) == sorted(
        map(str, [None, ivan["name"], ivan["name"], olha["name"]])
    )
    assert answered[0].status_code == 200
    assert problem(answered[1]) == (409, "identities-contradict")
    assert sum(facts for _, facts, _ in await _found(sandbox, **olha)) <= 2


async def test_a_code_or_handle_of_a_stranger_leads_to_no_debts(registry: Registry) -> None:
    """Whose code or handle it is, is not notified; so one source brings nobody else's facts under it."""
    await _honest(registry, NAMED, NAMED, NAMED)
    code = rnokpp(date(1979, 4, 9), 55)
    handles = [{"network": "telegram", "name": f"@stranger_no{n}"} for n in range(4)]
    lie = {"phone": DEBTOR, "tax_id": code, "handles": handles}
    await _publish(registry, await registry.shop(), lie)
    assert await _found(registry, tax_id=code) == [("exact", 1, 1)]
    assert await _found(registry, handle=handles[0]) == [("strong", 1, 1)]
    assert await _found(registry, **NAMED) == [("exact", 4, 4)]
    await _publish(registry, await registry.shop(), lie)  # a second source, of another owner
    assert await _found(registry, tax_id=code) == [("exact", 5, 5)]


VICTIM = {"phone": "+380671234511", "email": "v@mail.example", "name": "Гордієнко Мирослава"}
BURNER = {"phone": "+380939998877"}
CODE = {"tax_id": rnokpp(date(1985, 2, 3), 77)}
BORN = {"birth_date": "1985-02-03", "city": "Київ"}
HANDLE = {"handle": {"network": "telegram", "name": "@myroslava_h"}}


@pytest.mark.parametrize(
    ("victim", "lie"),
    [
        (VICTIM, {"phone": "+380671294511", "name": VICTIM["name"]}),
        (VICTIM | CODE, BURNER | CODE),
        (VICTIM | BORN, BURNER | BORN | {"name": VICTIM["name"]}),
        (VICTIM | HANDLE, BURNER | HANDLE),
    ],
    ids=["one digit off", "code", "name, day and town", "handle"],
)
async def test_a_number_leads_to_nothing_that_its_holder_was_not_notified_of(
    registry: Registry, victim: dict[str, Any], lie: dict[str, Any]
) -> None:
    await _honest(registry, victim)
    await _publish(registry, await registry.shop(), lie)
    assert [facts for _, facts, _ in await _found(registry, phone=VICTIM["phone"])] == [1]
    named = {key: victim[key] for key in ("phone", "email", "name")}
    assert [facts for _, facts, _ in await _found(registry, **named)] == [1]


async def test_a_detachment_that_is_taken_back_leaves_nothing_split(sandbox: Registry) -> None:
    """Reports that were published meanwhile are compared with the restored ones."""
    for _ in range(2):
        await sandbox.published(await sandbox.shop(), subject={"phone": DEBTOR})
    assert (await say(sandbox, await holder(sandbox, DEBTOR))).status_code == 201
    for subject in ({"phone": DEBTOR}, NAMED):
        await sandbox.published(await sandbox.shop(), subject=subject)
    assert (await decided(sandbox, "restore")).status_code == 200
    assert await _found(sandbox, **NAMED) == [("exact", 4, 4)]


async def test_a_moderator_is_not_shown_what_was_detached(sandbox: Registry) -> None:
    await sandbox.published(await sandbox.shop(), subject=NAMED | {"email": "d@mail.example"})
    assert (await say(sandbox, await holder(sandbox, DEBTOR))).status_code == 201
    record = (await rows.select(sandbox.runtime, "SELECT identity_id FROM records"))[0]
    path = f"/v1/moderation/identities/{record['identity_id']}"
    view = (await sandbox.as_staff(Role.MODERATOR, "GET", path)).json()
    assert [one["phones"] for one in view["records"]] == [[]]


async def test_one_report_joins_no_namesakes(registry: Registry) -> None:
    """It leads from B to what it says of A, as its notice to B says; but B's own report is not made A's."""
    name = {"name": "Шевченко Олександр"}
    kyiv = {"phone": A, "city": "Київ"} | name
    await _honest(registry, kyiv, kyiv, {"phone": B, "city": "Львів"} | name)
    liar = await registry.shop()
    await _publish(registry, liar, {"phones": [A, B]} | name)
    assert await _honest_identities(registry, liar) == 2
    assert ("exact", 1, 1) in await _found(registry, phone=B, **name)
