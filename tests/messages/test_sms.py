"""Short messages through a real HTTP server: what it is asked, and what each of its answers means."""

import asyncio
import base64
import hmac
import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from registry.messages import sms, transports
from registry.messages.letters import Letter
from registry.messages.rules import Channel, Event, Language, NotNow, Transport
from registry.messages.transports import Parcel
from registry.messages.wire import Receipt, ReceiptStatus, SmsRequest
from registry.platform.settings import Settings, SettingsError
from tests.messages import smsbridge
from tests.messages.mailserver import certificate, free_port
from tests.messages.smsbridge import SECRET, SENDER, TOKEN, Bridge

ID = UUID("0193a6c1-0000-7000-8000-000000000001")
PHONE, TEXT = "+380501234567", "Реєстр: є запис із цим номером."
SMTP = "smtp://mail.example"


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with smsbridge.serving(Bridge()) as running:
        yield running


def by_sms(**given: Any) -> Settings:
    return Settings(smtp_url=SMTP, **given)


async def send(settings: Settings, to: str = PHONE) -> Event:
    letter = Letter(subject="У реєстрі є запис", text=TEXT + "\n")
    at = datetime(2026, 11, 22, tzinfo=UTC)
    parcel = Parcel(id=ID, channel=Channel.SMS, to=to, language=Language.UK, letter=letter, at=at)
    return await transports.send(settings, Transport.SMS, parcel)


async def refusal(settings: Settings) -> str:
    with pytest.raises(NotNow) as refused:
        await send(settings)
    return refused.value.reason


async def test_it_is_asked_in_one_plain_json(bridge: Bridge) -> None:
    assert await send(by_sms(**bridge.settings())) is Event.TAKEN
    assert bridge.got == [{"id": str(ID), "to": PHONE, "text": TEXT, "sender": SENDER}]
    (head,) = bridge.heads
    assert head["authorization"] == f"Bearer {TOKEN}"
    assert head["content-type"] == "application/json"
    assert head["idempotency-key"] == str(ID)
    assert bridge.paths == ["/messages"]


async def test_without_a_sender_the_provider_chooses(bridge: Bridge) -> None:
    await send(by_sms(**bridge.settings() | {"sms_sender": ""}))
    assert bridge.got[0]["sender"] is None


async def test_sent_twice_it_is_one_message_to_the_provider(bridge: Bridge) -> None:
    settings = by_sms(**bridge.settings())
    await send(settings)
    await send(settings)
    assert (len(bridge.got), len(bridge.sent)) == (2, 1)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Event.TAKEN),
        (201, Event.TAKEN),
        (202, Event.TAKEN),
        (204, Event.TAKEN),
        # The number or the text is at fault: tomorrow as well.
        (400, Event.REFUSED),
        (402, Event.REFUSED),
        (409, Event.REFUSED),
        (410, Event.REFUSED),
        (422, Event.REFUSED),
        # The token or the URL is: an operator can mend it, and the person is not at fault.
        (401, "sms-401"),
        (403, "sms-403"),
        (404, "sms-404"),
        (405, "sms-405"),
        (407, "sms-407"),
        # It passes.
        (408, "sms-408"),
        (425, "sms-425"),
        (429, "sms-429"),
        (500, "sms-500"),
        (502, "sms-502"),
        (503, "sms-503"),
    ],
)
async def test_what_an_answer_means(bridge: Bridge, status: int, outcome: Event | str) -> None:
    bridge.status = status
    bridge.body = b"" if status == 204 else PHONE.encode()
    settings = by_sms(**bridge.settings())
    if isinstance(outcome, Event):
        assert await send(settings) is outcome
    else:
        assert await refusal(settings) == outcome


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(bridge: Bridge, status: int) -> None:
    """Number, text and token would go to whoever it names."""
    with smsbridge.serving(Bridge()) as other:
        bridge.status = status
        bridge.headers = {"Location": f"http://127.0.0.1:{other.port}/messages"}
        assert await refusal(by_sms(**bridge.settings())) == f"sms-{status}"
        assert (len(bridge.paths), other.paths) == (1, [])


