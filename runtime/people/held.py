"""Persons' keys as one process holds them, and how it hears that one was destroyed elsewhere."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import asyncpg
import structlog
from cachetools import TTLCache

HELD_SECONDS = 30.0
HELD_KEYS_MAX = 10_000
RETRY_SECONDS = 1.0
CHANNEL = "reel_keys_destroyed"

logger = structlog.get_logger()


class HeldKeys:
    """Keys that were read, each for 30 s at most: a destroyed one opens nothing for longer, though
    nobody hears of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys: TTLCache[str, bytes] = TTLCache(HELD_KEYS_MAX, HELD_SECONDS, clock)
        self._dropped = 0

    def of(self, persons: Collection[str]) -> dict[str, bytes]:
        """Those of the persons' keys that are held."""
        return {person: key for person in persons if (key := self._keys.get(person))}

    def begin(self) -> int:
        """Taken before a read, given back to `hold` behind it."""
        return self._dropped

    def hold(self, keys: Mapping[str, bytes], begun: int) -> None:
        """Holds what was read, unless a key was destroyed while it was being read."""
        if begun == self._dropped:
            self._keys.update(keys)

    def drop(self, person: str | None = None) -> None:
        """Lets a person's key go, or everybody's."""
        self._dropped += 1
        if person is None:
            self._keys.clear()
        else:
            self._keys.pop(person, None)

    async def hear(self, database_url: str) -> None:
        """Drops keys as soon as any process destroys them, until it is cancelled. Whatever was not
        heard while the connection was away is made good by holding nothing from before."""
        while True:
            try:
                await self._hear_once(database_url)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("vault_not_heard", error=repr(error))
            self.drop()
            await asyncio.sleep(RETRY_SECONDS)

    async def _hear_once(self, database_url: str) -> None:
        connection = await asyncpg.connect(
            database_url, server_settings={"application_name": "reel vault, hearing"}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self.drop()
            await lost.wait()
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, _channel: str, person: object) -> None:
        self.drop(str(person))
