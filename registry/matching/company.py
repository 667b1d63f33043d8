"""Names of companies and sole traders.

Lives here: `normalise`, `fold`, `compare`. Not here: persons' names (`names`). The legal form says
nothing about who it is (ТОВ, ООО and LLC are one form in three languages), so it is dropped; a sole
trader's name is a person's, and `sole_trader` takes it out.
"""

import re
import unicodedata

from registry.matching import romanise
from registry.matching.agreement import NameAgreement
from registry.matching.errors import Unreadable
from registry.matching.writing import plain, unify

_ALLOWED = re.compile(r"(?:[^\W_]|[\u0300-\u036f]|[ .,'\"«»„“”&()\-/+№!:@*#])+")
_STACKED = re.compile(r"[\u0300-\u036f]{3}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

#: Forms that are written in several words, before the short ones.
_LONG_FORMS = re.compile(
    r"товариство з (?:обмеженою|додатковою) відповідальністю"
    r"|общество с ограниченной ответственностью"
    r"|limited liability company"
    r"|(?:приватне|публічне|закрите|відкрите) акціонерне товариство|акціонерне товариство"
    r"|(?:публичное |закрытое |открытое )?акционерное общество"
    r"|приватне (?:мале )?підприємство|частное предприятие|мале підприємство"
    r"|sp\.? ?z ?o\. ?o\.?|sp z oo"
    r"|фермерське господарство|дочірнє підприємство|державне підприємство"
)
_FORMS = frozenset(
    "тов тзов тдв ооо ат пат прат зат ват ао пао оао зао пп чп дп мп кп фг го лтд тоо одо уп"
    " tov tzov ooo llc ltd limited inc corp gmbh ag sa sas srl sarl oy ab bv nv kft plc jsc pjsc pp"
    " cjsc ojsc pte co company doo sro ead ood eood uab oü sia tob llp lp kg ohg se plt spa aktiengesellschaft".split()
)
_SOLE_TRADER = re.compile(
    r"(?:фоп|фо-п|спд(?:фл)?|ип|fop|ip"
    r"|фізична особа[ -]+підприємець|приватний підприємець"
    r"|индивидуальный предприниматель|частный предприниматель|sole trader)\b[ .:]*"
)


def normalise(text: str) -> str:
    """Answer the name tidy, as it is shown; raise `Unreadable` for what no company's name has."""
    name = plain(text, "The company name", 200)
    if not _ALLOWED.fullmatch(name) or _STACKED.search(name):
        raise Unreadable("The company name has characters that no company name has.")
    if sum(character.isalnum() for character in name) < 2:
        raise Unreadable("The company name needs at least two letters or digits.")
    return name


def sole_trader(text: str) -> str | None:
    """Answer the person's name inside "ФОП Шевченко О.", None for other companies."""
    name = _tidy(text)
    found = _SOLE_TRADER.match(name)
    return name[found.end() :] or None if found else None


def fold(text: str) -> tuple[str, ...]:
    """Answer the words that name the company, in one Latin spelling, sorted, without legal forms.

    A name that is nothing but a legal form keeps its words.
    """
    folded = (romanise.spelled(romanise.codes(word)) for word in _words(text))
    return tuple(sorted(word for word in folded if word))


def compare(one: str, other: str) -> NameAgreement | None:
    """Answer how two companies' names agree, the same in both directions; None without words.

    A name that differs is never firm: companies trade under other names than they register. Two sole
    traders are persons: whoever has both compares `sole_trader` of each as persons' names.
    """
    left, right = set(fold(one)), set(fold(other))
    if not left or not right:
        return None
    if left == right:
        same = set(_words(one)) == set(_words(other))
        return NameAgreement("same" if same else "transliteration", 1.0)
    common = left & right
    share = round(len(common) / max(len(left), len(right)), 2)
    if common in (left, right):
        return NameAgreement("partial", share)
    return NameAgreement("differs", share / 2, firm=False)


def _words(text: str) -> list[str]:
    """Answer the words without the legal form, with lookalike letters mended."""
    name = sole_trader(text) or _LONG_FORMS.sub(" ", _tidy(text))
    words = [romanise.repaired(word).replace("'", "") for word in _WORD.findall(name)]
    return [word for word in words if word not in _FORMS] or words


def _tidy(text: str) -> str:
    """Answer the text casefolded, in single blanks, with one kind of apostrophe and no lookalike letters."""
    words = unicodedata.normalize("NFKC", unify(text)).split()
    return " ".join(romanise.repaired(word).casefold() for word in words)
