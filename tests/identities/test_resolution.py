"""One person is one identity, whoever reports them, however often and at once; two people are two."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from registry.reports.rules import Event, State
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, rnokpp, submission
from tests.reports.states import apply, bring_to, in_state

PHONE = "+380505550111"
BORN = date(1987, 3, 12)
IVAN = {"phone": PHONE, "name": "Мельник Іван"}


async def _identities(registry: Registry) -> int:
    return await rows.count(registry.runtime, "identities")


async def _identity_of(registry: Registry, report: dict[str, Any]) -> Any:
    said = (
        "SELECT identity_id FROM records JOIN reports ON reports.record_id = records.id"
        " WHERE reports.id = :id"
    )
    (found,) = await rows.select(registry.runtime, said, id=report["id"])
    return found["identity_id"]


async def _published(registry: Registry, shop: Shop, subject: dict[str, Any]) -> dict[str, Any]:
    """A report that lookups show: only such reports decide who is one person."""
    return {"id": await in_state(registry.runtime, shop, State.ACTIVE, subject=subject)}


SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"phone": "+380505550101"}, {"phone": "(050) 555-01-01"}),
    ({"email": "a.b@gmail.com"}, {"email": "AB+shop@googlemail.com"}),
    ({"phone": "+380505550102"}, {"phones": ["+380505550103", "0505550102"]}),
    (
        {"phone": "+380505550104", "handle": {"network": "telegram", "name": "@ivan_m"}},
        {"email": "i@mail.example", "handle": {"network": "Telegram", "name": "Ivan_M"}},
    ),
    (
        {"phone": "+380505550105", "handle": {"network": "viber", "name": "0505550106"}},
        {"phone": "+380505550106"},
    ),
    (
        {"phone": "+380505550107", "name": "Мельник Іван"},
        {"phone": "+380505550107", "name": "Ivan Melnyk"},
    ),
    (
        {"phone": "+380505550108", "name": "Мельник Іван", "birth_date": "1990-01-02"},
        {"phone": "+380505550108", "birth_date": "02.01.1990"},
    ),
    (
        {"kind": "company", "company_code": "99000011", "email": "x@firm.example"},
        {"kind": "company", "company_code": "UA99000011", "email": "y@firm.example"},
    ),
]


@pytest.mark.parametrize(("first", "second"), SAME)
async def test_the_same_identifier_is_the_same_person(
    shared: Registry, first: dict[str, Any], second: dict[str, Any]
) -> None:
    one, other = await shared.shop(), await shared.shop()
    reports = [await _published(shared, one, first), await _published(shared, other, second)]
    assert await _identity_of(shared, reports[0]) == await _identity_of(shared, reports[1])


CONTRADICTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": "Мельник Іван"}, {"name": "Мельник Ольга"}),
    ({"birth_date": "1990-01-02"}, {"birth_date": "1990-01-03"}),
    ({"tax_id": rnokpp(BORN, 11)}, {"tax_id": rnokpp(BORN, 12)}),
]


@pytest.mark.parametrize(("first", "second"), CONTRADICTIONS, ids=["name", "born", "tax"])
async def test_a_contradiction_is_another_person_with_the_same_number(
    sandbox: Registry, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """A lookup by the number gives both; one that says who is meant gives each its own grade."""
    shop, asker = await sandbox.shop(), await sandbox.shop()
    phone = {"phone": PHONE}
    one = await sandbox.published(shop, subject={**phone, **first}, category="no_show", amount=None)
    two = await sandbox.published(shop, subject={**phone, **second})
    assert await _identity_of(sandbox, one) != await _identity_of(sandbox, two)

    both = await asker.look_up(**phone)
    assert [match["grade"] for match in both["matches"]] == ["strong", "strong"]
    assert both["result"] == "record"
    meant = await asker.look_up(**phone, **first)
    assert [match["grade"] for match in meant["matches"]] == ["exact", "possible"]
    (fact,) = meant["matches"][0]["reports"]
    assert fact["category"] == "no_show"
    other = meant["matches"][1]
    assert (other["reports"], other["independent_sources"], other["last_incident"]) == (
        [],
        None,
        None,
    )


async def test_a_third_who_says_nothing_joins_neither_of_two(shared: Registry) -> None:
    """Nothing says whose debt it is: the number leads to each of them, and a moderator is asked."""
    shop = await shared.shop()
    phone = {"phone": "+380505550112"}
    first = await _published(shared, shop, {**phone, "name": "Мельник Іван"})
    second = await _published(shared, shop, {**phone, "name": "Мельник Ольга"})
    silent = await _published(shared, shop, phone)
    found = {await _identity_of(shared, one) for one in (first, second, silent)}
    assert len(found) == 3
    asked = "SELECT * FROM pair_decisions WHERE due IS NOT NULL AND other = :id"
    row = await rows.row(shared.runtime, "reports", silent["id"])
    assert len(await rows.select(shared.runtime, asked, id=row["record_id"])) == 2


async def test_a_likeness_alone_is_nobody(shared: Registry) -> None:
    """Same name, father's name and town without a shared identifier: two identities."""
    shop = await shared.shop()
    like = {"name": "Мельник Іван Петрович", "city": "Київ"}
    one = await _published(shared, shop, {**like, "phone": "+380505550113"})
    two = await _published(shared, shop, {**like, "phone": "+380505550114"})
    assert await _identity_of(shared, one) != await _identity_of(shared, two)


