"""What the desk notices of who asks too much: judged by `limits.watch`, told and stopped by `businesses.alarms`.

Whoever is to be stopped is refused here at once; that everybody else learns of it, in this process and the others, is
a transaction of its own beside the answers, which wait for nothing. Should it fail, the next lookup notices again.
"""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import structlog

from registry.businesses import alarms
from registry.businesses.access import KeySuspended, Member, key_suspended
from registry.limits import watch
from registry.limits.rules import UNMATCHED
from registry.limits.watch import Counts
from registry.platform.runtime import Runtime, transaction

#: Seconds for which an alarm that stops nobody is not told again by this process; the database tells it once a day.
SILENCE = 600.0

log = structlog.get_logger("registry.watching")


class Watching:
    """What one process has noticed lately."""

    def __init__(self, runtime: Runtime, forget_keys: Callable[[], None]) -> None:
        self._runtime, self._forget_keys = runtime, forget_keys
        self._told: dict[tuple[UUID, watch.Signal], float] = {}
        self._stopping: set[UUID] = set()
        self._under_way: set[asyncio.Task[None]] = set()

    def notice(
        self, member: Member, *, canaries: int = 0, neighbours: int = 0, refusals: int = 0
    ) -> KeySuspended | None:
        """Judge what was counted of a business at a call; the refusal when its lookups are to stop."""
        if not (canaries or neighbours or refusals):
            return None
        quota = next((q for name, q, _ in member.budget.windows if name == UNMATCHED), 0)
        counts = Counts(canaries, neighbours, refusals, quota)
        if stops := watch.stops(counts):
            if member.business_id not in self._stopping:
                self._stopping.add(member.business_id)
                self._tell(member, counts, stops, stopping=True)
            return key_suspended(stops)
        if fresh := [one for one in watch.alarms(counts) if self._is_fresh(member, one)]:
            self._tell(member, counts, fresh, stopping=False)
        return None

    def _is_fresh(self, member: Member, signal: watch.Signal) -> bool:
        now, told = time.monotonic(), (member.business_id, signal)
        if now - self._told.get(told, -SILENCE) < SILENCE:
            return False
        self._told = {one: at for one, at in self._told.items() if now - at < SILENCE}
        self._told[told] = now
        return True

    def _tell(
        self, member: Member, counts: Counts, signals: list[watch.Signal], *, stopping: bool
    ) -> None:
        task = asyncio.ensure_future(self._raise(member, counts, signals, stopping=stopping))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _raise(
        self, member: Member, counts: Counts, signals: list[watch.Signal], *, stopping: bool
    ) -> None:
        noticed = {signal: counts.of(signal) for signal in signals}
        try:
            async with transaction(self._runtime) as session:
                stopped = await alarms.raise_(
                    session, member.business_id, member.key_id, noticed, stops=stopping
                )
            if stopped:
                self._forget_keys()  # other processes are told by the database
        except Exception as fault:  # nobody waits for it; the next lookup notices again
            for signal in signals:
                self._told.pop((member.business_id, signal), None)
            log.error(
                "alarm_failed", business_id=str(member.business_id), fault=type(fault).__name__
            )
        finally:
            self._stopping.discard(member.business_id)
