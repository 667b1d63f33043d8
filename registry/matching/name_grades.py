"""How two words agree, and two patronymics: the grades.

Lives here: `Grade`, and the comparison of two words that are made ready. Not here: what is known of one
word (`name_words`), which word answers to which (`name_align`), what follows for the names (`names`) and
for their score (`name_score`).
"""

from enum import IntEnum

from rapidfuzz.distance import OSA

from registry.matching import given_names
from registry.matching.agreement import Part
from registry.matching.name_words import Father, Word

#: Two words of one skeleton are one word from this likeness on, and surely from the second.
_FLOOR, _SURE = 0.8, 0.9
#: As are two stems of surnames that are declined alike.
_STEM_FLOOR = 0.7
#: Shorter stems of surnames say too little without their endings.
_SHORTEST_STEM = 3
#: Shorter words have no slips: every other word is near them.
_SHORTEST_SLIP = 4
#: Vowels that are written for each other in one alphabet: by ear, or, in Latin letters, by another romanisation.
_CONFUSED = {
    "cyrillic": ({"e", "i"}, {"o", "a"}),
    "latin": ({"e", "i"}, {"o", "a"}, {"o", "u"}, {"e", "a"}),
}
#: From this length on two letters may slip.
_LONG = 9
#: A slip in a word of this length a letter is small.
_SMALL = 7


class Grade(IntEnum):
    """How far two words agree, from the most to the least; what `Part` says, in finer steps."""

    #: The same letters.
    SAME = 0
    #: The same in codes.
    FOLDED = 1
    #: One given name in the table.
    GIVEN = 2
    #: One surname, or the same consonants, and alike.
    SPELLED = 3
    #: The same consonants, and somewhat alike.
    SPELLED_LOOSELY = 4
    #: One name in the table of the wide world.
    WORLD = 5
    #: A familiar form of the other, or of the same name.
    FAMILIAR = 6
    #: A letter of a long word.
    SLIP = 7
    #: A letter of a short word, or two of a long one.
    SLIP_OF_SHORT = 8
    #: A letter more or less at the end: a slip, or another surname of one root.
    ENDING = 9
    #: One of several hyphened words agrees.
    PIECE = 10
    #: An initial that agrees.
    INITIAL = 11
    #: A side has no such word.
    MISSING = 12
    #: Two words that are much alike.
    NEAR = 13
    #: Two words that are somewhat alike.
    LIKE = 14
    #: Two words that are hardly alike.
    UNLIKE = 15
    #: Two words that are not alike.
    DIFFERS = 16
    #: Two given names that the table knows to be two, however alike.
    OTHER = 17


#: Two words agree up to this grade.
AGREES = int(Grade.PIECE)

# A member of an enum takes longer to look up than two words to compare.
_SAME, _FOLDED, _GIVEN, _DIFFERS = map(int, (Grade.SAME, Grade.FOLDED, Grade.GIVEN, Grade.DIFFERS))
_OTHER, _SLIP_OF_SHORT = int(Grade.OTHER), int(Grade.SLIP_OF_SHORT)

_PARTS = (
    *(Part.SAME, Part.EQUIVALENT, Part.EQUIVALENT, Part.EQUIVALENT, Part.EQUIVALENT),
    *(Part.EQUIVALENT, Part.DIMINUTIVE, Part.SLIP, Part.SLIP, Part.SLIP, Part.EQUIVALENT),
    *(Part.INITIAL, Part.MISSING, Part.NEAR, Part.ALIKE, *([Part.DIFFERS] * 3)),
)


def part_of(grade: int) -> Part:
    """Answer what is told of a grade."""
    return _PARTS[grade]


def grade(left: Word, right: Word) -> int:
    """Answer the grade of two words, and of two that do not agree how unlike they are."""
    found = agree(left, right)
    return difference(left, right) if found == _DIFFERS else found


def grade_surnames(left: Word, right: Word) -> int:
    """Answer the grade of two words of which the other words tell that they are surnames."""
    found = grade(left, right)
    # Климух and Климуха: what tells a man's name from a woman's says nothing of surnames.
    return Grade.ENDING if found == _OTHER and not (left.sure or right.sure) else found


def agree(left: Word, right: Word) -> int:
    """Answer the grade at which two words agree; `Grade.DIFFERS`, or more, for two words."""
    if left is right or left.clean == right.clean:
        return _SAME
    one, other = left.code, right.code
    if one == other:
        return _FOLDED
    if not (left.plain and right.plain):
        if (left.others or right.others) and _read_alike(left, right):
            return Grade.SPELLED
        if left.pieces or right.pieces:
            return _agree_in_pieces(left, right)
        found = _agree_as_given(left, right)
        if found is not None:
            return found
    if left.of_sons == right.of_sons:
        if left.skeleton == right.skeleton and left.feminine == right.feminine:
            if _other_vowels(left, right):
                return Grade.NEAR
            likeness = OSA.normalized_similarity(one, other)
            if likeness >= _SURE:
                return Grade.SPELLED
            loosely = likeness >= _FLOOR or left.broad == right.broad
            if loosely and not _one_surname(left, right):
                return Grade.SPELLED_LOOSELY
        if left.stem_skeleton == right.stem_skeleton and _one_surname(left, right):
            return Grade.SPELLED
        if left.world and not left.world.isdisjoint(right.world):
            return Grade.WORLD
    return _slip(left, right)


