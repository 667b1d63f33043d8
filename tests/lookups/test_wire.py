"""JSON and MessagePack say the same, for requests and answers, refusals and replays alike."""

from typing import Any

import msgspec
import pytest

from tests.factories.registry import Registry, Shop, problem, query, submission

PACKED = "application/vnd.msgpack"
PHONE = {"phone": "+380505550190", "name": "Ярема Йосип"}


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    await shared_sandbox.published(await shared_sandbox.shop(), subject=PHONE)
    return await shared_sandbox.shop(plan="partner")


async def _post(shop: Shop, path: str, body: Any, **headers: str) -> Any:
    sent = {
        "Authorization": f"Bearer {shop.key}",
        "Content-Type": PACKED,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    content = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
    return await shop.http.post(path, content=content, headers=sent)


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in answer.items() if k not in ("lookup_id", "as_of")}


async def test_a_packed_request_is_read_as_json_is(shop: Shop) -> None:
    packed = await _post(shop, "/v1/lookups", query(**PHONE))
    assert packed.headers["content-type"] == "application/json"
    assert _plain(packed.json()) == _plain(await shop.look_up(**PHONE))
    unreadable = await _post(shop, "/v1/lookups", query(phone="x"))
    assert unreadable.json()["errors"][0]["pointer"] == "/subject/phone"
    assert problem(await _post(shop, "/v1/lookups", b"\xc1"))[0] == 400


@pytest.mark.parametrize("accept", [PACKED, f"{PACKED}, application/json;q=0.5"])
async def test_a_packed_answer_holds_what_json_holds(shop: Shop, accept: str) -> None:
    """Ids and times are the same text, fresh, replayed and read again."""
    key = {"Accept": accept, "Idempotency_Key": f"packed-{len(accept)}"}
    answers = [await _post(shop, "/v1/lookups", query(**PHONE), **key) for _ in range(2)]
    told = [msgspec.msgpack.decode(answer.content) for answer in answers]
    assert {answer.headers["content-type"] for answer in answers} == {PACKED}
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    path = f"/v1/lookups/{told[0]['lookup_id']}"
    receipt = await shop.call("GET", path)
    packed = await shop.call("GET", path, Accept=accept)
    assert told[0] == told[1] == receipt.json() == msgspec.msgpack.decode(packed.content)
    assert isinstance(told[0]["as_of"], str)


async def test_other_answers_can_be_packed_too(shop: Shop) -> None:
    for path in ("/v1/usage", "/v1/terms", "/v1/api-keys", f"/v1/businesses/{shop.id}"):
        packed = await shop.call("GET", path, Accept=PACKED)
        assert packed.headers["content-type"] == PACKED, path
        plain = (await shop.call("GET", path)).json()
        if path != "/v1/usage":
            assert msgspec.msgpack.decode(packed.content) == plain
    report = await shop.call("GET", "/v1/reports/none", Accept=PACKED)
    assert report.headers["content-type"] == "application/problem+json"


async def test_a_report_packed_both_ways(shop: Shop) -> None:
    headers = {"Accept": PACKED, "Idempotency_Key": "packed-report"}
    answer = await _post(shop, "/v1/reports", submission(), **headers)
    assert answer.status_code == 201
    told = msgspec.msgpack.decode(answer.content)
    view = await shop.view(told["id"])
    # The earliest possible time moves on while the report waits.
    assert {**told, "visible_from": None} == {**view, "visible_from": None}
