"""Reading a subject: the person or company that a report or a lookup is about.

Lives here: `parse`, which finds every fault of what was sent at once. Not here: `Subject` itself
(`party`; it is offered here too), the wire's own Struct (a slice has it; anything with the attributes
of `RawSubject` will do), and what a subject must have to be reported or looked up (rules).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

from msgspec import Struct

from registry.matching import (
    company,
    company_code,
    country,
    dates,
    email,
    handle,
    names,
    phone,
    place,
    tax_id,
)
from registry.matching.errors import Unreadable
from registry.matching.party import Subject

__all__ = ["Fault", "RawHandle", "RawSubject", "Subject", "parse"]

T = TypeVar("T")


class RawHandle(Protocol):
    """A handle as sent."""

    @property
    def network(self) -> str: ...
    @property
    def name(self) -> str: ...


class RawSubject(Protocol):
    """A subject as sent: the names of the wire contract, None for what is absent."""

    @property
    def kind(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def phones(self) -> Sequence[str] | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def emails(self) -> Sequence[str] | None: ...
    @property
    def tax_id(self) -> str | None: ...
    @property
    def company_code(self) -> str | None: ...
    @property
    def handle(self) -> RawHandle | None: ...
    @property
    def handles(self) -> Sequence[RawHandle] | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def birth_date(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...


class Fault(Struct, frozen=True):
    """A value that cannot be read."""

    #: JSON pointer from the subject: "/phone", "/phones/1", "/handle/name".
    pointer: str
    #: A sentence for the customer that does not repeat the value.
    detail: str


def parse(raw: RawSubject, *, country: str) -> tuple[Subject, list[Fault]]:
    """Answer the subject in normal form and every fault found; what is at fault is left out.

    `country` is the asking business's, for a subject that was sent without one.
    """
    faults: list[Fault] = []
    home = _country(raw, country, faults)
    handles = _handles(raw, home, faults)
    called = filter(None, map(handle.phone_of, handles))
    mail = _mail(raw, faults)
    codes, personal = _codes(raw, home, faults)
    tidy_name = company.normalise if raw.kind == "company" else names.normalise
    subject = Subject(
        kind="company" if raw.kind == "company" else "person",
        country=home,
        phones=_once(*_phones(raw, home, faults), *called),
        emails=tuple(mail),
        mail_addresses=tuple(mail.values()),
        tax_ids=_once(*personal),
        company_codes=_once(*codes),
        handles=_once(*handles),
        name=_read(faults, "/name", raw.name, tidy_name),
        birth_date=_read(faults, "/birth_date", raw.birth_date, dates.birth_date),
        city=_read(faults, "/city", raw.city, place.normalise),
        address=_read(faults, "/address", raw.address, place.address),
    )
    return subject, faults


def _country(raw: RawSubject, default: str, faults: list[Fault]) -> str:
    return _read(faults, "/country", raw.country, country.normalise) or default


def _phones(raw: RawSubject, home: str, faults: list[Fault]) -> Iterator[str]:
    for pointer, text in _each("phone", raw.phone, raw.phones):
        yield from _read(faults, pointer, text, lambda t: phone.normalise_all(t, home)) or ()


def _mail(raw: RawSubject, faults: list[Fault]) -> dict[str, str]:
    """Answer the form to find each mailbox by, and the first address that was sent for it."""
    if raw.email is None and not raw.emails:  # as in most lookups
        return {}
    found: dict[str, str] = {}
    for pointer, field in _each("email", raw.email, raw.emails):
        for text in email.split(field):
            mailbox = _read(faults, pointer, text, email.normalise)
            if mailbox:
                found.setdefault(mailbox, email.address(text))
    return found


def _handles(raw: RawSubject, home: str, faults: list[Fault]) -> list[str]:
    if raw.handle is None and not raw.handles:
        return []
    found: list[str] = []
    for pointer, sent in _each("handle", raw.handle, raw.handles):
        network = _read(faults, f"{pointer}/network", sent.network, handle.network_of)
        if network is None:
            continue
        read = partial(handle.normalise, network, country=home)
        name = _read(faults, f"{pointer}/name", sent.name, read)
        if name:
            found.append(name)
    return found


def _codes(raw: RawSubject, home: str, faults: list[Fault]) -> tuple[list[str], list[str]]:
    """Answer company codes and tax ids: a sole trader's number is both, wherever it was sent."""
    if raw.company_code is None and raw.tax_id is None:
        return [], []
    codes: list[str] = []
    personal: list[str] = []
    code = _read(
        faults, "/company_code", raw.company_code, lambda t: company_code.normalise(t, home)
    )
    if code:
        codes.append(code)
    if raw.kind == "company":  # a company's tax id is its code, under another name
        code = _read(faults, "/tax_id", raw.tax_id, lambda t: company_code.normalise(t, home))
        if code:
            codes.append(code)
    elif number := _read(faults, "/tax_id", raw.tax_id, lambda t: tax_id.normalise(t, home)):
        personal.append(number)
    personal += filter(None, map(company_code.personal_tax_id, codes))
    return codes, personal


def _read(
    faults: list[Fault], pointer: str, text: str | None, reader: Callable[[str], T]
) -> T | None:
    """Answer what the reader makes of the text; None, and a fault, when it cannot be read."""
    if text is None:
        return None
    try:
        return reader(text)
    except Unreadable as refusal:
        faults.append(Fault(pointer, refusal.detail))
        return None


def _each(name: str, one: T | None, several: Sequence[T] | None) -> Iterator[tuple[str, T]]:
    """Yield every value of a field that may be sent alone or as a list, with its pointer."""
    if one is not None:
        yield f"/{name}", one
    for place_in_list, value in enumerate(several or ()):
        yield f"/{name}s/{place_in_list}", value


def _once(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