def _other_vowels(left: Word, right: Word) -> bool:
    """Tell whether two words of one alphabet differ in a vowel that is not confused: Радченко and Рудченко.

    What is left of a word in every alphabet and language are its consonants; within one, a vowel tells words apart.
    """
    if not left.alphabet or left.alphabet != right.alphabet or len(left.code) != len(right.code):
        return False
    confused = _CONFUSED[left.alphabet]
    pairs = zip(left.code, right.code, strict=True)
    return any(one != other and {one, other} not in confused for one, other in pairs)


def _read_alike(left: Word, right: Word) -> bool:
    ours, theirs = left.others, right.others
    return left.code in theirs or right.code in ours or not ours.isdisjoint(theirs)


def _agree_as_given(left: Word, right: Word) -> int | None:
    """Answer how two words agree of which at least one is a given name; None for two other words."""
    ours, theirs = left.given, right.given
    if ours and theirs and not ours.isdisjoint(theirs):
        return _GIVEN
    short, their_short = left.familiar, right.familiar
    if short or their_short:
        if not short.isdisjoint(theirs) or not their_short.isdisjoint(ours):
            return Grade.FAMILIAR
        if not (ours and theirs) and not short.isdisjoint(their_short):
            return Grade.FAMILIAR
    if not (ours or short or theirs or their_short):
        return None
    if left.sure and right.sure:
        return _OTHER
    if left.world and not left.world.isdisjoint(right.world):
        return Grade.WORLD
    if (left.sure or short) and (right.sure or their_short):
        return _OTHER
    if not (
        left.derived.isdisjoint(theirs | their_short) and right.derived.isdisjoint(ours | short)
    ):
        return Grade.FAMILIAR
    found = _slip(left, right)  # a given name and a word that is near it: a slip at most
    if found < _SLIP_OF_SHORT or found == _OTHER:
        return found
    return Grade.NEAR if _may_be(left, right) or _may_be(right, left) else _DIFFERS


def _may_be(known: Word, unknown: Word) -> bool:
    """Answer whether a word that the table lacks may be the given name that another is: doubt, and no more."""
    if unknown.sure or unknown.familiar:
        return False
    groups = known.given | known.familiar
    return any(given_names.may_be(unknown.code, unknown.clean, group) for group in groups)


def _slip(left: Word, right: Word) -> int:
    """Answer whether a slip may have made one word of the other."""
    one, other = left.code, right.code
    shorter, longer = len(one), len(other)
    if shorter > longer:
        shorter, longer = longer, shorter
    limit = 2 if longer >= _LONG else 1
    if longer - shorter > limit or shorter < _SHORTEST_SLIP:
        return _DIFFERS
    slips = OSA.distance(one, other, score_cutoff=limit)
    if slips > limit:
        return _DIFFERS
    if left.feminine != right.feminine and one.rstrip("aei") == other.rstrip("aei"):
        return _OTHER  # Ромуальд and Ромуальда; -о in place of -а is a slip
    if one.startswith(other) or other.startswith(one):
        return Grade.ENDING
    return Grade.SLIP if longer >= _SMALL * slips else _SLIP_OF_SHORT


def difference(left: Word, right: Word) -> int:
    """Answer how unlike two different words are."""
    likeness = OSA.normalized_similarity(left.code, right.code)
    if likeness >= 0.7:
        return Grade.NEAR
    if likeness >= 0.55:
        return Grade.LIKE
    return Grade.UNLIKE if likeness >= 0.4 else _DIFFERS


def _agree_in_pieces(left: Word, right: Word) -> int:
    """Answer the agreement of words of which at least one is several joined by hyphens."""
    ours, theirs = left.pieces or (left,), list(right.pieces or (right,))
    fewest, as_many = min(len(ours), len(theirs)), len(ours) == len(theirs)
    worst, agreed = 0, 0
    for piece in ours:
        found, match = min(
            ((agree(piece, one), place) for place, one in enumerate(theirs)), default=(99, 0)
        )
        if found <= AGREES:
            worst, agreed = max(worst, found), agreed + 1
            del theirs[match]
    if agreed < fewest:  # Jong-un and Jong-il
        return _slip(left, right)
    return worst if as_many else Grade.PIECE


def _one_surname(left: Word, right: Word) -> bool:
    """Answer whether two words are forms of one surname: a man's, a woman's, in either language."""
    if left.declension is None or right.declension is None:
        return False
    if left.declension != right.declension and not (left.feminine and right.feminine):
        return False  # a woman's form, Садова, may be of either: Садовая is one
    one, other = left.stem, right.stem
    if min(len(one), len(other)) < _SHORTEST_STEM or left.stem_skeleton != right.stem_skeleton:
        return False
    return one == other or OSA.normalized_similarity(one, other) >= _STEM_FLOOR


def agree_fathers(left: Father, right: Father) -> int:
    """Answer the grade at which two patronymics agree: Миколайович, Николаевна."""
    if left.word is right.word:
        return _SAME
    if left.given and right.given:
        if left.given.isdisjoint(right.given):
            return _OTHER
        return _FOLDED if left.stem.code == right.stem.code else _GIVEN
    found = grade(left.stem, right.stem)
    return _FOLDED if found == _SAME else found


def stands_for(initial: Word, full: Word) -> bool:
    """Answer whether an initial may be a word's: О. is of Олександр and of Александр."""
    return initial.code[:1] in full.initials


def one_initial(left: Word, right: Word) -> bool:
    """Answer whether two initials may be of one given name: О. and А. may, of Олександр."""
    letters = frozenset({left.code[:1], right.code[:1]})
    return len(letters) == 1 or given_names.share_initials(letters)
