"""Whoever would prove a notice that nobody got: a forger, a replayer, a provider that speaks of another's message.

A proven notice shows a report, so a false receipt is the shortest way to a person who was never told.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.messages import sms
from registry.platform import runtime
from registry.platform.settings import from_env
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem, serving
from tests.messages import mailserver, smsbridge
from tests.messages.mailserver import MailServer
from tests.messages.smsbridge import KEY, RECEIPTS, SECRET, TOKEN, Bridge, receipt, signed

PHONE, MAIL = "+380505550170", "told@mail.example"
REFUSED = (401, "receipt-not-signed")


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with smsbridge.serving(Bridge()) as server:
        yield server


@pytest.fixture
async def texting(tmp_path: Path, database_url: str, bridge: Bridge) -> AsyncIterator[Registry]:
    with mailserver.serving(MailServer()) as mail:
        smtp = f"smtp://127.0.0.1:{mail.port}"
        found = from_env({}, data_dir=tmp_path / "var", smtp_url=smtp, **bridge.settings())
        async with runtime.running(found, database_url) as opened, serving(opened) as served:
            yield served


@pytest.fixture
async def shop(texting: Registry) -> Shop:
    return await texting.shop()


async def notified(registry: Registry, shop: Shop, **subject: Any) -> str:
    """A report whose person is being told."""
    report = await shop.report(subject=subject)
    await shop.attach(report["id"])
    ready = "UPDATE reports SET state = 'screening', due_at = NULL WHERE id = :id"
    await rows.write(registry.runtime, ready, id=report["id"])
    assert (await registry.decide(report["id"])).status_code == 200
    await registry.work()
    id_: str = report["id"]
    return id_


@pytest.fixture
async def victim(texting: Registry, shop: Shop) -> str:
    """The report that the attacker wants shown."""
    return await notified(texting, shop, phone=PHONE)


async def post(registry: Registry, body: bytes, headers: Any) -> httpx.Response:
    return await registry.http.post(RECEIPTS, content=body, headers=dict(headers))


async def is_told(registry: Registry, shop: Shop, report_id: str) -> bool:
    await registry.work()
    due: dict[str, str] = (await shop.view(report_id))["due"]
    return due["event"] == "notice_ended"


async def trail(registry: Registry) -> int:
    said = "SELECT count(*) AS n FROM audit_entries WHERE action = 'message.receipt'"
    (found,) = await rows.select(registry.runtime, said)
    return int(found["n"])


def forgeries(good: bytes, other: bytes) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """What a forger sends who has seen requests and receipts, but not the secret."""
    honest: dict[str, Any] = dict(signed(good))

    def without(*names: str) -> dict[str, Any]:
        return {name: value for name, value in honest.items() if name not in names}

    mac = honest["webhook-signature"].removeprefix("v1,")
    yield "unsigned", good, {"content-type": "application/json"}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        yield f"without {name}", good, without(name)
        yield f"empty {name}", good, {**honest, name: ""}
    yield (
        "the token as a key",
        good,
        {**without("webhook-signature"), "authorization": f"Bearer {TOKEN}"},
    )
    yield "signed with the token", good, dict(signed(good, key=TOKEN.encode()))
    yield "signed with the secret's text", good, dict(signed(good, key=SECRET.encode()))
    yield "signed with nothing", good, dict(signed(good, key=b""))
    yield "signed with another secret", good, dict(signed(good, key=bytes(32)))
    yield "another body", other, honest
    yield "the body in other words", json.dumps(json.loads(good), indent=1).encode(), honest
    yield "another id", good, {**honest, "webhook-id": "msg_2"}
    for moved in (-1, 1, 300):
        at = str(int(honest["webhook-timestamp"]) + moved)
        yield f"another time {moved}", good, {**honest, "webhook-timestamp": at}
    for at in ("now", "1e400", "-1", "nan", "9" * 30, "٣"):
        yield f"no time {at}", good, {**honest, "webhook-timestamp": at.encode()}
    for text in (
        "v1",
        "v1,",
        f"v2,{mac}",
        f"v1a,{mac}",
        mac,
        f"v1,{mac}x,",
        f"v1,{mac[:-8]}",
        ",",
        " ",
        "v1,*",
    ):
        yield f"no signature {text}", good, {**honest, "webhook-signature": text}
    yield "many signatures", good, {**honest, "webhook-signature": "v1,AAAA " * 200}


async def test_a_forged_receipt_proves_nothing(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str
) -> None:
    """Whatever is wrong with it, the answer is one, byte for byte but for the request's id."""
    (sent,) = bridge.got
    good, told = receipt(sent["id"]), set()
    for what, body, headers in forgeries(good, receipt(sent["id"], "undelivered")):
        answer = await post(texting, body, headers)
        assert problem(answer) == REFUSED, what
        told.add(answer.content.replace(answer.headers["x-request-id"].encode(), b""))
    assert len(told) == 1
    assert not await is_told(texting, shop, victim)
    assert await trail(texting) == 0
    # The honest one is taken, so it was the signature that kept the others out.
    assert (await post(texting, good, signed(good))).status_code == 200
    assert await is_told(texting, shop, victim)


