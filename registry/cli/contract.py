"""`registry contract`: the published schema, written from the code or held against it."""

import sys

import rich_click as click

from registry.cli import output


@click.group()
def contract() -> None:
    """Write or check the published contract, `schemas/openapi.json`, and the schemas of events beside it.

    It is made from the code and committed, never edited; a check fails the build when the two differ.
    """


@contract.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def write(*, as_json: bool) -> None:
    """Write the published contract from the code.

    Commit what it writes; a pull request then shows what changes for callers.

        registry contract write

    Exit codes: 0 written.
    """
    from registry import contract as published

    path = published.write()
    if as_json:
        output.emit({"written": str(path)})
    else:
        output.out().print(f"Written: {output.plain(path)}", soft_wrap=True)


@contract.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, as_json: bool) -> None:
    """Check that the published contract is what the code says.

    For the build: it prints the difference, if there is one.

        registry contract check

    Exit codes: 0 it is, 1 it is not, with the difference.
    """
    from registry import contract as published

    difference = published.check()
    if as_json:
        output.emit({"current": not difference, "difference": difference})
    elif difference:
        output.out().print(output.plain(difference), soft_wrap=True)
        output.err().print(
            "The published contract is not what the code says: registry contract write"
        )
    else:
        output.out().print("The published contract is current.")
    sys.exit(1 if difference else 0)
