"""A whole database as text: what a thief of the dump would read."""

from sqlalchemy import text

from registry.platform.runtime import Runtime, transaction


async def every_cell(runtime: Runtime) -> list[tuple[str, str]]:
    """(table, row as text) of every row that the system role may read."""
    rows: list[tuple[str, str]] = []
    async with transaction(runtime) as session:
        names = await session.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace = 'public'::regnamespace"
            )
        )
        for name in names.all():
            found = await session.scalars(text(f"SELECT t::text FROM {name} AS t"))
            rows += [(name, row) for row in found]
    return rows
