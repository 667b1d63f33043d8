"""Beneficial owners: by what a business is found, and whether two businesses have one owner.

Lives here: codes and names, their keyed index values, and the comparison. Not here: what the operator answers where
the comparison leaves a doubt (`verification`).

A code in common is certain: the register code, which of a sole trader is the owner's own tax id, or an owner's code.
Names are compared by the engine that compares reported people, so neither another script nor a lookalike letter makes
two owners of one.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import product

from registry.businesses import profile, store
from registry.businesses.profile import Profile
from registry.businesses.rules import Likeness
from registry.businesses.tables import Business
from registry.businesses.wire import BeneficialOwner
from registry.matching import company, company_code, names, tax_id
from registry.matching.agreement import Part
from registry.matching.errors import Unreadable
from registry.matching.names import Name
from registry.platform.runtime import Session

#: So many different digits a code has at least.
_FEWEST_DIGITS = 3


async def index(
    session: Session,
    business: Business,
    said: Profile,
    given: Sequence[str | BeneficialOwner] = (),
) -> None:
    """Keep by what a business's owners are found; `given` has their codes, where they are known."""
    digest = session.keyring.digest
    values = {
        digest("owner", one): True for one in codes(said.register_code, business.country, given)
    }
    values |= {digest("owner-word", one): False for one in words(people(said.name, said.owners))}
    await store.index_owners(session, business.id, values)
    business.owners_indexed = True


async def index_some(session: Session, limit: int) -> int:
    """Index the owners of businesses that an earlier version of the registry signed up; returns how many."""
    rows = await store.list_unindexed(session, limit)
    for row in rows:
        await index(session, row, profile.opened(row, await profile.key_of(session, row)))
    return len(rows)


def codes(
    register_code: str, country: str, owners: Iterable[str | BeneficialOwner] = ()
) -> set[str]:
    """Every code that says whose a business is: its own in normal form, and its owners'.

    An owner's code counts also as it was written, without marks, since it may be another country's; not where it has
    too few digits to be a code: what is written in place of one that is not known.
    """
    found = {register_code}
    for owner in owners:
        if isinstance(owner, BeneficialOwner) and owner.tax_id:
            found |= set(_normal(owner.tax_id, country))
            written = " ".join(sorted(re.findall(r"\w+", owner.tax_id.casefold())))
            if len(set(filter(str.isdigit, written))) >= _FEWEST_DIGITS:
                found.add(written)
    return found


def _normal(code: str, country: str) -> Iterable[str]:
    for read in (tax_id.normalise, company_code.normalise):
        try:
            yield read(code, country)
        except Unreadable:
            continue


def people(name: str, owners: Sequence[str]) -> list[str]:
    """The names of a business's owners; a sole trader's own name is one.

    Invisible characters, which sign-ups once let through, are dropped.
    """
    trader = company.sole_trader(name)
    found = [*owners, *([trader] if trader else [])]
    return ["".join(filter(str.isprintable, one)) for one in found]


def words(owners: Iterable[str]) -> set[str]:
    """What the owners' names are found by: each word, in any spelling."""
    return {word for owner in owners for word in names.prepare(owner).skeletons if word}


def compare(ours: Sequence[str], theirs: Sequence[str]) -> Likeness | None:
    """How alike the most alike of two businesses' owners are; None where nobody may be the same person."""
    found = {
        _compare(names.prepare(one), names.prepare(other)) for one, other in product(ours, theirs)
    }
    return next((one for one in Likeness if one in found), None)


def _compare(one: Name, other: Name) -> Likeness | None:
    agreement = names.compare(one, other)
    if agreement is None or (agreement.how == "differs" and agreement.firm):
        return None
    if Part.DIFFERS in (agreement.given, agreement.surname):
        return None
    return Likeness.EQUAL if _spelled(one) == _spelled(other) is not None else Likeness.NEAR


def _spelled(name: Name) -> list[str] | None:
    """The words of a full name in one spelling of all scripts; None where a word is missing or shortened."""
    if name.initials or len(name.core) < 2:
        return None
    fathers = [name.father.word] if name.father else []
    return sorted(word.code for word in [*name.core, *fathers])
