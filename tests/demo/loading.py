"""Loads for the tests of this folder: databases of their own, what is counted in them, small histories."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from registry.demo import casting, people, plan, timetable
from registry.demo.timetable import Fate
from registry.platform import runtime
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import from_env
from tests.conftest import cloned

#: Where each fate leads on the day of the load; long ago, all lead to `erased`.
STATE_OF = {
    Fate.ASKED: "active",
    Fate.CONTESTED_EARLY: "contested",
    Fate.UNANSWERED: "rejected",
    Fate.COOLED_DOWN: "withdrawn",
    Fate.TAKEN_BACK: "withdrawn",
    Fate.SILENT: "removed",
}


@asynccontextmanager
async def using(url: str, folder: Path, policy: str, **others: str) -> AsyncIterator[Runtime]:
    """A runtime under that policy on a database that is there."""
    settings = from_env({}, data_dir=folder / "var", policy=policy, **others)
    async with runtime.running(settings, url) as found:
        yield found


@asynccontextmanager
async def opened(
    server_url: str, template_url: str, folder: Path, policy: str, **others: str
) -> AsyncIterator[Runtime]:
    """A runtime under that policy, on a database of its own."""
    async with (
        cloned(server_url, template_url) as url,
        using(url, folder, policy, **others) as found,
    ):
        yield found


def made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a history be one report of each fate, with little around it."""
    lots = tuple((fate, long_ago, 1) for fate, long_ago, _ in timetable.LOTS)
    monkeypatch.setattr(timetable, "LOTS", lots)
    monkeypatch.setattr(plan, "OCCASIONS", 12)
    for name in ("REPEATERS", "FAMILIES", "MOVED", "COMPANIES"):
        monkeypatch.setattr(people, name, 1)


def expected_states() -> dict[str, int]:
    """How many reports each state should have under a policy in which every state can persist."""
    states: dict[str, int] = {}
    for fate, long_ago, count in timetable.LOTS:
        state = "erased" if long_ago else STATE_OF.get(fate, str(fate))
        states[state] = states.get(state, 0) + count
    # Each reinserted report is one that is shown, and the withdrawn one before it.
    shared = 2 * (people.FAMILIES + people.MOVED) + casting.REINSERTED
    states["active"] += shared + len(casting.EXAMPLES)
    states["erased"] += casting.REINSERTED
    return states


async def rows(running: Runtime, statement: str) -> list[Any]:
    """What the system role reads."""
    async with transaction(running) as session:
        return list((await session.execute(text(statement))).all())


async def counted(running: Runtime, table: str, column: str) -> dict[str, int]:
    """How many rows have each value."""
    found = await rows(running, f"SELECT {column}, count(*) FROM {table} GROUP BY 1")
    return {row[0]: row[1] for row in found}


def unheard(done: int, total: int, month: str) -> None:
    """A listener that hears nothing."""
