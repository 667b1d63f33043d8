"""Who is copying the registry out: what is counted of each business, and when it is enough to stop its keys.

Pure. The counting belongs to the database (sets of keyed values, exact across processes); here stands what the counts
mean. `bench/limits.py` plays attackers and honest shops against these same rules. No number is needed in the clear:
a block is known by the keyed value of a number without its last digits, a canary by its keyed index value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

#: Digits cut off a number before it is keyed as its block: 1,000 neighbours share a block. Someone who walks through a
#: list sorted by number asks within one block again and again, even where the list holds 3 % of all numbers.
BLOCK_DIGITS = 3
#: Distinct unmatched numbers of one block, asked in a day. Among 50,000 numbers that fall at random into the 100,000
#: blocks of ten operator codes, 12 in one block are met less than once in ten million days.
NEIGHBOURS = 12
#: From so many on they are told of: fewer are met by chance where 50,000 are asked for in a day.
NEIGHBOURS_TOLD = 9
#: Distinct canaries asked within the window. One may be a slip of the pen and only raises an alarm.
CANARIES = 3
CANARY_WINDOW = timedelta(days=30)
#: Calls refused for a spent budget in a day, as a multiple of the plan's distinct unmatched identifiers: a client that
#: heeds `Retry-After` stays far below.
REFUSALS = 10
#: A flaw in somebody's program is no enumeration: below this nothing is stopped, however small the plan.
LEAST_REFUSALS = 1_000


#: Identifiers that somebody gives out one after the other.
NUMBERED = frozenset({"phone", "tax_id", "company_code"})
#: Invented numbers, of the demonstration, the sandbox and all examples: whoever tries the registry out with them goes
#: through nobody's list.
INVENTED = "+38050555"


class Signal(StrEnum):
    """What was noticed of a business."""

    #: Numbers that no honest shop can hold.
    CANARIES = "canaries"
    #: A run of neighbouring numbers.
    NEIGHBOURS = "neighbours"
    #: Asked on and on after its budget was spent.
    REFUSALS = "refusals"


@dataclass(frozen=True)
class Counts:
    """What the database has counted of a business; numbers are distinct."""

    #: Canaries asked within `CANARY_WINDOW`.
    canaries: int
    #: Unmatched numbers in the fullest block, today.
    neighbours: int
    #: Calls refused for a spent budget, today.
    refusals: int
    #: The plan's distinct unmatched identifiers a day.
    unmatched_quota: int

    def of(self, signal: Signal) -> int:
        """The count behind a signal."""
        count: int = getattr(self, signal)
        return count


def block_of(kind: str, text: str) -> str | None:
    """What an identifier in normal form shares with its neighbours; None for one that has none."""
    if kind not in NUMBERED or text.startswith(INVENTED):
        return None
    return text[:-BLOCK_DIGITS]


def alarms(counts: Counts) -> list[Signal]:
    """What the operator and the business are told of: well before it stops anything, canaries at once."""
    found = []
    if counts.canaries >= 1:
        found.append(Signal.CANARIES)
    if counts.neighbours >= NEIGHBOURS_TOLD:
        found.append(Signal.NEIGHBOURS)
    if counts.refusals * 2 >= _most_refusals(counts):
        found.append(Signal.REFUSALS)
    return found


def stops(counts: Counts) -> list[Signal]:
    """Why the key is suspended at once; empty when it is not."""
    found = []
    if counts.canaries >= CANARIES:
        found.append(Signal.CANARIES)
    if counts.neighbours >= NEIGHBOURS:
        found.append(Signal.NEIGHBOURS)
    if counts.refusals >= _most_refusals(counts):
        found.append(Signal.REFUSALS)
    return found


def _most_refusals(counts: Counts) -> int:
    return max(LEAST_REFUSALS, REFUSALS * counts.unmatched_quota)


def admitted(room: int, lookups: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many of these lookups, in order, are answered, and what they take of the room for distinct unmatched ones.

    Of each: how many of its identifiers were not asked for in vain within a day, and how many of these lead to nobody.
    All of the former must fit: were only the latter looked at, the refusal itself would tell, for nothing, that there
    is no record. What was asked for before tells nothing new and takes nothing. `registry_debit` does the same.
    """
    taken = 0
    for number, (new, unmatched) in enumerate(lookups):
        if taken + new > room:
            return number, taken
        taken += unmatched
    return len(lookups), taken
