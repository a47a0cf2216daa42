"""A budget log in PostgreSQL with the room's own schema beside it, and streams that grow long."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from events.envelope import Recorded
from runtime.clock import DatabaseClock
from runtime.decider import Command
from runtime.handling import Handled, Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.rooms import services
from runtime.snapshots.keeper import Keeper
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.streams import StreamSnapshots
from services.budget.commands import PostCost, PostEntry, RecordCosts
from services.budget.model.known import Known
from tests.servers import drop_database, fresh_database

LOG, SCHEMA, FOLD = "budget", "budget_service", "this fold"


class CountsReads:
    """What a store becomes that counts the facts that it is asked for, stream by stream."""

    read = 0

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        found: list[Recorded] = await super().of_stream(stream, after, limit)  # type: ignore[misc]
        self.read += len(found)
        return found


class CountingStore(CountsReads, PostgresStore):
    """A log in PostgreSQL that does."""


def posting(number: int, amount: int = 10) -> PostCost:
    """A cost with an id of its own."""
    return PostCost(
        posting=f"INV-{number}",
        account=str(2000 + number % 7),
        amount=Decimal(amount),
        description="timber",
        incurred_on=date(2026, 9, 12),
    )


def postings(first: int, last: int) -> RecordCosts:
    """So many costs in one command."""
    entries = (dict(posting(number)) for number in range(first, last))
    return RecordCosts(entries=tuple(PostEntry(entry="post", **one) for one in entries))


@dataclass
class Room:
    """The budget room, in as many processes as a test starts."""

    pool: asyncpg.Pool
    production: str
    fold: str = FOLD
    master: bytes = bytes(32)

    @property
    def stream(self) -> str:
        return f"costs-{self.production}"

    @property
    def snapshots(self) -> StreamSnapshots:
        return StreamSnapshots(LOG, SCHEMA, self.pool, StateSeal(self.master, "streams"), self.fold)

    @asynccontextmanager
    async def process(self, *, keeps: bool = True) -> AsyncIterator["Worker"]:
        """A process of its own, that begins with nothing in its memory."""
        store = CountingStore(LOG, self.pool)
        async with Committer(store) as committer, Keeper(self.snapshots, 0) as keeper:
            handler = Handler(
                services()[LOG],
                store,
                committer,
                MemoryVault(),
                DatabaseClock(store),
                keeper if keeps else None,
            )
            yield Worker(self, store, handler)

    async def filled(self, many: int) -> None:
        """Records so many costs, and has their state kept by a process that comes cold to them."""
        async with self.process(keeps=False) as worker:
            await worker.give(postings(0, many))
        async with self.process() as worker:
            await worker.give(posting(many))
            await self.kept(many)

    async def row(self) -> asyncpg.Record | None:
        return await self.pool.fetchrow(
            f"SELECT * FROM {SCHEMA}.snapshot WHERE stream = $1", self.stream
        )

    async def kept(self, version: int) -> None:
        """Waits for a snapshot of that version at least."""
        async with asyncio.timeout(30):
            for _ in range(3_000):
                row = await self.row()
                if row is not None and row["version"] >= version:
                    return
                await asyncio.sleep(0.01)
        raise AssertionError("no snapshot was taken")


@dataclass
class Worker:
    """One process of the room."""

    room: Room
    store: CountingStore
    handler: Handler

    async def give(self, command: Command) -> Handled:
        return await self.handler.handle(
            Order(
                production=self.room.production,
                command=command,
                command_id=str(uuid4()),
                actor="maya",
                principal="maya",
                known=Known(currency="USD", title="The Last Lighthouse"),
            )
        )

    @property
    def states(self) -> Any:
        return self.handler._states


@pytest.fixture(scope="session")
def snapshot_database(database_url: str) -> Iterator[str]:
    """The DSN of a database with a log and its service's schema."""
    url = fresh_database(database_url)
    migrate([Schema(url, LOG, "log"), Schema(url, SCHEMA, "reader")])
    yield url
    drop_database(url)


@pytest.fixture
async def room(snapshot_database: str) -> AsyncIterator[Room]:
    """A production of its own for each test."""
    pool = await asyncpg.create_pool(snapshot_database, min_size=1, max_size=6, command_timeout=30)
    yield Room(pool, str(uuid4()))
    pool.terminate()
