"""The words of names, made ready to be compared.

Lives here: `Word` and `Father`, with all that can be known of a word or a patronymic by itself. Not here:
the table of given names (`given_names`), how two words agree (`name_grades`), which word plays which part
(`name_parts`).
"""

import re
from functools import lru_cache
from typing import Literal

from registry.matching import given_names, name_spellings, name_world, romanise

#: Surnames in -ов, -ев, -ин, and in -ський, -ий, with the endings for men and women.
_POSSESSIVE = re.compile(r"(.*(?:ov|ev|iv|in))a?")
_ADJECTIVE = re.compile(r"(.+?)(?:oi|i|aia|ia|a)")

#: Сива is no daughter-in-law of a Сив.
_SHORTEST_SONS = 5

#: What a short word that is only near to a given name must not end with to be one.
_SURNAME = re.compile(r".{2,4}(?:(?:ov|ev|iv|in)a?|aia|oi|ski|ska)")

_BROAD = str.maketrans("eo", "aa")


class Word:
    """One word of a name, or several joined by hyphens. Made by `word`, and never changed."""

    __slots__ = (
        *(
            "alphabet",
            "broad",
            "clean",
            "code",
            "declension",
            "derived",
            "familiar",
            "feminine",
            "given",
            "initials",
            "of_sons",
        ),
        *("others", "pieces", "plain", "skeleton", "stem", "stem_skeleton", "sure", "world"),
    )

    def __init__(self, clean: str) -> None:
        #: As written, casefolded and with lookalike letters mended.
        self.clean = clean
        #: In codes; hyphens are dropped.
        self.code = code = romanise.codes(clean.replace("-", ""))
        #: Other codes that it may have: x for х, c for ц.
        self.others = name_spellings.codes(clean, code)
        if self.others and not given_names.is_known(code):
            known = sorted(filter(given_names.is_known, self.others))
            self.code = code = known[0] if known else code
        self.skeleton = romanise.skeleton(code)
        #: The codes with one vowel for those that Belarusian writes as they are heard: Ефанов, Яфанаў.
        self.broad = code.replace("ia", "a").translate(_BROAD)
        #: The alphabet that it is written in; none for a Belarusian word, whose vowels are not those of its neighbours.
        self.alphabet = "" if "ў" in clean else "latin" if clean[:1] < "\u0250" else "cyrillic"
        self.feminine = code.endswith("a")
        parts = [piece for piece in clean.split("-") if piece]
        #: The words between the hyphens; none when there is no hyphen.
        self.pieces = tuple(map(word, parts)) if len(parts) > 1 else ()
        #: The given names of which it is a legal form; of several pieces, only if each is one.
        self.given: frozenset[str] = (
            _of_all(self.pieces) if self.pieces else given_names.legal(code, clean)
        )
        if _SURNAME.fullmatch(code) and not given_names.is_legal(code):
            self.given = frozenset()  # Левін is no Левон
        #: Whether it stands in the table as it is, and not only near to what does.
        self.sure = given_names.is_legal(code)
        #: The given names of which it is a familiar form.
        self.familiar = given_names.familiar(code)
        #: The given names that it may come from as a familiar form that is not listed.
        self.derived = given_names.derived(code)
        #: The names of the wide world that it may be.
        self.world = name_world.groups(code)
        #: What is left of a surname without the ending that only tells a man's from a woman's.
        self.stem, self.declension = surname(code)
        #: Whether it ends as Романів does, which is not Романов.
        self.of_sons = code.endswith(("iv", "iva")) and len(self.stem) >= _SHORTEST_SONS
        self.stem_skeleton = romanise.skeleton(self.stem)
        #: Whether it is one word, of one reading, and no given name that is known.
        self.plain = not (self.pieces or self.others or self.given or self.familiar)
        #: The letters, in codes, that its initial may be.
        self.initials = _initials(clean, code, self.given | self.familiar)


@lru_cache(maxsize=65_536)
def word(clean: str) -> Word:
    """Make a word ready; the words of names repeat, so most are made already."""
    return Word(clean)


def _of_all(pieces: tuple[Word, ...]) -> frozenset[str]:
    each = [piece.given for piece in pieces]
    return frozenset().union(*each) if all(each) else frozenset()


def _initials(clean: str, code: str, given: frozenset[str]) -> frozenset[str]:
    letters = {code[:1], romanise.codes(clean[:1])[:1]}
    for group in given:
        letters |= given_names.initials(group)
    return frozenset(letters - {""})


def surname(code: str) -> tuple[str, Literal["possessive", "adjective"] | None]:
    """Answer a surname's stem and the way it is declined, None for one without forms for both sexes.

    Ковальський and Ковальська, Петров and Петрова share their stems.
    """
    if found := _POSSESSIVE.fullmatch(code):
        return found[1], "possessive"
    if found := _ADJECTIVE.fullmatch(code):
        return found[1], "adjective"
    return code, None


class Father:
    """A patronymic made ready: the given names that it may come from, and its stem."""

    __slots__ = ("given", "initials", "stem", "word")

    def __init__(self, patronymic: Word) -> None:
        stem = given_names.father_stem(patronymic.code)
        self.word = patronymic
        self.given = given_names.of_father(stem) if stem else patronymic.given
        #: A word of the stem, to be compared as words are.
        self.stem = word(stem or patronymic.code)
        self.initials = patronymic.initials.union(*map(given_names.initials, self.given))


@lru_cache(maxsize=16_384)
def father(patronymic: Word) -> Father:
    """Make a patronymic ready."""
    return Father(patronymic)


def looks_patronymic(one: Word) -> bool:
    """Answer whether a word has the suffix of a patronymic, and not only a surname's."""
    if one.pieces or given_names.father_stem(one.code) is None:
        return False
    return not given_names.has_surname_suffix(one.code) or bool(father(one).given)


def is_daughters(one: Word) -> bool:
    """Answer whether a word has the suffix of a woman's patronymic, -івна or -овна, which no surname has."""
    return not one.pieces and given_names.is_daughters(one.code)
