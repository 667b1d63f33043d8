"""A real SMTP server for tests: what it got, and what it should answer."""

import asyncio
import gc
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TAKEN = "250 OK"


class MailServer:
    """Keeps the mail it took. Each `*_reply` is what it answers at that step."""

    def __init__(self) -> None:
        self.mail_reply, self.rcpt_reply, self.data_reply = TAKEN, TAKEN, TAKEN
        self.taken: list[EmailMessage] = []
        #: The senders that were named, also where no mail followed.
        self.senders: list[str] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []
        self.signed_in: list[str] = []
        self.port = 0
        #: Seconds before it answers RCPT and DATA.
        self.pace = 0.0

    async def handle_MAIL(  # noqa: N802 - the name aiosmtpd calls
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        envelope.mail_from = address
        self.senders.append(address)
        return self.mail_reply

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        await asyncio.sleep(self.pace)
        if self.rcpt_reply == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.rcpt_reply

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.pace)
        if self.data_reply == TAKEN:
            content = envelope.original_content
            assert content is not None
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append(mail)
            self.recipients += envelope.rcpt_tos
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.data_reply

    def sign_in(
        self, server: Any, session: Any, envelope: Any, mechanism: Any, data: Any
    ) -> AuthResult:
        good = data.login == b"registry" and data.password == b"p@ss/word"
        self.signed_in.append(data.login.decode())
        return AuthResult(success=good, handled=good)


@contextmanager
def serving(
    mail: MailServer, *, tls: ssl.SSLContext | None = None, starttls: bool = False, **options: Any
) -> Iterator[MailServer]:
    """Run the server on a free port of this machine for the block."""
    if starttls:
        options |= {"tls_context": tls, "require_starttls": True}
    controller = Controller(
        mail,
        hostname="127.0.0.1",
        port=0,
        ssl_context=None if starttls else tls,
        authenticator=mail.sign_in,
        auth_require_tls=False,
        **options,
    )
    # The controller tries to reach itself at the port it was given, so it needs a real one.
    controller.port = free_port()
    controller.start()
    mail.port = controller.port
    try:
        yield mail
    finally:
        controller.stop()
        # A client that hangs up in the middle of TLS leaves aiosmtpd's half of the connection unclosed.
        # Collected here, so that its warning does not fall upon whichever test runs next.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1, and a server's context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test mail server")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "server.pem", folder / "server.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context
