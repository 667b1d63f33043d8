"""What fingers and forms do to a value: neighbouring keys, lost letters, look-alikes, the wrong keyboard layout."""

import re
from collections.abc import Callable
from random import Random

_ROWS = (
    "йцукенгшщзхї", "фівапролджє", "ячсмитьбю",
    "йцукенгшщзхъ", "фывапролджэ", "qwertyuiop", "asdfghjkl", "zxcvbnm",
)  # fmt: skip
_QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_LAYOUTS = {
    "uk": "'йцукенгшщзхїфівапролджєячсмитьбю",
    "ru": "ёйцукенгшщзхъфывапролджэячсмитьбю",
}
_LOOKALIKES = str.maketrans("аоеісрхАОЕІСРХВНКМТ", "aoeicpxAOEICPXBHKMT")
_CONFUSED = {
    "и": "іы", "і": "иы", "ы": "иі", "ї": "і", "е": "єэё", "є": "е", "ё": "е", "э": "е",
    "г": "ґх", "щ": "ш", "ц": "т", "о": "а", "а": "о", "з": "с", "д": "т",
}  # fmt: skip


def _neighbours() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _ROWS:
        for at, letter in enumerate(row):
            around = row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
            found[letter] = found.get(letter, "") + around
    return found


_NEIGHBOURS = _neighbours()


def _at(text: str, rng: Random, fits: Callable[[str], bool]) -> int:
    places = [place for place, letter in enumerate(text) if place and fits(letter.lower())]
    return rng.choice(places) if places else -1


def _replace(text: str, rng: Random, table: dict[str, str]) -> str:
    at = _at(text, rng, table.__contains__)
    return text if at < 0 else text[:at] + rng.choice(table[text[at].lower()]) + text[at + 1 :]


def neighbour(text: str, rng: Random) -> str:
    return _replace(text, rng, _NEIGHBOURS)


def confusion(text: str, rng: Random) -> str:
    """One letter as it sounds to a speaker of the other language."""
    return _replace(text, rng, _CONFUSED)


def drop(text: str, rng: Random) -> str:
    at = _at(text, rng, str.isalpha)
    return text if at < 0 else text[:at] + text[at + 1 :]


def double(text: str, rng: Random) -> str:
    at = _at(text, rng, str.isalpha)
    return text if at < 0 else text[:at] + text[at].lower() + text[at:]


def swap(text: str, rng: Random) -> str:
    at = _at(text[:-1], rng, str.isalpha)
    if at < 0 or not text[at + 1].isalpha():
        return text
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def lookalike(text: str, rng: Random) -> str:
    """Latin letters inside a Cyrillic word: all of them, or only the і that a Russian keyboard lacks."""
    if rng.random() < 0.5:
        return text.replace("і", "i").replace("І", "I")
    return text.translate(_LOOKALIKES)


def layout(text: str, rng: Random) -> str:
    """The whole text typed with the keyboard in the other language."""
    tongue = rng.choice(("uk", "ru"))
    cyrillic = any(letter > "\u0400" for letter in text)
    pair = (_LAYOUTS[tongue], _QWERTY) if cyrillic else (_QWERTY, _LAYOUTS[tongue])
    keys = dict(zip(*pair, strict=True))
    return "".join(
        keys[letter.lower()].upper() if letter.isupper() and letter.lower() in keys
        else keys.get(letter, letter)
        for letter in text
    )  # fmt: skip


def bare(text: str, rng: Random) -> str:
    """No apostrophe and, half the time, no soft sign."""
    text = re.sub("['’ʼ`]", "", text)
    return text.replace("ь", "").replace("ъ", "") if rng.random() < 0.5 else text


_NAME_SLIPS: dict[Callable[[str, Random], str], int] = {
    neighbour: 16, drop: 16, double: 9, swap: 11, confusion: 24, lookalike: 12, layout: 4, bare: 8,
}  # fmt: skip
_WORD_SLIPS = {neighbour: 30, drop: 25, double: 15, swap: 20}


def in_name(text: str, rng: Random) -> str:
    """One slip somewhere in a name; the first letters of words mostly survive."""
    slip = rng.choices(list(_NAME_SLIPS), weights=list(_NAME_SLIPS.values()))[0]
    return slip(text, rng)


def in_word(text: str, rng: Random) -> str:
    return rng.choices(list(_WORD_SLIPS), weights=list(_WORD_SLIPS.values()))[0](text, rng)


def in_digits(digits: str, rng: Random, first: int = 0) -> str:
    """One digit wrong, or two neighbours swapped, from the place `first` on."""
    at = rng.randrange(first, len(digits) - 1)
    if rng.random() < 0.4 and digits[at] != digits[at + 1]:
        return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    wrong = str((int(digits[at]) + rng.randrange(1, 10)) % 10)
    return digits[:at] + wrong + digits[at + 1 :]


_BY_EAR = {
    "uk": str.maketrans("еиыэЕИ", "єіиеЄІ"),
    "ru": str.maketrans("иіеєїИІЕЄЇ", "ыиэеиЫИЭЕИ"),
}


def by_ear(word: str, tongue: str) -> str:
    """A word of the other language in this one's letters, as it is heard: Сергей -> Сєргєй, Микола -> Мыкола."""
    if tongue == "uk":
        word = word.replace("ё", "ьо").replace("Э", "Є")
    return word.translate(_BY_EAR[tongue])


APOSTROPHES = ("'", "'", "’", "ʼ", "`", "*")


def apostrophe(text: str, rng: Random) -> str:
    """The apostrophe as this keyboard has it."""
    return text.replace("'", rng.choice(APOSTROPHES)) if "'" in text else text


def case(text: str, habit: str) -> str:
    if habit == "upper":
        return text.upper()
    return text.lower() if habit == "lower" else text
