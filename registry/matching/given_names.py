"""Given names in use in Ukraine: which spellings are one name, which are two, and their familiar forms.

Lives here: the table of `given_names.txt`, and looking a word in codes up in it. Not here: what follows
for a name (`name_words`, `names`), or the names of the wide world (`name_world`), which only translate:
Michael is not Михайло.

A word that is found tells two things: that it is a given name and not a surname, and whether another
given name is the same one. That is what keeps a brother's debt off his sister. A familiar form is one of
several names as a rule: Саша is Олександр and Олександра.
"""

import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from rapidfuzz.distance import OSA

from registry.matching import romanise

#: A word that is not in the table is a given name that is, from this likeness on.
_NEAR = 0.86

_NONE: frozenset[str] = frozenset()

#: Suffixes of familiar forms, in codes, that surnames hardly have: -ушка -ишка -енька -онька -очка -уня -уся -уля.
_DIMINUTIVE = re.compile(r"(.{3,}?)i?(?:[ui]wka|[eo]nka|[oeiu]cka|u[nsl]ia)")
#: Shorter beginnings of a name are many names'.
_STEM = 3
#: Suffixes of familiar forms that surnames have as well: -ик -ко -ка -ша -ся -ня and the like, or none at all (Яр).
_FAMILIAR_SUFFIX = re.compile(
    r"(.{3,}?)(?:[aeiou]?(?:c?ik|[cn]?k[aoi]|[wnls]i?[ao]|[wksx])|[aoi])?"
)
#: Shorter words are near to too many others.
_SLIPPED = 4

#: Written so, a name may be either of two that other spellings tell apart: Олена and Альона.
_EITHER = {"алена": ("Олена", "Альона"), "alena": ("Олена", "Альона")}

#: Stems of patronymics that do not keep the given name: Якович, Яковлевич, Львович.
_FATHERS = {"iak": "Яків", "iakovl": "Яків", "lv": "Лев", "l": "Лев"}


class Table(NamedTuple):
    """The given names, by codes. A group is named by the code of its first spelling."""

    #: code -> groups whose legal form it is.
    legal: dict[str, frozenset[str]]
    #: code -> groups whose familiar form it is.
    familiar: dict[str, frozenset[str]]
    #: frame -> codes of legal forms.
    frames: dict[str, tuple[str, ...]]
    #: group -> letters that its initial may be.
    letters: dict[str, frozenset[str]]
    #: the first letters of a legal form, `_STEM` at least -> groups.
    stems: dict[str, frozenset[str]]
    #: group -> its legal and familiar forms, as written and in codes.
    forms: dict[str, frozenset[str]]


def rows() -> list[tuple[list[str], list[str]]]:
    """Answer the lines of the table: the legal forms of one name, and its familiar ones."""
    text = resources.files(__package__).joinpath("given_names.txt").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            legal, _, familiar = line.partition("|")
            found.append((legal.split(), familiar.split()))
    return found


@cache
def table() -> Table:
    """Answer the table, read when it is first asked for."""
    legal: dict[str, frozenset[str]] = {}
    familiar: dict[str, frozenset[str]] = {}
    frames: dict[str, tuple[str, ...]] = {}
    letters: dict[str, frozenset[str]] = {}
    stems: dict[str, frozenset[str]] = {}
    written: dict[str, frozenset[str]] = {}
    for forms, short in rows():
        group = romanise.codes(forms[0])
        both = {form.casefold() for form in forms + short}.union(map(romanise.codes, forms + short))
        written[group] = written.get(group, _NONE) | both
        for form in forms:
            code = romanise.codes(form)
            legal[code] = legal.get(code, _NONE) | {group}
            frames[frame(code)] = (*frames.get(frame(code), ()), code)
            first = {code[0], romanise.codes(form[0])[:1]}
            letters[group] = letters.get(group, _NONE) | first
            for length in range(_STEM, len(code) + 1):
                stems[code[:length]] = stems.get(code[:length], _NONE) | {group}
        for form in short:
            code = romanise.codes(form)
            familiar[code] = familiar.get(code, _NONE) | {group}
    return Table(legal, familiar, frames, letters, stems, written)


