"""The words of names: which given name one is, and whether two are the same word.

Lives here: looking words up in the table of given names, the agreement of two words, of two
patronymics, of initials, and the pairing of the words of two names. Not here: the table
(`given_names`), which word plays which part (`name_parts`), what follows for the names (`names`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal, NamedTuple

from registry.matching import given_names, romanise

#: Two words of one skeleton are one word from this likeness on.
_FLOOR = 0.8
#: A word that is not in the table is a given name that is, from this likeness on.
_NEAR = 0.86
#: Given names that the table holds for one (Микола, Николай) are at least this like.
_ONE_GIVEN_NAME = 0.9
#: As are a man's and a woman's form of one surname.
_ONE_SURNAME = 0.9
#: Shorter stems of surnames say too little without their endings.
_SHORTEST_STEM = 3

_PATRONYMIC = re.compile(r"(.+?)(?:[oei]vic|ic|[oei]vna|inicna|icna)")
#: Suffixes that surnames have as well: Ілліч and Лукічна, but Бабич.
_SHORT_SUFFIX = re.compile(r".+(?<![oei]v)(?:ic|icna)")

#: Surnames in -ов, -ев, -ин, and in -ський, -ий, with the endings for men and women.
_POSSESSIVE = re.compile(r"(.*(?:ov|ev|iv|in))a?")
_ADJECTIVE = re.compile(r"(.+?)(?:oi|i|aia|ia|a)")


@dataclass(frozen=True)
class Word:
    """One word of a name, or several joined by hyphens."""

    #: As written, casefolded and with lookalike letters mended.
    clean: str

    @cached_property
    def coded(self) -> str:
        """Answer the word in codes; hyphens are dropped."""
        return romanise.codes(self.clean.replace("-", ""))

    @cached_property
    def pieces(self) -> tuple["Word", ...]:
        """Answer the words between the hyphens; the word itself when it has none."""
        found = tuple(Word(piece) for piece in self.clean.split("-") if piece)
        return found if len(found) > 1 else (self,)

    @cached_property
    def given(self) -> frozenset[str]:
        """Answer the given names it may be; of several pieces, only if each is one."""
        if len(self.pieces) == 1:
            return groups_of(self.coded)
        each = [piece.given for piece in self.pieces]
        return frozenset().union(*each) if all(each) else frozenset()

    @cached_property
    def initials(self) -> frozenset[str]:
        """Answer the letters, in codes, that its initial may be."""
        letters = {self.coded[:1], romanise.codes(self.clean[:1])[:1]}
        for group in self.given:
            letters |= initials_of(group)
        return frozenset(letters - {""})


class Surname(NamedTuple):
    """A surname without the ending that only tells a man's from a woman's."""

    stem: str
    #: The way it is declined, None for one that has no forms for men and women.
    declension: Literal["possessive", "adjective"] | None


class Level(IntEnum):
    """How far two words agree."""

    #: One of several hyphened words agrees.
    PIECE = 1
    #: The same word after transliteration, or the same given name in another language.
    TRANSLITERATED = 2
    #: The same letters.
    SAME = 3


class Pair(NamedTuple):
    """Two words that agree."""

    level: Level
    similarity: float
    left: Word
    right: Word


def groups_of(coded: str) -> frozenset[str]:
    """Answer the given names that a word in codes may be; empty for what is none in the table."""
    found = _BY_CODE.get(coded)
    if found is not None:
        return found
    near = [(romanise.likeness(coded, form), form) for form in _BY_SKELETON.get(_frame(coded), ())]
    score, form = max(near, default=(0.0, ""))
    return _BY_CODE[form] if score >= _NEAR else frozenset()


def initials_of(group: str) -> frozenset[str]:
    """Answer the first letters, in codes, under which a given name's initial may be written."""
    return frozenset(_LETTERS.get(group, ()))


def father(word: Word) -> tuple[frozenset[str], str]:
    """Answer the given names that a patronymic may come from, and its stem in codes."""
    found = _PATRONYMIC.fullmatch(word.coded)
    stem = found[1] if found else word.coded
    return _of_father(stem) | (frozenset() if found else word.given), stem


def looks_patronymic(word: Word) -> bool:
    """Answer whether a word has the suffix of a patronymic, and not only a surname's."""
    if not _PATRONYMIC.fullmatch(word.coded) or len(word.pieces) > 1:
        return False
    return not _SHORT_SUFFIX.fullmatch(word.coded) or bool(father(word)[0])


def surname(coded: str) -> Surname:
    """Answer a surname's stem: Ковальський and Ковальська, Петров and Петрова share theirs."""
    if found := _POSSESSIVE.fullmatch(coded):
        return Surname(found[1], "possessive")
    if found := _ADJECTIVE.fullmatch(coded):
        return Surname(found[1], "adjective")
    return Surname(coded, None)


