"""Reads a log from PostgreSQL for those who verify it, and for those who sign where it is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from events.envelope import Recorded
from runtime.audit.findings import Incarnation, Standing
from runtime.audit.heads import ChainEnd, Head
from runtime.connecting import connection_to
from runtime.log.postgres import PostgresStore
from runtime.settings import Settings


class PostgresLog:
    """One log behind one connection."""

    def __init__(self, log: str, connection: asyncpg.Connection) -> None:
        self.log = log
        self._connection = connection
        # It asks of a pool what a connection answers as well.
        self._store = PostgresStore(log, connection)  # type: ignore[arg-type]

    async def standing(self) -> Standing:
        """The head's row and the table behind it, of one moment."""
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await self._connection.fetch(
                f"""SELECT incarnation::text, position, recorded_at, partitions,
                           (SELECT count(*) FROM {self.log}.event),
                           (SELECT coalesce(max(position), 0) FROM {self.log}.event)
                    FROM {self.log}.head"""
            )
            if len(rows) != 1:
                raise LookupError(
                    f"the log {self.log} has {len(rows)} heads and not one: restore a backup"
                )
            incarnation, position, time_us, partitions, events, last = rows[0]
            return Standing(
                incarnation,
                position,
                time_us,
                tuple(partitions),
                events,
                last,
                await self._incarnations(),
            )

    async def _incarnations(self) -> tuple[Incarnation, ...]:
        rows = await self._connection.fetch(
            f"SELECT incarnation::text, parent::text, branched_at FROM {self.log}.incarnation"
        )
        return tuple(Incarnation(*row) for row in rows)

    async def page(self, after: int, limit: int, production: str | None) -> Sequence[Recorded]:
        """Events behind a position, of one production or of all."""
        if production is None:
            return await self._store.page(after, limit)
        return await self._store.of_production(production, after, limit)

    async def links(self, after: int, limit: int) -> Sequence[tuple[ChainEnd, int]]:
        """Of every event behind a position only its link, and when it was recorded (µs)."""
        rows = await self._connection.fetch(
            f"""SELECT production::text, position, hash, recorded_at FROM {self.log}.event
                WHERE position > $1 ORDER BY position LIMIT $2""",
            after,
            limit,
        )
        return [(ChainEnd(row[0], row[1], row[2]), row[3]) for row in rows]

    async def head(self) -> Head:
        """The log's present head."""
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            ((incarnation, position),) = await self._connection.fetch(
                f"SELECT incarnation::text, position FROM {self.log}.head"
            )
            return await self._head_at(incarnation, position)

    async def head_at(self, head: Head) -> Head:
        """What the log tells now of the position of an earlier `head`."""
        return await self._head_at(head.incarnation, head.position)

    async def _head_at(self, incarnation: str, position: int) -> Head:
        # One step down the index for each production, not one for each event.
        rows = await self._connection.fetch(
            f"""WITH RECURSIVE chain AS (
                    (SELECT production, position, hash, recorded_at FROM {self.log}.event
                     WHERE position <= $1 ORDER BY production DESC, position DESC LIMIT 1)
                    UNION ALL
                    SELECT below.* FROM chain CROSS JOIN LATERAL (
                        SELECT production, position, hash, recorded_at FROM {self.log}.event
                        WHERE production < chain.production AND position <= $1
                        ORDER BY production DESC, position DESC LIMIT 1) AS below)
                SELECT production::text, position, hash, recorded_at FROM chain""",
            position,
        )
        time_us = max((row[3] for row in rows), default=0)
        ends = [ChainEnd(row[0], row[1], row[2]) for row in rows]
        return Head.of(self.log, incarnation, time_us, ends)


@asynccontextmanager
async def opened(settings: Settings, logs: Sequence[str]) -> AsyncIterator[list[PostgresLog]]:
    """Those logs, each behind a connection of its own, as the login itself."""
    connections: list[asyncpg.Connection] = []
    try:
        for log in logs:
            connections.append(await connected(settings, log))
        yield [PostgresLog(log, one) for log, one in zip(logs, connections, strict=True)]
    finally:
        for one in connections:
            await one.close(timeout=5)


async def connected(settings: Settings, room: str) -> asyncpg.Connection:
    """A connection to one room's database, for who looks at it as a whole."""
    return await connection_to(settings.database_of(room), "reel audit")
