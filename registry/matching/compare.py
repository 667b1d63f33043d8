"""A lookup beside what is kept: field by field, and the grade of a match.

Lives here: `agreement`, `speaking`, `grade`, `alike`. Not here: whether two records are of one party, which is weighed
(`comparison`, `decision`). A grade is stricter and knows no weights: it decides whose facts are shown.

A field contradicts where it would put a stranger's debt on somebody: another given name, birth date, tax
id or company code. That one side is a person and the other a company is none: a sole trader is both.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from registry.matching import codes, company, names, place
from registry.matching.agreement import How, NameAgreement, Part
from registry.matching.party import STRONG, Subject, strong_values

K = TypeVar("K", bound=Hashable)

#: From the least agreement to the most.
_LEVELS: tuple[How, ...] = ("differs", "partial", "transliteration", "same")
_SHOWN = ("phone", "email", "handle", "tax_id", "company_code", "name", "birth_date", "city")
#: From this likelihood on a name that agrees in part is mentioned.
_LIKELY = 0.5
_CONTRADICTING = frozenset({"name", "birth_date", "tax_id", "company_code"})


class Grade(StrEnum):
    """How sure a match is."""

    #: The same tax id or company code, or a shared identifier and an agreeing name or birth date.
    EXACT = "exact"
    #: A shared identifier, and nothing else that says more.
    STRONG = "strong"
    #: A shared identifier but a contradiction, or no shared identifier: never shows a fact.
    POSSIBLE = "possible"


class Agreement(Struct, frozen=True):
    """How far one field agrees."""

    field: str
    how: How
    #: 0 to 1, for names only.
    similarity: float | None = None
    #: False where it only casts doubt (see `NameAgreement.firm`). Not for the wire.
    firm: bool = True


def shared_kinds(a: Subject, b: Subject) -> frozenset[str]:
    """Answer the strong kinds under which a and b have a value in common."""
    common = set(strong_values(a)) & set(strong_values(b))
    return frozenset(kind for kind, _ in common)


def agreement(query: Subject, record: Subject, shared: Collection[str]) -> list[Agreement]:
    """Answer field by field how a record agrees with what was asked; only fields that both have.

    `shared` names the strong kinds that are known to be in common.
    """
    found: list[Agreement] = [Agreement(kind, "same") for kind in shared if kind in STRONG]
    for kind, ours, theirs in (
        ("tax_id", query.tax_ids, record.tax_ids),
        ("company_code", query.company_codes, record.company_codes),
    ):
        if kind not in shared and _codes_agree(ours, theirs) is False:
            found.append(Agreement(kind, "differs"))
    name = _names_agree(query, record)
    if name:
        # Who is asked for by another surname may be another: marriages are for moderators to know of.
        how = "differs" if name.surname >= Part.NEAR else name.how
        firm = name.firm and (how == "differs" or _whole(name))
        found.append(Agreement("name", how, name.similarity, firm))
    born = _birth_dates_agree(query, record)
    if born is not None and (query.birth_date or record.birth_date):
        found.append(Agreement("birth_date", "same" if born else "differs"))
    if query.city and record.city:
        found.append(Agreement("city", _towns_agree(query.city, record.city)))
    return sorted(found, key=lambda one: _SHOWN.index(one.field))


def _whole(name: NameAgreement) -> bool:
    """Answer whether all of a name agrees: given name and surname, or a company's name."""
    if name.given == name.surname == Part.MISSING:
        return name.how in ("same", "transliteration")
    return max(name.given, name.surname) <= Part.INITIAL


def speaking(
    query: Subject, records: Mapping[K, Subject], sources: Mapping[K, Hashable]
) -> list[K]:
    """Return the records of an identity that speak for it: all of them, or the rest where some contradict the query.

    A record that contradicts loses its own facts. It hides no other record's facts, and is not excused by them: else
    one report with a false birth date would hide all that is known of a debtor, and one with an initial would put a
    husband's debts on his wife. The rest must hold an identifier that was asked for. Where records of two sources
    (`sources`: record -> source) contradict, so must their name, birth date or code agree: a nameless report under a
    family's number is then held to be of the one whom the others name.
    """
    compared = {
        key: agreement(query, record, shared_kinds(query, record))
        for key, record in records.items()
    }
    against = {key for key, found in compared.items() if any(map(_contradicts, found))}
    if not against:
        return list(records)
    agreeing = {
        key: {one.field for one in found if one.how != "differs"}
        for key, found in compared.items()
        if key not in against
    }
    needed = _CONTRADICTING if len({sources[key] for key in against}) > 1 else STRONG
    return [key for key, fields in agreeing.items() if fields & STRONG and fields & needed]


