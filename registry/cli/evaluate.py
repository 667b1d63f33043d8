"""`registry evaluate ...`: how good the registry is at telling who is who, judged on files from outside."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import evaluate_names, opening, output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.evaluation.records import Judged
    from registry.evaluation.report import Report
    from registry.evaluation.run import Outcome
    from registry.matching.parameters import Parameters

_FILE = click.Path(path_type=Path, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def evaluate() -> None:
    """Judge who is held to be who, on files of your own with known truth.

    Nothing of the live registry is read or changed.
    """


evaluate.add_command(evaluate_names.names)


@evaluate.command()
@click.argument("file", type=_FILE)
@click.option("--out", type=_OUT, help="Write {record_id, identity_id} of each record here.")
@click.option("--parameters", type=_FILE, help="A file of `evaluate weights`; else the release's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def resolution(
    file: Path, *, out: Path | None, parameters: Path | None, as_json: bool, **given: Any
) -> None:
    """Resolve a file's records through the real path, in a scratch database.

    FILE holds one JSON object a line: `record_id`, and of the rest what is known: `cluster_id` (the truth), `name`,
    `phone`, `email`, `tax_id`, `company_code`, `handle`, `birth_date`, `city`, `address`, `kind`, `country`; alone
    or in lists, written as people write them. What cannot be read is left out and counted. Other keys are compared
    as untyped identifiers. Records are resolved in the order of the file.

    With a truth, a second pass answers the questions that moderators would be asked, from the truth.

        registry evaluate resolution people.jsonl
        registry evaluate resolution people.jsonl --out clusters.jsonl --json

    Exit codes: 0 done, 2 not possible, and why.
    """
    records, dropped = _read(file)
    chosen = parameters_of(parameters)
    first, figures = _passes(opening.settings(**given, makes=True), records, chosen)
    if out:
        _write(out, first)
    if as_json:
        output.emit({"parameters": chosen.version, "dropped": dropped, **figures})
        return
    output.pairs([("Parameters", chosen.version), ("Values left out", _told(dropped))])
    for title, report in figures.items():
        output.out().print(f"\n[bold]{title.replace('_', ' ').capitalize()}[/]")
        output.pairs(_rows(report))


@evaluate.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--out", type=_OUT, required=True, help="Write the parameters here.")
@click.option("--version", "name", required=True, help="The version that decisions will name.")
@click.option("--source", default="", help="Where the records came from, for the reader.")
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 1),
    default=0.99,
    show_default=True,
    help="What the pairs that are held to be one party without asking must reach.",
)
def weights(files: Sequence[Path], *, out: Path, name: str, source: str, precision: float) -> None:
    """Estimate match weights from files of records, and write a file of parameters.

    With `cluster_id` in the files the weights are fitted to the labels; without, by expectation-maximisation.

        registry evaluate weights people.jsonl --version 2 --out parameters.json
        registry evaluate resolution others.jsonl --parameters parameters.json

    Exit codes: 0 done, 2 not possible, and why.
    """
    from registry.evaluation.fit import fit

    records, dropped = _read_apart(files)
    named = source or ", ".join(file.name for file in files)
    made = fit(records, version=name, source=named, precision=precision)
    written(made, out)
    output.pairs(
        [
            ("Records", len(records)),
            ("Values left out", _told(dropped)),
            ("Merge from", f"{made.merge} bits"),
            ("Ask from", f"{made.ask} bits"),
            ("Written", out),
        ]
    )


def _read(file: Path) -> "tuple[list[Judged], Counter[str]]":
    from registry.evaluation.records import BadRecord, read

    dropped: Counter[str] = Counter()
    try:
        records = list(read(file, dropped))
    except BadRecord as fault:
        raise Refusal(f"{file}: {fault}.") from None
    except OSError as fault:
        raise Refusal(f"{file} cannot be read: {fault.strerror}.") from None
    if not records:
        raise Refusal(f"{file} holds no records.")
    return records, dropped


def _read_apart(files: Sequence[Path]) -> "tuple[list[Judged], Counter[str]]":
    """The records of several files, none of which knows the others' ids."""
    import msgspec

    records: list[Judged] = []
    dropped: Counter[str] = Counter()
    for number, file in enumerate(files):
        found, lost = _read(file)
        dropped += lost
        for record in found:
            cluster = None if record.cluster_id is None else f"{number}:{record.cluster_id}"
            own = f"{number}:{record.record_id}"
            records.append(msgspec.structs.replace(record, record_id=own, cluster_id=cluster))
    return records, dropped


def parameters_of(path: Path | None) -> "Parameters":
    """The parameters in a file, or the release's."""
    from registry.matching import parameters as release

    try:
        return release.load(str(path or ""))
    except release.BadParameters as fault:
        raise Refusal(f"{fault}.") from None


def written(parameters: "Parameters", out: Path) -> None:
    """Write a file of parameters, for people to read as well."""
    import msgspec

    out.write_bytes(msgspec.json.format(msgspec.json.encode(parameters), indent=1) + b"\n")


def _passes(
    found: Any, records: "Sequence[Judged]", parameters: "Parameters"
) -> "tuple[Outcome, dict[str, Report]]":
    """The run without answers, and with a truth the one with answers."""
    from registry.evaluation.report import report
    from registry.platform import logs

    logs.configure("warning")
    truth = {r.record_id: r.cluster_id for r in records if r.cluster_id is not None}
    with opening.database(found) as url:
        first = asyncio.run(_run(url, records, parameters, None, "Resolving"))
        figures = {"automatic": report(records, first, truth)}
        if truth:
            answered = asyncio.run(_run(url, records, parameters, truth, "Answering questions"))
            figures["with_answers"] = report(records, answered, truth)
    return first, figures


async def _run(
    url: str,
    records: "Sequence[Judged]",
    parameters: "Parameters",
    truth: dict[str, str] | None,
    title: str,
) -> "Outcome":
    from rich.progress import track

    from registry.evaluation import run

    async with run.beside(url) as runtime:
        progress = iter(track(range(len(records)), title, console=output.err(), transient=True))
        outcome = await run.resolve(
            runtime,
            records,
            parameters=parameters,
            truth=truth,
            step=lambda: next(progress, None),
        )
        for _ in progress:
            pass
        return outcome


def _write(path: Path, outcome: "Outcome") -> None:
    import msgspec

    with path.open("wb") as file:
        for record, identity in outcome.identities.items():
            line = {"record_id": record, "identity_id": str(identity)}
            file.write(msgspec.json.encode(line) + b"\n")


def _told(dropped: "Counter[str]") -> str:
    return ", ".join(f"{number} {field}" for field, number in dropped.most_common()) or "none"


def _rows(report: "Report") -> list[tuple[str, object]]:
    import msgspec

    rows: list[tuple[str, object]] = []
    for name, value in msgspec.structs.asdict(report).items():
        label = name.replace("_", " ").capitalize()
        if name in ("pairwise", "b_cubed"):
            if value:
                rows.append((label, f"precision {value.precision:.4f}, recall {value.recall:.4f}"))
        elif name == "curve":
            shown = (f"{p.questions_per_record}: {p.f1}" for p in value)
            rows.append(("F1 by answered questions a record", "  ".join(shown) or None))
        else:
            rows.append((label, value))
    return rows
