"""Appends of `eventsource-py`, by its public classes: one event to a stream, its version known."""

import asyncio
import itertools
import uuid
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from eventsource import DomainEvent, PostgreSQLEventStore, create_async_engine, register_event
from eventsource.domain import StreamId
from eventsource.ports import ExpectedVersion

from bench.figures import LOOKS, Figure, quickest
from bench.load import drive

CALLERS = (8, 32, 64)
STREAMS = 10_000
CATEGORY = "Costs"
DESCRIPTION = "Lantern room, scaffolding and weather cover"


@register_event
class CostsRaised(DomainEvent):
    """A commitment, with the fields that Reel's own has."""

    event_type: str = "CostsRaised"
    aggregate_type: str = CATEGORY
    commitment: str
    account: str
    amount: str
    description: str
    raised_on: str


class AsyncLibrary:
    """One store with as many connections as callers."""

    def __init__(self, database_url: str) -> None:
        url = urlsplit(database_url)
        self._database_url = database_url
        self._engine = create_async_engine(
            urlunsplit(url._replace(scheme="postgresql+asyncpg")),
            pool_size=max(CALLERS),
            max_overflow=0,
        )
        self._store = PostgreSQLEventStore(self._engine, create_schema=True)
        self._streams = [StreamId(uuid.uuid4(), CATEGORY) for _ in range(STREAMS)]
        self._versions = [0] * STREAMS
        self._numbers = itertools.count(1)

    async def fill(self, events: int) -> None:
        """So many events of others, as copies of one that the library wrote itself."""
        await self._append(0)
        connection = await asyncpg.connect(self._database_url)
        try:
            await connection.execute(
                "INSERT INTO events (event_id, aggregate_id, aggregate_type, event_type, version, "
                "timestamp, payload) SELECT gen_random_uuid(), gen_random_uuid(), aggregate_type, "
                "event_type, 1, timestamp, payload FROM events, "
                f"generate_series(1, {int(events)})",
                timeout=600,
            )
            await connection.execute("VACUUM (ANALYZE) events", timeout=600)
        finally:
            await connection.close()

    async def best_callers(self, seconds: float) -> int:
        """The number of callers with which it is quickest here."""
        return quickest(
            [{n: (await self.append(n, seconds)).per_second for n in CALLERS} for _ in range(LOOKS)]
        )

    async def append(self, callers: int, seconds: float) -> Figure:
        """What it reaches with that many callers."""
        every = range(STREAMS)
        shares = [itertools.cycle(every[share::callers]) for share in range(callers)]
        return await drive(self._append, shares, seconds)

    async def _append(self, n: int) -> None:
        stream, version = self._streams[n], self._versions[n]
        raised = CostsRaised(
            aggregate_id=stream.aggregate_id,
            aggregate_version=version + 1,
            commitment=f"PO-{next(self._numbers)}",
            account="3601",
            amount="1250.00",
            description=DESCRIPTION,
            raised_on="2026-09-07",
        )
        result = await self._store.append(stream, [raised], ExpectedVersion.exact(version))
        self._versions[n] = result.new_version

    async def close(self) -> None:
        """Closes its connections."""
        await asyncio.wait_for(self._engine.dispose(), 10)