async def test_the_control_is_the_signature(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same attack on a build without it succeeds."""
    monkeypatch.setattr(sms.HttpProvider, "verify", lambda *_: None)
    good = receipt(bridge.got[0]["id"])
    assert (await post(texting, good, {"content-type": "application/json"})).status_code == 200
    assert await is_told(texting, shop, victim)


async def test_an_old_receipt_is_refused(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str
) -> None:
    """Five minutes either way, by the real clock: whoever moves the registry's makes no old one good."""
    good = receipt(bridge.got[0]["id"])
    for age in (301, 3600, 86400 * 30, -310):
        assert problem(await post(texting, good, signed(good, age=age))) == REFUSED
    old = signed(good, age=86400)
    async with texting.after(timedelta(days=-1)):
        assert problem(await post(texting, good, old)) == REFUSED
    assert not await is_told(texting, shop, victim)
    assert (await post(texting, good, signed(good, age=280))).status_code == 200


async def test_a_replayed_receipt_changes_nothing(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str
) -> None:
    """Within its minutes it gets the same answer, and neither the message, the report nor the trail moves."""
    good = receipt(bridge.got[0]["id"])
    headers = signed(good)
    first = await post(texting, good, headers)
    await texting.work()
    said = (
        "SELECT m.*, r.visible_from, r.version FROM messages m JOIN reports r ON r.id = m.about_id"
    )
    before = await rows.select(texting.runtime, said)
    for _ in range(3):
        async with texting.after(timedelta(minutes=2)):
            again = await post(texting, good, headers)
            assert (again.status_code, again.content) == (200, first.content)
    # Nor does what contradicts it, though it is signed.
    denial = receipt(bridge.got[0]["id"], "undelivered")
    assert (await post(texting, denial, signed(denial))).json()["state"] == "delivered"
    assert await rows.select(texting.runtime, said) == before
    assert await trail(texting) == 1
    assert await is_told(texting, shop, victim)


async def test_a_denial_cannot_be_replayed_into_a_new_notice(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str
) -> None:
    """Each notice has a message, and an id, of its own."""
    denial = receipt(bridge.got[0]["id"], "undelivered")
    headers = signed(denial)
    await post(texting, denial, headers)
    other = await notified(texting, shop, phone="+380505550171")
    assert (await post(texting, denial, headers)).json()["state"] == "bounced"
    new = receipt(bridge.got[1]["id"])
    assert (await post(texting, new, signed(new))).json()["state"] == "delivered"
    assert await is_told(texting, shop, other)
    assert not await is_told(texting, shop, victim)


async def test_a_receipt_for_another_message_proves_nothing(
    texting: Registry, shop: Shop, bridge: Bridge, victim: str
) -> None:
    """A provider that lies, or errs: it has a word in its own texts, and in nothing else."""
    mailed = await notified(texting, shop, email=MAIL)
    said = "SELECT id FROM messages WHERE about_id = :id AND template = 'report_notice'"
    (letter,) = await rows.select(texting.runtime, said, id=mailed)
    for id_ in (letter["id"], victim, mailed, shop.id, "0193a6c1-0000-7000-8000-000000000009"):
        for status in ("delivered", "undelivered"):
            body = receipt(id_, status)
            assert problem(await post(texting, body, signed(body))) == (404, "not-found")
    other = await notified(texting, shop, phone="+380505550172")
    body = receipt(bridge.got[-1]["id"])
    assert (await post(texting, body, signed(body))).status_code == 200
    assert await is_told(texting, shop, other)
    assert not await is_told(texting, shop, victim)
    assert not await is_told(texting, shop, mailed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"id": "x", "status": "delivered"}',
        receipt("0193a6c1-0000-7000-8000-000000000009", "sent"),
        b'{"id": "0193a6c1-0000-7000-8000-000000000009", "status": "delivered", "to": "+380505550170"}',
    ],
)
async def test_what_is_signed_and_no_receipt_is_told_so(
    texting: Registry, victim: str, body: bytes
) -> None:
    """Only to whoever signed it: to others there is nothing to learn."""
    assert problem(await post(texting, body, signed(body)))[0] == 400
    forged = {**signed(body), "webhook-id": "another"}
    assert problem(await post(texting, body, forged)) == REFUSED


async def test_without_a_provider_nothing_is_signed(registry: Registry) -> None:
    """Not even with an empty secret."""
    body = receipt("0193a6c1-0000-7000-8000-000000000009")
    for key in (b"", KEY):
        assert problem(await post(registry, body, signed(body, key=key))) == REFUSED


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    id_=st.text(max_size=30),
    at=st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str)),
    signature=st.one_of(
        st.text(max_size=60),
        st.binary(max_size=40).map(lambda b: "v1," + base64.b64encode(b).decode()),
    ),
    body=st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)),
)
def test_no_header_or_body_breaks_the_check(id_: str, at: str, signature: str, body: bytes) -> None:
    """Everything but a good signature is one refusal."""
    provider = sms.HttpProvider(url="https://x", token="t", secret=SECRET, sender=None)
    headers = {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": signature}
    with pytest.raises(sms.ReceiptNotSigned):
        provider.verify(headers, body)


def test_a_secret_is_changed_without_a_gap() -> None:
    """While it changes, the provider signs with both, and one that fits is enough."""
    body = receipt("0193a6c1-0000-7000-8000-000000000009")
    headers = dict(signed(body))
    other = signed(body, key=bytes(32))["webhook-signature"]
    headers["webhook-signature"] = f"{other} {headers['webhook-signature']}"
    provider = sms.HttpProvider(url="https://x", token="t", secret=SECRET, sender=None)
    provider.verify(headers, body)
