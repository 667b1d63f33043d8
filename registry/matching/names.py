"""Names of persons: what may be written, the fold to find them by, and whether two agree.

Lives here: `normalise`, `fold`, `search_key`, `compare`. Not here: companies' names (`company`), the
parts of a name (`name_parts`), the agreement of two words (`name_words`), or likeness good enough to
merge two people: diminutives and slips of the pen are left to resolution, and read here as another
name.

`compare` decides whose debt a fact is, so doubt counts as a contradiction: where it cannot be told
which word is the given name, no word may contradict.
"""

import re
from collections.abc import Sequence

from registry.matching import name_parts, name_words, romanise
from registry.matching.agreement import How, NameAgreement
from registry.matching.errors import Unreadable
from registry.matching.name_parts import Parts
from registry.matching.name_words import Level, Pair, Word
from registry.matching.writing import plain

_LONGEST = 120
_ALLOWED = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f]|[ .'-])+")
_STACKED = re.compile(r"[\u0300-\u036f]{3}")

#: What an initial adds to a likeness, beside the 1 of a word that is the same.
_INITIAL = 0.5


def normalise(text: str) -> str:
    """Answer the name tidy, as it is shown; raise `Unreadable` for what no name has."""
    name = " ".join(plain(text, "The name", _LONGEST).replace(",", " ").split())
    if not _ALLOWED.fullmatch(name) or _STACKED.search(name):
        raise Unreadable("The name may have letters, apostrophes, hyphens, dots and blanks only.")
    if sum(character.isalpha() for character in name) < 2:
        raise Unreadable("The name needs at least two letters.")
    return name


def fold(text: str) -> tuple[str, ...]:
    """Answer the words of a name in one Latin spelling, sorted: the same for any order and script."""
    parts = name_parts.split(text)
    words = [*parts.core, *parts.initials]
    if parts.patronymic:
        words.append(parts.patronymic)
    pieces = (piece.coded for word in words for piece in word.pieces)
    return tuple(sorted(romanise.spelled(piece) for piece in pieces if piece))


def search_key(text: str) -> tuple[str, ...]:
    """Answer what spellings of one full name share, sorted; empty for less than a full name.

    Known given names stand as themselves, other words as their consonants. The patronymic and
    initials are left out. It finds candidates; only `compare` says whether they agree.
    """
    core = name_parts.split(text).core
    if len(core) < 2:
        return ()
    return tuple(sorted(_key(piece) for word in core for piece in word.pieces))


def compare(one: str, other: str) -> NameAgreement | None:
    """Answer how two persons' names agree, the same in both directions.

    "differs" is a contradiction: another given name, another patronymic, or nothing in common. None
    when there is nothing to compare: one side is empty, or one holds only a given name and the other
    only a surname.
    """
    left, right = sorted((name_parts.split(one), name_parts.split(other)), key=_order)
    if not left.core or not right.core:
        return None
    pairs = name_words.paired(left.core, right.core)
    loose_left = [word for word in left.core if all(word is not p.left for p in pairs)]
    loose_right = [word for word in right.core if all(word is not p.right for p in pairs)]
    if not _one_patronymic(left, right):
        return _answer("differs", left, right, pairs)
    abbreviated = _abbreviated(left, right, loose_left, loose_right)
    if abbreviated is None or (loose_left and loose_right):
        return _contradicting(left, right, pairs)
    whole = not (loose_left or loose_right or abbreviated)
    if not whole or any(pair.level is Level.PIECE for pair in pairs):
        return _answer("partial", left, right, pairs, abbreviated, firm=bool(pairs))
    same = all(pair.level is Level.SAME for pair in pairs)
    return _answer("same" if same else "transliteration", left, right, pairs)


def _contradicting(left: Parts, right: Parts, pairs: Sequence[Pair]) -> NameAgreement | None:
    """Answer for two names that each hold a word which the other lacks."""
    alone = not pairs and len(left.core) == len(right.core) == 1
    if alone and bool(left.given) != bool(right.given):
        return None  # a given name beside a surname
    same_given_name = left.given and any(
        pair.left is left.given and pair.right is right.given for pair in pairs
    )
    if same_given_name:  # a surname can change, by marriage for one
        return _answer("partial", left, right, pairs, firm=False)
    return _answer("differs", left, right, pairs)


def _one_patronymic(left: Parts, right: Parts) -> bool:
    """Answer whether no patronymic contradicts: a father and his son may share all the rest."""
    if left.patronymic and right.patronymic:
        return name_words.one_father(left.patronymic, right.patronymic)
    for short, full in ((left, right), (right, left)):
        if short.initial_of_father and full.patronymic:
            return name_words.stands_for_father(short.initial_of_father, full.patronymic)
    if left.initial_of_father and right.initial_of_father:
        return name_words.one_initial(left.initial_of_father, right.initial_of_father)
    return True


def _abbreviated(
    left: Parts, right: Parts, loose_left: list[Word], loose_right: list[Word]
) -> int | None:
    """Answer how many words agree with the other side's initial, and take them off the loose ones.

    None when an initial contradicts.
    """
    if left.initial and right.initial:
        return 1 if name_words.one_initial(left.initial, right.initial) else None
    count = 0
    for short, full, loose in ((left, right, loose_right), (right, left, loose_left)):
        if short.initial is None or not loose:
            continue
        word = next((word for word in loose if word is full.given), loose[0])
        if not name_words.stands_for(short.initial, word):
            return None
        loose[:] = [other for other in loose if other is not word]
        count += 1
    return count


def _answer(
    how: How,
    left: Parts,
    right: Parts,
    pairs: Sequence[Pair],
    abbreviated: int = 0,
    *,
    firm: bool = True,
) -> NameAgreement:
    """Answer an agreement with its likeness; one that differs stays at the lower half."""
    words = max(len(parts.core) + bool(parts.initial) for parts in (left, right))
    if how in ("same", "transliteration"):
        words = len(pairs)
    share = (sum(pair.similarity for pair in pairs) + _INITIAL * abbreviated) / words
    if how == "differs":
        share /= 2
    return NameAgreement(how, round(min(share, 1.0), 2), firm=firm)


def _key(word: Word) -> str:
    """Answer what one word of a full name is searched by."""
    if word.given:
        return min(word.given)
    stem = name_words.surname(word.coded).stem
    consonants = romanise.skeleton(stem)
    return consonants if len(consonants) > 1 else stem


def _order(parts: Parts) -> tuple[list[str], str, list[str]]:
    """Answer what puts two names in one order, so that comparing them has no direction."""
    father = parts.patronymic.clean if parts.patronymic else ""
    core = sorted(word.clean for word in parts.core)
    return core, father, [word.clean for word in parts.initials]
