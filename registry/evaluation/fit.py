"""Parameters estimated from a file: its records are blocked and compared in memory, then weighed.

With `cluster_id` in the file the weights are fitted to the labels, without by expectation-maximisation. The
thresholds follow from the weights: `merge` for a stated precision among labelled pairs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from registry.evaluation.records import Judged
from registry.matching import blocking, estimation, weights
from registry.matching.comparison import Comparison, Evidence, compare
from registry.matching.parameters import Parameters
from registry.matching.party import STRONG
from registry.matching.profile import Profile, profile

Pair = tuple[int, int]

#: A moderator is asked from these odds on: one in three.
ASK = -1.0

#: What identifiers of kinds that no file has taught weigh: too little to merge without a name beside them.
UNKNOWN = {"same": 6.0, "near": 2.0, "differs": -1.0}


def candidates(profiles: Sequence[Profile], records: Sequence[Judged]) -> set[Pair]:
    """Pairs of records with a key in common, under the caps of the store."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        for key in set(blocking.keys(record.subject, profiles[number])):
            holders[key].append(number)
    pairs: set[Pair] = set()
    for (kind, _), numbers in holders.items():
        if kind in STRONG or len(numbers) <= blocking.CAP:
            pairs.update(combinations(numbers[:200], 2))
    return pairs


def counted(
    pairs: Iterable[Pair], profiles: Sequence[Profile], records: Sequence[Judged]
) -> Iterator[tuple[tuple[Evidence, ...], bool | None]]:
    """(evidence, whether it is one party) of each pair."""
    for one, other in pairs:
        comparison = compare(profiles[one], profiles[other])
        if comparison.contradictions:
            continue
        mine, theirs = records[one].cluster_id, records[other].cluster_id
        known = mine is not None and theirs is not None
        yield comparison.evidence, (mine == theirs) if known else None


def fit(records: Sequence[Judged], *, version: str, source: str, precision: float) -> Parameters:
    """Estimate parameters from the records."""
    profiles = [profile(record.subject) for record in records]
    pairs = candidates(profiles, records)
    counts: dict[tuple[Evidence, ...], list[int]] = defaultdict(lambda: [0, 0])
    labels = False
    for evidence, same in counted(pairs, profiles, records):
        labels = labels or same is not None
        counts[evidence][bool(same)] += 1
    if labels:
        prior, fitted = estimation.labelled({p: (n[0], n[1]) for p, n in counts.items()})
    else:
        prior, fitted = estimation.unlabelled({p: sum(n) for p, n in counts.items()})
    fitted.setdefault("other", UNKNOWN)
    made = Parameters(
        version=version,
        source=source,
        prior=round(prior, 3),
        weights=fitted,
        merge=0.0,
        ask=0.0,
        surname_share=surname_share(profiles),
    )
    return made if not labels else _thresholds(made, counts, precision)


def _thresholds(
    made: Parameters, counts: dict[tuple[Evidence, ...], list[int]], precision: float
) -> Parameters:
    """The lowest `merge`, `ASK` at the least, from which on labelled pairs that share an
    identifier reach the precision.
    """
    scored = []
    for evidence, (no, yes) in counts.items():
        comparison = Comparison(evidence, (), None)
        if comparison.shared:
            scored.append((weights.weigh(comparison, made).total, no, yes))
    scored.sort(reverse=True)
    merge, wrong, right = scored[0][0] if scored else 0.0, 0, 0
    for total, no, yes in scored:
        wrong, right = wrong + no, right + yes
        if right / max(right + wrong, 1) >= precision:
            merge = total
    return msgspec.structs.replace(made, merge=round(max(merge, ASK), 3), ask=ASK)


def surname_share(profiles: Sequence[Profile]) -> float:
    """The chance that two strangers' surnames agree: the sum of squared shares (Simpson's index)."""
    counts = Counter(
        name.surname_skeleton for made in profiles for name in made.names if name.surname_skeleton
    )
    total = sum(counts.values())
    return round(sum(n * n for n in counts.values()) / (total * total), 8) if total else 0.001


def rarities(profiles: Sequence[Profile], parameters: Parameters) -> list[float]:
    """How rare the surname of each record is, in bits, counted as the store counts: up to the cap."""
    holders = Counter(
        name.surname_skeleton for made in profiles for name in made.names if name.surname_skeleton
    )
    found = []
    for made in profiles:
        counts = [holders[n.surname_skeleton] for n in made.names if n.surname_skeleton]
        rarest = min(*counts, blocking.CAP) if counts else 0
        rarity = weights.surname_rarity(rarest, len(profiles), parameters) if counts else 0.0
        found.append(rarity)
    return found
