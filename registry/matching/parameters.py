"""Estimated parameters: match weights in bits, from a versioned file.

Lives here: `Parameters`, and reading them. Not here: how they are estimated (`estimation`) and used (`weights`). A
leaf: what needs the parameters need not import what compares.
"""

from functools import cache
from importlib import resources
from pathlib import Path

import msgspec


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
    text = resources.files("registry.matching").joinpath("parameters.json").read_bytes()
    return msgspec.json.decode(text, type=Parameters)