def agree(left: Word, right: Word) -> Pair | None:
    """Answer how two words agree; None when they are two words."""
    if left.clean == right.clean:
        return Pair(Level.SAME, 1.0, left, right)
    if left.coded == right.coded:
        return Pair(Level.TRANSLITERATED, 1.0, left, right)
    if len(left.pieces) > 1 or len(right.pieces) > 1:
        return _agree_in_pieces(left, right)
    likeness = romanise.likeness(left.coded, right.coded)
    if left.given and right.given:
        if left.given & right.given:
            return Pair(Level.TRANSLITERATED, max(likeness, _ONE_GIVEN_NAME), left, right)
        return None
    if left.given or right.given:
        return None  # a given name and a word that is near it: a surname, or somebody else
    if likeness >= _FLOOR and _frame(left.coded) == _frame(right.coded):
        return Pair(Level.TRANSLITERATED, likeness, left, right)
    if _one_surname(left.coded, right.coded):
        return Pair(Level.TRANSLITERATED, max(likeness, _ONE_SURNAME), left, right)
    return None


def paired(left: Sequence[Word], right: Sequence[Word]) -> list[Pair]:
    """Answer the words that agree, best first, each used once; the order of words is no matter."""
    left = sorted(left, key=lambda word: word.clean)
    right = sorted(right, key=lambda word: word.clean)
    found = [pair for one in left for other in right if (pair := agree(one, other))]
    found.sort(key=lambda pair: (-pair.level, -pair.similarity))
    pairs: list[Pair] = []
    for pair in found:
        if all(pair.left is not p.left and pair.right is not p.right for p in pairs):
            pairs.append(pair)
    return pairs


def one_father(left: Word, right: Word) -> bool:
    """Answer whether two patronymics come from one name: Миколайович, Николаевна."""
    names_left, stem_left = father(left)
    names_right, stem_right = father(right)
    if names_left and names_right:
        return bool(names_left & names_right)
    same_skeleton = romanise.skeleton(stem_left) == romanise.skeleton(stem_right)
    return same_skeleton and romanise.likeness(stem_left, stem_right) >= _FLOOR


def stands_for(initial: Word, word: Word) -> bool:
    """Answer whether an initial may be a word's: О. is of Олександр and of Александр."""
    return initial.coded[:1] in word.initials


def stands_for_father(initial: Word, patronymic: Word) -> bool:
    """Answer whether an initial may be a patronymic's: М. is of Миколайович and of Николаевич."""
    names, _ = father(patronymic)
    letters = set(patronymic.initials).union(*(initials_of(name) for name in names))
    return initial.coded[:1] in letters


def one_initial(left: Word, right: Word) -> bool:
    """Answer whether two initials may be of one given name: О. and А. may, of Олександр."""
    letters = {left.coded[:1], right.coded[:1]}
    return len(letters) == 1 or _shares_initials(letters)


def _agree_in_pieces(left: Word, right: Word) -> Pair | None:
    """Answer the agreement of words of which at least one is several joined by hyphens."""
    pairs = paired(left.pieces, right.pieces)
    if not pairs:
        return None
    most = max(len(left.pieces), len(right.pieces))
    level = min(pair.level for pair in pairs) if len(pairs) == most else Level.PIECE
    return Pair(level, sum(pair.similarity for pair in pairs) / most, left, right)


def _one_surname(left: str, right: str) -> bool:
    """Answer whether two words are forms of one surname: a man's, a woman's, in either language."""
    one, other = surname(left), surname(right)
    if one.declension is None or one.declension != other.declension:
        return False
    if min(len(one.stem), len(other.stem)) < _SHORTEST_STEM:
        return False
    same_skeleton = romanise.skeleton(one.stem) == romanise.skeleton(other.stem)
    return same_skeleton and romanise.likeness(one.stem, other.stem) >= _FLOOR


def _shares_initials(letters: set[str]) -> bool:
    """Answer whether one given name may be abbreviated by each of these letters: О. and А."""
    return any(letters <= known for known in _LETTERS.values())


def _of_father(stem: str) -> frozenset[str]:
    """Answer the given names that a patronymic without its suffix ("petr", "sergi") may come from."""
    for ending in ("", "o", "i", "a", "ei", "ii", "ia"):
        if found := _BY_CODE.get(stem + ending):
            return found
    return _FATHERS.get(stem, frozenset())


def _frame(coded: str) -> str:
    """Answer the skeleton and whether the word ends in -a: what tells Олександр from Олександра."""
    return romanise.skeleton(coded) + ("+a" if coded.endswith("a") else "")


def _groups() -> tuple[dict[str, frozenset[str]], dict[str, tuple[str, ...]], dict[str, set[str]]]:
    """Answer codes -> groups, skeleton with ending -> codes, and group -> first letters."""
    by_code: dict[str, frozenset[str]] = {}
    by_skeleton: dict[str, tuple[str, ...]] = {}
    letters: dict[str, set[str]] = {}
    for line in given_names.TABLE.split(";"):
        forms = line.split()
        group = romanise.codes(forms[0])
        letters[group] = set()
        for form in forms:
            coded = romanise.codes(form)
            by_code[coded] = by_code.get(coded, frozenset()) | {group}
            key = _frame(coded)
            by_skeleton[key] = (*by_skeleton.get(key, ()), coded)
            letters[group] |= {coded[0], romanise.codes(form[0])[:1]}
    return by_code, by_skeleton, letters


_BY_CODE, _BY_SKELETON, _LETTERS = _groups()

#: Stems of patronymics that do not keep the given name: Якович, Яковлевич, Львович.
_FATHERS = {
    "iak": groups_of(romanise.codes("Яків")),
    "iakovl": groups_of(romanise.codes("Яків")),
    "lv": groups_of(romanise.codes("Лев")),
}
