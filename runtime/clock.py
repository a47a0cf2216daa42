"""The database's clock, read seldom and carried on by this process's monotonic one."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.envelope import moment_of
from runtime.log.contract import Store

SET_EVERY_SECONDS = 5.0


@dataclass
class Shift:
    """How far a process takes its databases to be ahead of what their clocks say.

    Nothing, but in tests: they advance it where they would have to sleep.
    """

    by: timedelta = timedelta()


class DatabaseClock:
    """Stamps commands with the time of a log's database, whatever this machine's clock says."""

    def __init__(self, store: Store, shift: Shift | None = None) -> None:
        self._store = store
        self._shift = shift or Shift()
        self._ahead_us = 0
        self._set_at = float("-inf")
        self._setting = asyncio.Lock()

    async def now(self) -> datetime:
        """The database's time, within what it drifts from the monotonic clock in seconds."""
        if time.monotonic() - self._set_at > SET_EVERY_SECONDS:
            async with self._setting:
                if time.monotonic() - self._set_at > SET_EVERY_SECONDS:
                    await self.read()
        return moment_of(time.monotonic_ns() // 1_000 + self._ahead_us) + self._shift.by

    async def read(self) -> datetime:
        """What the database itself says now, without the shift; `now` goes on from there."""
        said_us = await self._store.now_us()
        self._ahead_us = said_us - time.monotonic_ns() // 1_000
        self._set_at = time.monotonic()
        return moment_of(said_us)
