"""What evidence weighs: match weights in bits, from a versioned file of parameters.

Lives here: `Parameters`, and `weigh`, which sums the weights of a comparison. Not here: how the weights
were estimated (`estimation`), and what is done about a sum (`decision`).

A match weight is log2(m / u): m is how often the level is seen between two records of one party, u how
often between candidates of two parties (Fellegi and Sunter, A Theory for Record Linkage, 1969). The sum
of the weights and of the prior is the log2 of the odds that both records are of one party.

A surname that agrees weighs more when it is rare: log2(average share / its own share) is added, within
bounds (Winkler's frequency-based matching), from the counts that the search brings along.
"""

import math
from collections.abc import Collection
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from registry.matching.comparison import Comparison

#: By how much the rarity of a surname may add to, or take from, its weight.
RARITY_BOUNDS = (-2.0, 4.0)
_BY_RARITY = frozenset({"same", "equivalent"})


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """Estimated parameters. Weights are in bits, 0 for a level that is not named."""

    version: str
    #: How they came about, for the reader.
    source: str
    #: log2 of the odds that a candidate pair is of one party.
    prior: float
    #: field -> level -> weight. Untyped identifiers that have none of their own share those of "other".
    weights: dict[str, dict[str, float]]
    #: From this weight on, records that share an identifier are one party without asking.
    merge: float
    #: From this weight on, a moderator is asked.
    ask: float
    #: Share of records that hold the average surname (chance that two strangers' surnames agree).
    surname_share: float


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


class BadParameters(ValueError):
    """A file that holds no parameters; the message names it and says why."""


def load(path: str) -> Parameters:
    """The parameters of a file; those of this release when no file is named."""
    if not path:
        return default()
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=Parameters)
    except OSError as fault:
        raise BadParameters(f"{path} cannot be read: {fault.strerror}") from None
    except msgspec.DecodeError as fault:
        raise BadParameters(f"{path} holds no parameters: {fault}") from None


@cache
def default() -> Parameters:
    """The parameters of this release."""
    text = resources.files("registry.matching").joinpath("parameters", "default.json").read_bytes()
    return msgspec.json.decode(text, type=Parameters)
