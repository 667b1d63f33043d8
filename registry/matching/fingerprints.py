"""What of a subject is searched: keyed index values, never the values themselves.

Lives here: how the texts of `blocking` are keyed. Not here: which texts there are, the keys and their
versions, and how many may hold a token. A value is HMAC-SHA256 of its kind and its text, cut to 16 bytes:
enough that two of 10^9 values do not meet, too little to be worth more.

Names and towns go under a key of their own. A birth date is never indexed alone.
"""

import hmac
from typing import NamedTuple

from registry.matching import blocking
from registry.matching.party import STRONG, Subject, strong_values
from registry.matching.profile import Profile

__all__ = ["STRONG", "Token", "index_values", "strong_tokens", "strong_values"]

_BYTES = 16
_UNDER_NAMES = ("name_", "city_")


class Token(NamedTuple):
    """One index value."""

    #: A kind of `blocking`.
    kind: str
    #: 16 bytes.
    value: bytes


def strong_tokens(subject: Subject, index_key: bytes) -> list[Token]:
    """Answer the index values of the strong identifiers alone, each once."""
    return [
        Token(kind, keyed(kind, text, index_key))
        for kind, text in dict.fromkeys(strong_values(subject))
    ]


def index_values(
    subject: Subject, *, index_key: bytes, names_key: bytes, made: Profile | None = None
) -> list[Token]:
    """Answer every index value of the subject, each once: strong kinds first."""
    return [
        Token(kind, keyed(kind, text, names_key if kind.startswith(_UNDER_NAMES) else index_key))
        for kind, text in dict.fromkeys(blocking.keys(subject, made))
    ]


def keyed(kind: str, text: str, key: bytes) -> bytes:
    """Answer the index value of one text."""
    return hmac.digest(key, f"{kind}|{text}".encode(), "sha256")[:_BYTES]
