"""`registry staff`: moderators and operators, named on the server itself and nowhere else."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from registry.cli import opening, output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.platform.runtime import Runtime

LONGEST_NAME = 200


@click.group()
def staff() -> None:
    """Name moderators and operators, and take their keys away.

    A moderator screens reports and rules on disputes. An operator verifies businesses, reads the audit log
    and records bounced letters.
    """


@staff.command()
@click.option(
    "--role", required=True, type=click.Choice(["moderator", "operator"]), help="What they do."
)
@click.option("--name", required=True, help="For the record; kept sealed.")
@click.option(
    "--business",
    "business_id",
    metavar="ID",
    type=click.UUID,
    help="The member they work for: they can never decide on its reports.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def add(role: str, name: str, business_id: UUID | None, *, as_json: bool, **given: Any) -> None:
    """Name a member of staff and print their key, this once.

    Note the id: with it the key is taken away again.

        registry staff add --role moderator --name "Ірина Бондар"
        registry staff add --role operator --name "Олег Мороз"

    Exit codes: 0 done, 2 refused, and why.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal(f"--name must be 1 to {LONGEST_NAME} printable characters.")
    staff_id, secret = opening.perform(
        opening.settings(**given), lambda runtime: _add(runtime, role, name, business_id)
    )
    if as_json:
        output.emit({"id": staff_id, "role": role, "staff_key": secret})
        return
    output.pairs([("id", staff_id), ("role", role)])
    output.secret("Staff key", secret)


async def _add(
    runtime: "Runtime", role: str, name: str, business_id: UUID | None
) -> tuple[UUID, str]:
    from registry.businesses import service as businesses
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction
    from registry.staff import service
    from registry.staff.rules import Role

    async with transaction(runtime) as session:
        if business_id is not None:
            await businesses.view(session, business_id)  # raises for one that there is not
        return await service.add(session, CONSOLE, Role(role), name, business_id=business_id)


@staff.command()
@click.argument("staff_id", metavar="ID", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def revoke(staff_id: UUID, *, as_json: bool, **given: Any) -> None:
    """Revoke every key of a member of staff.

    They stop working within seconds, everywhere.

        registry staff revoke 01932f0c-...

    Exit codes: 0 done, 2 refused, and why.
    """
    count = opening.perform(opening.settings(**given), lambda runtime: _revoke(runtime, staff_id))
    if as_json:
        output.emit({"id": staff_id, "revoked": count})
    else:
        output.pairs([("id", staff_id), ("keys revoked", count)])


async def _revoke(runtime: "Runtime", staff_id: UUID) -> int:
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction
    from registry.staff import service

    async with transaction(runtime) as session:
        return await service.revoke_keys(session, CONSOLE, staff_id)
