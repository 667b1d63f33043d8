"""What a business does with its webhooks, over HTTP."""

from typing import Any

from tests.factories.registry import Shop


async def added(shop: Shop, url: str) -> tuple[str, str]:
    """A new endpoint: its id and secret."""
    made = await shop.create("/v1/webhooks", {"url": url})
    assert made.status_code == 201, made.text
    body = made.json()
    return body["endpoint"]["id"], body["secret"]


async def send_a_test(shop: Shop, id_: str) -> dict[str, Any]:
    """A test that was queued for an endpoint."""
    made = await shop.create(f"/v1/webhooks/{id_}/test")
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def log_of(shop: Shop, id_: str) -> list[dict[str, Any]]:
    """The log of an endpoint, newest first."""
    answer = await shop.call("GET", f"/v1/webhooks/{id_}/deliveries?limit=100")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def endpoint(shop: Shop, id_: str) -> dict[str, Any]:
    """One endpoint, as the list shows it."""
    listed = (await shop.call("GET", "/v1/webhooks")).json()["items"]
    found: dict[str, Any] = next(one for one in listed if one["id"] == id_)
    return found
