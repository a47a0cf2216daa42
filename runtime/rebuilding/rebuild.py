"""A rebuild from its first step to the comparison: a new version beside the live one, filled from
the log, followed, compared. Killed anywhere, the same again goes on where it was."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import asyncpg

from runtime.log.contract import Store
from runtime.migrate import Schema, migrate
from runtime.points import point
from runtime.rebuilding.comparing import Comparer
from runtime.rebuilding.differences import Comparison
from runtime.rebuilding.flipping import flip
from runtime.rebuilding.jobs import Filling
from runtime.rebuilding.progress import Progress
from runtime.rebuilding.registry import (
    State,
    Version,
    follow,
    keep_comparison,
    live_version,
    register_rebuild,
    versions_of,
)
from runtime.rooms import Projection
from runtime.settings import Settings


class AnotherRebuild(Exception):
    """One rebuild of a projection at a time."""


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild needs, and holds while it is under way: `session` has its lock."""

    settings: Settings
    projection: Projection
    pool: asyncpg.Pool
    stores: Mapping[str, Store]
    session: Any

    @classmethod
    @asynccontextmanager
    async def begun(
        cls,
        settings: Settings,
        projection: Projection,
        pool: asyncpg.Pool,
        stores: Mapping[str, Store],
    ) -> AsyncIterator[Self]:
        """The only rebuild of that projection, as long as the block lasts.

        Raises:
            AnotherRebuild: one is under way.
        """
        session = await asyncpg.connect(settings.database_of(projection.name))
        try:
            if not await session.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                f"reel.rebuild.{projection.name}",
            ):
                raise AnotherRebuild(
                    f"{projection.name} is being rebuilt by another process: wait for it, or end it"
                )
            yield cls(settings, projection, pool, stores, session)
        finally:
            await session.close()

    async def filled(self, jobs: int, tell: Callable[[Progress], None]) -> Version:
        """The version that was begun before, or a new one, with all of the past in it and fed by
        the projectors from now on; raises as `Filling.run` does."""
        version = await self._version()
        await follow(self.session, version.schema, False)
        point("rebuild-begun")
        url = self.settings.database_of(self.projection.name)
        tables = Schema(url, version.schema, "reader", self.projection.tables_sql)
        await asyncio.to_thread(migrate, [tables])
        hints = await self._hints()
        await self._filling(version).run(jobs, tell)
        await self._hint(version, hints)
        await follow(self.session, version.schema, True)
        point("rebuild-filled")
        return replace(version, followed=True)

    async def compared(
        self, version: Version, tell: Callable[[int, int], None]
    ) -> Comparison | None:
        """How it differs from the live version; None where there is none."""
        live = await live_version(self.session, self.projection.name)
        if live is None or live.schema == version.schema:
            return None
        comparer = Comparer(self.projection, version.schema, live.schema, self.pool, self.stores)
        found = await comparer.run(tell)
        await keep_comparison(self.session, version.schema, found.differing)
        return found

    async def flipped(self, version: Version) -> Version | None:
        """Turns readers to it; answers what they have read until now. Raises as `flip` does."""
        bring = self._filling(version).up_to
        return await flip(self.session, version, self.stores, bring=bring)

    def _filling(self, version: Version) -> Filling:
        return Filling(self.settings, self.projection, version.schema, self.pool, self.stores)

    async def _version(self) -> Version:
        versions = await versions_of(self.session, self.projection.name)
        begun = [
            one
            for one in versions
            if one.code == self.projection.version and one.state is State.BUILDING
        ]
        return begun[-1] if begun else await register_rebuild(self.session, self.projection)

    async def _hints(self) -> list[tuple[Any, ...]]:
        """Where in Kafka readers are now: behind that, a new version will have nothing to read."""
        live = await live_version(self.session, self.projection.name)
        if live is None:
            return []
        rows = await self.session.fetch(
            f'SELECT "offset", log, partition, incarnation, position FROM "{live.schema}".place '
            'WHERE "offset" >= 0'
        )
        return [tuple(row) for row in rows]

    async def _hint(self, version: Version, hints: list[tuple[Any, ...]]) -> None:
        await self.session.executemany(
            f'UPDATE "{version.schema}".place SET "offset" = $1 '
            "WHERE log = $2 AND partition = $3 AND incarnation = $4 AND position >= $5",
            hints,
        )
