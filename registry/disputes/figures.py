"""Counts of disputes for the public figures."""

from collections import Counter
from datetime import datetime

from registry.disputes import store
from registry.platform.runtime import Session


async def outcomes(session: Session, start: datetime, end: datetime) -> Counter[tuple[str, str]]:
    """How many disputes ended within a time, by (ground, outcome)."""
    return Counter(await store.count_outcomes(session, start, end))


async def ruling_days(session: Session, start: datetime, end: datetime) -> tuple[int, float | None]:
    """How many first rulings were given within a time, and the median of their days since the opening."""
    return await store.count_rulings(session, start, end)