UNSHARED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    (
        {"phone": "+380505550231", "name": "Гнатюк Юхим", "city": "Суми"},
        {"phone": "+380505558231", "name": "Юхим Гнатюк", "city": "Сумы"},
        True,
    ),
    (
        {"phone": "+380505550232", "name": "Гнатюк Лука", "city": "Суми"},
        {"phone": "+380505550233", "name": "Гнатюк Лука", "city": "Суми"},
        False,
    ),
    (
        {
            "phone": "+380505550234",
            "name": "Гнатюк Хома",
            "city": "Суми",
            "birth_date": "1990-01-02",
        },
        {
            "phone": "+380671110234",
            "name": "Хома Львович Гнатюк",
            "city": "Суми",
            "birth_date": "02.01.1990",
        },
        True,
    ),
]


@pytest.mark.parametrize(("first", "second", "one"), UNSHARED)
async def test_without_a_number_in_common(
    shared: Registry, first: dict[str, Any], second: dict[str, Any], one: bool
) -> None:
    """A digit wrong beside a whole name and a town, or name, birthday and town; two cards of one package are not."""
    shop = await shared.shop()
    reports = [await _published(shared, shop, first), await _published(shared, shop, second)]
    found = [await _identity_of(shared, report) for report in reports]
    assert (found[0] == found[1]) is one


