"""What a lookup answers: grades as the domain defines them, facts without names, everything on record."""

from datetime import date
from typing import Any

import pytest

from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, query, rnokpp

BORN = date(1987, 3, 12)
TAX = rnokpp(BORN, 88)
OTHER_TAX = rnokpp(BORN, 89)
PERSON = {
    "phone": "+380505550140",
    "email": "o.savchuk@mail.example",
    "tax_id": TAX,
    "handle": {"network": "telegram", "name": "@savchuk_o"},
    "name": "Савчук Олег Петрович",
    "birth_date": str(BORN),
    "city": "Київ",
}
COMPANY = {
    "kind": "company",
    "company_code": "99000011",
    "email": "office@firm.example",
    "name": "ТОВ «Вигадана Фірма»",
}


@pytest.fixture(scope="module")
async def asker(shared_sandbox: Registry) -> Shop:
    """A business that asks about one person and one company that were reported by another."""
    reporter = await shared_sandbox.shop()
    await shared_sandbox.published(reporter, subject=PERSON)
    await shared_sandbox.published(reporter, subject=COMPANY, category="no_show", amount=None)
    return await shared_sandbox.shop(plan="partner")


PHONE = {"phone": "050 555 01 40"}
GRADES: dict[str, tuple[dict[str, Any], str | None]] = {
    # exact: the same tax id or company code, or a shared identifier and an agreeing name or birth date
    "tax id": ({"tax_id": TAX}, "exact"),
    "tax id, with another phone": ({"tax_id": TAX, "phone": "+380505550149"}, "exact"),
    "company code": ({"kind": "company", "company_code": "99000011"}, "exact"),
    "company code as a tax id": ({"kind": "company", "tax_id": "99000011"}, "exact"),
    "phone and name": ({**PHONE, "name": "Олег Савчук"}, "exact"),
    "phone and name in Latin": ({**PHONE, "name": "Oleh Savchuk"}, "exact"),
    "phone and birth date": ({**PHONE, "birth_date": "12.03.1987"}, "exact"),
    "handle and name": (
        {"handle": {"network": "telegram", "name": "Savchuk_O"}, "name": "Савчук Олег"},
        "exact",
    ),
    # strong: the same strong identifier, nothing else to compare
    "phone": (PHONE, "strong"),
    "e-mail": ({"email": "O.Savchuk@mail.example"}, "strong"),
    "handle": ({"handle": {"network": "telegram", "name": "@savchuk_o"}}, "strong"),
    "phone and town": ({**PHONE, "city": "Київ"}, "strong"),
    "phone and another town": ({**PHONE, "city": "Львів"}, "strong"),
    "company's e-mail": ({"email": "office@firm.example"}, "strong"),
    # possible: a contradiction, or a likeness alone
    "a relative": ({**PHONE, "name": "Савчук Марія"}, "possible"),
    "a new owner": ({**PHONE, "name": "Коваленко Петро"}, "possible"),
    "another birth date": ({**PHONE, "birth_date": "1987-03-13"}, "possible"),
    "another tax id": ({**PHONE, "tax_id": OTHER_TAX}, "possible"),
    "the name, another birth date": (
        {**PHONE, "name": "Савчук Олег", "birth_date": "1990-01-01"},
        "possible",
    ),
    "name and birth date alone": (
        {"name": "Савчук Олег", "birth_date": str(BORN)},
        "possible",
    ),
    "name and town alone": ({"name": "Олег Савчук", "city": "Киев"}, "possible"),
    # nothing
    "a stranger's phone": ({"phone": "+380505550149"}, None),
    "a stranger's name": ({"name": "Савчук Олег", "city": "Львів"}, None),
    "a stranger's tax id": ({"tax_id": OTHER_TAX}, None),
}


@pytest.mark.parametrize("case", GRADES)
async def test_grades(asker: Shop, case: str) -> None:
    subject, grade = GRADES[case]
    answer = await asker.look_up(**subject)
    if grade is None:
        assert (answer["result"], answer["matches"], answer["terms"]) == ("no_record", [], [])
        assert answer["human_review_required"] is False
        return
    (match,) = answer["matches"]
    assert match["grade"] == grade
    assert answer["human_review_required"] is True
    if grade == "possible":
        assert answer["result"] == "possible"
        nothing = ("independent_sources", "fulfilled", "last_incident")
        assert match["reports"] == []
        assert [match[field] for field in nothing] == [None, None, None]
        assert [one["advice"] for one in answer["terms"]] == ["manual_review"]
    else:
        assert answer["result"] == "record"
        assert len(match["reports"]) == match["independent_sources"] == 1
        assert match["last_incident"] == match["reports"][0]["month"]


