"""`registry business`: members, as an operator handles them on the server itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from registry.cli import opening, output, verification
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.businesses.wire import (
        AlarmView,
        BusinessListed,
        BusinessView,
        SignedUp,
        SignUp,
    )
    from registry.platform.runtime import Runtime

PAGE = 100


@click.group()
def business() -> None:
    """Add, verify, suspend and list member businesses.

    These work on the database itself, with the settings of `registry serve`, beside a running server or
    without one. What they do is in the audit log as done from the console.
    """


for _command in (verification.case, verification.verify, verification.suspend):
    business.add_command(_command)


@business.command()
@click.argument("name")
@click.option("--country", required=True, help="ISO 3166-1 code of two letters, such as UA.")
@click.option(
    "--register-code", required=True, help="Company register code; its checksum is checked."
)
@click.option("--email", required=True, help="Address of the business; a code is sent to it.")
@click.option("--website", help="Beginning with https://")
@click.option("--sector", help="Shown to people who ask who looked them up, such as retail.")
@click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="NAME[:TAX_ID]",
    help="Beneficial owner; repeat for several. Businesses of one owner count as one source.",
)
@click.option("--plan", default="free", show_default=True, help="Plan of the policy.")
@click.option("--verify", is_flag=True, help="Verify it at once; needs --reason.")
@click.option("--reason", help="What the verification rests on; kept sealed in the audit log.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def add(**given: Any) -> None:
    """Sign a business up and print its id and first key.

    The key is shown this once. It has the scope `manage` only; make keys for work with
    `registry key create`. Where its case asks something, --verify is refused: add it without, then
    see `registry business case`.

        registry business add "ТОВ «Приклад»" --country UA
            --register-code 99000011 --email office@shop.example
            --owner "Олена Коваль" --verify --reason "Extract seen"

    Exit codes: 0 done, 2 refused, and why.
    """
    if given["verify"] != bool(given["reason"]):
        raise click.UsageError("--verify and --reason go together.")
    found = opening.settings(data_dir=given["data_dir"], database_url=given["database_url"])
    command = _sign_up(given)
    signed_up = opening.perform(
        found, lambda runtime: _add(runtime, command, given["plan"], given["reason"])
    )
    if given["as_json"]:
        output.emit(signed_up)
        return
    output.pairs([("id", signed_up.id), ("state", signed_up.state)])
    output.secret("API key", signed_up.api_key)
    if not given["verify"]:
        _next(f"registry business case {signed_up.id}")
    _next(f"registry key create {signed_up.id} --scope lookup --scope report")


def _next(line: str) -> None:
    output.err().print(f"[dim]Next:[/] {output.plain(line)}", soft_wrap=True)


def _sign_up(given: dict[str, Any]) -> "SignUp":
    from registry.businesses.wire import SignUp

    fields = {
        "name": given["name"],
        "country": given["country"].upper(),
        "register_code": given["register_code"],
        "email": given["email"],
        "website": given["website"],
        "sector": given["sector"],
        "beneficial_owners": [_owner(text) for text in given["owners"]],
    }
    return opening.command_of(SignUp, fields)


def _owner(text: str) -> dict[str, str | None]:
    name, _, tax_id = text.partition(":")
    return {"name": name.strip(), "tax_id": tax_id.strip() or None}


async def _add(runtime: "Runtime", command: "SignUp", plan: str, reason: str | None) -> "SignedUp":
    import msgspec

    from registry.businesses import service
    from registry.businesses.rules import Verdict
    from registry.businesses.verification import decide
    from registry.businesses.wire import BusinessDecision
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    if plan not in runtime.policy.plans:
        raise Refusal(f"There is no plan {plan!r}. Known: {', '.join(runtime.policy.plans)}.")
    async with transaction(runtime) as session:
        signed_up = await service.sign_up(session, command, plan=plan)
        if reason is None:
            return signed_up
        decision = BusinessDecision(decision=Verdict.VERIFY, reason=reason, version=1)
        view = await decide(session, CONSOLE, signed_up.id, decision)
    return msgspec.structs.replace(signed_up, state=view.state)


@business.command()
@click.argument("business_id", metavar="ID", type=click.UUID)
@click.argument("plan", type=click.Choice(["free", "pro", "partner"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def plan(business_id: UUID, plan: str, *, as_json: bool, **given: Any) -> None:
    """Move a business to another plan; its budgets change within seconds.

        registry business plan 01932f0c-... pro

    Exit codes: 0 done, 2 refused, and why.
    """
    from registry.businesses import service
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    async def work(runtime: "Runtime") -> "BusinessView":
        async with transaction(runtime) as session:
            await service.set_plan(session, CONSOLE, business_id, plan)
            return await service.view(session, business_id)

    verification.show(opening.perform(opening.settings(**given), work), as_json=as_json)


@business.command()
@click.argument("business_id", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="What it rests on; kept sealed in the audit log.")
@verification.version
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def lift(business_id: UUID, *, reason: str, version: int, as_json: bool, **given: Any) -> None:
    """Let a business look up again, whose lookups were suspended for what was noticed in them.

    It is told by mail. What was counted of it is counted anew; what it spent stays spent.

        registry business alarms
        registry business case 01932f0c-...
        registry business lift 01932f0c-... --version 3
            --reason "A stolen key, revoked"

    Exit codes: 0 done, 2 refused, and why.
    """
    from registry.businesses import alarms, service
    from registry.businesses.wire import Lifting
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    command = opening.command_of(Lifting, {"reason": reason, "version": version})

    async def work(runtime: "Runtime") -> "BusinessView":
        async with transaction(runtime) as session:
            await alarms.lift(session, CONSOLE, business_id, command)
            return await service.view(session, business_id)

    verification.show(opening.perform(opening.settings(**given), work), as_json=as_json)


@business.command("alarms")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, help="So many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def alarms_(limit: int, *, as_json: bool, **given: Any) -> None:
    """List what was noticed of businesses that look up too much, newest first.

    `canaries`, `neighbours` and `refusals` are explained in docs/operations.md.

        registry business alarms

    Exit codes: 0 done, 2 not possible, and why.
    """
    from registry.businesses import alarms
    from registry.platform.runtime import transaction

    async def work(runtime: "Runtime") -> "list[AlarmView]":
        async with transaction(runtime) as session:
            return await alarms.list_views(session, before=None, limit=limit)

    found = opening.perform(opening.settings(**given), work)
    if as_json:
        output.emit({"items": found})
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M}",
            f"{one.signal} {one.count}\n{'suspended' if one.suspended else 'told'}",
            f"{one.business_id}\n{one.name}",
        )
        for one in found
    ]
    output.table(["at, UTC", "noticed", "business"], rows, folds={2})


@business.command("list")
@click.option(
    "--state",
    type=click.Choice(["pending", "verified", "suspended", "closed", "refused"]),
    help="Only those in this state.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def list_(state: str | None, *, as_json: bool, **given: Any) -> None:
    """List businesses, newest first.

    Those that are pending wait for an operator to verify them.

        registry business list --state pending

    Exit codes: 0 done, 2 refused, and why.
    """
    views = opening.perform(opening.settings(**given), lambda runtime: _all(runtime, state))
    if as_json:
        output.emit({"items": views})
        return
    rows = [
        (
            v.id,
            f"{v.state}\ncode contested" if v.contested else v.state,
            v.plan,
            f"{v.name}\n{v.country} {v.register_code}",
        )
        for v in views
    ]
    output.table(["id", "state", "plan", "name, code"], rows, folds={3})
    output.err().print(f"[dim]{len(rows)} in all[/]")


async def _all(runtime: "Runtime", state: str | None) -> Sequence["BusinessListed"]:
    from registry.businesses import service
    from registry.platform.runtime import transaction

    found: list[BusinessListed] = []
    while True:
        before = found[-1].id if found else None
        async with transaction(runtime) as session:
            page = await service.list_views(session, state=state, before=before, limit=PAGE)
        found += page
        if len(page) < PAGE:
            return found
