"""`registry key`: API keys of member businesses, made and revoked on the server itself."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from registry.cli import opening, output

if TYPE_CHECKING:
    from registry.businesses.wire import KeyCreated, KeyView
    from registry.platform.runtime import Runtime

SCOPES = ["lookup", "report", "dispute", "watch", "webhook", "manage"]
PAGE = 100


@click.group()
def key() -> None:
    """Create, revoke and list API keys of a business.

    A key's secret is shown once and kept as a keyed hash. A revoked key stops working within seconds, in
    every process.
    """


@key.command()
@click.argument("business_id", metavar="BUSINESS", type=click.UUID)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([*SCOPES, "all"]),
    help="What the key may do; repeat for several.",
)
@click.option("--label", default="console", show_default=True, help="To tell keys apart.")
@click.option("--test", is_flag=True, help="A test key: fixed sandbox clients, nothing live.")
@click.option(
    "--expires-days", type=click.IntRange(1, 3650), help="Days until it stops working; else never."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def create(business_id: UUID, scopes: tuple[str, ...], **given: Any) -> None:
    """Make a key for BUSINESS and print it, this once.

    Give it the scopes that it needs and no more: another system gets a key of its own.

        registry key create 01932f0c-... --scope lookup --label "CRM plugin"
        registry key create 01932f0c-... --scope all --expires-days 365
        registry key create 01932f0c-... --scope lookup --test

    Exit codes: 0 done, 2 refused, and why.
    """
    chosen = SCOPES if "all" in scopes else sorted(set(scopes))
    found = opening.settings(data_dir=given["data_dir"], database_url=given["database_url"])
    made = opening.perform(found, lambda runtime: _create(runtime, business_id, chosen, given))
    if given["as_json"]:
        output.emit(made)
        return
    _show(made.key)
    output.secret("API key", made.api_key)


async def _create(
    runtime: "Runtime", business_id: UUID, scopes: list[str], given: dict[str, Any]
) -> "KeyCreated":
    from datetime import timedelta

    import msgspec

    from registry.businesses import service
    from registry.businesses.wire import KeyRequest
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    fields = {"label": given["label"], "scopes": scopes, "test": given["test"]}
    command = opening.command_of(KeyRequest, fields)
    actor = msgspec.structs.replace(CONSOLE, business_id=business_id)
    async with transaction(runtime) as session:
        await service.view(session, business_id)  # raises for one that there is not
        if given["expires_days"]:
            until = session.real + timedelta(days=given["expires_days"])
            command = msgspec.structs.replace(command, expires_at=until)
        return await service.create_key(session, actor, command)


@key.command()
@click.argument("key_id", metavar="KEY_ID", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def revoke(key_id: UUID, *, as_json: bool, **given: Any) -> None:
    """Revoke a key by its id.

    It stops working within seconds, everywhere. Revoking it twice changes nothing.

        registry key list 01932f0c-...
        registry key revoke 01932f11-...

    Exit codes: 0 done, 2 refused, and why.
    """
    view = opening.perform(opening.settings(**given), lambda runtime: _revoke(runtime, key_id))
    if as_json:
        output.emit(view)
    else:
        _show(view)


async def _revoke(runtime: "Runtime", key_id: UUID) -> "KeyView":
    import msgspec

    from registry.businesses import service
    from registry.platform.actor import CONSOLE
    from registry.platform.runtime import transaction

    async with transaction(runtime) as session:
        business_id = await service.business_of_key(session, key_id)
        actor = msgspec.structs.replace(CONSOLE, business_id=business_id)
        return await service.revoke_key(session, actor, key_id)


def _show(view: "KeyView") -> None:
    output.pairs(
        [
            ("id", view.id),
            ("label", view.label),
            ("scopes", " ".join(view.scopes)),
            ("kind", "test" if view.test else "live"),
            ("expires", f"{view.expires_at:%Y-%m-%d %H:%M} UTC" if view.expires_at else "never"),
            ("revoked", f"{view.revoked_at:%Y-%m-%d %H:%M} UTC" if view.revoked_at else None),
        ]
    )


@key.command("list")
@click.argument("business_id", metavar="BUSINESS", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def list_(business_id: UUID, *, as_json: bool, **given: Any) -> None:
    """List the keys of BUSINESS, newest first.

    Of a key itself only the first characters are known; its holder tells it by them.

        registry key list 01932f0c-...

    Exit codes: 0 done, 2 refused, and why.
    """
    views = opening.perform(opening.settings(**given), lambda runtime: _all(runtime, business_id))
    if as_json:
        output.emit({"items": views})
        return
    output.table(["id, key", "label, scopes", "state, last used"], map(_row, views), folds={1})


def _row(view: "KeyView") -> tuple[str, str, str]:
    state = "good"
    if view.revoked_at:
        state = f"revoked {view.revoked_at:%Y-%m-%d}"
    elif view.expires_at:
        state = f"until {view.expires_at:%Y-%m-%d}"
    used = f"{view.last_used_at:%Y-%m-%d %H:%M}" if view.last_used_at else "never used"
    return (
        f"{view.id}\n{view.hint}…",
        f"{view.label}\n{' '.join(view.scopes)}",
        f"{state}\n{used}",
    )


async def _all(runtime: "Runtime", business_id: UUID) -> list["KeyView"]:
    from registry.businesses import service
    from registry.platform.runtime import transaction

    found: list[KeyView] = []
    while True:
        before = found[-1].id if found else None
        async with transaction(runtime) as session:
            await service.view(session, business_id)  # raises for one that there is not
            page = await service.list_keys(session, business_id, before=before, limit=PAGE)
        found += page
        if len(page) < PAGE:
            return found
