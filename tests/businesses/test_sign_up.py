"""Signing up: every fault at once, codes that check, and the proof of its address."""

import asyncio
import re
from datetime import date, timedelta
from typing import Any

import pytest

from registry.platform import clock
from tests.factories import rows
from tests.factories.registry import Registry, Shop, edrpou, problem, rnokpp

TABLES = ("businesses", "business_owners", "api_keys", "data_keys", "messages", "audit_entries")


async def _kept(registry: Registry) -> dict[str, int]:
    return {table: await rows.count(registry.runtime, table) for table in TABLES}


FAULTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a wrong check digit": ({"register_code": "14360571"}, {"/register_code"}),
    "too short": ({"register_code": "1436057"}, {"/register_code"}),
    "no mailbox": ({"email": "office"}, {"/email"}),
    "a page of another kind": ({"website": "ftp://shop.example"}, {"/website"}),
    "a country in small letters": ({"country": "ua"}, {"/country"}),
    "a line end behind the country": ({"country": "UA\n"}, {"/country"}),
    "no name": ({"name": "  "}, {"/name"}),
    "an owner that is none": ({"beneficial_owners": [7]}, {"/beneficial_owners/0"}),
    "an owner without a name": (
        {"beneficial_owners": ["Власник", {"tax_id": "1"}]},
        {"/beneficial_owners/1/name"},
    ),
    "21 owners": ({"beneficial_owners": ["x"] * 21}, {"/beneficial_owners"}),
    "plan and state": ({"plan": "partner", "state": "verified"}, {"/plan", "/state"}),
    "values all at once": (
        {"register_code": "1", "email": "x", "website": "x"},
        {"/register_code", "/email", "/website"},
    ),
    "form all at once": (
        {"name": 1, "country": None, "register_code": [], "email": {}, "sector": "\x00"},
        {"/name", "/country", "/register_code", "/email"},
    ),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_faults_are_named_and_nothing_is_kept(shared: Registry, case: str) -> None:
    changes, expected = FAULTS[case]
    before = await _kept(shared)
    answer = await shared.sign_up(**changes)
    assert answer.status_code == 400, answer.text
    told = {fault["pointer"] for fault in answer.json()["errors"]}
    assert told == expected or case == "form all at once"
    assert await _kept(shared) == before


CODES = [
    ("UA", edrpou(4_210_001)),
    ("UA", f"ЄДРПОУ {edrpou(4_210_002)}"),
    ("UA", rnokpp(date(1980, 5, 5), 4210)),
    ("RU", "7707083893"),
    ("RU", "770012345606"),
    ("PL", "5261040828"),
    ("DE", "DE136695976"),
    ("US", "91-1234567"),
    ("FR", "FR40303265045"),
]


@pytest.mark.parametrize(("country", "code"), CODES)
async def test_codes_of_many_countries(shared: Registry, country: str, code: str) -> None:
    answer = await shared.sign_up(country=country, register_code=code)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("UA", "00000000"),
        ("RU", "7707083894"),
        ("PL", "5261040829"),
        ("DE", "DE136695977"),
        ("FR", "FR41303265045"),
    ],
)
async def test_codes_that_do_not_check(shared: Registry, country: str, code: str) -> None:
    answer = await shared.sign_up(country=country, register_code=code)
    assert problem(answer) == (400, "invalid-values")


async def test_what_a_pending_business_may_do(shared: Registry) -> None:
    """Its first key manages the account, and no key of its makes it look up or report before it is verified."""
    joined = await shared.sign_up(sector="retail")
    body = joined.json()
    assert (joined.status_code, body["state"], set(body)) == (
        201,
        "pending",
        {"id", "state", "api_key"},
    )
    shop = Shop(body["id"], body["api_key"], shared.http)
    view = (await shop.call("GET", f"/v1/businesses/{shop.id}")).json()
    assert (view["state"], view["plan"], view["sector"]) == ("pending", "free", "retail")
    assert problem(await shop.call("POST", "/v1/lookups", {})) == (403, "scope-missing")
    assert problem(await shop.create("/v1/reports", {})) == (403, "scope-missing")
    full = shop.using((await shop.make_key("lookup", "report", "manage"))["api_key"])
    for method, path in (
        ("POST", "/v1/lookups"),
        ("POST", "/v1/lookups/batch"),
        ("GET", f"/v1/lookups/{shop.id}"),
        ("POST", "/v1/reports"),
        ("GET", "/v1/reports"),
        ("POST", f"/v1/reports/{shop.id}/evidence"),
    ):
        answer = await full.call(method, path, {} if method == "POST" else None)
        assert problem(answer) == (403, "business-not-verified"), path
    assert (await full.call("GET", "/v1/terms")).status_code == 200
    assert (await full.call("GET", "/v1/usage")).status_code == 200


