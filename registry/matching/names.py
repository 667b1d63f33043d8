"""Names of persons: what may be written, and how two agree.

Lives here: `normalise`, `prepare`, `compare`. Not here: companies' names (`company`),
the parts of a name (`name_parts`), the agreement of two words (`name_grades`), the score (`name_score`).

`compare` decides whose debt a fact is, so doubt counts as a contradiction: where it cannot be told
which word is the given name, no word may contradict.
"""

import html
import re
from collections.abc import Sequence
from functools import lru_cache

from registry.matching import given_names, name_align, name_parts, name_score, romanise
from registry.matching.agreement import How, NameAgreement, Part
from registry.matching.errors import Unreadable
from registry.matching.name_align import Alignment
from registry.matching.name_grades import Grade, part_of
from registry.matching.name_parts import Name
from registry.matching.writing import plain

__all__ = ["Name", "NameAgreement", "Part", "compare", "normalise", "prepare"]

_LONGEST = 120
_ALLOWED = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f]|[ .'-])+")
_SAME, _WORLD, _FAMILIAR, _ENDING = map(
    int, (Grade.SAME, Grade.WORLD, Grade.FAMILIAR, Grade.ENDING)
)
_ALIKE = {int(Grade.NEAR), int(Grade.LIKE)}
_MISSING, _ABSENT = int(Grade.MISSING), (int(Grade.MISSING), int(Grade.INITIAL))
#: Typed for an apostrophe.
_QUOTED = re.compile(r"(?<=[^\W\d_])[\"“”„*](?=[^\W\d_])")
#: What an apostrophe stands before, and what romanisation makes of it.
_IOTATED = ("я", "ю", "є", "ї", "ya", "yu", "ye", "yi", "ia", "iu")
_STACKED = re.compile(r"[\u0300-\u036f]{3}")


def normalise(text: str) -> str:
    """Return the name tidy, as it is shown; raise `Unreadable` for what no name has.

    HTML entities are read, and a quotation mark or a blank where an apostrophe belongs is mended.
    """
    name = _QUOTED.sub("'", plain(html.unescape(text), "The name", _LONGEST))
    name = _rejoined(name.replace(",", " ").split())
    if not _ALLOWED.fullmatch(name) or _STACKED.search(name):
        raise Unreadable("The name may have letters, apostrophes, hyphens, dots and blanks only.")
    if sum(character.isalpha() for character in name) < 2:
        raise Unreadable("The name needs at least two letters.")
    return name


def _rejoined(words: Sequence[str]) -> str:
    """Return the words with single blanks, without one inside a given name: "Мар яна" is Мар'яна."""
    told = list(words[:1])
    for one in words[1:]:
        before = told[-1]
        whole = romanise.codes(before + one)
        iotated = one.casefold().startswith(_IOTATED) and given_names.is_legal(whole)
        if iotated and not given_names.is_known(romanise.codes(before)):
            told[-1] = f"{before}'{one}" if not one.isascii() else before + one
        else:
            told.append(one)
    return " ".join(told)


@lru_cache(maxsize=65_536)
def prepare(text: str) -> Name:
    """Make a name ready to be compared: what can be worked out once is."""
    return name_parts.split(text)


def compare(one: Name, other: Name) -> NameAgreement | None:
    """Answer how two persons' names agree, the same in both directions.

    "differs" is a contradiction: another given name, another patronymic, or nothing in common. None
    when there is nothing to compare: one side is empty, or one holds only a given name and the other
    only a surname.
    """
    if not one.core or not other.core:
        return None
    if one.other_reading is not None and other.rest:
        return max(_compare(one, other), _compare(one.other_reading, other), key=_likelihood)
    if other.other_reading is not None and one.rest:
        return max(_compare(one, other), _compare(one, other.other_reading), key=_likelihood)
    return _compare(one, other)


def _likelihood(found: NameAgreement | None) -> float:
    return found.score if found else -1.0


def _compare(one: Name, other: Name) -> NameAgreement | None:
    found = name_align.align(one, other)
    if found is None:
        return None
    how, firm = _told(found)
    return NameAgreement(
        how,
        name_score.score(found),
        firm,
        part_of(found.given),
        part_of(found.surname),
        part_of(found.father),
    )


def _told(found: Alignment) -> tuple[How, bool]:
    """Answer in the wire's word how two names agree, and whether that is sure."""
    given, surname, father, _, against, extra, known = found
    if max(given, father, against) > _MISSING:
        # Words that no table knows, but near to what they would be: short forms or slips that we cannot tell.
        unlike = {grade for grade in (given, father) if grade > _MISSING}
        doubt = unlike <= _ALIKE and surname <= _MISSING and against <= _MISSING
        return "differs", not doubt
    if surname > _MISSING:  # a surname can change, by marriage for one
        changed = known and given <= _FAMILIAR
        return ("partial", False) if changed else ("differs", True)
    weakest = max(0 if grade in _ABSENT else grade for grade in (given, surname, father))
    if _FAMILIAR <= weakest <= _ENDING:
        return "partial", False
    core = [grade for grade in (given, surname) if grade != _MISSING]
    if extra or max(core) >= _WORLD:
        return "partial", True
    return ("same" if weakest == _SAME else "transliteration"), True
