"""Clusters beside the truth. Pure: two partitions of the same records in, figures out."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

import msgspec

K = TypeVar("K", bound=Hashable)


class Figures(msgspec.Struct, frozen=True):
    """Precision, recall and their harmonic mean, 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def _pairs(number: int) -> int:
    return number * (number - 1) // 2


def pairwise(found: Mapping[K, object], truth: Mapping[K, object]) -> Figures:
    """Of the pairs of records held to be of one party, how many are; of those that are, how many are held to be."""
    both = Counter((found[r], truth[r]) for r in truth)
    right = sum(map(_pairs, both.values()))
    held = sum(map(_pairs, Counter(found[r] for r in truth).values()))
    real = sum(map(_pairs, Counter(truth.values()).values()))
    return Figures(right / held if held else 1.0, right / real if real else 1.0)


def b_cubed(found: Mapping[K, object], truth: Mapping[K, object]) -> Figures:
    """The same, for the average record: how pure its cluster is, and how whole (Bagga and Baldwin, 1998)."""
    both = Counter((found[r], truth[r]) for r in truth)
    held, real = Counter(found[r] for r in truth), Counter(truth.values())
    number = len(truth) or 1
    precision = sum(n * n / held[cluster] for (cluster, _), n in both.items()) / number
    recall = sum(n * n / real[party] for (_, party), n in both.items()) / number
    return Figures(precision, recall)


def joined(found: Mapping[K, object], links: list[tuple[K, K]]) -> dict[K, object]:
    """The partition with these pairs brought together as well."""
    root: dict[object, object] = {}

    def top(cluster: object) -> object:
        while (above := root.get(cluster, cluster)) != cluster:
            cluster = above
        return cluster

    for one, other in links:
        root[top(found[one])] = top(found[other])
    return {record: top(cluster) for record, cluster in found.items()}
