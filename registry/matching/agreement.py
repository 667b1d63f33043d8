"""The words in which two values are said to agree.

Lives here: the levels of a part of a name, and the agreement of two names. Not here: how either is found
(`names`, `company`, `compare`). A leaf, so that what compares need not import what else compares.
"""

from enum import IntEnum
from typing import Literal

from msgspec import Struct

How = Literal["same", "transliteration", "partial", "differs"]


class Part(IntEnum):
    """How one part of a name agrees: the given name, the surname or the patronymic."""

    #: The same letters.
    SAME = 0
    #: Another script, romanisation or language, or a surname's form for the other sex.
    EQUIVALENT = 1
    #: A familiar form: Саша and Олександр.
    DIMINUTIVE = 2
    #: A slip of the pen or of the keyboard.
    SLIP = 3
    #: An initial that agrees.
    INITIAL = 4
    #: A side has none.
    MISSING = 5
    #: Another word, but nearly the same: a coarse slip, or an unknown familiar form.
    NEAR = 6
    #: Another word, but so much alike that the same may have made it: doubt.
    ALIKE = 7
    #: Another one: it contradicts.
    DIFFERS = 8


class NameAgreement(Struct, frozen=True):
    """How far two names agree."""

    how: How
    #: 0 to 1: how likely two names that agree so are one person's; 0.5 is the point of decision.
    score: float
    #: False where it is no more than doubt: another surname beside the same given name, a familiar form
    #: or a slip, two companies' names that differ. A firm "differs" is a contradiction.
    firm: bool = True
    given: Part = Part.MISSING
    surname: Part = Part.MISSING
    patronymic: Part = Part.MISSING

    @property
    def similarity(self) -> float:
        """The score, under the name that the wire has for it."""
        return self.score
