"""Commands for a log, made by hand, and a store with something in its way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from events.envelope import Recorded
from events.names import id_of
from runtime.log.committer import BATCHES_UNDER_WAY_MAX, Committer
from runtime.log.contract import Answer, Append, Found, Heads, NewEvent, Store
from runtime.log.postgres import PostgresStore

LOG = "budget"
BLOCKER = "blocker"

A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
C = "cccccccc-0000-4000-8000-000000000003"
"""Productions, in their order."""

YEAR_2100 = 4_102_444_800_000_000
"""2100-01-01 in microseconds: ahead of every database's clock, so that `recorded_at` is known."""


@dataclass(frozen=True)
class Postgres:
    """A log in PostgreSQL: its store and pool as the service, its DSN as the owner."""

    store: PostgresStore
    pool: asyncpg.Pool
    url: str

    def on(self, connection: Any) -> PostgresStore:
        """The same log by one connection alone, so that a test can hold its transaction."""
        return PostgresStore(LOG, connection)


def event(name: str, payload: str = '{"amount":"12.50"}') -> NewEvent:
    """A fact; the same name gives the same id."""
    return NewEvent(
        id=id_of("event", name),
        type="budget.LineAdded",
        schema_version=1,
        payload=payload,
        effective_at_us=1_700_000_000_000_000,
    )


def command(
    name: str,
    stream: str,
    expected: int = 0,
    *,
    production: str = A,
    events: int = 1,
    payload: str = '{"amount":"12.50"}',
    body: str = "a body",
    caused_at_us: int = 0,
    outcome: str = "{}",
) -> Append:
    """A command of that name with so many facts; the same name gives the same command id."""
    return Append(
        command_id=id_of("command", name),
        fingerprint=body.encode(),
        production=production,
        stream=stream,
        expected=expected,
        actor="person-1",
        correlation="correlation-1",
        caused_at_us=caused_at_us,
        events=tuple(event(f"{name} {n}", payload) for n in range(events)),
        outcome=outcome,
    )


async def whole(store: Store) -> list[Recorded]:
    """Everything that the log holds, in its order, but for what `held_up` sent ahead."""
    log = await store.page(limit=1_000_000)
    return [one for one in log if not one.stream.startswith(BLOCKER)]


def by_production(log: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    """The chains of a log."""
    chains: dict[str, list[Recorded]] = {}
    for recorded in log:
        chains.setdefault(recorded.production, []).append(recorded)
    return chains


async def until(condition: Callable[[], bool]) -> None:
    """Waits until the condition holds, five seconds at most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.001)


@asynccontextmanager
async def held_up(
    around: "Around", committer: Committer, senders: int = BATCHES_UNDER_WAY_MAX
) -> AsyncIterator[None]:
    """Inside, so many of the committer's senders stand at the store's door, and the rest waits."""
    around.open.clear()
    before, tasks = len(around.batches), []
    for n in range(senders):
        blocker = command(f"blocker {n}", f"{BLOCKER}-{n}")
        tasks.append(asyncio.create_task(committer.append(blocker)))
        await until(lambda: len(around.batches) == before + len(tasks))
    yield
    around.open.set()
    await asyncio.gather(*tasks)


class Around(Store):
    """A store behind a door: counts what passes, waits at the door, and dies when it is told to."""

    def __init__(self, inner: Store) -> None:
        self.log = inner.log
        self.inner = inner
        self.batches: list[list[Append]] = []
        self.crossed: list[str] = []
        """Streams of which two commands were on their way at the same time."""
        self._under_way: list[str] = []
        self.notified = 0
        self.open = asyncio.Event()
        self.open.set()
        self.before: Callable[[int, Sequence[Append]], None] = lambda call, batch: None
        """Runs before the log sees the `call`-th batch, counted from 1; may raise."""
        self.after: Callable[[int, Sequence[Append]], None] = lambda call, batch: None
        """Runs when the log has committed that batch, before anybody hears of it; may raise."""

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        self.batches.append(list(batch))
        call = len(self.batches)
        streams = [append.stream for append in batch]
        self.crossed += set(streams) & set(self._under_way)
        self._under_way += streams
        try:
            self.before(call, batch)
            answers = await self.inner.append(batch)
            await self.open.wait()
            self.after(call, batch)
        finally:
            for stream in streams:
                self._under_way.remove(stream)
        return answers

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        return await self.inner.find(command_ids)

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        return await self.inner.of_stream(stream, after, limit)

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        return await self.inner.of_streams(streams, limit)

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000, *, until: int | None = None
    ) -> list[Recorded]:
        return await self.inner.of_production(production, after, limit, until=until)

    async def seal(self, moment_us: int) -> tuple[str, int]:
        return await self.inner.seal(moment_us)

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        return await self.inner.page(after, limit, partition=partition)

    async def page_of(
        self, partitions: Sequence[int], after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        return await self.inner.page_of(partitions, after, limit)

    async def heads(self) -> Heads:
        return await self.inner.heads()

    async def now_us(self) -> int:
        return await self.inner.now_us()

    async def notify(self) -> None:
        self.notified += 1
        await self.inner.notify()
