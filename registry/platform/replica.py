"""The read replica of a process: whether it may answer, and as of when it shows everything.

Once a second the primary is asked how far its log has come, and the replica how far it has followed. So a process
knows a moment of its own clock as of which the replica shows all that was committed. No other machine's clock is
believed; the replica of an idle primary does not look late, nor does one that lost its primary look fresh.

Who is answered by it is decided in `reading`, and nowhere else.
"""

import asyncio
import time
from collections import deque
from enum import StrEnum
from typing import Any
from weakref import WeakSet

import asyncpg
import structlog
from sqlalchemy import TextClause, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from registry.platform import db
from registry.platform.db import DatabaseUnfit

#: Seconds: between two looks, for one look, and what a list may be behind at most.
EVERY, PATIENCE, BEHIND_AT_MOST = 1.0, 2.0, 5.0
#: Looks that are remembered: a replica that is further behind than an hour shows a lag that only grows.
REMEMBERED = 3600
#: Everything by which a database can fail a call.
FAILURES = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

#: What a replica shares with its primary and with nothing else; its timeline follows a promotion some minutes later.
_WHOSE = """
(SELECT system_identifier FROM pg_control_system()) AS server,
(SELECT timeline_id FROM pg_control_checkpoint()) AS timeline, current_database() AS name
"""
_PRIMARY = text(f"SELECT CAST(pg_current_wal_flush_lsn() - '0/0' AS bigint) AS place, {_WHOSE}")
_REPLICA = text(
    f"SELECT CAST(pg_last_wal_replay_lsn() - '0/0' AS bigint) AS place, {_WHOSE}"
    " WHERE pg_is_in_recovery()"
)

log = structlog.get_logger("registry.replica")


class ReplicaState(StrEnum):
    """What becomes of lists and reports."""

    #: The replica answers them.
    USED = "used"
    #: It is too far behind: the primary answers.
    BEHIND = "behind"
    #: It does not answer, or failed a call just now: the primary answers.
    UNREACHABLE = "unreachable"
    #: It is no replica of this database, or its login role may not be used: the primary answers.
    UNFIT = "unfit"


class Replica:
    """A replica beside its primary."""

    def __init__(self, primary: AsyncEngine, engine: AsyncEngine) -> None:
        self.engine = engine
        #: Until something is known, as good as too far behind.
        self.state = ReplicaState.BEHIND
        self._primary = primary
        self._checked = False
        #: When the primary's log was known to have come how far.
        self._looks: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._as_of: float | None = None
        self._connections = WeakSet[Any]()
        event.listen(engine.sync_engine, "connect", self._connected)

    @property
    def usable(self) -> bool:
        """Whether it may answer now."""
        lag = self.lag
        return self.state == ReplicaState.USED and lag is not None and lag <= BEHIND_AT_MOST

    @property
    def lag(self) -> float | None:
        """How many seconds it is behind at most; None while nothing is known."""
        return None if self._as_of is None else time.monotonic() - self._as_of

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except DatabaseUnfit:
                self._is(ReplicaState.UNFIT)
            except Exception as fault:  # whatever it is, the next look must come
                self.failed(fault)

    async def look(self) -> None:
        """Learn how far it is behind; raises `DatabaseUnfit` for a login role that row-level security does not bind."""
        try:
            async with asyncio.timeout(PATIENCE):
                if not self._checked:
                    await db.check(self.engine, "REGISTRY_REPLICA_URL")
                    self._checked = True
                await self._compare()
        except FAILURES as fault:
            self.failed(fault)

    def failed(self, fault: BaseException) -> None:
        """It could not answer: nobody asks it before the next look has found it well."""
        self._is(ReplicaState.UNREACHABLE, type(fault).__name__)

    async def close(self) -> None:
        """Drop every connection, without the farewell that one that answers nothing any more would not answer."""
        for connection in list(self._connections):
            connection.terminate()
        await self.engine.dispose()

    def _connected(self, connection: Any, _: object) -> None:
        self._connections.add(connection.driver_connection)

    async def _compare(self) -> None:
        # Taken before the primary is asked: what it had acknowledged by then lies before the place that it names (with
        # `synchronous_commit` off: all but the last half second).
        at = time.monotonic()
        ahead = await _asked(self._primary, _PRIMARY)
        behind = await _asked(self.engine, _REPLICA)
        if ahead is None or behind is None or ahead[1:] != behind[1:]:
            self._is(ReplicaState.UNFIT)
            return
        self._looks.append((at, ahead[0]))
        while self._looks and self._looks[0][1] <= behind[0]:
            self._as_of = self._looks.popleft()[0]
        lag = self.lag
        self._is(
            ReplicaState.USED if lag is not None and lag <= BEHIND_AT_MOST else ReplicaState.BEHIND
        )

    def _is(self, state: ReplicaState, fault: str | None = None) -> None:
        """Told once, when it changes."""
        if state in (ReplicaState.UNFIT, ReplicaState.UNREACHABLE):
            self._as_of = None  # what comes back may be another one, and older
        if state == self.state:
            return
        self.state = state
        if state == ReplicaState.USED:
            log.info("replica_used")
        else:
            log.warning("replica_not_used", state=state, fault=fault)


async def _asked(engine: AsyncEngine, question: TextClause) -> tuple[int, int, int, str] | None:
    async with engine.connect() as connection:
        row = (await connection.execute(question)).one_or_none()
    return None if row is None or row.place is None else (row.place, *row[1:])