def legal(code: str, written: str = "") -> frozenset[str]:
    """Answer the given names that a word in codes may be; empty for what is none in the table.

    `written` is the word itself, for the few whose codes say less than their letters.
    """
    known = table()
    if written in _EITHER:
        return frozenset(map(romanise.codes, _EITHER[written]))
    found = known.legal.get(code)
    if found is not None:
        return found
    if code in known.familiar:
        return _NONE
    near = [(romanise.likeness(code, form), form) for form in known.frames.get(frame(code), ())]
    score, form = max(near, default=(0.0, ""))
    return known.legal[form] if score >= _NEAR else _NONE


def is_legal(code: str) -> bool:
    """Answer whether a word in codes stands among the legal forms as it is."""
    return code in table().legal


def is_known(code: str) -> bool:
    """Answer whether a word in codes stands in the table as it is."""
    return code in table().legal or code in table().familiar


def familiar(code: str) -> frozenset[str]:
    """Answer the given names of which a word in codes may be a familiar form."""
    return table().familiar.get(code, _NONE)


def derived(code: str) -> frozenset[str]:
    """Answer the given names that an unlisted familiar form ("Фомушка") may come from, by its suffix."""
    found = _DIMINUTIVE.fullmatch(code)
    if found is None or code in table().legal or code in table().familiar:
        return _NONE
    return table().stems.get(found[1], _NONE)


@lru_cache(maxsize=16_384)
def may_be(code: str, clean: str, group: str) -> bool:
    """Answer whether a word that the table lacks may be a given name all the same: a form of it with a letter wrong
    (Улчша, of Уляша), or a familiar form made of its beginning (Мирик, of Мирон).
    """
    for form in table().forms.get(group, _NONE):
        for one in (code, clean):
            long = min(len(form), len(one)) >= _SLIPPED
            if long and OSA.distance(form, one, score_cutoff=1) <= 1:
                return True
    found = _FAMILIAR_SUFFIX.fullmatch(code)
    return found is not None and group in table().stems.get(found[1], _NONE)


def initials(group: str) -> frozenset[str]:
    """Answer the first letters, in codes, under which a given name's initial may be written."""
    return table().letters.get(group, _NONE)


def share_initials(letters: frozenset[str]) -> bool:
    """Answer whether one given name may be abbreviated by each of these letters: О. and А."""
    return any(letters <= known for known in table().letters.values())


def of_father(stem: str) -> frozenset[str]:
    """Answer the given names that a patronymic without its suffix ("petr", "sergi") may come from."""
    if stem in _FATHERS:
        return table().legal[romanise.codes(_FATHERS[stem])]
    known = table().legal
    for ending in ("", "o", "i", "a", "ei", "ii", "ia"):
        if found := known.get(stem + ending):
            return found
    return _NONE


def frame(code: str) -> str:
    """Answer the skeleton and whether the word ends in -a: what tells Олександр from Олександра."""
    return romanise.skeleton(code) + ("+a" if code.endswith("a") else "")


#: What ends a patronymic, in codes: -ович -евич -івна -ївна -ична, Belarusian -авіч -аўна.
_PATRONYMIC = re.compile(r"(.+?)(?:[oeia]vic|ic|[oeia]vna|inicna|icna)")
#: -івна -ївна -овна -евна, of a father's name of three letters at least.
_DAUGHTERS, _SHORTEST_DAUGHTERS = ("ivna", "ovna", "evna"), 6
#: Suffixes that surnames have as well: Ілліч and Лукічна, but Бабич.
_SHORT_SUFFIX = re.compile(r".+(?<![oeia]v)(?:ic|icna)")


def father_stem(code: str) -> str | None:
    """Answer a patronymic's stem; None for a word without the suffix of one."""
    found = _PATRONYMIC.fullmatch(code)
    return found[1] if found else None


def has_surname_suffix(code: str) -> bool:
    """Answer whether a patronymic's suffix is one that surnames have as well."""
    return _SHORT_SUFFIX.fullmatch(code) is not None


def is_daughters(code: str) -> bool:
    """Answer whether a word in codes ends as women's patronymics do and surnames do not."""
    return code.endswith(_DAUGHTERS) and len(code) > _SHORTEST_DAUGHTERS
