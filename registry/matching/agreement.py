"""The words in which two values are said to agree.

Lives here: the levels, and the agreement of two names. Not here: how either is found (`names`,
`company`, `compare`). A leaf, so that what compares need not import what else compares.
"""

from dataclasses import dataclass
from typing import Literal

How = Literal["same", "transliteration", "partial", "differs"]


@dataclass(frozen=True)
class NameAgreement:
    """How far two names agree."""

    how: How
    #: 0 to 1: the likeness of the words that agree, over the words of the longer name.
    similarity: float
    #: False where it is no more than doubt: a partial agreement beside another surname, or two
    #: companies' names that differ. A firm "differs" is a contradiction.
    firm: bool = True
