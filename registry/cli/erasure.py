"""`registry erasure`: what was erased stays erased, also after a restore from an older backup."""

from typing import TYPE_CHECKING, Any

import rich_click as click

from registry.cli import opening, output

if TYPE_CHECKING:
    from registry.platform.runtime import Runtime
    from registry.reports.journal import Replayed


@click.group()
def erasure() -> None:
    """The journal of erasures, which is kept apart from the database.

    A backup holds what was erased after it was made. The journal (REGISTRY_JOURNAL_URL, else the folder
    `erasures` of the data folder) says which reports these were; never put an older copy of it back.
    """


@erasure.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@opening.options
def replay(*, as_json: bool, **given: Any) -> None:
    """Erase again every report that the journal names. Run it after each restore, before anybody is served.

    A worker does it as well, when it starts and once an hour. Running it twice changes nothing; one that
    was broken off is taken up by the next.

        registry erasure replay

    Exit codes: 0 done, 2 not possible, and why.
    """
    settings = opening.settings(**given)
    with output.err().status("Reading the journal ...") as status:
        read = 0

        def step(number: int) -> None:
            nonlocal read
            read += number
            status.update(f"Reading the journal ... {read:,}")

        async def work(runtime: "Runtime") -> "Replayed":
            from registry.reports import journal

            return await journal.replay(runtime, step)

        found = opening.perform(settings, work)
    if as_json:
        output.emit({"entries": found.entries, "erased": found.erased})
        return
    output.pairs([("Entries", f"{found.entries:,}"), ("Erased again", f"{found.erased:,}")])
