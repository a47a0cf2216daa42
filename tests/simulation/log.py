"""A log behind a network: what `MemoryStore` keeps, as a process sees it from afar."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import asyncpg

from events.envelope import Recorded
from runtime.log.contract import Answer, Append, Found, Heads
from runtime.log.memory import MemoryStore
from tests.simulation.database import Database

T = TypeVar("T")


class RemoteStore:
    """One log of the database."""

    def __init__(self, kept: MemoryStore, database: Database) -> None:
        self.log = kept.log
        self._kept = kept
        self._database = database

    async def _ask(self, what: str, effect: Callable[[], Awaitable[T]]) -> T:
        return await self._database.call(f"{self.log}: {what}", effect)

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        async def effect() -> list[Answer]:
            if self._database.weather.strikes("a deadlock"):
                raise asyncpg.DeadlockDetectedError("a deadlock")
            return await self._kept.append(batch)

        return await self._ask(f"append {len(batch)}", effect)

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        asked = list(command_ids)
        return await self._ask("find", lambda: self._kept.find(asked))

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        return await self._ask("stream", lambda: self._kept.of_stream(stream, after, limit))

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        return await self._ask("streams", lambda: self._kept.of_streams(streams, limit))

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000, *, until: int | None = None
    ) -> list[Recorded]:
        return await self._ask(
            "production", lambda: self._kept.of_production(production, after, limit, until=until)
        )

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        return await self._ask("page", lambda: self._kept.page(after, limit, partition=partition))

    async def page_of(
        self, partitions: Sequence[int], after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        return await self._ask("page", lambda: self._kept.page_of(partitions, after, limit))

    async def heads(self) -> Heads:
        return await self._ask("heads", self._kept.heads)

    async def seal(self, moment_us: int) -> tuple[str, int]:
        return await self._ask("seal", lambda: self._kept.seal(moment_us))

    async def now_us(self) -> int:
        return await self._ask("now", self._kept.now_us)

    async def notify(self) -> None:
        async def effect() -> None:
            database = self._database
            for wake, context in database.listeners.get(self.log, ()):
                if not database.weather.strikes("a wake-up is lost"):
                    database.loop.call_soon(wake, context=context)

        await self._ask("notify", effect)
