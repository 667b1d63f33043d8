"""The command `registry`: everything that is done from a terminal.

One file per group of commands. Each command imports what it runs when it runs, so that `--help` answers at
once; at the top of these files stand click and nothing heavy. What a command says when it cannot go on is
in `failures`; how it reaches the database in `opening`; how it reaches a server in `client`.
"""

import sys

import rich_click as click
from rich_click import rich_click as style

from registry.cli import (
    business,
    canary,
    contract,
    dispute,
    erasure,
    evaluate,
    failures,
    key,
    lookup,
    operate,
    report,
    resolution,
    serve,
    staff,
)

GROUPS = {
    "Run a registry": ["serve", "worker", "migrate", "resolution", "erasure"],
    "Members and staff": ["business", "key", "staff", "dispute", "canary"],
    "From a terminal, against any registry": ["lookup", "report"],
    "For developers": ["contract", "evaluate"],
}


style.TEXT_MARKUP = "rich"
style.TEXT_PARAGRAPH_LINEBREAKS = "\n\n"


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from registry.cli.version import number

        click.echo(f"registry {number()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show it."
)
def root() -> None:
    """Businesses warn each other, fairly, of clients who did not keep a contract.

    Start with `registry serve --demo`; it prints a lookup to try. Every command has examples:
    `registry COMMAND --help`.
    """


for _command in (
    serve.serve,
    operate.worker,
    operate.migrate,
    resolution.resolution,
    erasure.erasure,
    business.business,
    key.key,
    staff.staff,
    dispute.dispute,
    canary.canary,
    lookup.lookup,
    report.report,
    contract.contract,
    evaluate.evaluate,
):
    root.add_command(_command)
for _title, _names in GROUPS.items():
    click.command_panel(_title, commands=_names)(root)


def main() -> None:
    """Run the command line; what a person can mend is told in one line, and the process exits with 2."""
    try:
        root(prog_name="registry")
    except Exception as fault:
        line = failures.told(fault)
        if line is None:
            raise
        failures.say(line)
        sys.exit(failures.REFUSED)
