"""Budgets and how they are told: windows, quotas, and the header fields of every authenticated answer.

The counting itself is done by SQL functions (GCRA, `migrations/versions/0015`), so that it is exact across processes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

MINUTE, HOUR, DAY = 60, 3_600, 86_400
MONTH = 30 * DAY
#: The window that counts distinct identifiers that led to nobody. All others count calls.
UNMATCHED = "unmatched"


@dataclass(frozen=True)
class Budget:
    """A set of windows over one holder; the widest window first, which is the order they are locked in."""

    holder: str
    #: (name in the headers, quota, seconds)
    windows: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Spent:
    """What a spend did: how many cells were admitted, and what is left in each window of the budget."""

    budget: Budget
    admitted: int
    remaining: tuple[int, ...]
    #: Seconds until each window is full again.
    resets: tuple[float, ...]
    #: Seconds until one more cell fits; 0 when one fits now.
    wait: float
    #: The database's time of the spend.
    at: datetime

    @property
    def retry_after(self) -> int:
        """Whole seconds for `Retry-After`, at least one."""
        return max(1, math.ceil(self.wait))

    @property
    def lacks_distinct(self) -> bool:
        """Whether calls would fit, and only what is distinct in them does not."""
        left = zip(self.budget.windows, self.remaining, strict=True)
        return self.wait > 0 and all(room for (name, _, _), room in left if name != UNMATCHED)


def lookups(holder: str, minute: int, day: int, unmatched: int | None = None) -> Budget:
    """The lookup budget of a plan; without `unmatched` only calls are counted."""
    distinct = () if unmatched is None else ((UNMATCHED, unmatched, DAY),)
    return Budget(holder, (*distinct, ("daily", day, DAY), ("burst", minute, MINUTE)))


def reports(holder: str, day: int, month: int) -> Budget:
    """The budget of a plan's reports: those that were taken in."""
    return Budget(
        f"reports:{holder}", (("reports-monthly", month, MONTH), ("reports-daily", day, DAY))
    )


def staff(holder: str) -> Budget:
    """Requests of one moderator or operator: far above what a person can do, below what a script wants."""
    return Budget(holder, (("daily", 50_000, DAY), ("burst", 1_200, MINUTE)))


def person(holder: str) -> Budget:
    """Calls of a reported person: more than reading and writing takes."""
    return Budget(holder, (("daily", 2_000, DAY), ("burst", 120, MINUTE)))


class Allowance(NamedTuple):
    """How many calls of one kind callers without a key may make; each a number a day and a number an hour."""

    address: tuple[int, int]
    network: tuple[int, int]
    #: Of each network, whatever all others do: a crowd elsewhere cannot spend it.
    assured: tuple[int, int]
    #: Of all networks together, beyond what each is assured of.
    shared: tuple[int, int]


def seldom(holder: str, day: int, hour: int) -> Budget:
    """Budget of a rare act: codes and sign-ups of callers without a key; what a business sends by hand."""
    return Budget(holder, (("daily", day, DAY), ("hourly", hour, HOUR)))


def asked(budgets: Sequence[tuple[Budget, int]]) -> tuple[list[Any], ...]:
    """Budgets, each with the cells asked of it, as `registry_spend` takes them: names, holders, quotas, seconds, costs.

    Each holder stands there once.
    """
    rows = [
        (f"{budget.holder}:{name}", number, quota, seconds)
        for number, (budget, _) in enumerate(budgets, 1)
        for name, quota, seconds in budget.windows
    ]
    return *map(list, zip(*rows, strict=True)), [cost for _, cost in budgets]


def apart(budgets: Sequence[tuple[Budget, int]]) -> list[bool]:
    """Of each bucket of `asked` whether it counts apart from the calls."""
    return [name == UNMATCHED for budget, _ in budgets for name, _, _ in budget.windows]


def answered(budgets: Sequence[Budget], row: Mapping[str, Any]) -> list[Spent]:
    """What `registry_spend` answered for these budgets."""
    ends = list(accumulate(len(budget.windows) for budget in budgets))
    return [
        Spent(
            budget=budget,
            admitted=row["admitted"][number],
            remaining=tuple(row["remaining"][end - len(budget.windows) : end]),
            resets=tuple(row["resets"][end - len(budget.windows) : end]),
            wait=row["waits"][number],
            at=row["moment"],
        )
        for number, (budget, end) in enumerate(zip(budgets, ends, strict=True))
    ]


def divided(spent: Spent, costs: Sequence[int]) -> list[Spent]:
    """What each of several calls got of what was spent from their budget at once: first come, first served.

    Of what is counted apart each is told what all of them left.
    """
    left, parts = spent.admitted, []
    counted = [int(name != UNMATCHED) for name, _, _ in spent.budget.windows]
    steps = [
        counts * seconds / quota
        for counts, (_, quota, seconds) in zip(counted, spent.budget.windows, strict=True)
    ]
    for cost in costs:
        got = min(cost, left)
        left -= got
        remaining = [room + left * one for room, one in zip(spent.remaining, counted, strict=True)]
        resets = [reset - left * step for reset, step in zip(spent.resets, steps, strict=True)]
        wait = 0.0 if left else spent.wait
        parts.append(Spent(spent.budget, got, tuple(remaining), tuple(resets), wait, spent.at))
    return parts


def headers(spent: Spent) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (IETF httpapi draft), and the older `X-RateLimit-*` of the tighter one."""
    rows = list(zip(spent.budget.windows, spent.remaining, spent.resets, strict=True))[::-1]
    (_, quota, _), left, reset = min(rows, key=lambda row: row[1])
    return {
        "RateLimit-Policy": ", ".join(f'"{name}";q={q};w={w}' for (name, q, w), _, _ in rows),
        "RateLimit": ", ".join(f'"{name}";r={r};t={math.ceil(t)}' for (name, _, _), r, t in rows),
        "X-RateLimit-Limit": str(quota),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(math.ceil(reset)),
    }