def _contradicts(one: Agreement) -> bool:
    """Tell whether a field speaks against a match; of names, doubt does."""
    return (
        one.how == "differs" and one.field in _CONTRADICTING and (one.firm or one.field == "name")
    )


def grade(query: Subject, records: Sequence[Subject]) -> tuple[Grade, list[Agreement]]:
    """Answer how sure it is that an identity is the one asked for, and the agreement that shows it.

    `records` are those that speak for it (`speaking`): a field contradicts only when no record agrees on it.
    """
    best: dict[str, Agreement] = {}
    for record in records:
        for one in agreement(query, record, shared_kinds(query, record)):
            if one.field not in best or _strength(one) > _strength(best[one.field]):
                best[one.field] = one
    shown = sorted(best.values(), key=lambda one: _SHOWN.index(one.field))
    return _graded(best), shown


def plain(query: Subject) -> bool:
    """Answer whether a query has nothing that could agree or contradict beside phones, e-mails and handles.

    Then its grade follows from which of them are shared, and no record need be opened (`grade_of`).
    """
    return not (
        query.name or query.birth_date or query.city or query.tax_ids or query.company_codes
    )


def grade_of(shared: Collection[str]) -> tuple[Grade, list[Agreement]]:
    """Answer what `grade` does for a `plain` query that shares these strong kinds with an identity's records."""
    found = {kind: Agreement(kind, "same") for kind in sorted(shared, key=_SHOWN.index)}
    return _graded(found), list(found.values())


def alike(agreement: Sequence[Agreement]) -> bool:
    """Answer whether likeness without a shared identifier is worth a mention: the name agrees, and so does the
    birth date or the town, and nothing else contradicts.
    """
    found = {one.field: one for one in agreement}
    if any(one.how == "differs" and one.field in _CONTRADICTING for one in agreement):
        return False
    name = found.get("name")
    named = name is not None and (name.how != "partial" or (name.similarity or 0) >= _LIKELY)
    places = {field for field in ("birth_date", "city") if field in found}
    return named and any(found[field].how != "differs" for field in places)


def _graded(best: dict[str, Agreement]) -> Grade:
    """Answer the grade that the best agreement of each field makes."""
    agreeing = {field for field, one in best.items() if one.how != "differs"}
    against = {field for field, one in best.items() if one.how == "differs" and one.firm}
    if against & _CONTRADICTING:
        return Grade.POSSIBLE
    if agreeing & {"tax_id", "company_code"}:
        return Grade.EXACT
    doubt = "name" in best and best["name"].how == "differs"
    if doubt or not agreeing & STRONG:
        return Grade.POSSIBLE
    named = "name" in agreeing and best["name"].firm
    return Grade.EXACT if named or "birth_date" in agreeing else Grade.STRONG


def _strength(one: Agreement) -> tuple[int, bool, float]:
    """Answer what orders two agreements on one field."""
    return _LEVELS.index(one.how), one.firm, one.similarity or 0.0


def _names_agree(a: Subject, b: Subject) -> NameAgreement | None:
    """Answer how the names agree; None for a company that is no sole trader beside a person."""
    if a.name is None or b.name is None:
        return None
    ours, theirs = _name_of_person(a), _name_of_person(b)
    if ours and theirs:
        return names.compare(names.prepare(ours), names.prepare(theirs))
    if a.kind == b.kind == "company":
        return company.compare(a.name, b.name)
    return None


def _name_of_person(subject: Subject) -> str | None:
    """Answer a person's name, or the one inside a sole trader's."""
    if subject.kind == "company" and subject.name:
        return company.sole_trader(subject.name)
    return subject.name


def _birth_dates_agree(a: Subject, b: Subject) -> bool | None:
    """Answer whether a birth date is in common, sent or inside an RNOKPP; None without one."""
    ours, theirs = _birth_dates(a), _birth_dates(b)
    return bool(ours & theirs) if ours and theirs else None


def _birth_dates(subject: Subject) -> set[date]:
    return {day for day in (subject.birth_date, subject.tax_birth_date()) if day}


def _codes_agree(ours: Sequence[str], theirs: Sequence[str]) -> bool | None:
    """Answer whether a number is in common; None when no two are of one country and type."""
    if set(ours) & set(theirs):
        return True
    comparable = set(map(codes.type_of, ours)) & set(map(codes.type_of, theirs))
    return False if comparable else None


def _towns_agree(ours: str, theirs: str) -> How:
    if ours.casefold() == theirs.casefold():
        return "same"
    return "transliteration" if place.fold_city(ours) == place.fold_city(theirs) else "differs"
