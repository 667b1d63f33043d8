"""Writing that must be mended or read twice before a name is split.

Lives here: digits and signs that stand for letters, a name typed in the wrong keyboard layout, and the
codes that a word may have beside its first (x for х, c for ц, Belarusian ts for т). Not here: the fold
itself and lookalike letters (`romanise`), and what a word means (`name_words`).
"""

import re

from registry.matching import romanise

_DIGIT = re.compile(r"(?<=[^\W\d_])[0134]|[0134](?=[^\W\d_])")
_DIGITS = {
    True: {"0": "o", "1": "i", "3": "z", "4": "ch"},
    False: dict(zip("0134", "оізч", strict=True)),
}
#: Typed for a soft sign or an apostrophe.
_SOFT = re.compile(r"(?<=[^\W\d_])[*`\"]")

_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_UKRAINIAN = "йцукенгшщзхїфівапролджєячсмитьбю"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю"
_LAYOUTS = tuple(
    str.maketrans(ours + ours.upper(), theirs + theirs.upper())
    for ours, theirs in (
        (_LATIN_KEYS, _UKRAINIAN),
        (_LATIN_KEYS, _RUSSIAN),
        (_UKRAINIAN, _LATIN_KEYS),
        (_RUSSIAN, _LATIN_KEYS),
    )
)
_CAPITALS = str.maketrans({"{": "Х", "}": "Ї", ":": "Ж", '"': "Є", "<": "Б", ">": "Ю"})


def mended(text: str) -> str:
    """Answer a name with letters for the digits and signs that people type for them."""
    if not any(sign in text for sign in '0134*`"'):
        return text
    text = _SOFT.sub("'", text)
    latin = any("a" <= letter <= "z" for letter in text.casefold())
    return _DIGIT.sub(lambda found: _DIGITS[latin][found[0]], text)


def relaid(text: str) -> list[str]:
    """Answer what a name would be, had it been typed in another keyboard layout."""
    letters = [letter for letter in text if letter.isalpha()]
    # A letter of the right layout may be left in: Vіlybr for Мідник, with a Cyrillic і.
    latin = sum(map(str.isascii, letters)) * 2 > len(letters)
    layouts = _LAYOUTS[:2] if latin else _LAYOUTS[2:]
    typed = text.translate(_CAPITALS) if latin else text
    return [typed.translate(layout) for layout in layouts]


_CZECH_C = re.compile(r"(?<!s)c(?![hkz])")
_LATVIAN = re.compile(r"(?<=[oe]v|.j)s$")
_BELARUSIAN_U = re.compile(r"ou(?=[bcdfgklmnprstvz])")


def codes(clean: str, code: str) -> frozenset[str]:
    """Answer the codes that a word may have beside its first."""
    found = set()
    if clean[:1] < "\u0250":  # Latin, with or without marks
        if clean.endswith(("vs", "js")):
            found.add(_LATVIAN.sub("", clean))
        if "x" in clean:
            found.add(clean.replace("x", "kh"))
        if "ch" in clean:
            found.add(clean.replace("ch", "kh"))
        if "c" in clean:
            found.add(_CZECH_C.sub("ts", clean))
        if "ou" in clean:
            found.add(_BELARUSIAN_U.sub("ov", clean))
    others = {romanise.codes(spelling) for spelling in found}
    if "q" in code:
        others.add(code.replace("qia", "qe").replace("q", "t"))
    return frozenset(others - {code, ""})
