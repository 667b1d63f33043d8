"""Two names laid side by side: which word answers to which, and how far each part agrees.

Lives here: `align`, which finds the grades of the given names, the surnames, the patronymics and of
further words. Not here: the grade of two words (`name_grades`), what the grades say of the names (`names`),
and what they weigh (`name_score`).

Where both given names are known, the parts are compared one by one. Elsewhere words are paired by how
well they agree, and the better pair is held to be the surnames, whatever the order.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from registry.matching.name_grades import (
    AGREES,
    Grade,
    agree,
    agree_fathers,
    grade,
    grade_surnames,
    one_initial,
    stands_for,
)
from registry.matching.name_parts import Name
from registry.matching.name_words import Word

_MISSING = int(Grade.MISSING)
#: Letters that may differ between a word and two that make it up, which are this long at least.
_SLIPS_OF_JOINED, _SHORTEST_JOINED = 1, 6


class Alignment(NamedTuple):
    """The grades of two names."""

    given: int
    surname: int
    father: int
    #: Further words that agree.
    agreed: int = 0
    #: The best grade of two further words that do not, MISSING without.
    against: int = _MISSING
    #: How many words one side has more than the other, initials aside.
    extra: int = 0
    #: Whether the table says of both given names that they are such.
    known: bool = True


class _Pair(NamedTuple):
    """Two words that agree."""

    grade: int
    left: Word
    right: Word


def align(one: Name, other: Name) -> Alignment | None:
    """Answer how two names lie side by side, the same in both directions; None when they do not meet.

    A given name alone and a surname alone do not meet.
    """
    if one.order > other.order:
        one, other = other, one
    father = _fathers(one, other)
    if one.given is None or other.given is None:
        return _unsure(one, other, father)
    given = grade(one.given, other.given)
    left, right = one.rest, other.rest
    if len(left) == 1 == len(right) and not (one.initials or other.initials):
        return Alignment(given, grade_surnames(left[0], right[0]), father)
    pairs, ours, theirs = _paired(left, right)
    return _placed(one, other, pairs, ours, theirs, given, father)


def _unsure(one: Name, other: Name, father: int) -> Alignment | None:
    """Lay names side by side of which at least one has no known given name, or several."""
    pairs, ours, theirs = _paired(one.core, other.core)
    alone = len(one.core) == 1 == len(other.core) and not (one.initial or other.initial)
    if alone and not pairs and (one.given is None) != (other.given is None):
        return None
    if ours and theirs and len(ours) != len(theirs):
        _join(pairs, ours, theirs)
    given = _MISSING
    found = next((p for p in pairs if p.left is one.given or p.right is other.given), None)
    if found is None and len(pairs) > 1:
        found = pairs[1]
    if found is not None:
        pairs.remove(found)
        given = found.grade
    return _placed(one, other, pairs, ours, theirs, given, father, known=False)


def _placed(
    one: Name,
    other: Name,
    pairs: list[_Pair],
    ours: list[Word],
    theirs: list[Word],
    given: int,
    father: int,
    *,
    known: bool = True,
) -> Alignment:
    """Give every pair, initial and loose word its part."""
    if father == _MISSING and (ours or theirs):
        father = _stray_father(one, other, ours, theirs)
    surname = pairs.pop(0).grade if pairs else _MISSING
    if one.initial is not None or other.initial is not None:
        initial = _abbreviated(one, other, ours, theirs)
        if given == _MISSING:
            given = initial
        elif surname == _MISSING:
            surname = initial
    against = _MISSING
    clashes = min(len(ours), len(theirs))
    if clashes:
        clash = min(grade(left, right) for left in ours for right in theirs)
        loose = one.given in ours or other.given in theirs
        if loose and given == _MISSING:  # "Аннв Заєць" and "Анна": it is the given names that clash
            given, clashes = clash, clashes - 1
        if clashes and surname == _MISSING:
            surname, clashes = clash, clashes - 1
        if clashes and given == _MISSING:
            given, clashes = clash, clashes - 1
        if clashes:
            against = clash
    extra = abs(len(ours) - len(theirs))
    return Alignment(given, surname, father, len(pairs), against, extra, known)


def _fathers(one: Name, other: Name) -> int:
    """Answer how the patronymics agree: a father and his son may share all the rest."""
    if one.father is not None and other.father is not None:
        return agree_fathers(one.father, other.father)
    short, full = one.initial_of_father, other.initial_of_father
    if short is not None and other.father is not None:
        return Grade.INITIAL if short.code[:1] in other.father.initials else Grade.DIFFERS
    if full is not None and one.father is not None:
        return Grade.INITIAL if full.code[:1] in one.father.initials else Grade.DIFFERS
    if short is not None and full is not None:
        return Grade.INITIAL if one_initial(short, full) else Grade.DIFFERS
    return _MISSING


def _paired(
    left: Sequence[Word], right: Sequence[Word]
) -> tuple[list[_Pair], list[Word], list[Word]]:
    """Answer the words that agree, best first, each used once, and what is loose on either side."""
    found: list[tuple[int, int, int]] = []
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            met = agree(one, other)
            if met <= AGREES:
                found.append((met, -i, j))
    found.sort()
    free_left, free_right = dict(enumerate(left)), dict(enumerate(right))
    pairs: list[_Pair] = []
    for met, i, j in found:
        if -i in free_left and j in free_right:
            pairs.append(_Pair(met, free_left.pop(-i), free_right.pop(j)))
    return pairs, list(free_left.values()), list(free_right.values())


def _join(pairs: list[_Pair], ours: list[Word], theirs: list[Word]) -> None:
    """Pair one loose word with two that stand together: Abdulrahman, Abdul Rahman."""
    flipped = len(ours) < len(theirs)
    many, few = (theirs, ours) if flipped else (ours, theirs)
    for start in range(len(many) - 1):
        joined = many[start].code + many[start + 1].code
        for single in few:
            slips = OSA.distance(joined, single.code, score_cutoff=_SLIPS_OF_JOINED)
            if slips > _SLIPS_OF_JOINED or len(joined) < _SHORTEST_JOINED:
                continue
            met = int(Grade.SLIP if slips else Grade.SPELLED)
            parts = many[start : start + 2]
            del many[start : start + 2]
            few.remove(single)
            pairs += [
                _Pair(met, single, part) if flipped else _Pair(met, part, single) for part in parts
            ]
            pairs.sort(key=lambda pair: pair.grade)
            return


def _stray_father(one: Name, other: Name, ours: list[Word], theirs: list[Word]) -> int:
    """Answer how a patronymic, or an initial beside a full name, agrees with a loose word."""
    for named, loose in ((one, theirs), (other, ours)):
        for stray in loose:
            if named.father is not None:
                met = agree(named.father.word, stray)
                if met <= AGREES:
                    loose.remove(stray)
                    return met
            elif named.initial_of_father is not None and len(named.core) > 1:
                agrees = stands_for(named.initial_of_father, stray)
                if agrees or len(loose) == 1:
                    loose.remove(stray)
                    return Grade.INITIAL if agrees else Grade.DIFFERS
    return _MISSING


def _abbreviated(one: Name, other: Name, ours: list[Word], theirs: list[Word]) -> int:
    """Answer how the initial of a short name agrees with the other's, or with a loose word."""
    if one.initial is not None and other.initial is not None:
        return Grade.INITIAL if one_initial(one.initial, other.initial) else Grade.DIFFERS
    short, full, loose = (one, other, theirs) if one.initial is not None else (other, one, ours)
    if not loose or short.initial is None:
        return _MISSING
    found = next((stray for stray in loose if stray is full.given), loose[0])
    loose.remove(found)
    if stands_for(short.initial, found):
        return Grade.INITIAL
    return Grade.DIFFERS if found.sure or found.familiar or found.world else Grade.LIKE
