"""What a report must hold: every rule with its place, all faults at once, and nothing kept of a refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from registry.deadlines import months_after
from registry.reports.rules import Category
from tests.factories import rows
from tests.factories.registry import Registry, Shop, rnokpp, submission

DAY = timedelta(days=1)
PHONE = {"phone": "+380505550140"}
ADULT = date(1987, 3, 12)
CONTACT = {"at": "2026-01-03T09:00:00Z", "channel": "phone", "summary": "Promised to pay."}
TABLES = ("reports", "records", "identities", "data_keys", "audit_entries", "stored_answers")


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


async def _kept(registry: Registry) -> dict[str, int]:
    return {table: await rows.count(registry.runtime, table) for table in TABLES}


async def _refused(
    registry: Registry, shop: Shop, body: dict[str, Any], status: int
) -> dict[str, str]:
    """Send it; nothing is kept; answer the faults by their pointers."""
    before = await _kept(registry)
    answer = await shop.create("/v1/reports", body)
    assert answer.status_code == status, answer.text
    assert await _kept(registry) == before
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


def person(**more: Any) -> dict[str, Any]:
    return {"subject": {**PHONE, **more}}


def broken(today: date) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """What breaks a rule on this day, and the places it is named by."""
    minor, a_year_ago = today - timedelta(days=17 * 365), months_after(today, -12)
    return {
        "a minor by birth date": (person(birth_date=str(minor)), {"/subject"}),
        "a minor by RNOKPP": (person(tax_id=rnokpp(minor, 11)), {"/subject"}),
        "a minor's RNOKPP beside a grown-up's birth date": (
            person(tax_id=rnokpp(minor, 12), birth_date=str(ADULT)),
            {"/subject"},
        ),
        "a minor as a sole trader": (
            person(kind="company", company_code=rnokpp(minor, 13)),
            {"/subject"},
        ),
        "one day short of eighteen": (
            person(birth_date=str(months_after(today, -18 * 12) + DAY)),
            {"/subject"},
        ),
        "no strong identifier": (
            {"subject": {"name": "Петренко Іван", "city": "Київ"}},
            {"/subject"},
        ),
        "no address to be told at": ({"subject": {"tax_id": rnokpp(ADULT, 1)}}, {"/subject"}),
        "only a messenger name": (
            {"subject": {"handle": {"network": "telegram", "name": "@petrenko"}}},
            {"/subject"},
        ),
        "too long ago": ({"incident_date": str(a_year_ago - DAY)}, {"/incident_date"}),
        "not yet happened": ({"incident_date": str(today + 2 * DAY)}, {"/incident_date"}),
        "a contact in the future": (
            {"contacts": [CONTACT, {**CONTACT, "at": f"{today + 3 * DAY}T09:00:00Z"}]},
            {"/contacts/1/at"},
        ),
        "everything at once": (
            {
                "subject": {"tax_id": rnokpp(minor, 14)},
                "category": "payment_refused",
                "incident_date": str(a_year_ago - DAY),
                "amount": None,
                "settlement_attempts": None,
            },
            {"/subject", "/incident_date", "/amount", "/contacts", "/settlement_attempts"},
        ),
    }


@pytest.mark.parametrize("case", broken(date(2026, 1, 1)))
async def test_a_rule_is_named_by_its_place(shared: Registry, shop: Shop, case: str) -> None:
    changes, expected = broken(datetime.now(UTC).date())[case]
    assert set(await _refused(shared, shop, submission(**changes), 422)) == expected


async def test_two_rules_of_one_place_are_both_told(shared: Registry, shop: Shop) -> None:
    body = submission(subject={"tax_id": rnokpp(datetime.now(UTC).date() - 17 * 365 * DAY, 15)})
    answer = await shop.create("/v1/reports", body)
    details = [fault["detail"] for fault in answer.json()["errors"]]
    assert len(details) == 2
    assert any("minors" in detail for detail in details)
    assert any("told" in detail for detail in details)


def accepted(now: datetime) -> dict[str, dict[str, Any]]:
    """What just keeps to a rule at this moment."""
    today = now.date()
    return {
        "exactly eighteen": person(birth_date=str(months_after(today, -18 * 12))),
        "exactly twelve months ago": {"incident_date": str(months_after(today, -12))},
        "today": {"incident_date": str(today)},
        "today, where the reporter lives": {
            "incident_date": str((now + timedelta(hours=3)).date())
        },
        "an e-mail alone": {"subject": {"email": "i.petrenko@mail.example"}},
        "a messenger whose name is a phone": {
            "subject": {"handle": {"network": "viber", "name": "+380505550141"}}
        },
    }


@pytest.mark.parametrize("case", accepted(datetime(2026, 1, 1, tzinfo=UTC)))
async def test_at_the_edge_of_a_rule(shared: Registry, shop: Shop, case: str) -> None:
    answer = await shop.create("/v1/reports", submission(**accepted(datetime.now(UTC))[case]))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("category", list(Category))
async def test_what_a_category_needs_and_no_more(
    shared: Registry, shop: Shop, category: Category
) -> None:
    """Without all three, exactly the needed ones are missed; with those alone, it is taken."""
    bare: dict[str, Any] = {
        "category": category,
        "amount": None,
        "contacts": [],
        "settlement_attempts": None,
    }
    needs = {
        "/amount": category not in {"no_show", "abusive_conduct"},
        "/contacts": category
        in {"payment_overdue", "payment_refused", "scope_abuse", "abusive_conduct"},
        "/settlement_attempts": category != "abusive_conduct",
    }
    missed = {pointer for pointer, needed in needs.items() if needed}
    assert set(await _refused(shared, shop, submission(**bare), 422)) == missed
    given = {
        "/amount": {"amount": 90_000, "currency": "UAH"},
        "/contacts": [CONTACT],
        "/settlement_attempts": "A letter.",
    }
    just = {pointer[1:]: given[pointer] for pointer in missed}
    answer = await shop.create("/v1/reports", submission(**{**bare, **just}))
    assert answer.status_code == 201, answer.text
    assert answer.json()["category"] == category


UNREADABLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a letter for a digit": ({"subject": {"phone": "05O5550140"}}, {"/subject/phone"}),
    "a wrong check digit": (person(tax_id="3184710692"), {"/subject/tax_id"}),
    "no such day": (person(birth_date="2001-02-30"), {"/subject/birth_date"}),
    "no mailbox": ({"subject": {"email": "petrenko(at)mail"}}, {"/subject/email"}),
    "two of three phones": (
        {"subject": {"phones": ["0505550140", "12", "x"]}},
        {"/subject/phones/1", "/subject/phones/2"},
    ),
    "no currency": ({"amount": {"amount": 5, "currency": "uah"}}, {"/amount/currency"}),
    "a line end behind a currency": (
        {"amount": {"amount": 5, "currency": "UAH\n"}},
        {"/amount/currency"},
    ),
    "a line end behind a country": (person(country="UA\n"), {"/subject/country"}),
    "nothing": ({"amount": {"amount": 0, "currency": "UAH"}}, {"/amount/amount"}),
    "less than nothing": ({"amount": {"amount": -5, "currency": "UAH"}}, {"/amount/amount"}),
    "half a kopiyka": ({"amount": {"amount": 1.5, "currency": "UAH"}}, {"/amount/amount"}),
    "too much": ({"amount": {"amount": 10**12 + 1, "currency": "UAH"}}, {"/amount/amount"}),
    "no category": ({"category": "theft"}, {"/category"}),
    "no date": ({"incident_date": "02.11.2026"}, {"/incident_date"}),
    "a NUL": ({"statement": "a\x00b"}, {"/statement"}),
    "text that turns around": ({"statement": "a\u202eb"}, {"/statement"}),
    "a blank reference": ({"contract_reference": " \u200b "}, {"/contract_reference"}),
    "two lines of reference": ({"contract_reference": "a\nb"}, {"/contract_reference"}),
    "a contact without a zone": (
        {"contacts": [{**CONTACT, "at": "2026-11-03T09:00:00"}]},
        {"/contacts/0/at"},
    ),
    "51 contacts": ({"contacts": [CONTACT] * 51}, {"/contacts"}),
    "an unknown field": ({"colour": "red"}, {"/colour"}),
    "an unknown field below": (person(nickname="Ivan"), {"/subject/nickname"}),
    "all of it": (
        {
            "subject": 7,
            "category": None,
            "amount": [],
            "contacts": [{}],
            "x~/": 1,
        },
        {
            "/subject",
            "/category",
            "/amount",
            "/contacts/0/at",
            "/contacts/0/channel",
            "/contacts/0/summary",
            "/x~0~1",
        },
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_named_by_its_place(
    shared: Registry, shop: Shop, case: str
) -> None:
    changes, expected = UNREADABLE[case]
    assert set(await _refused(shared, shop, submission(**changes), 400)) == expected


async def test_a_refusal_never_repeats_a_value(shared: Registry, shop: Shop) -> None:
    planted = {"phone": "0505550149x", "email": "hidden.petrenko@", "tax_id": "9876543211"}
    answer = await shop.create("/v1/reports", submission(subject=planted))
    assert answer.status_code == 400
    assert [value for value in planted.values() if value in answer.text] == []


async def test_a_report_needs_an_idempotency_key(shared: Registry, shop: Shop) -> None:
    before = await _kept(shared)
    answer = await shop.call("POST", "/v1/reports", submission())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "header:Idempotency-Key"
    assert await _kept(shared) == before


async def test_what_was_sent_is_read_back(shared: Registry, shop: Shop) -> None:
    body = submission(
        subject={**PHONE, "name": "Петренко Іван", "address": "вул. Вигадана, 1"},
        contacts=[CONTACT],
        category="payment_overdue",
    )
    report = await shop.report(**body)
    for field in ("category", "incident_date", "contract_reference", "amount", "statement"):
        assert report["content"][field] == body[field]
    subject = {k: v for k, v in report["content"]["subject"].items() if v not in (None, [])}
    assert subject == body["subject"]
    assert report["content"]["contacts"] == [CONTACT]
    assert (report["state"], report["version"], report["evidence"]) == ("submitted", 1, [])
    assert report["evidence_grade"] is None
    row = await rows.row(shared.runtime, "reports", report["id"])
    assert (row["amount_band"], row["currency"], row["contacts_count"]) == ("1000-5000", "UAH", 1)
    assert row["policy"] == "ua@2026-11"
    assert row["retention_until"].date() == months_after(row["incident_on"], 36)


async def test_the_same_key_gives_the_same_report(shared: Registry, shop: Shop) -> None:
    body, key = submission(), {"Idempotency_Key": "submission-1"}
    first = await shop.call("POST", "/v1/reports", body, **key)
    before = await _kept(shared)
    second = await shop.call("POST", "/v1/reports", body, **key)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    other = await shop.call("POST", "/v1/reports", {**body, "statement": "Other."}, **key)
    assert other.status_code == 422
    assert other.json()["type"].endswith(":idempotency-key-reused")
    assert await _kept(shared) == before


async def test_a_known_person_cannot_be_told_from_a_new_one(shared: Registry, shop: Shop) -> None:
    """Whether a person is already known never shows in the answer to a report."""
    subject = {"phone": "+380505550143", "name": "Коваль Олена"}
    first = await shop.report(subject=subject)
    stranger = await (await shared.shop()).report(subject=subject)
    volatile = {"id", "submitted_at", "state_since", "visible_from", "due", "content"}
    assert {k: v for k, v in first.items() if k not in volatile} == {
        k: v for k, v in stranger.items() if k not in volatile
    }
