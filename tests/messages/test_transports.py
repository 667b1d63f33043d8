"""Files are private and whole; a real SMTP server's every kind of answer means the right thing."""

import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from registry.messages import transports
from registry.messages.letters import Letter
from registry.messages.rules import Channel, Event, Language, NotNow, Transport
from registry.messages.transports import Parcel
from registry.platform.settings import Settings, SettingsError
from tests.messages.mailserver import MailServer, certificate, free_port, serving

AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ID = UUID("0193a6c1-0000-7000-8000-000000000001")
ADDRESS = "o.shevchenko@mail.example"


def parcel(to: str = ADDRESS, subject: str = "У реєстрі є запис") -> Parcel:
    letter = Letter(subject=subject, text="Добрий день.\n\n" + "довгий рядок " * 40 + "\n")
    return Parcel(id=ID, channel=Channel.MAIL, to=to, language=Language.UK, letter=letter, at=AT)


def by_mail(tmp_path: Path, url: str) -> Settings:
    return Settings(
        data_dir=tmp_path,
        smtp_url=url,
        mail_from="notices@registry.example",
        operator_name="Реєстр клієнтів",
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with serving(MailServer()) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: MailServer) -> Settings:
    return by_mail(tmp_path, f"smtp://127.0.0.1:{server.port}")


async def mail(settings: Settings, to: str = ADDRESS) -> Event:
    return await transports.send(settings, Transport.SMTP, parcel(to))


# --- files -----------------------------------------------------------------------------------------


async def test_a_file_holds_the_message_and_is_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert await transports.send(settings, Transport.FILES, parcel()) is Event.WRITTEN
    path = tmp_path / "outbox" / f"{ID}.json"
    body = msgspec.json.decode(path.read_bytes())
    assert list(body) == ["to", "language", "subject", "text", "at"]
    assert body["to"] == ADDRESS
    assert body["language"] == "uk"
    assert body["text"].startswith("Добрий день.")
    assert body["at"] == "2026-11-22T10:30:00Z"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_sending_again_after_a_crash_leaves_one_file(tmp_path: Path) -> None:
    """Even when the first try left its part behind."""
    settings = Settings(data_dir=tmp_path)
    await transports.send(settings, Transport.FILES, parcel())
    (tmp_path / "outbox" / f"{ID}.json.part").write_bytes(b"half")
    await transports.send(settings, Transport.FILES, parcel())
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == [f"{ID}.json"]


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("not a folder")
    with pytest.raises(NotNow) as refusal:
        await transports.send(Settings(data_dir=tmp_path), Transport.FILES, parcel())
    assert ADDRESS not in str(refusal.value)


async def test_outbox_files_are_known_by_the_registrys_time(tmp_path: Path) -> None:
    """The file's own time is the message's, so that a moved clock sweeps it; strangers are left out."""
    await transports.send(Settings(data_dir=tmp_path), Transport.FILES, parcel())
    (tmp_path / "outbox" / "notes.json").write_text("{}")
    path = tmp_path / "outbox" / f"{ID}.json"
    assert transports.outbox_files(tmp_path / "outbox") == {ID: (path, AT)}
    assert transports.outbox_files(tmp_path / "nowhere") == {}


# --- a mail server ---------------------------------------------------------------------------------


async def test_an_accepted_mail_says_who_writes_to_whom(
    settings: Settings, server: MailServer
) -> None:
    assert await mail(settings) is Event.TAKEN
    (got,) = server.taken
    assert server.recipients == [ADDRESS]
    assert got["To"] == ADDRESS
    assert got["From"] == "Реєстр клієнтів <notices@registry.example>"
    assert got["Subject"] == "У реєстрі є запис"
    assert got["Date"].datetime == AT
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Content-Language"] == "uk"
    assert got.get_content().replace("\r\n", "\n") == parcel().letter.text


async def test_a_message_sent_twice_has_one_message_id(
    settings: Settings, server: MailServer
) -> None:
    """So that a mailbox collapses the copies, and a bounce leads back to the message."""
    await mail(settings)
    await mail(settings)
    assert [got["Message-ID"] for got in server.taken] == [f"<{ID}@registry.example>"] * 2


@pytest.mark.parametrize(
    ("step", "reply", "outcome"),
    [
        ("rcpt", "550 5.1.1 no such user", Event.REFUSED),
        ("rcpt", "553 5.1.3 bad address", Event.REFUSED),
        ("data", "554 5.7.1 rejected", Event.REFUSED),
        ("rcpt", "450 4.2.0 greylisted", "smtp-450"),
        ("rcpt", "452 4.2.2 mailbox full", "smtp-452"),
        ("data", "451 4.3.0 try later", "smtp-451"),
        ("mail", "421 4.3.2 shutting down", "smtp-421"),
        # Our own sender is refused: an operator can mend it, the person's address is not at fault.
        ("mail", "550 5.7.1 sender not allowed", "smtp-550"),
    ],
)
async def test_what_a_refusal_means(
    settings: Settings, server: MailServer, step: str, reply: str, outcome: Event | str
) -> None:
    """A recipient refused for good fails at once; everything else is tried again."""
    setattr(server, f"{step}_reply", reply)
    if isinstance(outcome, Event):
        assert await mail(settings) is outcome
    else:
        with pytest.raises(NotNow) as refusal:
            await mail(settings)
        assert refusal.value.reason == outcome
    assert server.taken == []


