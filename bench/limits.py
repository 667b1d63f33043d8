"""Enumeration, simulated: what attackers get out of the registry before budgets, neighbours and canaries stop them.

    python bench/limits.py [--runs 200] [--seed 1] [--plan free] [--canaries 5000]

Plays against the rules that the server goes by: `registry.limits.watch` (what is admitted, what stops) and the plan of
the policy, with budgets that refill steadily as the server's do. It simulates: no database, no HTTP. The world is one
operator code of 10 million numbers, a million of them people's, 3 % of these reported, and some nobody's that the
operator laid out as canaries. The attacker owns a list with 30 % of the people's numbers; it was gathered where the
canaries were laid, so 30 % of them are in it: that is an assumption, and all that canaries are worth hangs on it.
Attackers wait as long as a refusal says, so that no refusal counts against them.

    sequential  goes through the list number by number
    random      in no order
    mixed       in runs of neighbours too short to be noticed as such, in no order
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from statistics import median

from registry.limits import watch
from registry.limits.watch import Counts, Signal
from registry.platform.policy import Plan, load

SPACE, PEOPLE, REPORTED, OWNED = 10_000_000, 1_000_000, 0.03, 0.30
BUSINESSES, DAYS, FIRST = 5, 30, 2_000
SHOPS, SHOP_DAY, NEW, SLIPS = 200, 150, 0.5, 0.005
RUN = watch.NEIGHBOURS - 2
STRATEGIES = ("sequential", "random", "mixed")
WINDOW = watch.CANARY_WINDOW.days


class World:
    """Who holds which number, who is reported, and the attacker's list."""

    def __init__(self, rng: random.Random) -> None:
        self.people = rng.sample(range(SPACE), PEOPLE)
        self.reported = frozenset(self.people[: int(PEOPLE * REPORTED)])
        self.owned = sorted(rng.sample(self.people, int(PEOPLE * OWNED)))
        self._taken = frozenset(self.people)

    def canaries(self, count: int, rng: random.Random) -> list[int]:
        """So many numbers of nobody's."""
        drawn = dict.fromkeys(rng.randrange(SPACE) for _ in range(2 * count))
        return list(islice((number for number in drawn if number not in self._taken), count))


class Bucket:
    """A budget that refills steadily; times are in days."""

    def __init__(self, quota: int, days: float) -> None:
        self.quota, self.rate = quota, quota / days
        self.level, self.at = float(quota), 0.0

    def room(self, now: float) -> int:
        """How many cells fit now."""
        self.level = min(self.quota, self.level + (now - self.at) * self.rate)
        self.at = now
        return int(self.level + 1e-6)

    def wait(self) -> float:
        """Until one fits."""
        return max(0.0, (1 - self.level) / self.rate)


@dataclass
class Business:
    """What the database counts of one business, and the time at which it asks."""

    plan: Plan
    #: What it is watched for; nothing: budgets alone.
    watched: frozenset[Signal] = frozenset(Signal)
    now: float = 0.0
    stopped: list[Signal] = field(default_factory=list)
    queries: int = 0
    revealed: set[int] = field(default_factory=set)
    #: Number -> when it was asked for in vain; block -> such times; canary -> when it was met.
    unmatched: dict[int, float] = field(default_factory=dict)
    blocks: defaultdict[str | None, list[float]] = field(default_factory=lambda: defaultdict(list))
    met: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calls = (Bucket(self.plan.minute, 1 / 1440), Bucket(self.plan.day, 1))
        self.strangers = Bucket(self.plan.unmatched, 1)

    def ask(self, world: World, canaries: frozenset[int], number: int) -> None:
        """Ask for a number, after waiting until it fits."""
        new = self.now - self.unmatched.get(number, -1.0) >= 1
        hit = number in world.reported
        while True:
            # A lookup that is not admitted takes nothing and tells nothing, so it is asked again.
            fits, taken = watch.admitted(
                self.strangers.room(self.now), [(int(new), int(new and not hit))]
            )
            if fits and all(bucket.room(self.now) for bucket in self.calls):
                break
            self.now += max(bucket.wait() for bucket in (*self.calls, self.strangers)) + 1e-9
        for bucket in self.calls:
            bucket.level -= 1
        self.strangers.level -= taken
        self.queries += 1
        neighbours = 0
        if taken:
            self.unmatched[number] = self.now
            block = self.blocks[watch.block_of("phone", f"+38067{number:07d}")]
            block.append(self.now)
            neighbours = sum(self.now - at < 1 for at in block)
        met = 0
        if number in canaries:
            self.met[number] = self.now
            met = sum(self.now - at < WINDOW for at in self.met.values())
        stops = watch.stops(Counts(met, neighbours, 0, self.plan.unmatched))
        self.stopped = [signal for signal in stops if signal in self.watched]
        if hit and not self.stopped:  # at the last one the answer is kept back
            self.revealed.add(number)


def order(numbers: list[int], strategy: str, rng: random.Random) -> Iterator[int]:
    """The numbers in the order of asking."""
    if strategy == "sequential":
        start = rng.randrange(len(numbers))
        return chain(numbers[start:], numbers[:start])
    if strategy == "random":
        return iter(rng.sample(numbers, len(numbers)))
    starts = range(0, len(numbers), RUN)
    shuffled = rng.sample(starts, len(starts))
    return chain.from_iterable(numbers[start : start + RUN] for start in shuffled)


