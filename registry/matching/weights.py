"""What evidence weighs: match weights in bits.

Lives here: `weigh`, which sums the weights of a comparison. Not here: the weights (`parameters`), how they
were estimated (`estimation`), and what is done about a sum (`decision`).

A match weight is log2(m / u): m is how often the level is seen between two records of one party, u how
often between candidates of two parties (Fellegi and Sunter, A Theory for Record Linkage, 1969). The sum
of the weights and of the prior is the log2 of the odds that both records are of one party.

A surname that agrees weighs more when it is rare: log2(average share / its own share) is added, within
bounds (Winkler's frequency-based matching), from the counts that the search brings along.
"""

import math
from collections.abc import Collection

import msgspec

from registry.matching.comparison import Comparison
from registry.matching.parameters import Parameters

#: By how much the rarity of a surname may add to, or take from, its weight.
RARITY_BOUNDS = (-2.0, 4.0)
_BY_RARITY = frozenset({"same", "equivalent"})


class Weighed(msgspec.Struct, frozen=True):
    """A comparison with what each field weighs."""

    #: log2 of the odds for one party.
    total: float
    #: (field, level, bits).
    parts: tuple[tuple[str, str, float], ...]

    @property
    def probability(self) -> float:
        """The odds as a probability."""
        return 1 / (1 + 2 ** -max(-60.0, min(60.0, self.total)))


def weigh(
    comparison: Comparison,
    parameters: Parameters,
    *,
    rarity: float = 0.0,
    common: Collection[str] = (),
) -> Weighed:
    """Sum the weights of a comparison.

    `rarity` is in bits, from `surname_rarity`. `common` are identifiers whose shared value so many hold that it
    says nothing (an office's phone, a placeholder).
    """
    total, parts = parameters.prior, []
    for field, level in comparison.evidence:
        known = parameters.weights.get(field) or parameters.weights.get(general(field), {})
        weight = known.get(level, 0.0)
        if level == "same" and field in common:
            weight = min(weight, 0.0)
        elif field == "surname" and level in _BY_RARITY:
            weight += rarity
        total += weight
        parts.append((field, level, round(weight, 2)))
    return Weighed(round(total, 3), tuple(parts))


def general(field: str) -> str:
    """The field whose weights hold: one for all untyped identifiers."""
    return "other" if field.startswith("other:") else field


def surname_rarity(holders: int, records: int, parameters: Parameters) -> float:
    """How much rarer than the average a surname is, in bits, within bounds."""
    if records <= 0:
        return 0.0
    share = max(holders, 1) / records
    low, high = RARITY_BOUNDS
    return min(high, max(low, math.log2(parameters.surname_share / share)))