async def test_the_agreement_names_only_what_was_asked(asker: Shop) -> None:
    asked = {**PHONE, "name": "Oleh Savchuk", "birth_date": str(BORN)}
    (match,) = (await asker.look_up(**asked))["matches"]
    told = {one["field"]: one["how"] for one in match["agreement"]}
    assert told == {"phone": "same", "name": "transliteration", "birth_date": "same"}
    name = next(one for one in match["agreement"] if one["field"] == "name")
    assert 0.9 <= name["similarity"] <= 1
    assert "similarity" not in next(o for o in match["agreement"] if o["field"] == "phone")


async def test_the_answer_has_the_fields_of_the_contract(asker: Shop) -> None:
    answer = await asker.look_up(**PHONE)
    assert set(answer) == {
        *("lookup_id", "as_of", "result", "matches", "own_list", "terms"),
        *("human_review_required", "ignored"),
    }
    (match,) = answer["matches"]
    assert set(match) == {
        *("grade", "agreement", "reports", "independent_sources", "fulfilled", "last_incident")
    }
    (fact,) = match["reports"]
    month = fact.pop("month")
    assert fact == {
        "state": "active",
        "category": "parcel_refused",
        "amount_band": "1000-5000",
        "currency": "UAH",
        "evidence_grade": "documented",
        "own": False,
        "statement": None,
    }
    assert len(month) == 7
    assert answer["own_list"] is False
    (advice,) = answer["terms"]
    assert set(advice) == {"advice", "because", "wording"}
    assert set(advice["wording"]) == {"uk", "ru", "en"}


@pytest.mark.parametrize(
    "subject",
    [{}, {"name": "Савчук Олег"}, {"city": "Київ"}, {"birth_date": str(BORN)}, {"country": "UA"}],
)
async def test_what_could_mean_anyone(asker: Shop, subject: dict[str, Any]) -> None:
    answer = await asker.call("POST", "/v1/lookups", query(**subject))
    assert problem(answer) == (422, "lookup-insufficient")
    assert answer.json()["errors"][0]["pointer"] == "/subject"


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"purpose": "curiosity"}, {"/purpose"}),
        ({"purpose": None, "reference": ""}, {"/purpose", "/reference"}),
        ({"subject": {"phone": "123", "tax_id": "1"}}, {"/subject/phone", "/subject/tax_id"}),
        (
            {"purpose": "curiosity", "subject": {"phone": "123", "phones": [7, "12"], "x": 1}},
            {"/purpose", "/subject/phone", "/subject/phones/0", "/subject/phones/1", "/subject/x"},
        ),
        ({"subject": {"phones": ["0505550140"] * 11}}, {"/subject/phones"}),
        ({"subject": {"fone": "0505550140"}}, {"/subject/fone"}),
        ({"limit": 5}, {"/limit"}),
    ],
)
async def test_unreadable_lookups(asker: Shop, changes: dict[str, Any], pointers: set[str]) -> None:
    answer = await asker.call("POST", "/v1/lookups", {**query(**PHONE), **changes})
    assert answer.status_code == 400
    assert {fault["pointer"] for fault in answer.json()["errors"]} == pointers


async def test_every_answer_is_on_record_before_it_leaves(
    shared_sandbox: Registry, asker: Shop
) -> None:
    """Which reports were shown, by which key, why; and an audit entry of its own."""
    for subject, shown in ((PHONE, 1), ({"phone": "+380505550149"}, 0)):
        body = {**query(**subject), "purpose": "credit_terms", "reference": "planted-reference"}
        answer = (await asker.call("POST", "/v1/lookups", body)).json()
        row = await rows.row(shared_sandbox.runtime, "lookups", answer["lookup_id"])
        assert (row["business_id"], row["purpose"]) == (asker.id, "credit_terms")
        assert (row["result"], len(row["report_ids"])) == (answer["result"], shown)
        assert b"planted" not in row["sealed"]
        (entry,) = await rows.select(
            shared_sandbox.runtime,
            "SELECT * FROM audit_entries WHERE object_id = :id",
            id=answer["lookup_id"],
        )
        told = (entry["action"], entry["actor_kind"], entry["actor_id"], entry["business_id"])
        assert told == ("lookup.answered", "business", row["key_id"], asker.id)
        assert entry["details"] == {"result": answer["result"], "reports": shown}


async def test_ones_own_reports_count_and_are_marked(sandbox: Registry) -> None:
    mine, other = await sandbox.shop(), await sandbox.shop()
    for shop in (mine, other):
        await sandbox.published(shop, subject=PHONE)
    (match,) = (await mine.look_up(**PHONE))["matches"]
    assert sorted(fact["own"] for fact in match["reports"]) == [False, True]
    assert match["independent_sources"] == 2


