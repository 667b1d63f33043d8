"""Enumeration, simulated: what attackers get out of the registry before the budgets and the canaries stop them.

    python bench/limits.py [--runs 200] [--seed 1]

Drives `registry.limits.watch` and the plan of the policy. It simulates: no database, no HTTP. The world is one operator
code of 10 million numbers, of which a million belong to people, 3 % of these with a report, and `--canaries` to nobody.
The attacker owns 30 % of the people's numbers and, as its list was gathered where the canaries were laid, 30 % of the
canaries: that is an assumption, and all that canaries are worth hangs on it. Five businesses share the work without
overlap.
"""

import argparse
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from registry.limits import watch
from registry.platform.policy import load

SPACE, PEOPLE, REPORTED, OWNED = 10_000_000, 1_000_000, 0.03, 0.30
BUSINESSES, DAYS, FIRST = 5, 30, 2_000
SHOPS, SHOP_DAY, SLIPS = 200, 150, 0.005
BLOCK = 10**watch.BLOCK_DIGITS
STRATEGIES = ("sequential", "random", "mixed")


class World:
    """Who holds which number, who is reported, which numbers are canaries."""

    def __init__(self, rng: random.Random, canaries: int) -> None:
        taken = rng.sample(range(SPACE), PEOPLE + canaries)
        self.people, self.canaries = taken[:PEOPLE], frozenset(taken[PEOPLE:])
        self.reported = frozenset(self.people[: int(PEOPLE * REPORTED)])
        owned = rng.sample(self.people, int(PEOPLE * OWNED))
        self.owned = owned + rng.sample(sorted(self.canaries), int(canaries * OWNED))


@dataclass
class Business:
    """What the database would count of one business."""

    quota: int
    day_quota: int
    stopped: list[watch.Signal] = field(default_factory=list)
    queries: int = 0
    #: (day, number)
    met: deque[tuple[int, int]] = field(default_factory=deque)

    def begin(self, day: int) -> None:
        """A new day: what is counted by the day starts anew."""
        self.day, self.asked, self.refused = day, 0, 0
        self.unmatched: set[int] = set()
        self.blocks: Counter[int] = Counter()
        while self.met and self.met[0][0] <= day - watch.CANARY_WINDOW.days:
            self.met.popleft()

    def ask(self, world: World, number: int, detect: bool) -> bool:
        """Whether the lookup is answered."""
        hit = number in world.reported
        new = not hit and number not in self.unmatched
        if self.asked >= self.day_quota or not watch.admitted(
            len(self.unmatched), self.quota, [new]
        ):
            self.refused += 1
            return False
        self.asked += 1
        self.queries += 1
        if new:
            self.unmatched.add(number)
            self.blocks[number // BLOCK] += 1
        if number in world.canaries and all(number != seen for _, seen in self.met):
            self.met.append((self.day, number))
        if detect:
            fullest = self.blocks[number // BLOCK]
            counts = watch.Counts(len(self.met), fullest, self.refused, self.quota)
            self.stopped = watch.stops(counts)
        return True


def order(world: World, strategy: str, rng: random.Random) -> list[int]:
    """The attacker's list in the order of asking."""
    numbers = list(world.owned)
    if strategy == "sequential":
        return sorted(numbers)
    rng.shuffle(numbers)
    if strategy == "random":
        return numbers
    # Mixed: short sorted runs, each too short to be one, in random places.
    runs = sorted(numbers)
    parts = [runs[i : i + watch.NEIGHBOURS - 2] for i in range(0, len(runs), watch.NEIGHBOURS - 2)]
    rng.shuffle(parts)
    return [number for part in parts for number in part]


def attack(
    world: World, strategy: str, rng: random.Random, plan: tuple[int, int], detect: bool
) -> tuple[int, int, list[Business]]:
    """Distinct persons revealed, lookups answered, and the businesses as the 30 days left them."""
    numbers: Iterator[int] = iter(order(world, strategy, rng))
    gang = [Business(*plan) for _ in range(BUSINESSES)]
    revealed = 0
    for day in range(DAYS):
        for one in gang:
            one.begin(day)
            while not one.stopped:
                # A refused number is not asked again: one a day, to the attacker's small loss.
                number = next(numbers, None)
                if number is None or not one.ask(world, number, detect):
                    break
                revealed += number in world.reported
    return revealed, sum(one.queries for one in gang), gang


def honest(world: World, rng: random.Random, plan: tuple[int, int]) -> list[watch.Signal]:
    """Why a shop was stopped within 30 days: 150 new clients a day, 3 % of them reported, 1 of 200 mistyped."""
    shop = Business(*plan)
    for day in range(DAYS):
        shop.begin(day)
        for _ in range(SHOP_DAY):
            slip = rng.random() < SLIPS
            shop.ask(world, rng.randrange(SPACE) if slip else rng.choice(world.people), True)
            if shop.stopped:
                return shop.stopped
    return []


def main() -> None:
    """Play everybody and print what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--canaries", type=int, default=5_000)
    options.add_argument("--plan", default="free")
    chosen = options.parse_args()
    plan = load("ua").plans[chosen.plan]
    limits = (plan.unmatched, plan.day)
    world = World(random.Random(chosen.seed), chosen.canaries)
    bound = BUSINESSES * DAYS * min(plan.day, plan.unmatched * REPORTED / (1 - REPORTED))
    print(
        f"{chosen.canaries} canaries, plan {chosen.plan}, {BUSINESSES} businesses, {DAYS} days;"
        f" {len(world.reported)} persons reported"
    )
    print(
        f"expected under the budgets alone: {bound:.0f} persons;"
        f" no more than {BUSINESSES * DAYS * plan.day} at any share of hits"
    )
    for strategy in STRATEGIES:
        for detect in (False, True):
            revealed, answered, gang = attack(
                world, strategy, random.Random(chosen.seed), limits, detect
            )
            why = ", ".join(sorted({s for one in gang for s in one.stopped})) or "-"
            said = "budgets and detection" if detect else "budgets alone"
            print(
                f"  {strategy:10} {said:21} {revealed:5} persons revealed, {answered:6} answered,"
                f" stopped: {sum(bool(one.stopped) for one in gang)} ({why})"
            )
    for strategy in ("random", "mixed"):
        canary, any_ = 0, 0
        for run in range(chosen.runs):
            _, _, gang = attack(
                world, strategy, random.Random(f"{chosen.seed}:{run}"), limits, True
            )
            early = [one for one in gang if one.stopped and one.queries <= FIRST]
            canary += (
                any(one is gang[0] for one in early) and watch.Signal.CANARIES in gang[0].stopped
            )
            any_ += any(one is gang[0] for one in early)
        print(
            f"{strategy}: a business stopped within its first {FIRST} queries, by canaries"
            f" {canary / chosen.runs:.1%}, by any signal {any_ / chosen.runs:.1%} of {chosen.runs} runs"
        )
    stopped = [
        honest(world, random.Random(f"shop {chosen.seed}:{n}"), limits) for n in range(SHOPS)
    ]
    print(f"honest shops stopped: {sum(map(bool, stopped))} of {SHOPS}")


if __name__ == "__main__":
    main()
