"""What of a subject is searched: keyed index values, never the values themselves.

Lives here: which values are indexed and how they are keyed. Not here: the keys, their versions, and
how common a token may be before it is no longer stored. A value is HMAC-SHA256 of its kind and its
normal form, cut to 16 bytes: enough that two of 10^9 values do not meet, too little to be worth more.

Names go under a key of their own, and only together with a birth date or a town: alone they are few
enough to be guessed by their frequency. A birth date is never indexed alone.
"""

import hmac
from collections.abc import Iterator
from typing import NamedTuple

from registry.matching import company, names, place
from registry.matching.party import STRONG, Subject, strong_values

__all__ = ["STRONG", "Token", "index_values", "strong_values"]

_BYTES = 16


class Token(NamedTuple):
    """One index value."""

    #: One of `STRONG`, or "name_birth_date", "name_city".
    kind: str
    #: 16 bytes.
    value: bytes


def index_values(subject: Subject, *, index_key: bytes, names_key: bytes) -> list[Token]:
    """Answer every index value of the subject, each once: strong kinds, then names."""
    tokens = [_token(kind, value, index_key) for kind, value in strong_values(subject)]
    tokens += [_token(kind, value, names_key) for kind, value in _named(subject)]
    return tokens


def _named(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what a name is searched by: with each birth date that is known, and with the town."""
    key = _name_key(subject)
    if not key:
        return
    born = {subject.birth_date, subject.tax_birth_date()} - {None}
    for day in sorted(day.isoformat() for day in born if day):
        yield "name_birth_date", f"{key}|{day}"
    town = place.fold_city(subject.city) if subject.city else ""
    if town:
        yield "name_city", f"{key}|{town}"


def _name_key(subject: Subject) -> str:
    if subject.name is None:
        return ""
    if subject.kind == "person":
        return " ".join(names.search_key(subject.name))
    trader = company.sole_trader(subject.name)
    if trader:
        return " ".join(names.search_key(trader))
    return " ".join(company.fold(subject.name))


def _token(kind: str, value: str, key: bytes) -> Token:
    return Token(kind, hmac.digest(key, f"{kind}|{value}".encode(), "sha256")[:_BYTES])