def gang(
    world: World, options: argparse.Namespace, strategy: str, seed: str, watched: Iterable[Signal]
) -> Iterator[tuple[Business, Iterator[int], frozenset[int]]]:
    """The businesses, the numbers that each asks for, and the canaries; they share one list without overlap."""
    rng = random.Random(seed)
    laid = world.canaries(options.canaries, rng)
    numbers = sorted([*world.owned, *rng.sample(laid, int(len(laid) * OWNED))])
    share = len(numbers) // BUSINESSES + 1
    # Neighbours stay together where they are gone through one by one, and only there.
    stretches = strategy == "sequential"
    plan = load("ua").plans[options.plan]
    for place in range(BUSINESSES):
        mine = numbers[place * share :][:share] if stretches else numbers
        asked = order(mine, strategy, rng)
        if not stretches:
            asked = islice(asked, place * share, (place + 1) * share)
        yield Business(plan, frozenset(watched)), asked, frozenset(laid)


def attack(
    world: World, options: argparse.Namespace, strategy: str, watched: Iterable[Signal]
) -> list[Business]:
    """The businesses as 30 days, or what stopped them, left them."""
    seed = f"{options.seed}:{strategy}"
    played = []
    for one, numbers, canaries in gang(world, options, strategy, seed, watched):
        for number in numbers:
            one.ask(world, canaries, number)
            if one.stopped or one.now >= DAYS:
                break
        played.append(one)
    return played


def early(
    world: World, options: argparse.Namespace, strategy: str, seed: str, watched: Iterable[Signal]
) -> Business:
    """One of the businesses after its first queries."""
    one, numbers, canaries = next(gang(world, options, strategy, seed, watched))
    for number in islice(numbers, FIRST):
        one.ask(world, canaries, number)
        if one.stopped:
            break
    return one


def honest(world: World, options: argparse.Namespace, seed: str) -> Business:
    """A shop after 30 days: 150 clients a day, half of them new, 3 % of all reported, 1 of 200 numbers mistyped."""
    rng = random.Random(seed)
    canaries = frozenset(world.canaries(options.canaries, rng))
    shop, clients = Business(load("ua").plans[options.plan]), [rng.choice(world.people)]
    for count in range(DAYS * SHOP_DAY):
        shop.now = max(shop.now, count / SHOP_DAY)
        if rng.random() < SLIPS:
            number = mistyped(rng.choice(clients), rng)
        elif rng.random() < NEW:
            clients.append(number := rng.choice(world.people))
        else:
            number = rng.choice(clients)
        shop.ask(world, canaries, number)
        if shop.stopped:
            break
    return shop


def mistyped(number: int, rng: random.Random) -> int:
    """The number with another digit somewhere."""
    digits = list(f"{number:07d}")
    digits[rng.randrange(7)] = str(rng.randrange(10))
    return int("".join(digits))


def tell_attacks(world: World, options: argparse.Namespace) -> None:
    """What five businesses learn in 30 days, beside the bound that the budgets set."""
    plan = load("ua").plans[options.plan]
    strangers = BUSINESSES * plan.unmatched * (DAYS + 1)
    calls = BUSINESSES * plan.day * (DAYS + 1)
    print(
        f"{BUSINESSES} businesses, {DAYS} days: at most {strangers:,} distinct strangers and {calls:,} lookups, so with"
        f" {REPORTED:.0%} reported about {min(strangers / (1 - REPORTED), calls) * REPORTED:,.0f} of"
        f" {len(world.reported):,} persons"
    )
    for strategy in STRATEGIES:
        for said, watched in (("budgets alone", ()), ("and detection", tuple(Signal))):
            played = attack(world, options, strategy, watched)
            revealed = set().union(*(one.revealed for one in played))
            answered = sum(one.queries for one in played)
            strange = sum(one.queries - len(one.revealed) for one in played)
            if strange > strangers or answered > calls:
                raise SystemExit("the bound does not hold")
            why = ", ".join(sorted({signal for one in played for signal in one.stopped})) or "-"
            print(
                f"  {strategy:10} {said:14} {len(revealed):6,} persons, {answered:7,} lookups,"
                f" {sum(bool(one.stopped) for one in played)} stopped ({why})"
            )


def tell_stops(world: World, options: argparse.Namespace) -> None:
    """How many attackers are stopped within their first queries, by canaries alone and by everything."""
    print(f"stopped within the first {FIRST:,} queries, of {options.runs} seeded attackers:")
    for strategy in STRATEGIES:
        parts = []
        for said, watched in (("canaries alone", [Signal.CANARIES]), ("any signal", Signal)):
            ended = [
                one.queries
                for run in range(options.runs)
                if (
                    one := early(world, options, strategy, f"{options.seed}:{run}", watched)
                ).stopped
            ]
            middle = f", median after {median(ended):,.0f}" if ended else ""
            parts.append(f"{said} {len(ended) / options.runs:6.1%}{middle}")
        print(f"  {strategy:10} {'; '.join(parts)}")


def main() -> None:
    """Play everybody and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", default="free", choices=("free", "pro", "partner"))
    parser.add_argument("--canaries", type=int, default=5_000)
    options = parser.parse_args()
    world = World(random.Random(options.seed))
    print(
        f"{PEOPLE:,} people, a list with {OWNED:.0%} of them and of {options.canaries:,} canaries,"
        f" plan {options.plan}"
    )
    tell_attacks(world, options)
    tell_stops(world, options)
    shops = [honest(world, options, f"shop {options.seed}:{n}") for n in range(SHOPS)]
    print(f"honest shops suspended: {sum(bool(shop.stopped) for shop in shops)} of {SHOPS}")


if __name__ == "__main__":
    main()
