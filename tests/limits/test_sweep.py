"""What counts no longer goes, and what counts stays."""

from uuid import UUID

from sqlalchemy import text

from registry.limits import jobs
from registry.platform.runtime import Runtime, transaction
from tests.factories import rows
from tests.factories.registry import Registry

SOMEBODY = UUID(int=7)


async def _put(runtime: Runtime, *statements: str) -> None:
    async with transaction(runtime) as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_only_what_is_over_goes(registry: Registry) -> None:
    shop = await registry.shop()
    await registry.work()
    await _put(
        registry.runtime,
        "DELETE FROM buckets",
        "INSERT INTO buckets VALUES ('never', '-infinity'), ('old', now() - interval '61 minutes'),"
        " ('lately', now() - interval '59 minutes'), ('owing', now() + interval '1 hour')",
        f"INSERT INTO unmatched VALUES ('{SOMEBODY}', 0, 1, now() - interval '24 hours 1 minute'),"
        f" ('{SOMEBODY}', 0, 2, now() - interval '23 hours 59 minutes')",
        f"INSERT INTO refusals VALUES ('{SOMEBODY}', (now() AT TIME ZONE 'UTC')::date - 1, 5),"
        f" ('{SOMEBODY}', (now() AT TIME ZONE 'UTC')::date, 6)",
        "INSERT INTO canaries VALUES ('a', 'x', now()), ('b', 'x', now())",
        f"INSERT INTO canary_touches VALUES ('{shop.id}', 'a', now() - interval '30 days 1 minute'),"
        f" ('{shop.id}', 'b', now() - interval '29 days 23 hours')",
    )
    assert await jobs.sweep(registry.runtime) == 5
    assert await jobs.sweep(registry.runtime) == 0
    left = [
        {row[column] for row in await rows.select(registry.runtime, f"SELECT * FROM {table}")}
        for table, column in (
            ("buckets", "name"),
            ("unmatched", "mark"),
            ("refusals", "calls"),
            ("canary_touches", "index_value"),
            ("canaries", "index_value"),
        )
    ]
    assert left == [{"lately", "owing"}, {2}, {6}, {b"b"}, {b"a", b"b"}]
