"""A party in normal form: what is compared, searched and kept of a person or company.

Lives here: `Subject` and the identifiers that point at one party by themselves. Not here: reading
what was sent (`subject`), index values (`fingerprints`), comparing (`compare`).
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from msgspec import Struct

from registry.matching import codes

Kind = Literal["person", "company"]

#: Kinds of identifier that point at one party by themselves.
STRONG = frozenset({"phone", "email", "tax_id", "company_code", "handle"})


class Subject(Struct, frozen=True, kw_only=True):
    """A subject in normal form. Lists hold each value once, in the order in which it was sent."""

    kind: Kind
    #: ISO alpha-2: by whose habits the numbers were read.
    country: str
    #: E.164; those of messengers included.
    phones: tuple[str, ...] = ()
    #: Forms to find mailboxes by; never write to these.
    emails: tuple[str, ...] = ()
    #: Addresses to write to, one for each of `emails`, in the same order.
    mail_addresses: tuple[str, ...] = ()
    #: "UA:3184710691"; a sole trader's company code included.
    tax_ids: tuple[str, ...] = ()
    #: "UA:43210120".
    company_codes: tuple[str, ...] = ()
    #: "telegram:oleksandr".
    handles: tuple[str, ...] = ()
    #: Tidy, as it is shown.
    name: str | None = None
    #: Further names: before a marriage, in another passport.
    other_names: tuple[str, ...] = ()
    birth_date: date | None = None
    city: str | None = None
    address: str | None = None
    #: Identifiers of kinds that the registry does not know: (kind, tidy value).
    untyped: tuple[tuple[str, str], ...] = ()

    def tax_birth_date(self) -> date | None:
        """Answer the birth date inside an RNOKPP, None without one; it may differ from the sent."""
        return next(filter(None, map(codes.birth_date_of, self.tax_ids)), None)


def strong_values(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield kind and normal form of every strong identifier, in a fixed order of kinds."""
    for value in subject.phones:
        yield "phone", value
    for value in subject.emails:
        yield "email", value
    for value in subject.tax_ids:
        yield "tax_id", value
    for value in subject.company_codes:
        yield "company_code", value
    for value in subject.handles:
        yield "handle", value
