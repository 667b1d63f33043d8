"""The figures of a run beside the truth: what `registry evaluate resolution` prints."""

from collections.abc import Mapping, Sequence

import msgspec

from registry.evaluation.measures import Figures, b_cubed, joined, pairwise
from registry.evaluation.records import Judged
from registry.evaluation.run import Outcome

#: Questions a record at which the curve is read.
CURVE = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)


class Point(msgspec.Struct, frozen=True):
    """What so many answered questions a record would give."""

    questions_per_record: float
    f1: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one run over one file. Without a truth only those that need none."""

    records: int
    identities: int
    questions_per_record: float
    candidates_per_record: float
    records_per_second: float
    milliseconds_p50: float
    milliseconds_p99: float
    pairwise: Figures | None = None
    pairwise_f1: float | None = None
    b_cubed: Figures | None = None
    b_cubed_f1: float | None = None
    #: Of the pairs of records of one party, how many were compared.
    blocking_pair_recall: float | None = None
    #: Of the records whose party was there already, how many were compared with a record of it.
    blocking_cluster_recall: float | None = None
    #: What answering the most valuable of its questions would give.
    curve: tuple[Point, ...] = ()


def report(records: Sequence[Judged], outcome: Outcome, truth: Mapping[str, str]) -> Report:
    """The figures of a run; `truth` is record_id -> whose it is, for the records of which it is known."""
    number = max(len(records), 1)
    compared = sum(map(len, outcome.neighbours.values()))
    seconds = sorted(outcome.seconds)
    plain = Report(
        records=len(records),
        identities=len(set(outcome.identities.values())),
        questions_per_record=round(len(outcome.questions) / number, 4),
        candidates_per_record=round(compared / number, 2),
        records_per_second=round(number / max(sum(outcome.seconds), 1e-9), 1),
        milliseconds_p50=round(_percentile(seconds, 50) * 1000, 2),
        milliseconds_p99=round(_percentile(seconds, 99) * 1000, 2),
    )
    if not truth:
        return plain
    pairs, cubed = pairwise(outcome.identities, truth), b_cubed(outcome.identities, truth)
    by_pair, by_cluster = _blocking(records, outcome, truth)
    return msgspec.structs.replace(
        plain,
        pairwise=pairs,
        pairwise_f1=round(pairs.f1, 4),
        b_cubed=cubed,
        b_cubed_f1=round(cubed.f1, 4),
        blocking_pair_recall=round(by_pair, 4),
        blocking_cluster_recall=round(by_cluster, 4),
        curve=tuple(_curve(outcome, truth, number)),
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed (nearest rank); 0 of none."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else 0.0


def _blocking(
    records: Sequence[Judged], outcome: Outcome, truth: Mapping[str, str]
) -> tuple[float, float]:
    earlier: dict[str, int] = {}
    pairs = found = parties = reached = 0
    for record in records:
        party = truth.get(record.record_id)
        if party is None:
            continue
        mine = sum(truth.get(n) == party for n in outcome.neighbours[record.record_id])
        before = earlier.get(party, 0)
        pairs, found = pairs + before, found + mine
        parties, reached = parties + bool(before), reached + bool(mine)
        earlier[party] = before + 1
    return found / pairs if pairs else 1.0, reached / parties if parties else 1.0


def _curve(outcome: Outcome, truth: Mapping[str, str], number: int) -> list[Point]:
    ranked = sorted(outcome.questions, reverse=True)
    points = []
    for share in CURVE:
        answered = ranked[: int(share * number)]
        same = [(a, b) for _, a, b in answered if truth.get(a, a) == truth.get(b, b)]
        figures = pairwise(joined(outcome.identities, same), truth)
        points.append(Point(round(len(answered) / number, 3), round(figures.f1, 4)))
    return points