@pytest.fixture(scope="module")
async def pole(shared_sandbox: Registry) -> Shop:
    """A Polish business; a Polish number was reported by a Ukrainian one."""
    await shared_sandbox.published(await shared_sandbox.shop(), subject={"phone": "+48512345678"})
    return await shared_sandbox.shop(country="PL", register_code="5261040828")


@pytest.mark.parametrize(
    ("by", "subject"),
    [
        ("pole", {"phone": "512 345 678"}),
        ("asker", {"phone": "512 345 678", "country": "PL"}),
        ("asker", {"phone": "+48 512 345 678"}),
        ("asker", {"phone": "0048512345678"}),
    ],
)
async def test_numbers_are_read_by_the_given_or_the_businesss_country(
    asker: Shop, pole: Shop, by: str, subject: dict[str, Any]
) -> None:
    shop = {"pole": pole, "asker": asker}[by]
    assert (await shop.look_up(**subject))["result"] == "record"


async def test_what_cannot_be_read_is_ignored_beside_what_can(asker: Shop) -> None:
    """The answer says so; it is that of the readable fields."""
    bad = {
        "email": "foo",
        "tax_id": "000000000000",
        "handle": {"network": "telegram", "name": "t.me/joinchat/x"},
    }
    plain, found = await asker.look_up(**PHONE), await asker.look_up(**PHONE, **bad)
    assert found["matches"] == plain["matches"]
    pointers = [one["pointer"] for one in found["ignored"]]
    assert sorted(pointers) == ["/subject/email", "/subject/handle/name", "/subject/tax_id"]
    assert all(one["detail"] for one in found["ignored"])
    assert plain["ignored"] == []


@pytest.mark.parametrize(
    "subject",
    [{"phone": "x"}, {**PHONE, "name": "123"}, {**PHONE, "birth_date": "x"}],
    ids=["nothing else", "name", "birth date"],
)
async def test_what_is_needed_is_refused(asker: Shop, subject: dict[str, Any]) -> None:
    """Without a name or birth date that was sent, a relative's facts could be shown."""
    answer = await asker.call("POST", "/v1/lookups", query(**subject))
    assert problem(answer) == (400, "invalid-values")


async def test_an_empty_optional_field_is_as_good_as_none(asker: Shop) -> None:
    empty = {"email": "", "tax_id": " ", "name": "", "phones": ["", ""], "city": "", "country": ""}
    plain, found = await asker.look_up(**PHONE), await asker.look_up(**PHONE, **empty)
    assert (found["matches"], found["ignored"]) == (plain["matches"], [])
    nothing = await asker.call("POST", "/v1/lookups", query(phone="", email=""))
    assert problem(nothing)[1] == "lookup-insufficient"


async def test_several_numbers_in_one_field_are_each_asked_for(asker: Shop) -> None:
    found = await asker.look_up(
        phone="067 111 22 34, 050 555 01 40", email="x@y.example; O.Savchuk@mail.example"
    )
    assert [match["grade"] for match in found["matches"]] == ["strong"]
    assert {one["field"] for one in found["matches"][0]["agreement"]} == {"phone", "email"}


@pytest.mark.parametrize("name", ["Рудченко Юлія", "Радченко Юлія"])
async def test_another_vowel_is_another_surname(sandbox: Registry, name: str) -> None:
    """Facts are shown under one's own name only, however near another is in the same letters."""
    phone = "+380505550711"
    await sandbox.published(await sandbox.shop(), subject={"phone": phone, "name": "Радченко Юлія"})
    found = await (await sandbox.shop()).look_up(phone=phone, name=name)
    grade = "exact" if name == "Радченко Юлія" else "possible"
    assert [match["grade"] for match in found["matches"]] == [grade]


async def test_a_number_of_many_people_tells_nothing_by_itself(sandbox: Registry) -> None:
    """Eight businesses name eight people under it, a parcel shop's: whose facts are shown must be named."""
    phone = "+380505550712"
    names = [
        "Бойко Ян",
        "Сидоренко Ольга",
        "Кравець Петро",
        "Мороз Ганна",
        "Ткач Роман",
        "Лисенко Віра",
        "Гнатюк Лев",
    ]
    for name in names:
        await sandbox.published(await sandbox.shop(), subject={"phone": phone, "name": name})
    asker = await sandbox.shop()
    found = await asker.look_up(phone=phone)
    assert [match["grade"] for match in found["matches"]] == ["strong"] * 7
    await sandbox.published(await sandbox.shop(), subject={"phone": phone, "name": "Юрченко Ніна"})
    found = await asker.look_up(phone=phone)
    assert [match["grade"] for match in found["matches"]] == ["possible"] * 8
    named = await asker.look_up(phone=phone, name="Бойко Ян")
    assert [match["grade"] for match in named["matches"]] == ["exact"] + ["possible"] * 7
