"""The head of a request: what is refused of the request line and the headers before a body is read."""

import os
import re
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec

from registry.platform.errors import Malformed, RegistryError, UnsupportedMedia
from registry.platform.routing import KIB

Scope = MutableMapping[str, Any]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is taken of what: sizes in bytes, times in seconds. The size of a body is its route's (`routing`)."""

    headers: int = 64
    headers_size: int = 16 * KIB
    path_size: int = KIB
    query_size: int = 2 * KIB
    #: For all of a body.
    body_time: float = 30.0
    #: An upload is taken as long as it comes at this many bytes a second; it may be behind by so many seconds.
    upload_rate: int = 32 * KIB
    upload_slack: float = 20.0


class HeadersTooLarge(RegistryError):
    """More headers, or more of them, than an honest client sends."""

    status, slug, title = 431, "headers-too-large", "The headers are too large"


class UrlTooLong(RegistryError):
    """A longer path or query than any of ours."""

    status, slug, title = 414, "url-too-long", "The URL is too long"


_WATCHED: Final = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"content-type", b"content-encoding")
) | {b"x-request-id"}
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_CONTROL: Final = re.compile(rb"%(?:0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"""(?:^|;)\s*charset\s*=\s*["']?([^"';\s]*)""")
MULTIPART: Final = b"multipart/form-data"
MESSAGEPACK: Final = (b"application/vnd.msgpack", b"application/x-msgpack")


class Head:
    """What the guard wants to know of the request line and the headers."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.seen: dict[bytes, list[bytes]] = {name: [] for name in _WATCHED}
        for name, value in scope["headers"]:
            if name in _WATCHED:
                self.seen[name].append(value)
        given = self.seen[b"x-request-id"]
        usable = len(given) == 1 and _REQUEST_ID.fullmatch(given[0])
        self.request_id = given[0].decode() if usable else os.urandom(16).hex()
        self.media, _, self.parameters = (
            b"".join(self.seen[b"content-type"]).lower().partition(b";")
        )
        self.media = self.media.strip()

    @property
    def length(self) -> int | None:
        """The announced size of the body; None when it is not announced, or not readable."""
        lengths = self.seen[b"content-length"]
        return int(lengths[0]) if lengths and _LENGTH.fullmatch(lengths[0]) else None

    @property
    def bodiless(self) -> bool:
        """No body can follow; HTTP/2 does not say."""
        if self.seen[b"transfer-encoding"] or self.scope.get("http_version", "1.1") > "1.1":
            return False
        return self.seen[b"content-length"] in ([], [b"0"])

    @property
    def is_json(self) -> bool:
        return self.media == b"application/json" or (
            self.media.startswith(b"application/") and self.media.endswith(b"+json")
        )

    def check(self, limits: Limits) -> None:
        """Refuse a head that is too large, ambiguous or dishonest."""
        headers = self.scope["headers"]
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > limits.headers or size > limits.headers_size:
            raise HeadersTooLarge(
                f"At most {limits.headers} headers of {limits.headers_size} bytes in all are taken."
            )
        path = self.scope.get("raw_path") or self.scope["path"].encode("utf-8", "surrogateescape")
        query = self.scope.get("query_string", b"")
        if len(path) > limits.path_size or len(query) > limits.query_size:
            raise UrlTooLong(
                f"At most {limits.path_size} bytes of path, {limits.query_size} of query are taken."
            )
        if _CONTROL.search(path) or b"%00" in query:
            raise Malformed("The URL holds a control character.")
        if len(self.seen[b"host"]) != 1 or not self.seen[b"host"][0]:
            raise Malformed("Exactly one Host header is needed.")
        self._check_framing()

    def _check_framing(self) -> None:
        lengths, coding = self.seen[b"content-length"], self.seen[b"transfer-encoding"]
        if lengths and coding:
            raise Malformed("Content-Length and Transfer-Encoding exclude each other.")
        if lengths and (len(lengths) > 1 or self.length is None):
            raise Malformed("Content-Length must be given once, as a whole number.")
        if coding and [value.lower() for value in coding] != [b"chunked"]:
            raise Malformed("The only Transfer-Encoding taken is chunked.")
        if len(self.seen[b"content-type"]) > 1:
            raise Malformed("Content-Type must be given once.")

    def check_media(self, *, upload: bool) -> None:
        """Refuse a body in a form that is not taken: JSON or MessagePack, and multipart where it is an upload."""
        coding = [value.strip().lower() for value in self.seen[b"content-encoding"]]
        if any(value not in (b"", b"identity") for value in coding):
            raise UnsupportedMedia("A body is taken as it is, without a Content-Encoding.")
        charset = _CHARSET.search(self.parameters)
        if charset and charset[1] not in (b"utf-8", b"utf8"):
            raise UnsupportedMedia("The only charset taken is UTF-8.")
        if not (self.is_json or self.media in MESSAGEPACK or upload):
            raise UnsupportedMedia("Send application/json or application/vnd.msgpack.")
