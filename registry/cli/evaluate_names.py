"""`registry evaluate names`: how well two names are told to be one person's, judged on a file from outside."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from registry.cli import output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.evaluation.name_pairs import Figures, Pair, Scored


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write left, right and score of each pair here, as CSV.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def names(file: Path, *, out: Path | None, as_json: bool) -> None:
    """Score pairs of persons' names, and with labels tell how good the scores are.

    FILE is CSV with the columns `left`, `right` and, where the truth is known, `label` (1 for one person, 0 for two);
    a header may be left out, further columns are ignored. A score is 0 to 1; 0.5 is where the registry would decide.

    With labels it tells the best F1 and its threshold, the recall where 99 of 100 pairs held to be one person's
    are, and the F1 at 0.5. Pairs a second counts prepared names on one core; the preparation is told apart.

        registry evaluate names pairs.csv
        registry evaluate names pairs.csv --out scores.csv --json

    Exit codes: 0 done, 2 not possible, and why.
    """
    from registry.evaluation import name_pairs

    try:
        pairs = name_pairs.read(file)
    except name_pairs.BadPair as fault:
        raise Refusal(f"{file}: {fault}.") from None
    if not pairs:
        raise Refusal(f"{file} holds no pairs.")
    scored = _scored(pairs)
    if out:
        _write(out, pairs, scored)
    figures = name_pairs.figures(pairs, scored)
    if as_json:
        output.emit(figures)
    else:
        _tell(figures, out)


def _scored(pairs: "list[Pair]") -> "Scored":
    from rich.progress import Progress

    from registry.evaluation import name_pairs

    with Progress(console=output.err(), transient=True) as progress:
        task = progress.add_task("Comparing", total=len(pairs))
        return name_pairs.score(pairs, lambda done: progress.advance(task, done))


def _write(path: Path, pairs: "list[Pair]", scored: "Scored") -> None:
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("left", "right", "score"))
        for pair, score in zip(pairs, scored.scores, strict=True):
            lines.writerow((pair.left, pair.right, score))


def _tell(figures: "Figures", out: Path | None) -> None:
    labelled = figures.best_f1 is not None
    output.pairs(
        [
            ("Pairs", f"{figures.pairs:,}"),
            ("Of one person", f"{figures.same:,}" if labelled else None),
            ("Best F1", f"{figures.best_f1} from {figures.best_threshold}" if labelled else None),
            ("Recall at precision 0.99", figures.recall_at_precision_99),
            ("F1 from 0.5", figures.f1_at_half),
            ("Pairs a second", f"{figures.pairs_per_second:,}"),
            ("To prepare a name", f"{figures.preparation_us_per_name} µs"),
            ("Written", out),
        ]
    )
