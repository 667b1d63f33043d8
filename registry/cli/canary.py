"""`registry canary`: phones and addresses that are nobody's, by which a copied list gives itself away."""

from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import opening, output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.limits.service import Canaries
    from registry.platform.runtime import Runtime

MOST = 100_000


@click.group()
def canary() -> None:
    """Lay out, list and withdraw canaries.

    A canary is a phone or an e-mail that is nobody's. Whoever asks for several of them goes through a list, and
    is stopped. They have no report and stand in no figure. docs/operations.md says which numbers serve, and where to
    lay them out.
    """


@canary.command()
@click.argument("count", type=click.IntRange(1, MOST))
@click.argument("pattern")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def draw(count: int, pattern: str, *, as_json: bool) -> None:
    """Draw COUNT numbers of a PATTERN, each x a digit. It only prints them; `plant` makes them canaries.

    The pattern must be yours, or given out to nobody: a number that is a person's would be a trap for whoever
    deals with that person.

        registry canary draw 500 +38039210xxxx > decoys.txt

    Exit codes: 0 done, 2 there are not so many.
    """
    from registry.lookups import canaries

    drawn = canaries.draw(count, pattern)
    if as_json:
        output.emit({"items": drawn})
        return
    for number in drawn:
        click.echo(number)


@canary.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--label", required=True, help="Where they are laid out; alarms are traced by it.")
@click.option("--country", default="UA", show_default=True, help="How local numbers are read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def plant(file: Any, label: str, country: str, *, as_json: bool, **given: Any) -> None:
    """Make each phone or e-mail of FILE a canary, one a line; `-` reads standard input.

    All or none: what cannot be read, or what somebody is reported under, is named by its line. The file itself is
    not kept, nor what it holds in the clear: keep it where you keep your keys.

        registry canary plant decoys.txt --label "price list, autumn"

    Exit codes: 0 done, 2 refused, and why.
    """
    lines = [line.strip() for line in file if line.strip()]
    if not 0 < len(lines) <= MOST:
        raise Refusal(f"FILE holds {len(lines)} lines; 1 to {MOST:,} are taken.")

    async def work(runtime: "Runtime") -> int:
        from registry.lookups import canaries
        from registry.platform.actor import CONSOLE
        from registry.platform.runtime import transaction

        async with transaction(runtime) as session:
            return await canaries.plant(session, CONSOLE, lines, label, country=country.upper())

    added = opening.perform(opening.settings(**given), work)
    if as_json:
        output.emit({"label": label, "added": added, "known": len(lines) - added})
        return
    output.pairs(
        [("Label", label), ("Added", f"{added:,}"), ("Known before", f"{len(lines) - added:,}")]
    )


@canary.command()
@click.argument("label")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def withdraw(label: str, *, as_json: bool, **given: Any) -> None:
    """Let the canaries of a LABEL be canaries no more.

    Do it when a number is about to be given out, or when a list has become known.

        registry canary withdraw "price list, autumn"

    Exit codes: 0 done, 2 there are none under this label.
    """

    async def work(runtime: "Runtime") -> int:
        from registry.lookups import canaries
        from registry.platform.actor import CONSOLE
        from registry.platform.runtime import transaction

        async with transaction(runtime) as session:
            return await canaries.withdraw(session, CONSOLE, label)

    gone = opening.perform(opening.settings(**given), work)
    if as_json:
        output.emit({"label": label, "withdrawn": gone})
        return
    output.pairs([("Label", label), ("Withdrawn", f"{gone:,}")])


@canary.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def list_(*, as_json: bool, **given: Any) -> None:
    """List the labels: how many canaries, since when, and how many of them were asked for in the last 30 days.

        registry canary list

    Exit codes: 0 done, 2 not possible, and why.
    """

    async def work(runtime: "Runtime") -> "list[Canaries]":
        from registry.limits import service
        from registry.platform.runtime import transaction

        async with transaction(runtime) as session:
            return await service.list_canaries(session)

    found = opening.perform(opening.settings(**given), work)
    if as_json:
        output.emit({"items": [one._asdict() for one in found]})
        return
    rows = [(one.label, f"{one.laid:,}", f"{one.since:%Y-%m-%d}", one.met) for one in found]
    output.table(["label", "canaries", "since", "asked for"], rows, folds={0})
