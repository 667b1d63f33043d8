"""What an answer says, and what it never says: grades, sources, own terms, receipts, the sandbox."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.factories.registry import Registry, Shop, rnokpp

BORN = date(1990, 5, 17)
TAX_ID = rnokpp(BORN, 1234)
PERSON = {
    "phone": "+380505550155",
    "email": "person.one@mail.example",
    "tax_id": TAX_ID,
    "name": "Коваленко Ганна Іванівна",
    "birth_date": "1990-05-17",
}

GRADES: list[tuple[dict[str, Any], str, str]] = [
    ({"tax_id": TAX_ID}, "exact", "the same tax id"),
    ({"phone": "0505550155"}, "strong", "a shared phone, nothing else to compare"),
    ({"phone": "0505550155", "name": "Коваленко Ганна"}, "exact", "and an agreeing name"),
    ({"phone": "0505550155", "name": "Hanna Kovalenko"}, "exact", "in another script"),
    ({"phone": "0505550155", "birth_date": "17.05.1990"}, "exact", "and the birth date"),
    ({"email": "Person.One@mail.example"}, "strong", "a shared e-mail"),
    ({"phone": "0505550155", "name": "Коваленко Петро"}, "possible", "a relative"),
    ({"phone": "0505550155", "birth_date": "1991-05-17"}, "possible", "another birth date"),
    ({"phone": "0505550155", "tax_id": rnokpp(BORN, 77)}, "possible", "another tax id"),
    ({"name": "Ганна Коваленко", "birth_date": "1990-05-17"}, "possible", "likeness alone"),
]


@pytest.mark.parametrize(("subject", "grade", "why"), GRADES, ids=[why for _, _, why in GRADES])
async def test_grades(sandbox: Registry, subject: dict[str, Any], grade: str, why: str) -> None:
    """Only sure matches have facts; possible ones have neither facts nor counts."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    await sandbox.published(reporter, subject=PERSON)
    answer = await asker.look_up(**subject)
    (match,) = answer["matches"]
    assert match["grade"] == grade, why
    if grade == "possible":
        assert (match["reports"], match["last_incident"]) == ([], None)
        assert (match["independent_sources"], match["fulfilled"]) == (None, None)
        assert answer["result"] == "possible"
    else:
        assert len(match["reports"]) == 1
        assert answer["result"] == "record"


async def test_one_number_two_people(sandbox: Registry) -> None:
    """A family's phone leads to two identities; a name tells them apart, without it both are told."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    await sandbox.published(reporter, subject={"phone": "0505550144", "name": "Бондар Олег"})
    await sandbox.published(
        reporter,
        subject={"phone": "0505550144", "name": "Бондар Ірина"},
        category="no_show",
        amount=None,
    )
    both = await asker.look_up(phone="0505550144")
    assert sorted(m["reports"][0]["category"] for m in both["matches"]) == [
        "no_show",
        "parcel_refused",
    ]
    one = await asker.look_up(phone="0505550144", name="Ірина Бондар")
    assert [m["grade"] for m in one["matches"]] == ["exact", "possible"]
    assert one["matches"][0]["reports"][0]["category"] == "no_show"
    assert one["matches"][1]["reports"] == []


async def test_businesses_of_one_owner_are_one_source(sandbox: Registry) -> None:
    """Three reports of two owners' three businesses: three facts, two independent sources."""
    owner = ["Спільний Власник"]
    shops = [
        await sandbox.shop(beneficial_owners=owner),
        await sandbox.shop(beneficial_owners=[{"name": "СПІЛЬНИЙ  власник"}]),
        await sandbox.shop(),
    ]
    for shop in shops:
        await sandbox.published(shop, subject=PERSON)
    (match,) = (await (await sandbox.shop()).look_up(phone="0505550155"))["matches"]
    assert len(match["reports"]) == 3
    assert match["independent_sources"] == 2


async def test_an_answer_never_tells_who_or_how(sandbox: Registry) -> None:
    """No reporter, words, evidence, reference or identifier that was not sent."""
    reporter, asker = await sandbox.shop(name="ТОВ «Таємний Продавець»"), await sandbox.shop()
    await sandbox.published(
        reporter, subject=PERSON, statement="Planted words.", contract_reference="planted-ref-1"
    )
    said = json.dumps(await asker.look_up(phone="0505550155"), ensure_ascii=False)
    hidden = [
        "Таємний",
        str(reporter.id),
        "Planted",
        "planted-ref-1",
        "order.pdf",
        *map(str, PERSON.values()),
    ]
    assert [value for value in hidden if value in said] == []