async def test_no_proxy_of_the_environment_sees_it(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smsbridge.serving(Bridge()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await send(by_sms(**bridge.settings())) is Event.TAKEN
        assert (len(bridge.got), proxy.paths) == (1, [])


async def test_a_provider_that_is_down_is_tried_again() -> None:
    bridge = Bridge()
    bridge.port = free_port()
    assert await refusal(by_sms(**bridge.settings())) == "ConnectError"


async def test_a_provider_that_says_nothing_is_given_up(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "EXCHANGE_S", 0.2)
    bridge.pace = 1
    assert await refusal(by_sms(**bridge.settings())) == "ReadTimeout"


async def test_an_endless_answer_holds_nobody_up(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its body is not read: the status says it all."""
    monkeypatch.setattr(sms, "MESSAGE_S", 2)
    bridge.body, bridge.drip = b"x" * 1000, 0.02
    assert await send(by_sms(**bridge.settings())) is Event.TAKEN


async def test_the_whole_exchange_has_a_limit(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "MESSAGE_S", 0.2)
    bridge.pace = 1
    assert await refusal(by_sms(**bridge.settings())) == "TimeoutError"


async def test_what_speaks_no_http_is_tried_again() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"220 this is a mail server\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        bridge = Bridge()
        bridge.port = server.sockets[0].getsockname()[1]
        assert await refusal(by_sms(**bridge.settings())) == "RemoteProtocolError"


async def test_it_travels_encrypted_to_whom_somebody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with smsbridge.serving(Bridge(), tls=context) as bridge:
        assert await send(by_sms(**bridge.settings("https"))) is Event.TAKEN
        assert len(bridge.got) == 1


async def test_a_certificate_that_nobody_signed_gets_nothing(tmp_path: Path) -> None:
    """On this machine too: whoever asks for TLS gets it."""
    _, context = certificate(tmp_path)
    with smsbridge.serving(Bridge(), tls=context) as bridge:
        assert await refusal(by_sms(**bridge.settings("https"))) == "ConnectError"
        assert bridge.got == []


@pytest.mark.parametrize(
    "to",
    [
        "",
        "380501234567",
        "+38050",
        "+0501234567",
        "+3805012345678901",
        "+38050 123",
        "+380501234567\n",
    ],
)
async def test_what_is_no_number_is_refused_unasked(bridge: Bridge, to: str) -> None:
    assert await send(by_sms(**bridge.settings()), to) is Event.REFUSED
    assert bridge.got == []


# --- settings --------------------------------------------------------------------------------------

GOOD = {"sms_url": "https://sms.example/messages", "sms_token": TOKEN, "sms_secret": SECRET}


def test_good_settings_make_a_provider() -> None:
    assert isinstance(sms.provider_of(by_sms(**GOOD)), sms.HttpProvider)
    assert sms.provider_of(by_sms()) is None
    for host in ("127.0.0.1:9000", "localhost:9000", "[::1]:9000"):
        assert sms.provider_of(by_sms(**GOOD | {"sms_url": f"http://{host}/"})) is not None


BAD = {
    "sms_url": [
        "sms.example",
        "ftp://sms.example",
        "http://sms.example",
        "http://192.0.2.7",
        "http://localhost.sms.example",
        "https://",
        "https://planted:99999",
        "https://user:planted@sms.example",
        "https://sms.example\\@planted.example",
        "https://sms.example/#planted",
    ],
    "sms_token": ["planted token", "плантед", "planted\r\nX-Header:1"],
    "sms_secret": [
        "planted",
        "whsec_",
        "whsec_cGxhbnRlZA==",
        "whsec_planted!",
        SECRET.removeprefix("whsec_"),
    ],
    "sms_sender": ["planted-too-long", "+12", "Реєстр", "a\nb"],
}


@pytest.mark.parametrize(
    ("setting", "value"), [(setting, value) for setting in BAD for value in BAD[setting]]
)
def test_a_bad_setting_is_named_and_not_repeated(setting: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"REGISTRY_{setting.upper()}") as refused:
        transports.check(by_sms(**GOOD | {setting: value}))
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("missing", GOOD)
def test_half_of_the_settings_is_none(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"REGISTRY_{missing.upper()}"):
        transports.check(by_sms(**GOOD | {missing: ""}))


@pytest.mark.parametrize("sender", ["Registry", "", "R 2", "380501234567", "+380501234567", "7722"])
def test_a_sender_is_a_short_name_or_a_number(sender: str) -> None:
    transports.check(by_sms(**GOOD, sms_sender=sender))


def test_short_messages_alone_are_not_enough() -> None:
    """Letters to businesses go by mail; files beside real messages would prove what nobody read."""
    with pytest.raises(SettingsError, match="needs REGISTRY_SMTP_URL"):
        transports.check(Settings(**GOOD))  # type: ignore[arg-type]  # all of them are text


def test_what_carries_which_channel() -> None:
    """Nothing set: files carry all. Mail alone: phones get nothing. Both: each its own."""
    nothing, mail, both = Settings(), by_sms(), by_sms(**GOOD)
    carried = [
        [transports.transport_for(settings, channel) for channel in (Channel.MAIL, Channel.SMS)]
        for settings in (nothing, mail, both)
    ]
    assert carried == [
        [Transport.FILES, Transport.FILES],
        [Transport.SMTP, None],
        [Transport.SMTP, Transport.SMS],
    ]


# --- the operator's guide --------------------------------------------------------------------------


def shown(language: str) -> list[str]:
    """The guide's examples in that language, of the part on short messages."""
    guide = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    section = guide.split("### Short messages\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_guide_s_bodies_are_those_of_the_code() -> None:
    request, receipt = (json.loads(body) for body in shown("json"))
    assert msgspec.to_builtins(msgspec.convert(request, SmsRequest)) == request
    assert msgspec.convert(receipt, Receipt).status is ReceiptStatus.DELIVERED
    (head,) = shown("http")
    assert f"Idempotency-Key: {request['id']}" in head


def test_a_bridge_that_signs_as_the_guide_says_is_believed() -> None:
    names: dict[str, Any] = {"base64": base64, "hmac": hmac, "time": time, "uuid": uuid}
    (code,) = shown("python")
    exec(code, names)
    body = smsbridge.receipt(ID)
    provider = sms.provider_of(by_sms(**GOOD))
    assert provider is not None
    provider.verify(names["headers"](SECRET, body), body)
    with pytest.raises(sms.ReceiptNotSigned):
        provider.verify(names["headers"]("whsec_" + "A" * 44, body), body)


def test_a_secret_made_as_the_guide_says_is_one() -> None:
    made = "whsec_" + base64.b64encode(b"\xfb" * 32).decode()
    assert "+" in made
    transports.check(by_sms(**GOOD | {"sms_secret": made}))