async def test_a_server_that_is_down_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(NotNow) as refusal:
        await mail(by_mail(tmp_path, f"smtp://127.0.0.1:{free_port()}"))
    assert refusal.value.reason == "SMTPConnectError"


async def test_a_server_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "EXCHANGE_S", 0.2)
    # It listens, so a connection comes about, and never says a word.
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotNow) as refusal:
        await mail(by_mail(tmp_path, f"smtp://127.0.0.1:{silent.getsockname()[1]}"))
    assert "Timeout" in refusal.value.reason


async def test_a_server_that_dawdles_at_every_step_is_given_up(
    settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer in time, but the whole too slow: a message has a limit of its own."""
    monkeypatch.setattr(transports, "MESSAGE_S", 0.4)
    server.pace = 0.3
    with pytest.raises(NotNow) as refusal:
        await mail(settings)
    assert refusal.value.reason == "TimeoutError"


async def test_signing_in_with_a_password_from_the_url(tmp_path: Path, server: MailServer) -> None:
    """User and password are percent-decoded; a wrong one is the operator's to mend."""
    await mail(by_mail(tmp_path, f"smtp://registry:p%40ss%2Fword@127.0.0.1:{server.port}"))
    assert server.signed_in == ["registry"]
    assert len(server.taken) == 1
    with pytest.raises(NotNow, match="smtp-535"):
        await mail(by_mail(tmp_path, f"smtp://registry:wrong@127.0.0.1:{server.port}"))


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_travels_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """By STARTTLS when the server offers it, or from the first byte."""
    pem, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setattr(transports, "is_this_machine", lambda _: False)
    with serving(MailServer(), tls=context, starttls=scheme == "smtp") as server:
        await mail(by_mail(tmp_path, f"{scheme}://127.0.0.1:{server.port}"))
    assert server.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_nobody_vouches_for_gets_no_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Unless it runs on this machine, where no one can come between."""
    _, context = certificate(tmp_path)
    with serving(MailServer(), tls=context, starttls=scheme == "smtp") as server:
        settings = by_mail(tmp_path, f"{scheme}://127.0.0.1:{server.port}")
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(transports, "is_this_machine", lambda _: False)
            with pytest.raises(NotNow):
                await mail(settings)
        assert server.taken == []
        assert await mail(settings) is Event.TAKEN


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://mail.example", None),
        ("smtp://user:secret@mail.example", True),
        ("smtp://user:secret@192.0.2.7", True),
        ("smtp://user:secret@localhost", None),
        ("smtp://user:secret@[::1]", None),
        ("smtps://user:secret@mail.example", False),
    ],
)
def test_a_password_never_crosses_a_network_in_the_clear(
    tmp_path: Path, url: str, start_tls: bool | None
) -> None:
    server = transports.mail_server(by_mail(tmp_path, url))
    assert transports._start_tls(server) is start_tls


async def test_a_server_without_utf8_cannot_be_sent_a_cyrillic_address(tmp_path: Path) -> None:
    """It would refuse it tomorrow as well."""
    with serving(MailServer(), enable_SMTPUTF8=False) as server:
        settings = by_mail(tmp_path, f"smtp://127.0.0.1:{server.port}")
        assert await mail(settings, to="олена@mail.example") is Event.REFUSED
    assert server.taken == []


async def test_a_server_with_utf8_takes_a_cyrillic_address(tmp_path: Path) -> None:
    with serving(MailServer(), enable_SMTPUTF8=True) as server:
        settings = by_mail(tmp_path, f"smtp://127.0.0.1:{server.port}")
        assert await mail(settings, to="олена@mail.example") is Event.TAKEN
    assert server.recipients == ["олена@mail.example"]


@pytest.mark.parametrize(
    "to",
    [
        "a@m.example\r\nBcc: b@m.example",
        "a@m.example\n",
        "a@m.example, b@m.example",
        "no address",
        "@",
        "",
    ],
)
async def test_what_is_no_address_is_refused(
    settings: Settings, server: MailServer, to: str
) -> None:
    """Nothing in an address can add a header or a recipient."""
    assert await mail(settings, to=to) is Event.REFUSED
    assert server.taken == []


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://h:port", "smtp://h:99999"]
)
def test_a_url_that_is_no_mail_server_is_refused_without_repeating_it(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(SettingsError, match="REGISTRY_SMTP_URL") as refusal:
        transports.mail_server(by_mail(tmp_path, url))
    assert "mail.example" not in str(refusal.value)


@pytest.mark.parametrize("sender", ["", "registry", "Registry <>", "@"])
def test_a_sender_that_is_no_address_is_refused_at_start(tmp_path: Path, sender: str) -> None:
    """It is the operator's fault, and must not cost a message its tries."""
    settings = msgspec.structs.replace(by_mail(tmp_path, "smtp://h"), mail_from=sender)
    with pytest.raises(SettingsError, match="REGISTRY_MAIL_FROM"):
        transports.mail_server(settings)


@pytest.mark.parametrize(
    ("url", "port"), [("smtp://h", 587), ("smtps://h", 465), ("smtp://h:25", 25)]
)
def test_ports_are_the_usual_ones(tmp_path: Path, url: str, port: int) -> None:
    assert transports.mail_server(by_mail(tmp_path, url)).port == port
