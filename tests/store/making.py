"""Commands for a log, made by hand, and a store with something in its way."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import asyncpg

from events.envelope import Recorded
from events.names import id_of
from runtime.log.contract import Answer, Append, Found, Heads, NewEvent, Store
from runtime.log.postgres import PostgresStore

LOG = "budget"

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
    """Everything that the log holds, in its order."""
    return await store.page(limit=1_000_000)


def by_production(log: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    """The chains of a log."""
    chains: dict[str, list[Recorded]] = {}
    for recorded in log:
        chains.setdefault(recorded.production, []).append(recorded)
    return chains


class Around(Store):
    """A store behind a door: counts what passes, waits at the door, and dies when it is told to."""

    def __init__(self, inner: Store) -> None:
        self.log = inner.log
        self.inner = inner
        self.batches: list[list[Append]] = []
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
        self.before(call, batch)
        answers = await self.inner.append(batch)
        await self.open.wait()
        self.after(call, batch)
        return answers

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        return await self.inner.find(command_ids)

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        return await self.inner.of_stream(stream, after, limit)

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        return await self.inner.of_streams(streams, limit)

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        return await self.inner.of_production(production, after, limit)

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        return await self.inner.page(after, limit, partition=partition)

    async def heads(self) -> Heads:
        return await self.inner.heads()

    async def now_us(self) -> int:
        return await self.inner.now_us()

    async def notify(self) -> None:
        self.notified += 1
        await self.inner.notify()
