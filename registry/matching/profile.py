"""A party made ready to be compared: what can be worked out once is not worked out for every pair.

Lives here: `Profile`, and `profile`, which makes one of a subject. Not here: the comparison
(`comparison`), and what is searched (`blocking`).
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from registry.matching import company, names, place, romanise
from registry.matching.names import Name
from registry.matching.party import Subject

#: Folding a town or an address costs more than comparing a pair.
_REMEMBERED = 16_384


@dataclass(frozen=True, slots=True)
class Profile:
    """A subject in the forms that comparison and search ask for."""

    #: kind of identifier -> normal forms; kinds without a value are left out. Untyped ones are "other:<key>".
    identifiers: dict[str, frozenset[str]]
    #: Names of persons: the subject's own, or those inside a sole trader's.
    names: tuple[Name, ...]
    #: Folded words of the name of a company that is no sole trader.
    company: frozenset[str]
    #: Sent, or inside a tax id.
    birth_dates: frozenset[date]
    #: Folded; empty when there is none.
    city: str
    #: Folded words and numbers of the address.
    address: frozenset[str]


def profile(subject: Subject) -> Profile:
    """Make a subject ready to be compared."""
    named = [name for name in (subject.name, *subject.other_names) if name]
    persons: list[str] = []
    firm: set[str] = set()
    for name in named:
        person = company.sole_trader(name) if subject.kind == "company" else name
        if person:
            persons.append(person)
        else:
            firm.update(company.fold(name))
    born = {subject.birth_date, subject.tax_birth_date()}
    town = _town(subject.city) if subject.city else ""
    return Profile(
        identifiers=_identifiers(subject),
        names=tuple(map(names.prepare, persons)),
        company=frozenset(firm),
        birth_dates=frozenset(filter(None, born)),
        city=town,
        address=_address(subject.address) if subject.address else frozenset(),
    )


def _identifiers(subject: Subject) -> dict[str, frozenset[str]]:
    found = {
        "phone": frozenset(subject.phones),
        "email": frozenset(subject.emails),
        "tax_id": frozenset(subject.tax_ids),
        "company_code": frozenset(subject.company_codes) - frozenset(subject.tax_ids),
        "handle": frozenset(subject.handles),
    }
    for key, value in subject.untyped:
        kind = f"other:{key}"
        found[kind] = found.get(kind, frozenset()) | {value}
    return {kind: values for kind, values in found.items() if values}


@lru_cache(_REMEMBERED)
def _address(text: str) -> frozenset[str]:
    words = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return frozenset(w if w.isdigit() else romanise.codes(w) or w for w in words)


_town = lru_cache(_REMEMBERED)(place.fold_city)