async def test_sixteen_at_once_are_one_identity(registry: Registry) -> None:
    """From several businesses, each with the phone and an e-mail, published together in changing order."""
    shops = [await registry.shop() for _ in range(4)]
    ways = [
        {"phone": PHONE, "email": "i.melnyk@mail.example"},
        {"emails": ["i.melnyk@mail.example"], "phones": ["0505550111"]},
        {"phone": "8 (050) 555 01 11"},
        {"phone": PHONE, "email": "I.Melnyk@mail.example", "name": "Мельник Іван"},
    ]
    reports = [await shops[n % 4].report(subject=ways[n // 4]) for n in range(16)]
    for report in reports:
        await bring_to(registry.runtime, report["id"], State.NOTICE)
    assert await _identities(registry) == 0
    # All share the phone, so that one identity is right whichever comes first.
    ended = (apply(registry.runtime, one["id"], Event.NOTICE_ENDED) for one in reports)
    await asyncio.gather(*ended)
    assert await rows.count(registry.runtime, "records") == 16
    assert await _identities(registry) == 1


async def test_edits_and_submissions_at_once(registry: Registry) -> None:
    """Reports are moved from one person to another while new ones arrive: nobody waits for anybody."""
    shop = await registry.shop()
    other = {"phone": "+380505550115", "name": "Коваль Ганна"}
    people = [IVAN, other]
    reports = [await shop.report(subject=people[n % 2]) for n in range(8)]

    async def edit(number: int) -> int:
        changes = {"subject": people[(number + 1) % 2]}
        path = f"/v1/reports/{reports[number]['id']}"
        return (await shop.call("PATCH", path, changes)).status_code

    async def submit(number: int) -> int:
        body = submission(subject=people[number % 2])
        return (await shop.create("/v1/reports", body)).status_code

    work = [job(n) for n in range(8) for job in (edit, submit)]
    assert sorted(await asyncio.gather(*work)) == [200] * 8 + [201] * 8
    assert await _identities(registry) == 0
    assert await rows.count(registry.runtime, "records") == 16


async def test_a_published_record_that_ends_leaves_nothing(registry: Registry) -> None:
    shop = await registry.shop()
    reports = [await _published(registry, shop, IVAN) for _ in range(2)]
    assert await _identities(registry) == 1
    for left, (report, day) in zip((1, 0), ((reports[0], 40), (reports[1], 80)), strict=True):
        path = f"/v1/reports/{report['id']}/withdraw"
        assert (await shop.call("POST", path, {"reason": "Mistake."})).status_code == 200
        assert await _identities(registry) == left
        async with registry.after(timedelta(days=day)):
            pass
        assert await rows.count(registry.runtime, "records") == left
    assert await rows.count(registry.runtime, "record_identifiers") == 0
    counted = await rows.select(registry.runtime, "SELECT sum(published) AS n FROM record_counts")
    assert counted == [{"n": 0}]


async def test_an_identity_holds_no_values(registry: Registry) -> None:
    shop = await registry.shop()
    await _published(registry, shop, {**IVAN, "city": "Київ", "address": "вул. Вигадана, 7"})
    found = await rows.select(registry.runtime, "SELECT * FROM identities")
    assert [set(one) for one in found] == [{"id", "created_at"}]
    values = await rows.select(registry.runtime, "SELECT * FROM record_identifiers")
    assert {(one["kind"], len(one["index_value"])) for one in values} == {
        ("phone", 16),
        ("name_city", 16),
        ("name_pair", 16),
        ("name_word", 16),
    }


async def test_an_unreadable_subject_leaves_no_half_record(shared: Registry) -> None:
    shop: Shop = await shared.shop()
    before = await rows.count(shared.runtime, "records")
    body = submission(subject={**IVAN, "tax_id": "1"})
    assert problem(await shop.create("/v1/reports", body)) == (400, "invalid-values")
    assert await rows.count(shared.runtime, "records") == before


async def test_another_surname_on_one_number_is_a_question(sandbox: Registry) -> None:
    """Two of the many called Іван, or one who took another name: never merged without a person's answer."""
    asker = await sandbox.shop()
    first = {"phone": "+380505550118", "name": "Петренко Іван", "city": "Одеса"}
    second = {"phone": "+380505550118", "email": "s.ivan@mail.example", "name": "Сидоренко Іван"}
    one = await sandbox.published(await sandbox.shop(), subject=first)
    two = await sandbox.published(await sandbox.shop(), subject=second)
    assert await _identity_of(sandbox, one) != await _identity_of(sandbox, two)
    answer = await asker.look_up(email="s.ivan@mail.example", name="Сидоренко Іван")
    assert [len(match["reports"]) for match in answer["matches"]] == [1]
    stranger = await asker.look_up(phone="+380505550118", name="Бондаренко Іван")
    assert [match["grade"] for match in stranger["matches"]] == ["possible", "possible"]
    assert stranger["result"] == "possible"
