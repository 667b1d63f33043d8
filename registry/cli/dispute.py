"""`registry dispute`: what a person wrote to the operator, entered by hand, until their own page opens."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from registry.cli import opening, output

if TYPE_CHECKING:
    from registry.platform.runtime import Runtime


@click.group()
def dispute() -> None:
    """Restrict a report that its subject disputes, and rule on it.

    People answer a notice by letter. Check by two proofs that it is them (a reported number alone proves
    nothing: numbers change hands), then open the dispute: the report is hidden at once. Unless you rule,
    it is removed when the reporter's days to answer are over.
    """


@dispute.command(name="open")
@click.argument("report_id", metavar="REPORT", type=click.UUID)
@click.option(
    "--reason", required=True, help="What the person says and how they proved who they are."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def open_(report_id: UUID, reason: str, *, as_json: bool, **given: Any) -> None:
    """Hide a report because its subject disputes it, or appeals.

        registry dispute open 01932f0c-... --reason "Paid on 3 May, receipt shown; passport seen"

    Exit codes: 0 done, 2 refused, and why.
    """
    _perform(report_id, "contest", reason, given, as_json=as_json)


@dispute.command()
@click.argument("report_id", metavar="REPORT", type=click.UUID)
@click.argument("ruling", type=click.Choice(["uphold", "remove"]))
@click.option("--reason", required=True, help="Why; kept in the audit log, sealed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def rule(report_id: UUID, ruling: str, reason: str, *, as_json: bool, **given: Any) -> None:
    """Rule on a disputed report: `uphold` shows it again, as reviewed; `remove` ends it.

        registry dispute rule 01932f0c-... remove --reason "The waybill names another person"

    Exit codes: 0 done, 2 refused, and why.
    """
    _perform(report_id, ruling, reason, given, as_json=as_json)


def _perform(
    report_id: UUID, event: str, reason: str, given: dict[str, Any], *, as_json: bool
) -> None:
    state = opening.perform(
        opening.settings(**given), lambda runtime: _apply(runtime, report_id, event, reason)
    )
    if as_json:
        output.emit({"id": report_id, "state": state})
    else:
        output.pairs([("report", report_id), ("state", state)])


async def _apply(runtime: "Runtime", report_id: UUID, event: str, reason: str) -> str:
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction
    from registry.reports import rulings

    steps = {"contest": rulings.suspend, "uphold": rulings.restore, "remove": rulings.remove}
    async with transaction(runtime) as session:
        return await steps[event](session, CONSOLE, report_id, reason)