async def test_own_terms(sandbox: Registry) -> None:
    """A member's rules are applied in their order, with their reasons and wording in three languages."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    for _ in range(2):
        await sandbox.published(reporter, subject=PERSON)
    default = (await asker.call("GET", "/v1/terms")).json()
    assert default["default"] is True
    rules = [
        {"advice": "decline_politely", "at_least": 2, "within_months": 12},
        {"advice": "prepay_half", "categories": ["parcel_refused"]},
        {"advice": "contact_log", "categories": ["no_show"]},
    ]
    assert (await asker.call("PUT", "/v1/terms", {"rules": rules})).status_code == 200
    terms = (await asker.look_up(phone="0505550155"))["terms"]
    assert [(one["advice"], one["because"]) for one in terms] == [
        ("decline_politely", "2 parcel_refused within 12 months"),
        ("prepay_half", "2 parcel_refused"),
    ]
    assert all(
        set(one["wording"]) == {"uk", "ru", "en"} and all(one["wording"].values()) for one in terms
    )
    await asker.call("PUT", "/v1/terms", {"rules": []})
    assert (await asker.look_up(phone="0505550155"))["terms"] == []
    bad = await asker.call(
        "PUT", "/v1/terms", {"rules": [{"advice": "prepay_full", "categories": ["late"]}]}
    )
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/rules/0/categories/0")


async def test_a_suspension_hides_and_lifting_shows(sandbox: Registry) -> None:
    """A suspended business's facts vanish at once, from answers and receipts, and come back with it."""
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    await sandbox.published(reporter, subject=PERSON)
    shown = await asker.look_up(phone="0505550155")
    await sandbox.decide_business(reporter.id, "suspend")
    assert (await asker.look_up(phone="0505550155"))["result"] == "no_record"
    receipt = (await asker.call("GET", f"/v1/lookups/{shown['lookup_id']}")).json()
    assert receipt["matches"][0]["reports"][0]["state"] == "no_longer_shown"
    assert (await reporter.call("GET", "/v1/reports")).status_code == 403
    await sandbox.decide_business(reporter.id, "verify")
    assert (await asker.look_up(phone="0505550155"))["result"] == "record"
    receipt = (await asker.call("GET", f"/v1/lookups/{shown['lookup_id']}")).json()
    assert receipt == shown


async def _test_key(shop: Shop) -> Shop:
    body = {"label": "test", "scopes": ["lookup"], "test": True}
    made = await shop.call("POST", "/v1/api-keys", body, Idempotency_Key=str(uuid4()))
    assert made.json()["api_key"].startswith("bcr_test_")
    return Shop(shop.id, made.json()["api_key"], shop.http)


async def test_the_sandbox_of_test_keys(sandbox: Registry) -> None:
    """Fixed identities for every kind of answer; live data is neither seen nor spent from."""
    shop = await sandbox.shop()
    await sandbox.published(shop, subject=PERSON)
    tester = await _test_key(shop)
    assert (await tester.look_up(phone="0505550155"))["result"] == "no_record"
    assert (await tester.look_up(phone="0505550101"))["matches"][0]["grade"] == "strong"
    rich = (await tester.look_up(phone="0505550102"))["matches"][0]
    assert (rich["grade"], rich["independent_sources"]) == ("exact", 2)
    assert {fact["state"] for fact in rich["reports"]} == {"active", "upheld"}
    assert (await tester.look_up(phone="0505550103"))["result"] == "possible"
    assert (await tester.look_up(email="sandbox@example.com"))["result"] == "record"
    body = {"subject": {"phone": "0505550109"}, "purpose": "order", "reference": "1"}
    refused = await tester.call("POST", "/v1/lookups", body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert (await tester.call("GET", "/v1/reports")).status_code == 403
    usage = (await shop.call("GET", "/v1/usage")).json()["plan_windows"]
    assert all(window["spent"] == 0 for window in usage)
