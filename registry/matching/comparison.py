"""Two parties side by side, field by field: the level at which each field agrees.

Lives here: `compare`, which answers evidence and never a verdict. Not here: what a level weighs
(`weights`), what follows (`decision`), and the stricter grade of a lookup (`compare.grade`).

The levels are those of the Fellegi-Sunter model: for each field a small set of named outcomes, of which
exactly one holds. A field that one side lacks has no level, and weighs nothing.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from itertools import combinations, product
from typing import NamedTuple, TypeVar

from rapidfuzz.distance import OSA, JaroWinkler

from registry.matching import codes, names
from registry.matching.agreement import NameAgreement, Part
from registry.matching.profile import Profile

K = TypeVar("K", bound=Hashable)

#: Identifiers that no two parties share unless something is wrong: another one contradicts.
EXCLUSIVE = frozenset({"tax_id", "company_code"})
#: Words of an address in common, of all: nearly all, and enough to notice.
_ADDRESS_SAME, _ADDRESS_NEAR = 0.7, 0.35
_CITY_NEAR = 0.88
#: So near each other lie the birthdays of no two children of one mother but twins, and given names tell twins apart.
_MISREAD_DAYS = 31
#: Shorter local parts of e-mail addresses are everybody's: info, olena.
_LOCAL_PART = 7
#: Numbers that differ in so many last digits alone may be of one package of cards.
_SOLD_TOGETHER = 2
_PARTS = ("given", "surname", "patronymic")


class Evidence(NamedTuple):
    """One field's level."""

    field: str
    level: str


class Comparison(NamedTuple):
    """How two parties agree."""

    evidence: tuple[Evidence, ...]
    #: Fields that say that they are two parties, whatever else agrees.
    contradictions: tuple[str, ...]
    #: The agreement of the two names that agree best; None with a name missing.
    name: NameAgreement | None

    @property
    def shared(self) -> frozenset[str]:
        """Kinds of identifier with a value in common."""
        return frozenset(f for f, level in self.evidence if level == "same" and _points(f))


def _points(field: str) -> bool:
    return field in _NEAR or field.startswith("other:")


def compare(one: Profile, other: Profile) -> Comparison:
    """Compare two parties; the same in both directions."""
    evidence: list[Evidence] = []
    against: list[str] = []
    _identifiers(one, other, evidence, against)
    name = best_name(one, other)
    if name is not None:
        _name(name, evidence, against)
    elif one.company and other.company:
        evidence.append(Evidence("company_name", _overlap(one.company, other.company, 0.99, 0.4)))
    if _of_two_kinds(one, other) or _of_two_kinds(other, one):
        evidence.append(Evidence("kind", "differs"))
    if one.birth_dates and other.birth_dates:
        level = _birth_date(one.birth_dates, other.birth_dates)
        evidence.append(Evidence("birth_date", level))
        another_day = one.birth_dates.isdisjoint(other.birth_dates)
        if level == "differs" or (another_day and not _whole(name)):
            against.append("birth_date")
    if one.city and other.city:
        evidence.append(Evidence("city", _city(one.city, other.city)))
    if one.address and other.address:
        level = _overlap(one.address, other.address, _ADDRESS_SAME, _ADDRESS_NEAR)
        evidence.append(Evidence("address", level))
    return Comparison(tuple(evidence), tuple(against), name)


def contradicting(profiles: Mapping[K, Profile]) -> Iterator[tuple[K, K]]:
    """Yield the pairs of parties of whom one contradicts the other, whatever else they share.

    Reports of one person say the same of what can contradict, so each way to say it is compared once.
    """
    alike: dict[Hashable, list[K]] = defaultdict(list)
    for key, made in profiles.items():
        exclusive = tuple(made.identifiers.get(kind) for kind in sorted(EXCLUSIVE))
        named = frozenset(name.text for name in made.names)
        alike[named, made.birth_dates, exclusive].append(key)
    for ours, theirs in combinations(alike.values(), 2):
        if compare(profiles[ours[0]], profiles[theirs[0]]).contradictions:
            yield from product(ours, theirs)


def agree_beyond_contacts(one: Profile, other: Profile) -> bool:
    """Tell whether two parties agree on more than a phone, e-mail or handle, and contradict in nothing.

    That is a full name, a birth date to the day, a number that a state gives out, or a company's name.
    """
    found = compare(one, other)
    if found.contradictions:
        return False
    levels = dict(found.evidence)
    if "same" in (levels.get("birth_date"), levels.get("company_name")):
        return True
    if not EXCLUSIVE.isdisjoint(found.shared):
        return True
    return found.name is not None and max(found.name.given, found.name.surname) <= Part.SLIP


def corroborate(one: Profile, other: Profile) -> bool:
    """Tell whether two parties agree on so much beyond contacts that it holds their records together.

    That is a birth date to the day or a number that a state gives out; or a name in full, or a firm's, with the
    father's name or the town. A name alone is many people's.
    """
    found = compare(one, other)
    if found.contradictions:
        return False
    levels = dict(found.evidence)
    if levels.get("birth_date") == "same" or not EXCLUSIVE.isdisjoint(found.shared):
        return True
    named = levels.get("company_name") == "same" or (
        found.name is not None and max(found.name.given, found.name.surname) <= Part.SLIP
    )
    father = found.name is not None and found.name.patronymic <= Part.SLIP
    town = levels.get("city", "same" if father else "differs")
    return named and town == "same"


