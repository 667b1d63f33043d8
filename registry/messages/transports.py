"""How a message leaves: as a file in the outbox folder, to a mail server, or to a provider of short messages.

A transport answers with what happened (`rules.Event`), or raises `NotNow` when trying again may help.
Addresses and texts never reach a log or an error's text: what a server says may repeat an address, so
only its three-digit code is kept. The provider of short messages lives in `sms`.

A decoy goes the way of a message as far as it can without reaching anybody: a file is written and removed, a mail
server or a provider is dialled and given nothing. So the time and the load of sending do not tell which it was.
"""

import asyncio
import os
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec

from registry.messages import sms
from registry.messages.letters import Letter
from registry.messages.rules import Channel, Event, Language, NotNow, Transport
from registry.platform.blobs import write_file
from registry.platform.networks import is_this_machine
from registry.platform.settings import Settings, SettingsError

#: For one exchange with the mail server, and for all of a message.
EXCHANGE_S, MESSAGE_S = 15, 60
PORTS = {"smtp": 587, "smtps": 465}
PERMANENT = 500
#: One address and nothing else: what could add a header, a name or a second recipient is refused.
ONE_ADDRESS = re.compile(r"""[^\s<>(),;:"\\@\[\]]+@[^\s<>(),;:"\\@\[\]]+""")


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent: opened, written, and only ever in memory."""

    id: UUID
    channel: Channel
    to: str
    language: Language
    letter: Letter
    at: datetime
    decoy: bool = False


class MailServer(NamedTuple):
    """The mail server, as `smtp_url` names it."""

    host: str
    port: int
    username: str | None
    password: str | None
    implicit_tls: bool


def transport_for(settings: Settings, channel: Channel) -> Transport | None:
    """What carries this channel: files for all where nothing is configured; None if nothing does."""
    if not settings.smtp_url:
        return Transport.FILES
    if channel is Channel.MAIL:
        return Transport.SMTP
    return Transport.SMS if settings.sms_url else None


def check(settings: Settings) -> None:
    """Refuse settings that would lose messages; raises `SettingsError` that does not repeat a value."""
    if settings.smtp_url:
        mail_server(settings)
    provider = sms.provider_of(settings)
    if provider and not settings.smtp_url:
        # Else letters to businesses would go nowhere, or files would count as proof beside real messages.
        raise SettingsError(
            "REGISTRY_SMS_URL needs REGISTRY_SMTP_URL: businesses are written to by mail alone."
        )


async def send(settings: Settings, transport: Transport, parcel: Parcel) -> Event:
    """Send it. The same parcel sent twice is one file, two mails with one Message-ID, one id to the provider."""
    if transport is Transport.FILES:
        return await _to_file(settings, parcel)
    if transport is Transport.SMTP:
        return await _to_mail_server(settings, parcel)
    provider = sms.provider_of(settings)
    assert provider is not None  # noqa: S101 - chosen because it is set
    text = parcel.letter.text.strip()
    return await provider.send(sms.Sms(parcel.id, parcel.to, text, decoy=parcel.decoy))


def mail_server(settings: Settings) -> MailServer:
    """Read `smtp_url` and check `mail_from`; raises `SettingsError` that does not repeat them."""
    url = urlsplit(settings.smtp_url)
    try:
        port = url.port or PORTS[url.scheme]
    except (KeyError, ValueError):
        port = 0
    if not url.hostname or not port:
        raise SettingsError(
            "REGISTRY_SMTP_URL must be smtp://user:password@host:587 or smtps://..."
        )
    if not ONE_ADDRESS.fullmatch(parseaddr(settings.mail_from)[1]):
        raise SettingsError("REGISTRY_MAIL_FROM must be an address such as registry@your.domain.")
    return MailServer(
        host=url.hostname,
        port=port,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        implicit_tls=url.scheme == "smtps",
    )


def outbox_files(folder: Path) -> dict[UUID, tuple[Path, datetime]]:
    """The files of the outbox folder by message, with the registry's time of writing."""
    found = {}
    for path in folder.glob("*.json"):
        try:
            found[UUID(path.stem)] = (path, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        except (ValueError, FileNotFoundError):
            continue
    return found


async def _to_file(settings: Settings, parcel: Parcel) -> Event:
    path = settings.outbox_dir / f"{parcel.id}.json"
    body = {
        "to": parcel.to,
        "language": parcel.language,
        "subject": parcel.letter.subject,
        "text": parcel.letter.text,
        "at": parcel.at,
    }
    content = msgspec.json.format(msgspec.json.encode(body), indent=2)
    write = _write_decoy if parcel.decoy else _write
    try:
        await asyncio.to_thread(write, path, content, parcel.at)
    except OSError as fault:
        raise NotNow(f"file-{fault.errno}") from None
    return Event.WRITTEN


def _write(path: Path, content: bytes, at: datetime) -> None:
    write_file(path, content)
    # Files are swept by the registry's time, which tests and the seeder move.
    os.utime(path, (at.timestamp(), at.timestamp()))


def _write_decoy(path: Path, content: bytes, at: datetime) -> None:
    decoy = path.with_suffix(".decoy")
    _write(decoy, content, at)
    decoy.unlink()


async def _to_mail_server(settings: Settings, parcel: Parcel) -> Event:
    if not ONE_ADDRESS.fullmatch(parcel.to):
        return Event.REFUSED
    server, mail = mail_server(settings), _mail(settings, parcel)
    try:
        async with asyncio.timeout(MESSAGE_S):
            async with _connection(server) as connection:
                if parcel.decoy:
                    await connection.mail(parseaddr(settings.mail_from)[1])
                    await connection.rset()
                else:
                    await connection.send_message(mail)
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        return _refused(refusal.recipients[0].code)
    except aiosmtplib.SMTPDataError as refusal:
        return _refused(refusal.code)
    except aiosmtplib.SMTPNotSupported:
        if not parcel.to.isascii():
            return Event.REFUSED  # the server takes no such address, today or tomorrow
        raise NotNow("smtp-not-supported") from None
    except aiosmtplib.SMTPResponseException as refusal:
        # A refused sign-in or sender is our configuration's fault, which an operator can mend.
        raise NotNow(f"smtp-{refusal.code}") from None
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as fault:
        raise NotNow(type(fault).__name__) from None
    return Event.TAKEN


def _connection(server: MailServer) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.implicit_tls,
        start_tls=_start_tls(server),
        # A mail server beside us often shows a certificate that nobody signed.
        validate_certs=not is_this_machine(server.host),
        timeout=EXCHANGE_S,
    )


def _refused(code: int) -> Event:
    if code >= PERMANENT:
        return Event.REFUSED
    raise NotNow(f"smtp-{code}")


def _start_tls(server: MailServer) -> bool | None:
    """STARTTLS when offered; always where a password would otherwise cross a network in the clear."""
    if server.implicit_tls:
        return False
    return True if server.password and not is_this_machine(server.host) else None


def _mail(settings: Settings, parcel: Parcel) -> EmailMessage:
    """The mail; its Message-ID is the message's own id, so that duplicates and bounces find it."""
    sender = parseaddr(settings.mail_from)[1]
    mail = EmailMessage()
    mail["From"] = Address(display_name=settings.operator_name, addr_spec=sender)
    mail["To"] = parcel.to
    mail["Subject"] = parcel.letter.subject
    mail["Date"] = format_datetime(parcel.at)
    mail["Message-ID"] = f"<{parcel.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parcel.letter.text)
    mail["Content-Language"] = parcel.language
    return mail
