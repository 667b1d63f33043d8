"""What a business does with the keys and endpoints of its programs to leave an entry."""

import httpx

from tests.audit.people import Scene
from tests.webhooks.asking import added, send_a_test

URL = "https://shop.example.com/events"


async def revoke(scene: Scene) -> httpx.Response:
    key = await scene.shop.make_key("lookup")
    return await scene.shop.call("POST", f"/v1/api-keys/{key['key']['id']}/revoke")


async def add(scene: Scene) -> httpx.Response:
    """An endpoint, of another shop each time: one has a few at most."""
    return await (await scene.registry.shop()).create("/v1/webhooks", {"url": URL})


async def remove(scene: Scene) -> httpx.Response:
    id_, _ = await added(scene.shop, URL)
    return await scene.shop.call("DELETE", f"/v1/webhooks/{id_}")


async def test(scene: Scene) -> httpx.Response:
    shop = await scene.registry.shop()
    id_, _ = await added(shop, URL)
    return await shop.create(f"/v1/webhooks/{id_}/test")


async def send_again(scene: Scene) -> httpx.Response:
    shop = await scene.registry.shop()
    id_, _ = await added(shop, URL)
    sent = await send_a_test(shop, id_)
    return await shop.call("POST", f"/v1/webhooks/{id_}/deliveries/{sent['id']}/redelivery")


CHANGES = {
    ("POST", "/v1/api-keys/{key_id:uuid}/revoke"): (revoke, "key.revoked", "business"),
    ("POST", "/v1/webhooks"): (add, "webhook.added", "business"),
    ("DELETE", "/v1/webhooks/{webhook_id:uuid}"): (remove, "webhook.removed", "business"),
    ("POST", "/v1/webhooks/{webhook_id:uuid}/test"): (test, "webhook.tested", "business"),
    ("POST", "/v1/webhooks/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redelivery"): (
        send_again,
        "webhook.redelivered",
        "business",
    ),
}
