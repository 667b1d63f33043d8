"""The parts of a person's name, made ready to be compared.

Lives here: splitting a name into words, telling the patronymic, the initials and the given name, and
`Name`. Not here: the comparison of two names (`names`). People write the parts in any order, so a part is
told by what it is (a known given name, a suffix, a single letter) and only then by where it stands.
"""

import re
import unicodedata
from itertools import pairwise

from registry.matching import name_spellings, name_words, romanise
from registry.matching.name_words import Father, Word, father, word
from registry.matching.writing import unify

#: A word with its hyphens and apostrophes, and the dot that makes a short one an initial.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['-])*\.?")

#: A dot inside a word, which is the key of ю as well: K.lvbkf for Людмила.
_KEY = re.compile(r"[A-Za-z]\.[a-z]")

#: A word in Cyrillic: an initial beside it that looks the same in Latin is Cyrillic as well.
_CYRILLIC = re.compile(r"[\u0400-\u052f]{2}")

#: Forms of business that are written beside a sole trader's own name.
_FORMS = frozenset({"фоп", "ип", "спд", "чп", "пп", "спдфл", "fop", "pe"})

#: Forms of address, which are no part of a name.
_ADDRESS = frozenset("mr mrs ms miss dr prof пан пані панна гн гжа господин госпожа".split())

#: What joins words, or stands before a name, and may as well be left out: al-Masri, bin Rashid.
_UNSAID = frozenset(
    map(
        romanise.codes,
        "al el ul ud ur as ar bin ben ibn bint de da di du del la le von van der den dos das"
        " sir".split(),
    )
)

#: Patronymics of Turkic languages are two words, the second of these.
_AFTER_FATHER = frozenset({"ogli", "oglu", "ogl", "kizi", "gizi", "kizy", "uli"})


class Name:
    """A person's name in parts, made by `split` and not changed after: what it lacks is empty."""

    __slots__ = (
        *("core", "father", "given", "given_groups", "initial", "initial_of_father", "initials"),
        *("order", "other_reading", "rest", "skeletons", "surname_skeleton", "text"),
    )

    def __init__(
        self, text: str, core: tuple[Word, ...], patronymic: Word | None, initials: tuple[Word, ...]
    ) -> None:
        #: As it was given.
        self.text = text
        #: Given name and surname in either order, and further names.
        self.core = core
        #: The patronymic, or the father's name of a Turkic one.
        self.father: Father | None = father(patronymic) if patronymic else None
        #: Initials in the order in which they stand.
        self.initials = initials
        #: The one word that is the given name, None when none or several may be.
        self.given = given = _given(core, initials)
        #: The words beside the given name.
        self.rest = tuple(one for one in core if one is not given) if given else core
        #: The initial that stands for a given name or surname: "Шевченко О.".
        self.initial = initials[0] if initials and len(core) < 2 else None
        later = initials[1:] if len(core) < 2 else initials
        #: The initial that stands for a patronymic: the second, or one beside a full name.
        self.initial_of_father = later[0] if later else None
        #: What puts two names in one order, so that comparing them has no direction.
        self.order = (sorted(one.clean for one in core), text)
        #: What spellings of the core words share: see `_key`.
        self.skeletons = tuple(
            sorted(_key(piece) for one in core for piece in one.pieces or (one,))
        )
        #: Every given name that a word may be, by legal or familiar form.
        self.given_groups = frozenset[str]().union(*(one.given | one.familiar for one in core))
        #: The key of the surname, where it can be told which word that is.
        alone = len(self.rest) == 1 and (given is not None or self.initial is not None)
        self.surname_skeleton = _key(self.rest[0]) if alone else None
        #: "Іван Павлович" with the last word as a surname: only the other name can tell.
        self.other_reading: Name | None = None

    @property
    def patronymic(self) -> Word | None:
        """The patronymic as it was written."""
        return self.father.word if self.father else None


def split(text: str) -> Name:
    """Answer the parts of a person's name; a text without letters has none.

    A name in which nothing is known, and which would hold something known in another keyboard layout, was
    typed in that.
    """
    name = _split(text, name_spellings.mended(text))
    if name.given_groups or name.father or (name.initials and not _KEY.search(text)):
        return name
    return next(
        filter(_is_telling, (_split(text, typed) for typed in name_spellings.relaid(text))), name
    )


def _is_telling(name: Name) -> bool:
    """Answer whether a name holds what no other keyboard layout would have made by chance."""
    shortest = 5 if len(name.core) < 2 else 4
    known = (one for one in name.core if one.sure or one.familiar)
    return any(len(one.clean) >= shortest for one in known)


def _split(text: str, mended: str) -> Name:
    words: list[Word] = []
    initials: list[Word] = []
    written = _WORD.findall(unicodedata.normalize("NFKC", unify(mended)))
    cyrillic = any(_CYRILLIC.search(romanise.repaired(found)) for found in written)
    for found in written:
        clean = romanise.repaired(found.rstrip(".")).casefold().strip("-'").replace("'", "")
        bare = clean.replace("-", "")
        if not bare or bare in _FORMS or bare in _ADDRESS:
            continue
        short = len(clean) == 1 or (len(clean) == 2 and found.endswith("."))
        if short and cyrillic:
            clean = romanise.repaired_initial(found.rstrip(".")).casefold()
        (initials if short else words).append(word(clean))
    words = _plain([one for one in words if one.code])
    patronymic = _patronymic(words)
    core = tuple(one for one in words if one is not patronymic and not _is_after_father(one))
    name = Name(text, core, patronymic, tuple(initials))
    if patronymic and len(words) == 2 and not name_words.is_daughters(patronymic):
        name.other_reading = Name(text, tuple(words), None, tuple(initials))
    return name


def _plain(words: list[Word]) -> list[Word]:
    """Leave out what may be left out, as long as a given name and a surname are left."""
    if len(words) < 3:
        return words
    plain = [one for one in words if one.code not in _UNSAID]
    return plain if len(plain) > 1 else words


def _given(core: tuple[Word, ...], initials: tuple[Word, ...]) -> Word | None:
    """Answer the one word that is the given name: surely, by its likeness to one, or by a familiar form.

    In "Якимко М. С." none is, whatever it is like: the initials are the given name's and the father's.
    """
    if len(core) == 1 and len(initials) > 1:
        return None
    sure = [one for one in core if one.sure]
    known = sure or [one for one in core if one.given] or [one for one in core if one.familiar]
    return known[0] if len(known) == 1 else None


def _patronymic(words: list[Word]) -> Word | None:
    """Answer the word that is the patronymic, if one is."""
    for before, one in pairwise(words):
        if _is_after_father(one) and not _is_after_father(before) and len(words) > 2:
            return before
    candidates = [one for one in words if name_words.looks_patronymic(one)]
    if not candidates or len(words) < 2:
        return None
    after_given = [
        one
        for before, one in pairwise(words)
        if before.given and one in candidates and father(one).given
    ]
    if len(words) == 2:  # "Олександр Петрович"; the other order is a surname and a given name
        first, second = words
        if (first.given or first.familiar) and name_words.is_daughters(second):
            return second
        return after_given[0] if after_given else None
    known = [one for one in candidates if father(one).given]
    return (after_given or known or candidates)[-1]


def _is_after_father(one: Word) -> bool:
    return one.code in _AFTER_FATHER


def _key(one: Word) -> str:
    """Answer what one word of a name is searched by: a given name as itself, others by consonants."""
    groups = one.given or one.familiar
    if one.given or len(groups) == 1:
        return min(groups)
    consonants = one.stem_skeleton
    return consonants if len(consonants) > 1 else one.stem