def best_name(one: Profile, other: Profile) -> NameAgreement | None:
    """The agreement of the two names that agree best; None with a name missing."""
    if len(one.names) == 1 == len(other.names):
        return names.compare(one.names[0], other.names[0])
    found = [names.compare(a, b) for a in one.names for b in other.names]
    return max((f for f in found if f), key=lambda f: f.score, default=None)


def _name(name: NameAgreement, evidence: list[Evidence], against: list[str]) -> None:
    for field, part in zip(_PARTS, (name.given, name.surname, name.patronymic), strict=True):
        if part is not Part.MISSING:
            evidence.append(Evidence(field, part.name.lower()))
    if name.how == "differs" and name.firm:
        against.append("name")


def _of_two_kinds(person: Profile, firm: Profile) -> bool:
    """A person by name and a firm that is no sole trader: its director leaves the firm's telephone as his own."""
    return bool(person.names and firm.company) and not (person.company or firm.names)


def _whole(name: NameAgreement | None) -> bool:
    """Whether given name and surname agree: only then is another birth date a slip of the pen."""
    return name is not None and name.surname <= Part.SLIP and name.given <= Part.INITIAL


def _identifiers(
    one: Profile, other: Profile, evidence: list[Evidence], against: list[str]
) -> None:
    theirs = other.identifiers
    for kind, ours in one.identifiers.items():
        values = theirs.get(kind)
        if values is None:
            continue
        if not ours.isdisjoint(values):
            level = "same"
        elif any(_near(kind, a, b) for a in ours for b in values):
            level = "near"
            if kind == "phone" and any(_slipped(a, b) for a in ours for b in values):
                level = "slip"
        else:
            level = "differs"
        if level == "differs" and kind in EXCLUSIVE and _comparable(ours, values):
            against.append(kind)
        evidence.append(Evidence(kind, level))


def _comparable(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Numbers of one country and length are of one type; others say nothing about each other."""
    return not set(map(codes.type_of, ours)).isdisjoint(map(codes.type_of, theirs))


def _near(kind: str, one: str, other: str) -> bool:
    near = _NEAR.get(kind, _near_untyped)
    return near is not None and near(one, other)


def _near_phone(one: str, other: str) -> bool:
    """A digit off, or two that changed places."""
    return len(one) == len(other) and OSA.distance(one, other, score_cutoff=1) <= 1


def _slipped(one: str, other: str) -> bool:
    """A digit off where no two numbers are sold side by side, as they are to families."""
    return _near_phone(one, other) and one[:-_SOLD_TOGETHER] != other[:-_SOLD_TOGETHER]


def _near_email(one: str, other: str) -> bool:
    """The same local part at another provider, or one letter off."""
    local, _, domain = one.partition("@")
    their_local, _, their_domain = other.partition("@")
    if local == their_local:
        return len(local) >= _LOCAL_PART or OSA.distance(domain, their_domain, score_cutoff=1) <= 1
    return domain == their_domain and _near_untyped(local, their_local)


def _near_handle(one: str, other: str) -> bool:
    """The same name in another network."""
    name, theirs = one.partition(":")[2], other.partition(":")[2]
    return name == theirs or _near_untyped(name, theirs)


def _near_untyped(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 5 and OSA.distance(one, other, score_cutoff=1) <= 1


_NEAR = {
    "phone": _near_phone,
    "email": _near_email,
    "handle": _near_handle,
    "tax_id": None,
    "company_code": None,
}


def _birth_date(ours: frozenset[date], theirs: frozenset[date]) -> str:
    """A day in common, a slip of the pen, two of year, month and day (or a year without its day), or another day."""
    common = ours & theirs
    if common:
        return "partial" if all(map(_of_year_only, common)) else "same"
    levels = {_slip(a, b) for a in ours for b in theirs}
    return next((level for level in ("slip", "partial") if level in levels), "differs")


def _of_year_only(day: date) -> bool:
    """The first of January stands for a day that nobody asked for."""
    return (day.month, day.day) == (1, 1)


def _slip(one: date, other: date) -> str:
    swapped = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    if swapped or OSA.distance(one.isoformat(), other.isoformat(), score_cutoff=1) <= 1:
        return "slip"
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    if abs((one - other).days) <= _MISREAD_DAYS:
        return "partial"
    year_only = one.year == other.year and (_of_year_only(one) or _of_year_only(other))
    return "partial" if same == 2 or year_only else "differs"


def _city(one: str, other: str) -> str:
    if one == other:
        return "same"
    return "near" if JaroWinkler.similarity(*sorted((one, other))) >= _CITY_NEAR else "differs"


def _overlap(one: frozenset[str], other: frozenset[str], same: float, near: float) -> str:
    """How much of all the words is in common (Jaccard's index)."""
    share = len(one & other) / len(one | other)
    if share >= same:
        return "same"
    return "near" if share >= near else "differs"
