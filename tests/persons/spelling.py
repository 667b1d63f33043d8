"""Ukrainian and Russian orthography: a surname carried from one to the other, its feminine form, patronymics.

The rules are those of a passport desk, not of a linguist: what it would print when nobody objects.
"""

import re
from functools import cache

_HARD_SIGN = re.compile("(?<=[бвгджзклмнпрстфх])'(?=[яюєї])", re.IGNORECASE)
_TO_RUSSIAN = str.maketrans("іїєґІЇЄҐ", "ииегИИЕГ")
_TO_UKRAINIAN = str.maketrans("ыэъЫЭЪ", "ие'ИЕ'")
_VOWELS = "аеёиоуыэюяіїє"

_ENDINGS_TO_RUSSIAN = (
    ("івський", "овский"),
    ("ський", "ский"),
    ("цький", "цкий"),
    ("зький", "зкий"),
    ("ець", "ец"),
    ("ць", "ц"),
    ("ний", "ный"),
    ("вий", "вой"),
    ("тий", "тый"),
)
_FEMININE = {
    "uk": (("ський", "ська"), ("цький", "цька"), ("ий", "а"), ("ой", "а")),
    "ru": (("ский", "ская"), ("цкий", "цкая"), ("ий", "ая"), ("ый", "ая"), ("ой", "ая")),
}
_POSSESSIVE = ("ов", "ев", "єв", "ёв", "ин", "ін", "їн", "ын")


@cache
def russian(word: str) -> str:
    """A Ukrainian surname as a Russian-language form would print it."""
    for ending, other in _ENDINGS_TO_RUSSIAN:
        if word.endswith(ending):
            word = word.removesuffix(ending) + other
            break
    word = _HARD_SIGN.sub("ъ", word)
    word = re.sub("(?<=[сц])ьк", "к", word)
    return word.replace("ьо", "ё").translate(_TO_RUSSIAN)


@cache
def ukrainian(word: str) -> str:
    """A Russian surname as a Ukrainian passport would print it."""
    word = re.sub("(?<=[сц])кий$", "ький", word)
    word = re.sub("(?<=[^жшщчцр])ев$", "єв", word)
    word = re.sub("(?<=[жшщчц])ин$", "ин", word)
    word = re.sub("^Е(?=[вглмрф])", "Є", word)
    word = re.sub("(?<=[ьаеиоуы])е", "є", word)
    tail = next((end for end in ("вич", "ий") if word.endswith(end)), "")
    head = word.removesuffix(tail)
    head = re.sub("(?<![жшщчц])и", "і", head).replace("И", "І")
    head = re.sub(f"(?<=[{_VOWELS}])і", "ї", head)
    return (head + tail).replace("ё", "ьо").translate(_TO_UKRAINIAN)


@cache
def feminine(word: str, tongue: str, still: bool) -> str:
    """A woman's form of a man's surname; `still` words keep -ов and -ин (Литвин, Шварцман)."""
    for ending, other in _FEMININE[tongue]:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + other
    return word + "а" if not still and word.endswith(_POSSESSIVE) else word


def patronymic(given: str, tongue: str) -> str:
    """A son's patronymic of a regular given name (the irregular ones stand in given.txt)."""
    if tongue == "uk":
        return given + "ович"
    if given.endswith("й"):
        return given[:-1] + "евич"
    return (given[:-1] + "евич") if given.endswith("ь") else given + "ович"


@cache
def daughters(patronymic: str, tongue: str) -> str:
    """The daughter's form of a son's patronymic."""
    if tongue == "uk":
        stem = patronymic.removesuffix("ович") if patronymic.endswith("ович") else ""
        if stem.endswith("й"):
            return stem[:-1] + "ївна"
        if stem:
            return stem.removesuffix("ь") + "івна"
        return patronymic.removesuffix("ич").removesuffix("іч") + "івна"
    if patronymic.endswith(("ович", "евич")):
        return patronymic[:-2] + "на"
    soft = patronymic.startswith(("Никит", "Савв", "Фом"))
    return patronymic.removesuffix("ич") + ("ична" if soft else "инична")
