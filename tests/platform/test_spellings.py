"""Requests in the spellings of honest programs: HEAD, byte order marks, weights, points in whole numbers."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.factories.registry import Registry, Shop, problem, query, submission

PACKED = "application/vnd.msgpack"
PHONE = "+380505550177"


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop(plan="partner")


async def _post(shop: Shop, path: str, body: bytes, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {shop.key}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await shop.http.post(path, content=body, headers=sent)


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/health/live", "/v1/usage", "/v1/reports", "/nowhere"]
)
async def test_head_is_get_without_a_body(shop: Shop, path: str) -> None:
    headers = {"Authorization": f"Bearer {shop.key}"}
    get = await shop.http.get(path, headers=headers)
    head = await shop.http.head(path, headers=headers)
    assert (head.status_code, head.content) == (get.status_code, b"")
    told = ("content-type", "content-length", "cache-control", "x-content-type-options")
    assert [head.headers.get(name) for name in told] == [get.headers.get(name) for name in told]


async def test_head_stands_with_the_methods_of_a_path(shop: Shop) -> None:
    assert (await shop.http.options("/v1/reports")).headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await shop.http.head("/v1/lookups")).status_code == 405


async def test_a_byte_order_mark_is_dropped_and_utf_16_is_named(shop: Shop) -> None:
    body = msgspec.json.encode(query(phone=PHONE))
    assert (await _post(shop, "/v1/lookups", b"\xef\xbb\xbf" + body)).status_code == 200
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        refused = await _post(shop, "/v1/lookups", body.decode().encode(encoding))
        assert problem(refused) == (400, "malformed")
        assert "UTF-16" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        (PACKED, True),
        (f"{PACKED}, application/json;q=0.5", True),
        (f"{PACKED};q=0.5, application/json", False),
        (f"application/json, {PACKED};q=0.1", False),
        ("*/*", False),
        ("text/html", False),
    ],
)
@pytest.mark.parametrize("path", ["/v1/lookups", "/v1/lookups/batch"])
async def test_the_weights_of_accept_are_respected(
    shop: Shop, path: str, accept: str, packed: bool
) -> None:
    one = query(phone=PHONE)
    body = one if path == "/v1/lookups" else {"queries": {"a": one}}
    answer = await _post(shop, path, msgspec.json.encode(body), Accept=accept)
    assert (answer.headers["content-type"] == PACKED) == packed


def _spelled(body: dict[str, Any]) -> bytes:
    """The same values with blanks, in another order."""
    turned = dict(reversed(body.items()))
    return msgspec.json.format(msgspec.json.encode(turned), indent=3)


@pytest.mark.parametrize("path", ["/v1/lookups", "/v1/reports"])
async def test_a_request_is_the_same_by_its_values(shop: Shop, path: str) -> None:
    body = query(phone=PHONE) if path == "/v1/lookups" else submission(contract_reference="same-1")
    key = {"Idempotency_Key": f"spelled-{path}"}
    first = await _post(shop, path, msgspec.json.encode(body), **key)
    again = await _post(shop, path, _spelled(body), **key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await _post(shop, path, msgspec.json.encode(body | {"note": 1}), **key)
    assert other.status_code in (400, 422)


async def test_a_whole_number_may_have_a_point(shop: Shop) -> None:
    body = submission(contract_reference="point-1", amount={"amount": 125000.0, "currency": "UAH"})
    filed = await _post(shop, "/v1/reports", msgspec.json.encode(body), Idempotency_Key="point-1")
    assert filed.status_code == 201, filed.text
    assert filed.json()["content"]["amount"]["amount"] == 125000
    body = submission(contract_reference="point-2", amount={"amount": 125000.5, "currency": "UAH"})
    refused = await _post(shop, "/v1/reports", msgspec.json.encode(body), Idempotency_Key="point-2")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/amount/amount"]


@pytest.mark.parametrize("currency", ["XXX", "XAU", "ABC", "XTS"])
async def test_a_currency_is_one_of_iso_4217(shop: Shop, currency: str) -> None:
    body = submission(contract_reference="c", amount={"amount": 1, "currency": currency})
    refused = await _post(shop, "/v1/reports", msgspec.json.encode(body), Idempotency_Key=currency)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/amount/currency"]
