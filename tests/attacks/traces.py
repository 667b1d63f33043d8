"""What the registry does for a caller, as its database sees it: the statements, and the locks held at each commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, event

from tests.factories.registry import Registry

#: Our tables. Of indexes, those that planning looked at are locked too, and a plan is kept for a while; the catalogue
#: is read when a connection meets a type for the first time.
_LOCKS = """
    SELECT locktype || ' ' || coalesce(relname, '') || ' ' || mode || ' ' || count(*) FROM pg_locks
    LEFT JOIN pg_class ON pg_class.oid = relation
    WHERE pid = pg_backend_pid()
        AND (relation IS NULL OR relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace)
    GROUP BY locktype, relname, mode ORDER BY 1
"""
_seen: ContextVar[list[str] | None] = ContextVar("seen", default=None)


@contextmanager
def traced(registry: Registry) -> Iterator[list[str]]:
    """What is asked of the database in the block, by this task and by no other."""
    engine = registry.runtime.database.engine.sync_engine
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if _seen.get() is seen and statement != _LOCKS:
            seen.append(statement)

    def locks(connection: Connection) -> None:
        if _seen.get() is seen:
            seen.extend(connection.exec_driver_sql(_LOCKS).scalars())

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", locks)
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", locks)
