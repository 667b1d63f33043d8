"""`registry resolution ...`: everything resolved anew under other parameters, after a look at what would change."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import opening, output
from registry.cli.evaluate import parameters_of, written

if TYPE_CHECKING:
    from registry.identities.renewal import Renewal

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def resolution() -> None:
    """Hold of all records what the present parameters say of them.

    Who is who is decided when a record is written. After an upgrade that brings other parameters, earlier decisions
    stand until you apply them; moderators' decisions stand in any case.
    """


def _options(command: Any) -> Any:
    file = click.option(
        "--parameters",
        type=_FILE,
        help="A file of parameters; else REGISTRY_PARAMETERS, else the release's.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return file(as_json(opening.options(command)))


@resolution.command()
@click.option("--out", type=_FILE, required=True, help="Write the parameters here.")
@click.option("--version", "name", required=True, help="The version that decisions will name.")
@opening.options
def learn(*, out: Path, name: str, **given: Any) -> None:
    """Learn from moderators' answers: write parameters that fit them better than the present ones.

    The present weights move as far as the answers move them: a few answers a little, many of one kind as far as they
    say. Nothing changes until you look at what would (`preview`), name the file in REGISTRY_PARAMETERS, and `apply`.

        registry resolution learn --version 2 --out parameters.json
        registry resolution preview --parameters parameters.json

    Exit codes: 0 done, 2 not possible, and why.
    """
    from registry.identities import learning

    found, answers = opening.perform(
        opening.settings(**given), lambda runtime: learning.learn(runtime, name)
    )
    written(found, out)
    output.pairs([("Answers", answers), ("Written", out)])


@resolution.command()
@_options
def preview(*, parameters: Path | None, as_json: bool, **given: Any) -> None:
    """Print what would change. Nothing is changed, and nobody waits.

        registry resolution preview

    Exit codes: 0 done, 2 not possible, and why.
    """
    _renew(parameters, as_json=as_json, change=False, given=given)


@resolution.command()
@_options
def apply(*, parameters: Path | None, as_json: bool, **given: Any) -> None:
    """Change it: merge and divide identities, and ask moderators what is new to ask. Lookups follow at once.

        registry resolution preview && registry resolution apply

    Exit codes: 0 done, 2 not possible, and why.
    """
    _renew(parameters, as_json=as_json, change=True, given=given)


def _renew(parameters: Path | None, *, as_json: bool, change: bool, given: dict[str, Any]) -> None:
    from registry.identities import renewal
    from registry.platform.runtime import parameters_of as parameters_of_deployment

    settings = opening.settings(**given)
    chosen = parameters_of(parameters) if parameters else parameters_of_deployment(settings)
    work = renewal.apply if change else renewal.preview
    with output.err().status("Reading records ...") as status:
        read = 0

        def step(number: int) -> None:
            nonlocal read
            read += number
            status.update(f"Reading records ... {read:,}")

        found = opening.perform(settings, lambda runtime: work(runtime, chosen, step))
    if as_json:
        output.emit({"parameters": chosen.version, "applied": change, **_fields(found)})
        return
    output.out().print("[bold]Changed[/]" if change else "[bold]Would change[/]")
    output.pairs(
        [
            ("Parameters", chosen.version),
            ("Records", f"{found.records:,}"),
            ("Decisions on pairs", f"{found.decisions:,}"),
            ("Identities", f"{found.identities_before:,} → {found.identities_after:,}"),
            ("Of them brought together", f"{found.merged:,}"),
            ("Fallen apart", f"{found.divided:,}"),
            ("New questions", f"{found.questions:,}"),
        ]
    )


def _fields(found: "Renewal") -> dict[str, int]:
    import msgspec

    return msgspec.structs.asdict(found)
