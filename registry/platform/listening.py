"""Messages of the database to its processes (LISTEN): a wake-up, never the news itself.

When the connection breaks a message may be lost, so whoever listens also looks by itself now and then.
"""

import asyncio
import contextlib
from collections.abc import Callable

import asyncpg

from registry.platform.db import MEMBER_ROLE, plain_dsn

AGAIN_SECONDS = 1.0


async def listen(url: str, channel: str, heard: Callable[[], None]) -> None:
    """Call `heard` at each message, and whenever listening begins (again); until it is cancelled."""
    while True:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(
                plain_dsn(url), server_settings={"role": MEMBER_ROLE}
            )
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            try:
                await connection.add_listener(channel, lambda *_: heard())
                heard()
                await lost.wait()
            finally:
                connection.terminate()
        await asyncio.sleep(AGAIN_SECONDS)
