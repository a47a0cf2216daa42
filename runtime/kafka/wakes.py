"""What wakes a relay when its log grows, so that it need not ask all the time."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import asyncpg
import structlog

from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.postgres import channel

PROBED_SECONDS = 10.0
AGAIN_SECONDS = 1.0

logger = structlog.get_logger()


class Wakes(Protocol):
    """Hears that a log has grown. What it misses is found by asking the log now and then."""

    async def listen(self, wake: Callable[[], None]) -> None:
        """Calls `wake` each time, until it is cancelled."""
        ...


class PostgresWakes:
    """By the notifications that a log's committers send."""

    def __init__(self, log: str, pool: asyncpg.Pool) -> None:
        self._channel = channel(log)
        self._pool = pool

    async def listen(self, wake: Callable[[], None]) -> None:
        def heard(*_: object) -> None:
            wake()

        while True:
            try:
                async with self._pool.acquire() as connection:
                    await connection.add_listener(self._channel, heard)
                    try:
                        while True:
                            await asyncio.sleep(PROBED_SECONDS)
                            await connection.execute("SELECT 1")
                    finally:
                        if not connection.is_closed():
                            await connection.remove_listener(self._channel, heard)
            except Exception as error:
                # Giving back a connection that is lost can raise in place of a cancellation.
                if (task := asyncio.current_task()) and task.cancelling():
                    raise
                if not isinstance(error, OUTCOME_UNKNOWN):
                    logger.exception("relay_hears_nothing", channel=self._channel)
                await asyncio.sleep(AGAIN_SECONDS)