def _code(registry: Registry, address: str) -> str:
    (letter,) = [one for one in registry.letters() if one["to"] == address]
    found = re.search(r"\b[0-9]{8}\b", letter["text"])
    assert found is not None
    return found[0]


async def _prove(shop: Shop, code: str) -> Any:
    return await shop.call("POST", f"/v1/businesses/{shop.id}/email-proof", {"code": code})


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


async def test_the_code_from_the_letter_proves_the_address(shared: Registry) -> None:
    address = "office.proven@shop.example"
    shop = await shared.newcomer(email=address)
    await shared.work()
    code = _code(shared, address)
    assert problem(await _prove(shop, _wrong(code))) == (422, "code-refused")
    proven = await _prove(shop, code)
    assert proven.status_code == 200
    assert proven.json()["email_proven_at"] is not None
    row = await rows.row(shared.runtime, "businesses", shop.id)
    assert row["email_code_hash"] is None
    assert "business.email_proven" in await rows.actions(shared.runtime, shop.id)
    # Proving twice changes nothing.
    assert (await _prove(shop, _wrong(code))).json() == proven.json()


async def test_five_tries_and_no_sixth(shared: Registry) -> None:
    """Tried one after the other or all at once, the right code is no good after five wrong ones."""
    for together in (False, True):
        address = f"office.guessed.{together}@shop.example".lower()
        shop = await shared.newcomer(email=address)
        await shared.work()
        code = _code(shared, address)
        guesses = [f"{(int(code) + n) % 10**8:08d}" for n in range(1, 6)]
        if together:
            answers = await asyncio.gather(*(_prove(shop, guess) for guess in guesses))
        else:
            answers = [await _prove(shop, guess) for guess in guesses]
        assert {answer.status_code for answer in answers} == {422}
        assert problem(await _prove(shop, code)) == (422, "code-refused")
        row = await rows.row(shared.runtime, "businesses", shop.id)
        assert (row["email_code_tries"], row["email_proven_at"]) == (5, None)


async def test_a_code_is_good_for_a_day(shared: Registry) -> None:
    address = "office.late@shop.example"
    shop = await shared.newcomer(email=address)
    await shared.work()
    with clock.shifted(timedelta(hours=24, minutes=1)):
        answer = await _prove(shop, _code(shared, address))
    assert problem(answer) == (422, "code-refused")


@pytest.mark.parametrize(
    "code", ["1234567", "123456789", "1234567x", "١٢٣٤٥٦٧٨", "12345678\n", 12345678]
)
async def test_what_is_no_code_costs_no_try(shared: Registry, code: Any) -> None:
    shop = await shared.newcomer()
    answer = await _prove(shop, code)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/code")
    assert (await rows.row(shared.runtime, "businesses", shop.id))["email_code_tries"] == 0


async def test_the_code_is_kept_as_a_slow_hash(shared: Registry) -> None:
    address = "office.hashed@shop.example"
    shop = await shared.newcomer(email=address)
    await shared.work()
    row = await rows.row(shared.runtime, "businesses", shop.id)
    assert row["email_code_hash"].startswith("$argon2id$")
    assert _code(shared, address) not in str(row)


async def test_nobody_proves_anothers_address(shared: Registry) -> None:
    mine, theirs = await shared.newcomer(), await shared.newcomer()
    body = {"code": "12345678"}
    answer = await mine.call("POST", f"/v1/businesses/{theirs.id}/email-proof", body)
    assert problem(answer) == (404, "not-found")
    assert (await rows.row(shared.runtime, "businesses", theirs.id))["email_code_tries"] == 0
    assert problem(await mine.call("GET", f"/v1/businesses/{theirs.id}")) == (404, "not-found")
