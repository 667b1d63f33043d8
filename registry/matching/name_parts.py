"""The words of a person's name, and the part that each plays.

Lives here: splitting a name, telling the patronymic, the initials and the given name. Not here: the
comparison of two names (`names`). People write the parts in any order, so a part is told by what it
is (a known given name, a suffix, a single letter) and only then by where it stands.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from registry.matching import name_words, romanise
from registry.matching.name_words import Word
from registry.matching.writing import unify

#: A word with its hyphens and apostrophes, and the dot that makes a short one an initial.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['-])*\.?")

#: Forms of business that are written beside a sole trader's own name.
_FORMS = frozenset({"фоп", "ип", "спд", "чп", "спдфл", "fop"})

#: Patronymics of Turkic languages are two words, the second of these.
_AFTER_FATHER = frozenset({"ogli", "oglu", "kizi", "gizi", "uli"})


@dataclass(frozen=True)
class Parts:
    """A person's name in parts: what it lacks is empty."""

    #: Given name and surname in either order, and further names.
    core: tuple[Word, ...] = ()
    #: The patronymic, or the father's name of a Turkic one.
    patronymic: Word | None = None
    #: Initials in the order in which they stand.
    initials: tuple[Word, ...] = ()

    @cached_property
    def given(self) -> Word | None:
        """Answer the one word that is the given name, None when none or several may be."""
        known = [word for word in self.core if word.given]
        return known[0] if len(known) == 1 else None

    @property
    def initial(self) -> Word | None:
        """Answer the initial that stands for a given name or surname: "Шевченко О."."""
        return self.initials[0] if self.initials and len(self.core) < 2 else None

    @property
    def initial_of_father(self) -> Word | None:
        """Answer the initial that stands for a patronymic: the second, or one beside a full name."""
        later = self.initials[1:] if len(self.core) < 2 else self.initials
        return later[0] if later else None


def split(name: str) -> Parts:
    """Answer the parts of a person's name; a text without letters has none."""
    words: list[Word] = []
    initials: list[Word] = []
    for found in _WORD.findall(unicodedata.normalize("NFKC", unify(name))):
        clean = romanise.repaired(found.rstrip(".")).casefold().strip("-'").replace("'", "")
        if not clean or clean in _FORMS:
            continue
        short = len(clean) == 1 or (len(clean) == 2 and found.endswith("."))
        (initials if short else words).append(Word(clean))
    words = [word for word in words if word.coded]
    patronymic = _patronymic(words)
    core = tuple(word for word in words if word is not patronymic and not _is_after_father(word))
    return Parts(core, patronymic, tuple(initials))


def _patronymic(words: list[Word]) -> Word | None:
    """Answer the word that is the patronymic, if one is."""
    for before, word in pairwise(words):
        if _is_after_father(word) and not _is_after_father(before) and len(words) > 2:
            return before
    candidates = [word for word in words if name_words.looks_patronymic(word)]
    if not candidates or len(words) < 2:
        return None
    after_given = [
        word
        for before, word in pairwise(words)
        if before.given and word in candidates and name_words.father(word)[0]
    ]
    if len(words) == 2:  # "Олександр Петрович"; the other order is a surname and a given name
        return after_given[0] if after_given else None
    known = [word for word in candidates if name_words.father(word)[0]]
    return (after_given or known or candidates)[-1]


def _is_after_father(word: Word) -> bool:
    return word.coded in _AFTER_FATHER
