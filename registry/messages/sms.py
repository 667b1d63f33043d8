"""The provider of short messages: how a text goes out, and how its delivery receipt is believed.

`Provider` is all that the outbox asks of one. `HttpProvider` is the one there is: a JSON request of four fields, and
receipts signed as Standard Webhooks, which docs/operations.md tells in full. Gateways agree on neither. Some want
forms, some lists of numbers, some say "refused" under a status of 200; of receipts, which alone prove a notice, some
are polled, some carry no signature, some one of their own kind. So a gateway that does not speak this is connected by
a small bridge beside the registry, and nothing of any gateway lives here.

Numbers and texts never reach a log or an error's text: of an answer only its status is kept, its body is not even read.
"""

import asyncio
import base64
import re
import ssl
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

import httpx
import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from registry.messages.rules import Event, NotNow
from registry.messages.wire import SmsRequest
from registry.platform.errors import Unauthenticated
from registry.platform.networks import is_this_machine
from registry.platform.settings import Settings, SettingsError

#: Seconds for one step of the exchange, and for all of it.
EXCHANGE_S, MESSAGE_S = 15, 30
#: E.164: at most 15 digits.
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
#: What networks take as a sender: a name of at most 11 characters, or a number.
SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ._&-]{1,11}|\+?[0-9]{3,15}")
PORTS = range(1, 65536)
SECRET_PREFIX, SECRET_BYTES = "whsec_", range(24, 65)
#: Refusals that are no fault of the number or the text: a wrong token or URL, which an operator can mend, and what
#: passes by itself.
NOT_FOR_GOOD = frozenset({401, 403, 404, 405, 407, 408, 425, 429})


class ReceiptNotSigned(Unauthenticated):
    """The receipt has no signature of ours to check, a wrong one, or one that is too old: which, is not told."""

    slug, title = "receipt-not-signed", "The receipt is not signed, or not by the provider"


class Sms(NamedTuple):
    """A short message, opened and only ever in memory."""

    id: UUID
    to: str
    text: str
    #: Reaches nobody: the provider is asked what it takes, and given nothing.
    decoy: bool = False


class Provider(Protocol):
    """Whoever carries short messages to phones."""

    async def send(self, message: Sms) -> Event:
        """Hand a message over: `TAKEN`, or `REFUSED` for good. Raises `NotNow` when trying again may help."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """See that a receipt is this provider's own and was signed just now; raises `ReceiptNotSigned`."""


class HttpProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider, or the bridge to one, that speaks our JSON over HTTPS."""

    url: str
    token: str
    secret: str
    sender: str | None

    async def send(self, message: Sms) -> Event:
        """Post the message. Sent again after a lost answer, it has the same id and key, and is one message."""
        if not NUMBER.fullmatch(message.to):
            return Event.REFUSED
        try:
            async with asyncio.timeout(MESSAGE_S):
                status = await self._post(message)
        except (httpx.HTTPError, OSError, TimeoutError) as fault:
            raise NotNow(type(fault).__name__) from None
        if 200 <= status < 300 or message.decoy:
            return Event.TAKEN
        if 400 <= status < 500 and status not in NOT_FOR_GOOD:
            return Event.REFUSED
        raise NotNow(f"sms-{status}")

    async def _post(self, message: Sms) -> int:
        body = SmsRequest(id=message.id, to=message.to, text=message.text, sender=self.sender)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.id),
        }
        client = httpx.AsyncClient(
            # The system's certificates, as for mail, or those that SSL_CERT_FILE names.
            verify=ssl.create_default_context(),
            # A redirect would take the number elsewhere, and so would a proxy of the environment.
            follow_redirects=False,
            trust_env=False,
            timeout=EXCHANGE_S,
        )
        async with client:
            content = msgspec.json.encode(body)
            if message.decoy:
                request = client.stream("OPTIONS", self.url, headers=headers)
            else:
                request = client.stream("POST", self.url, content=content, headers=headers)
            async with request as answer:
                return answer.status_code

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check the signature of Standard Webhooks: over id, time and body, and at most five minutes old."""
        try:
            Webhook(self.secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            raise ReceiptNotSigned from None


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name, or None; raises `SettingsError` that does not repeat a value."""
    if not settings.sms_url:
        if settings.sms_token or settings.sms_secret or settings.sms_sender:
            raise SettingsError(
                "REGISTRY_SMS_URL is missing: the other REGISTRY_SMS_ settings need it."
            )
        return None
    if not _is_safe(settings.sms_url):
        raise SettingsError(
            "REGISTRY_SMS_URL must be https://..., without user or password; http:// only to this machine."
        )
    if not re.fullmatch(r"[!-~]+", settings.sms_token):
        raise SettingsError(
            "REGISTRY_SMS_TOKEN must be the bearer token that the provider expects."
        )
    if not _is_secret(settings.sms_secret):
        raise SettingsError(
            "REGISTRY_SMS_SECRET must be whsec_ and 24 to 64 random bytes in base64. Make one:"
            ' echo "whsec_$(openssl rand -base64 32)"'
        )
    if settings.sms_sender and not SENDER.fullmatch(settings.sms_sender):
        raise SettingsError(
            "REGISTRY_SMS_SENDER must be a name of at most 11 Latin letters and digits, or a number."
        )
    return HttpProvider(
        url=settings.sms_url,
        token=settings.sms_token,
        secret=settings.sms_secret,
        sender=settings.sms_sender or None,
    )


def _is_safe(text: str) -> bool:
    """Whether numbers and the token may go there: encrypted, or without leaving this machine."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    if not url.host or url.userinfo or url.fragment:
        return False
    if url.port is not None and url.port not in PORTS:
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host))


def _is_secret(text: str) -> bool:
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(SECRET_PREFIX) and len(secret) in SECRET_BYTES
