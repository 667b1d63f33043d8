"""A caller who writes SQL, and worse, into every text field: it is kept as text, or refused, and does nothing."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from registry.platform.runtime import transaction
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import (
    PDF,
    Registry,
    Shop,
    edrpou,
    problem,
    query,
    rnokpp,
    submission,
)

PAYLOADS = [
    "'; DROP TABLE reports; --",
    "' OR '1'='1",
    "'); UPDATE businesses SET state = 'verified'; --",
    "\\'; SELECT pg_sleep(5); --",
    "$$; DELETE FROM audit_entries; $$",
    "%' AND 1=1 --",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "%s %(x)s :id {0} \\x27",
]
TABLES = ("reports", "businesses", "audit_entries", "records", "staff", "api_keys")


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    await shared_sandbox.staff_key(Role.MODERATOR)
    return await shared_sandbox.shop(plan="partner")


async def _unharmed(registry: Registry, before: dict[str, int]) -> None:
    for table, least in before.items():
        assert await rows.count(registry.runtime, table) >= least, table
    verified = "SELECT count(*) AS n FROM businesses WHERE state = 'verified'"
    (found,) = await rows.select(registry.runtime, verified)
    (decided,) = await rows.select(
        registry.runtime,
        "SELECT count(*) AS n FROM audit_entries WHERE action = 'business.verified'",
    )
    assert found["n"] == decided["n"]


@pytest.fixture
async def watched(shared_sandbox: Registry) -> dict[str, int]:
    return {table: await rows.count(shared_sandbox.runtime, table) for table in TABLES}


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_in_every_text_of_a_report(
    shared_sandbox: Registry, shop: Shop, watched: dict[str, int], payload: str
) -> None:
    """It comes back word for word to its reporter and to the moderator."""
    contact = {"at": "2026-01-03T09:00:00Z", "channel": payload, "summary": payload}
    subject = {"phone": "+380505550107", "name": "Кіт Василь", "address": payload}
    body = submission(
        subject=subject,
        statement=payload,
        contract_reference=payload,
        settlement_attempts=payload,
        contacts=[contact],
    )
    made = await shop.call("POST", "/v1/reports", body, Idempotency_Key=payload)
    assert made.status_code == 201, made.text
    content = made.json()["content"]
    for field in ("statement", "contract_reference", "settlement_attempts"):
        assert content[field] == payload
    assert content["contacts"] == [contact]
    id_ = made.json()["id"]
    file = await shop.attach(id_, PDF, payload)
    assert file.status_code == 201
    path = f"/v1/moderation/reports/{id_}"
    case = (await shared_sandbox.as_staff(Role.MODERATOR, "GET", path)).json()
    assert case["report"]["content"]["statement"] == payload
    decision = {"decision": "request_info", "reason_code": "unclear", "reason": payload}
    told = await shared_sandbox.as_staff(Role.MODERATOR, "POST", f"{path}/decision", decision)
    assert told.json()["report"]["decisions"][0]["reason"] == payload
    edited = await shop.call("PATCH", f"/v1/reports/{id_}", {"statement": payload * 2})
    assert edited.json()["content"]["statement"] == payload * 2
    ended = await shop.call("POST", f"/v1/reports/{id_}/withdraw", {"reason": payload})
    assert ended.status_code == 200
    await shared_sandbox.work()
    await _unharmed(shared_sandbox, watched)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_in_every_text_of_a_business(
    shared_sandbox: Registry, shop: Shop, watched: dict[str, int], payload: str
) -> None:
    code = edrpou(4_300_000 + PAYLOADS.index(payload))
    joined = await shared_sandbox.sign_up(
        name=payload,
        sector=payload,
        website=f"https://shop.example/?{payload}",
        beneficial_owners=[{"name": "Тест Особа", "tax_id": payload}],
        register_code=code,
    )
    assert joined.status_code == 201, joined.text
    path = f"/v1/operations/businesses/{joined.json()['id']}/decision"
    refused = {"decision": "refuse", "reason": payload}
    view = (await shared_sandbox.as_staff(Role.OPERATOR, "POST", path, refused)).json()
    assert (view["name"], view["sector"], view["state"]) == (payload, payload, "refused")
    named = await shared_sandbox.sign_up(beneficial_owners=[payload])
    assert problem(named) == (400, "invalid-values")
    key = await shop.make_key("lookup", label=payload)
    assert key["key"]["label"] == payload
    await shared_sandbox.work()
    await _unharmed(shared_sandbox, watched)


def _identifiers(payload: str) -> Iterator[dict[str, Any]]:
    for field in ("phone", "email", "tax_id", "company_code", "birth_date", "city", "country"):
        yield {field: payload}
    yield {"handle": {"network": payload, "name": payload}}
    yield {"phone": "+380505550107", "name": payload, "city": payload}
    yield {"tax_id": rnokpp(date(1980, 1, 1), 5), "address": payload}


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_in_every_identifier_of_a_lookup(
    shared_sandbox: Registry, shop: Shop, watched: dict[str, int], payload: str
) -> None:
    """Refused with the field's name, or looked for and not found."""
    for subject in _identifiers(payload):
        answer = await shop.call("POST", "/v1/lookups", {**query(**subject), "reference": payload})
        assert answer.status_code in (200, 400, 422), answer.text
        if answer.is_success:
            assert answer.json()["result"] != "record"
        else:
            assert payload not in answer.text
    await _unharmed(shared_sandbox, watched)


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_in_queries_headers_and_paths(
    shared_sandbox: Registry, shop: Shop, watched: dict[str, int], payload: str
) -> None:
    operators = [
        ("/v1/operations/audit", {"action": payload[:64]}, {200}),
        ("/v1/operations/audit", {"object_id": payload}, {400}),
        ("/v1/operations/businesses", {"state": payload}, {400}),
        ("/v1/operations/audit", {"cursor": payload}, {400}),
        ("/v1/operations/audit", {"limit": payload}, {400}),
    ]
    headers = {"Authorization": f"Bearer {await shared_sandbox.staff_key(Role.OPERATOR)}"}
    for path, params, statuses in operators:
        answer = await shared_sandbox.http.get(path, params=params, headers=headers)
        assert answer.status_code in statuses, (path, params)
        if path.endswith("audit") and answer.is_success:
            assert answer.json()["items"] == []
    for path in ("/v1/reports", "/v1/api-keys"):
        answer = await shop.http.get(
            path, params={"cursor": payload}, headers={"X-Api-Key": shop.key}
        )
        assert answer.status_code == 400
    answer = await shop.http.get(f"/v1/reports/{payload}", headers={"X-Api-Key": shop.key})
    assert answer.status_code in (400, 404)
    stranger = await shop.http.get("/v1/usage", headers={"X-Api-Key": payload})
    assert stranger.status_code == 401
    await _unharmed(shared_sandbox, watched)


async def test_the_same_words_as_sql_would_do_harm(registry: Registry) -> None:
    """Spliced instead of bound, one of these payloads does what it says."""
    await registry.newcomer()
    spliced = f"SELECT 1 FROM businesses WHERE country = '{PAYLOADS[2][1:]}"
    harmful = "SELECT 1 FROM businesses WHERE country = ('x" + PAYLOADS[2].removesuffix(" --")
    async with transaction(registry.runtime) as session:
        connection = await (await session.connection()).get_raw_connection()
        driver = connection.driver_connection
        assert driver is not None
        await driver.execute(harmful)
    assert "UPDATE" in spliced
    (found,) = await rows.select(registry.runtime, "SELECT state FROM businesses")
    assert found["state"] == "verified"
