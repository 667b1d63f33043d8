"""Whoever turns the registry's own sending, or another's endpoints, against it: names, redirects, ids, secrets."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.platform.ids import uuid7
from registry.platform.runtime import transaction
from registry.webhooks.rules import BY_HAND, MOST_ENDPOINTS
from tests.factories import rows
from tests.factories.registry import Registry, problem
from tests.webhooks.asking import added, log_of, send_a_test
from tests.webhooks.receiver import Receiver, receiving

URL = "https://shop.example.com/events"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/events",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://192.88.99.1/",
        "https://[3fff::1]/",
        "https://[64:ff9b::192.88.99.1]/",
        "https://user:password@shop.example.com/",
        "http://localhost:8000/v1/operations/businesses",
        "file:///etc/passwd",
        "gopher://127.0.0.1:5432/",
    ],
)
async def test_what_is_not_public_is_refused_when_it_is_named(shared: Registry, url: str) -> None:
    shop = await shared.shop()
    refused = await shop.create("/v1/webhooks", {"url": url})
    assert problem(refused) == (400, "invalid-values")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/url"]
    assert (await shop.call("GET", "/v1/webhooks")).json()["items"] == []


async def test_a_name_that_leads_to_this_machine_gets_nothing(shared: Registry) -> None:
    """Outside the sandbox: the name is taken, its address is looked at when there is something to send."""
    shop = await shared.shop()
    with receiving() as receiver:
        id_, _ = await added(shop, f"https://localhost:{receiver.port}/events")
        await send_a_test(shop, id_)
        await shared.work()
    assert receiver.got == []
    (row,) = await log_of(shop, id_)
    assert (row["state"], row["status"], row["fault"]) == ("queued", None, "address-refused")


async def test_a_redirect_to_metadata_is_not_followed(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    with receiving() as inside, receiving(Receiver(status=301)) as outside:
        outside.headers = {"Location": f"http://127.0.0.1:{inside.port}/latest/meta-data/"}
        id_, _ = await added(shop, outside.url)
        await send_a_test(shop, id_)
        await sandbox.work()
        (row,) = await log_of(shop, id_)
    assert (len(outside.got), inside.got, row["fault"]) == (1, [], "redirect")


async def test_nothing_of_an_answer_is_shown(sandbox: Registry) -> None:
    """What an address inside would say must not come out through the log: a status, and no more."""
    shop = await sandbox.shop()
    with receiving(Receiver(status=500, headers={"X-Secret": "inside-only"}, flood=9)) as receiver:
        id_, _ = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
    shown = json.dumps(await log_of(shop, id_))
    assert '"status": 500' in shown
    assert "inside-only" not in shown
    assert "xxxxxxxxx" not in shown


async def test_anothers_endpoint_is_not_found(shared: Registry) -> None:
    """Neither read, send_a_test, sent again nor removed; and the answer is that of an id that never was."""
    mine, theirs = await shared.shop(), await shared.shop()
    id_, _ = await added(theirs, URL)
    delivery = (await send_a_test(theirs, id_))["id"]
    own, _ = await added(mine, URL)
    for there in (id_, str(uuid4())):
        base = f"/v1/webhooks/{there}"
        answers = [
            await mine.call("GET", f"{base}/deliveries"),
            await mine.create(f"{base}/test"),
            await mine.call("POST", f"{base}/deliveries/{delivery}/redelivery"),
            await mine.call("DELETE", base),
        ]
        assert {problem(one) for one in answers} == {(404, "not-found")}
    mixed = f"/v1/webhooks/{own}/deliveries/{delivery}/redelivery"
    assert problem(await mine.call("POST", mixed)) == (404, "not-found")
    listed = (await mine.call("GET", "/v1/webhooks")).json()["items"]
    assert [one["id"] for one in listed] == [own]
    assert len(await log_of(theirs, id_)) == 1


async def test_a_key_without_the_scope_may_do_nothing(shared: Registry) -> None:
    shop = await shared.shop()
    id_, _ = await added(shop, URL)
    other = shop.using((await shop.make_key("lookup", "manage"))["api_key"])
    answers = [
        await other.create("/v1/webhooks", {"url": URL}),
        await other.call("GET", "/v1/webhooks"),
        await other.create(f"/v1/webhooks/{id_}/test"),
        await other.call("DELETE", f"/v1/webhooks/{id_}"),
    ]
    assert {problem(one) for one in answers} == {(403, "scope-missing")}


async def test_the_secret_is_shown_once_and_lies_nowhere_in_the_clear(
    sandbox: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    shop = await sandbox.shop()
    with structlog.testing.capture_logs() as logged, receiving(Receiver(status=500)) as receiver:
        id_, secret = await added(shop, receiver.url)
        await send_a_test(shop, id_)
        await sandbox.work()
    shown = [
        await shop.call("GET", "/v1/webhooks"),
        await shop.call("GET", f"/v1/webhooks/{id_}/deliveries"),
        await shop.create(f"/v1/webhooks/{id_}/test"),
    ]
    raw = secret.removeprefix("whsec_")
    assert not [one for one in shown if raw in one.text]
    assert any(one["event"] == "webhook_not_sent" for one in logged), (
        "there is something to look at"
    )
    printed = "".join(capfd.readouterr())
    for told in (str(logged), printed, *(json.dumps(one) for one in sandbox.letters())):
        assert raw not in told
        assert "/events?shop=1" not in told
    for table in ("webhook_endpoints", "webhook_deliveries", "audit_entries", "stored_answers"):
        for row in await rows.select(sandbox.runtime, f"SELECT * FROM {table}"):
            assert raw not in str(row)
            assert raw.encode() not in b"".join(v for v in row.values() if isinstance(v, bytes))
    assert all(raw not in str(got.headers) and raw.encode() not in got.body for got in receiver.got)


async def test_a_repeated_request_makes_one_endpoint(shared: Registry) -> None:
    shop = await shared.shop()
    for _ in range(2):
        made = await shop.call("POST", "/v1/webhooks", {"url": URL}, Idempotency_Key="once")
        assert made.status_code == 201
    assert len((await shop.call("GET", "/v1/webhooks")).json()["items"]) == 1


async def test_no_more_endpoints_than_a_few_however_many_ask_at_once(shared: Registry) -> None:
    shop = await shared.shop()
    asked = [shop.create("/v1/webhooks", {"url": URL}) for _ in range(MOST_ENDPOINTS + 4)]
    answers = await asyncio.gather(*asked)
    assert sum(one.status_code == 201 for one in answers) == MOST_ENDPOINTS
    refused = {problem(one) for one in answers if one.status_code != 201}
    assert refused == {(409, "too-many-endpoints")}


async def test_nobody_is_flooded_through_us(shared: Registry) -> None:
    shop = await shared.shop()
    id_, _ = await added(shop, URL)
    last: Any = None
    for _ in range(BY_HAND[1] + 1):
        last = await shop.create(f"/v1/webhooks/{id_}/test")
    assert problem(last) == (429, "too-many-deliveries")
    assert int(last.headers["Retry-After"]) > 0
    await shop.call("DELETE", f"/v1/webhooks/{id_}")


async def test_no_event_is_queued_by_sql_for_anothers_endpoint(shared: Registry) -> None:
    """A member's own row that names another's endpoint: the foreign key is of both."""
    mine, theirs = await shared.shop(), await shared.shop()
    id_, _ = await added(theirs, URL)
    said = (
        "INSERT INTO webhook_deliveries"
        " (id, endpoint_id, business_id, event_id, type, body, state, attempts, created_at)"
        " VALUES (:new, CAST(:there AS uuid), :mine, :new, 'x', '{}', 'queued', 0, now())"
    )
    with pytest.raises(IntegrityError, match="webhook_deliveries_endpoint_id"):
        async with transaction(shared.runtime, business_id=mine.id) as session:
            await session.execute(text(said), {"new": uuid7(), "there": id_, "mine": mine.id})
