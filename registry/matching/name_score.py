"""What the grades of two names weigh: one number for how likely they are one person's.

Lives here: the weights of `name_weights.json`, and their sum. Not here: where the weights come from
(`bench/tools/fit_names.py` fits them to labelled pairs), and the grades (`name_align`).
"""

import math
from functools import cache
from importlib import resources

import msgspec

from registry.matching.name_align import Alignment

#: More further words than these weigh no more.
MOST = 3


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights, in natural log-odds: a grade's place in a tuple is its number."""

    version: str
    #: How they came about, for the reader.
    source: str
    bias: float
    given: tuple[float, ...]
    surname: tuple[float, ...]
    father: tuple[float, ...]
    against: tuple[float, ...]
    #: By how many further words agree, and by how many one side has more.
    agreed: tuple[float, ...]
    extra: tuple[float, ...]


@cache
def weights() -> Weights:
    """Answer the weights of this release, read when they are first asked for."""
    text = resources.files(__package__).joinpath("name_weights.json").read_bytes()
    return msgspec.json.decode(text, type=Weights)


def score(found: Alignment) -> float:
    """Answer how likely two names that lie so are one person's, 0 to 1."""
    known = weights()
    given, surname, father, agreed, against, extra, _ = found
    total = known.bias + known.given[given] + known.surname[surname] + known.father[father]
    if agreed or extra or against:
        total += known.agreed[min(agreed, MOST)] + known.extra[min(extra, MOST)]
        total += known.against[against]
    return round(1 / (1 + math.exp(-total)), 4)
