"""What commands print: people's form through rich, programs' form as JSON, always on standard output.

Progress, notes and refusals go to standard error, so that output can be piped.
"""

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 200


@cache
def out() -> "Console":
    """The console of results. Where there is no terminal, nothing is folded to fit one."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(highlight=False, width=width)


@cache
def err() -> "Console":
    """The console of progress, notes and refusals."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def plain(text: object) -> str:
    """Text from outside, so that brackets in it are no markup."""
    from rich.markup import escape

    return escape(str(text))


def emit(value: object) -> None:
    """Print one JSON document."""
    import msgspec

    body = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(body.decode() + "\n")


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line; a value of None is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        if value is not None:
            grid.add_row(plain(name), value if isinstance(value, str) else plain(value))
    out().print(grid)


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, folds: Collection[int]
) -> None:
    """Print a table; None shows as a dash. Only the columns in `folds` may be folded to fit."""
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        grid.add_column(heading, no_wrap=place not in folds, overflow="fold")
    for row in rows:
        grid.add_row(*("–" if cell is None else plain(cell) for cell in row))
    out().print(grid)


def secret(what: str, value: str) -> None:
    """Show a key, whole on a line of its own, with the warning that it is shown this once."""
    out().print(f"\n[bold]{plain(what)}[/] [yellow](shown this once; only its hash is kept)[/]")
    out().print(f"  {plain(value)}\n", soft_wrap=True)


def moment(text: object) -> str:
    """A time of the wire for a person: to the minute, in UTC."""
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return str(text)
    return f"{at:%Y-%m-%d %H:%M} UTC"
