"""`registry business case`, `verify` and `suspend`: an operator's decisions on the server itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from registry.cli import opening, output

if TYPE_CHECKING:
    from registry.businesses.wire import BusinessCase, BusinessView
    from registry.platform.runtime import Runtime


@click.command()
@click.argument("business_id", metavar="ID", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def case(business_id: UUID, *, as_json: bool, **given: Any) -> None:
    """Show all that is needed to decide on a business.

    That is its version, who else claims its register code, and which businesses may have the same owner.

        registry business case 01932f0c-...

    Exit codes: 0 done, 2 refused, and why.
    """
    from registry.businesses import verification
    from registry.platform.runtime import transaction

    async def work(runtime: "Runtime") -> "BusinessCase":
        async with transaction(runtime) as session:
            return await verification.case(session, business_id)

    found = opening.perform(opening.settings(**given), work)
    if as_json:
        output.emit(found)
        return
    show(found.business, as_json=False)
    rows = [(v.id, "claims the code", v.state, f"{v.name}\n{v.email}") for v in found.claims]
    rows += [
        (v.id, _OWNED[v.same], v.state, f"{v.name}\n{', '.join(v.beneficial_owners)}")
        for v in found.owners
    ]
    output.table(["id", "what", "state", "name, who"], rows, folds={3})


_OWNED = {None: "same owner?", True: "same owner", False: "another owner"}


def version(command: Callable[..., None]) -> Callable[..., None]:
    """The option that names the version of what was read."""
    said = "The version that `registry business case` showed; another one is refused."
    return click.option("--version", required=True, type=int, help=said)(command)


def _named(option: str, said: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(option, multiple=True, type=click.UUID, metavar="ID", help=said)


@click.command()
@click.argument("business_id", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="What it rests on; kept sealed in the audit log.")
@version
@_named("--refuse-claim", "Refuse this other claim to the register code; needs --claims-reason.")
@click.option("--leave-claims", is_flag=True, help="Leave other claims to the code as they are.")
@click.option("--claims-reason", help="What those whose claim is refused are told.")
@_named("--same-owner", "This business has the same owner.")
@_named("--different-owner", "This business has another owner.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def verify(
    business_id: UUID,
    *,
    reason: str,
    version: int,
    refuse_claim: tuple[UUID, ...],
    leave_claims: bool,
    claims_reason: str | None,
    same_owner: tuple[UUID, ...],
    different_owner: tuple[UUID, ...],
    **given: Any,
) -> None:
    """Verify a business, or lift its suspension: it may look up and report.

    It is told by mail. Businesses that share a beneficial owner count as one source from now on. All that
    `registry business case` asks must be answered.

        registry business verify 01932f0c-... --version 1
            --reason "Extract of 3 November"

    Exit codes: 0 done, 2 refused, and why.
    """
    claims = {
        "refuse": [*map(str, refuse_claim)],
        "leave_others": leave_claims,
        "reason": claims_reason,
    }
    owners = {"same": [*map(str, same_owner)], "different": [*map(str, different_owner)]}
    said = {"reason": reason, "version": version, "claims": claims, "owners": owners}
    _decide(business_id, {"decision": "verify", **said}, given)


@click.command()
@click.argument("business_id", metavar="ID", type=click.UUID)
@click.option(
    "--reason", required=True, help="Why; the business is told, and the audit log keeps it."
)
@version
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def suspend(business_id: UUID, *, reason: str, version: int, **given: Any) -> None:
    """Suspend a business: it may neither look up nor report, and its reports are hidden.

    It is told by mail, with the reason. `registry business verify` lifts it.

        registry business suspend 01932f0c-... --version 2
            --reason "Reports without proof"

    Exit codes: 0 done, 2 refused, and why.
    """
    said = {"decision": "suspend", "reason": reason, "version": version}
    _decide(business_id, said, given)


def _decide(business_id: UUID, said: dict[str, Any], given: dict[str, Any]) -> None:
    from registry.businesses import verification
    from registry.businesses.wire import BusinessDecision
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    as_json = given.pop("as_json")
    decision = opening.command_of(BusinessDecision, said)

    async def work(runtime: "Runtime") -> "BusinessView":
        async with transaction(runtime) as session:
            return await verification.decide(session, CONSOLE, business_id, decision)

    show(opening.perform(opening.settings(**given), work), as_json=as_json)


def show(view: "BusinessView", *, as_json: bool) -> None:
    """Print a business."""
    if as_json:
        output.emit(view)
        return
    suspended = view.lookups_suspended
    output.pairs(
        [
            ("id", view.id),
            ("name", view.name),
            ("state", view.state),
            ("version", view.version),
            ("plan", view.plan),
            (
                "lookups",
                f"suspended since {suspended.since:%Y-%m-%d %H:%M} UTC" if suspended else None,
            ),
        ]
    )
