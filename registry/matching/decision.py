"""From a weight to what follows: one party, two, or a question to a moderator.

Lives here: `judge`, for one pair. Not here: what many pairs make together (`partition`).

Likeness of names and towns never merges, whatever it weighs. Without an identifier in common two records are at most a
question, but for two cases: a telephone with one slip in it, and given name, surname, birth date and town that all
agree. A contradiction keeps two records apart, whatever they share: a wrong merge puts a stranger's debt on somebody's
name, a missed one costs a second look.
"""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from enum import StrEnum

from registry.matching.agreement import Part
from registry.matching.comparison import EXCLUSIVE, Comparison
from registry.matching.parameters import Parameters
from registry.matching.party import STRONG
from registry.matching.weights import Weighed

#: Bits that two records need that have no identifier in common: odds of 256 to one. A surname that many bear takes two
#: away, so that beside a telephone with a slip in it a common name needs one fact more.
_FIRM = 8.0
_AGAINST = frozenset({"differs", "alike"})
#: Parts of a name, of which one that is no more than near speaks against.
_PARTS = frozenset({"given", "surname", "patronymic"})
#: A father's name that agrees so is known in full.
_AGREES = frozenset({"same", "equivalent", "diminutive", "slip"})


class Verdict(StrEnum):
    """What is held of a pair of records."""

    #: Of one party.
    SAME = "same"
    #: Of two.
    DIFFERENT = "different"
    #: Not known; a moderator is asked.
    ASK = "ask"
    #: Not known, and not worth a question.
    APART = "apart"


def judge(
    comparison: Comparison,
    weighed: Weighed,
    parameters: Parameters,
    common: Collection[str] = (),
) -> Verdict:
    """What a pair's evidence alone says; `common` as in `weights.weigh`."""
    if comparison.contradictions:
        return Verdict.DIFFERENT
    shared = comparison.shared - set(common)
    if _renamed(comparison) or _of_two_kinds(comparison):
        return Verdict.ASK
    if shared and (weighed.total >= parameters.merge or _undoubted(comparison, shared)):
        return Verdict.SAME
    if not comparison.shared and _unshared(comparison, weighed):
        return Verdict.SAME
    return Verdict.ASK if weighed.total >= parameters.ask else Verdict.APART


def _unshared(comparison: Comparison, weighed: Weighed) -> bool:
    """Whether two records without an identifier in common are of one party beyond doubt.

    Given name and surname agree in full, nothing known of name, birth date or town differs, it weighs enough, and
    either the telephones are one slip apart (digits, unlike e-mail addresses, owe nothing to the name), or the name has
    no slip in it and birth date and town agree exactly.
    """
    name, found = comparison.name, dict(comparison.evidence)
    if name is None or max(name.given, name.surname) > Part.SLIP or name.patronymic > Part.MISSING:
        return False
    town, born = found.get("city"), found.get("birth_date", "same") == "same"
    if name.given == name.surname == Part.SLIP or town in _AGAINST or not born:
        return False
    if found.get("phone") != "slip":
        in_full = max(name.given, name.surname) <= Part.DIMINUTIVE
        if not in_full or town != "same" or "birth_date" not in found:
            return False
    return weighed.total >= _FIRM


def _renamed(comparison: Comparison) -> bool:
    """Whether only the given name agrees, beside another surname: a marriage, or two of the many called Іван.

    A birth date, the father's name, a second number in common or one that a state gives out tells them apart; where
    there is none, a person decides.
    """
    found = dict(comparison.evidence)
    if found.get("surname") not in _AGAINST or found.get("birth_date") == "same":
        return False
    if found.get("patronymic") in _AGREES or len(comparison.shared) > 1:
        return False
    return EXCLUSIVE.isdisjoint(comparison.shared) and bool(comparison.shared)


def _of_two_kinds(comparison: Comparison) -> bool:
    """Whether one is a person and the other a firm that share no number of a state's: its director, as a rule."""
    return ("kind", "differs") in comparison.evidence and EXCLUSIVE.isdisjoint(comparison.shared)


def _undoubted(comparison: Comparison, shared: AbstractSet[str]) -> bool:
    """Whether what is in common is enough, however little else is known or agrees.

    A number that a state gives out is one party's; of any other strong identifier nothing may speak against it.
    """
    if not EXCLUSIVE.isdisjoint(shared):
        return True
    against = any(
        level in _AGAINST or (level == "near" and field in _PARTS)
        for field, level in comparison.evidence
    )
    return not against and not STRONG.isdisjoint(shared)
