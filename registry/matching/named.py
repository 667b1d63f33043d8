"""Names that are known, in free text: where it names a business or a person, in any script and case ending.

Lives here: `names`, which looks for the names that it is given. Not here: identifiers (`mentions`), and names that
nobody knows of: a reader finds those.

A person is named by a surname, as many people share a given name. A firm is named by its only word, by two words of its
name next to each other, or by one telling word with a capital: "взуття" is goods, "Взуття" may be the shop.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from registry.matching import company, name_parts, name_words, romanise
from registry.matching.mentions import Kind, Mention, outermost
from registry.matching.writing import unify

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
#: Case endings in codes, of Ukrainian and Russian, and an English s.
_ENDING = re.compile(r"[aeiou]{0,3}(?:[mgvks][aeiou]{0,2})?")
_LAST_VOWELS = re.compile(r"[aeiou]+$")
#: The last vowel before one last consonant, which changes or goes: Сокіл, Сокола; Кравець, Кравця.
_UNSTEADY = re.compile(r"[eio](?=[^aeiou]$)")
#: A shorter stem is a part of too many words: such a name is found only as it is.
_SHORTEST = 4
#: Words of firms' names that tell nothing by themselves.
_GENERIC = frozenset(
    romanise.codes(word)
    for word in (
        "магазин крамниця маркет інтернет онлайн студія сервіс центр група компанія фірма бюро дім торг світ нова"
        " новий студия сервис группа компания фирма дом мир новая новый лавка shop store market online internet"
        " studio service center centre group company house world new"
    ).split()
)


class _Name:
    """One word of a name, ready to be looked for."""

    def __init__(self, code: str) -> None:
        self.code = code
        stem = _LAST_VOWELS.sub("", code)
        stems = {stem} | {_UNSTEADY.sub(vowel, stem) for vowel in ("", "e", "i", "o")}
        self.stems = [one for one in stems if len(one) >= _SHORTEST]

    def is_in(self, code: str) -> bool:
        """Whether the word is this one, in any case."""
        return code == self.code or any(
            code.startswith(stem) and _ENDING.fullmatch(code, len(stem)) for stem in self.stems
        )


class _Token:
    """One word of the text."""

    def __init__(self, found: re.Match[str]) -> None:
        self.start, self.end = found.span()
        self.code = romanise.codes(romanise.repaired(found.group()))
        before = found.string[: self.start].rstrip()
        #: A capital that is not there for the beginning of a sentence.
        self.capital = found.group()[0].isupper() and before[-1:] not in ("", ".", "!", "?", "…")


def names(text: str, *, firms: Sequence[str], persons: Sequence[str]) -> list[Mention]:
    """Answer where the text names one of these, in its order.

    `firms` and `persons` are names as they are registered; a sole trader is a person.
    """
    tokens = [_Token(found) for found in _WORD.finditer(unify(text))]
    traders = [name for firm in firms if (name := company.sole_trader(firm))]
    found: list[Mention] = []
    for name in (*persons, *traders):
        found += _spans(_persons(tokens, name))
    for firm in firms:
        if company.sole_trader(firm) is None:
            found += _spans(_firms(tokens, firm))
    return outermost(found)


def _spans(found: Iterable[tuple[_Token, _Token]]) -> Iterator[Mention]:
    for first, last in found:
        yield Mention(first.start, last.end, Kind.NAME)


def _persons(tokens: Sequence[_Token], name: str) -> Iterator[tuple[_Token, _Token]]:
    """Find the surname; or, of a name that has none, its first word."""
    parts = name_parts.split(name)
    words = parts.rest or parts.core
    surnames = [_Name(word.code) for word in words if not name_words.looks_patronymic(word)]
    for token in tokens:
        # A short surname is a common word as well, such as "кіт" or "of" in a firm's name.
        telling = token.capital or len(token.code) >= _SHORTEST
        if telling and any(surname.is_in(token.code) for surname in surnames):
            yield token, token


def _firms(tokens: Sequence[_Token], firm: str) -> Iterator[tuple[_Token, _Token]]:
    codes = [romanise.codes(word) for word in company.fold(firm)]
    words = [_Name(code) for code in codes if code]
    telling = [
        word
        for word in words
        if len(word.code) > 2 and word.code not in _GENERIC and not word.code.isdigit()
    ]
    for token in tokens:
        if (len(words) == 1 or token.capital) and any(word.is_in(token.code) for word in telling):
            yield token, token
    for pair in itertools.pairwise(tokens):
        left, right = ({word for word in words if word.is_in(token.code)} for token in pair)
        if left and right and len(left | right) > 1:
            yield pair
