"""How long the next command of a long stream takes when its state is warm, and when it is not."""

import asyncio
import itertools
import statistics
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from bench.streams import Long, fill, kinds
from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.rooms import services
from runtime.snapshots.fingerprint import fold_version
from runtime.snapshots.keeper import Keeper
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.streams import StreamSnapshots
from services.budget.policies import Known

COMMANDS = 40
GOAL = 5
"""How many warm commands a cold one may take."""

_BUDGET = Known(currency="USD", title="The Last Lighthouse")


@dataclass(frozen=True)
class Cold:
    """Milliseconds that a command takes: on a state that is here, on one that is not, and on one
    that has no snapshot; `ratio` is the median over pairs of cold and warm."""

    kind: str
    events: int
    warm_ms: float
    cold_ms: float
    unkept_ms: float
    ratio: float


async def measured(database_url: str, *, quick: bool) -> list[dict[str, Any]]:
    """Every kind of stream that may grow so long; behind the recount, which counts none of it."""
    logs = dict.fromkeys(one.log for one in kinds())
    schemas = [Schema(database_url, log, "log") for log in logs]
    schemas += [Schema(database_url, f"{log}_service", "reader") for log in logs]
    await asyncio.to_thread(migrate, schemas)
    events = 10_000 if quick else 100_000
    return [asdict(await measure(database_url, one, events)) for one in kinds()]


async def measure(database_url: str, long: Long, events: int) -> Cold:
    """Fills a stream of that kind with so many facts, and asks it for its next ones."""
    pool = await asyncpg.create_pool(
        database_url,
        min_size=4,
        max_size=8,
        server_settings={"role": f"reel_{long.log}_service"},
    )
    owner = await asyncpg.create_pool(database_url, min_size=2, max_size=4)
    store = PostgresStore(long.log, pool)
    production = str(uuid.uuid4())
    await fill(store, f"{long.kind}-{production}", production, long.facts, events)
    snapshots = StreamSnapshots(
        long.log,
        f"{long.log}_service",
        owner,
        StateSeal(bytes(32), "bench"),
        fold_version(f"services.{long.log}"),
    )
    service = services()[long.log]
    known = _BUDGET if long.log == "budget" else service.policies.nothing_known
    async with Committer(store) as committer, Keeper(snapshots) as keeper:

        async def milliseconds(handler: Handler) -> float:
            order = Order(
                production=production,
                command=next(long.commands),
                command_id=str(uuid.uuid4()),
                actor="person-bench",
                principal="person-bench",
                known=known,
            )
            began = time.perf_counter()
            handled = await handler.handle(order)
            assert handled.recorded, handled
            return 1000 * (time.perf_counter() - began)

        def fresh() -> Handler:
            clock = DatabaseClock(store)
            return Handler(service, store, committer, MemoryVault(), clock, keeper)

        stream = f"{long.kind}-{production}"
        unkept = await milliseconds(fresh())
        await _kept(snapshots, stream)
        pairs = []
        for _ in range(COMMANDS):
            handler = fresh()
            await store.now_us()
            cold = await milliseconds(handler)
            pairs.append((cold, await milliseconds(handler)))
    await pool.close()
    await owner.close()
    return Cold(
        kind=long.kind,
        events=events,
        warm_ms=round(statistics.median(warm for _, warm in pairs), 2),
        cold_ms=round(statistics.median(cold for cold, _ in pairs), 2),
        unkept_ms=round(unkept, 1),
        ratio=round(statistics.median(cold / warm for cold, warm in pairs), 2),
    )


async def _kept(snapshots: StreamSnapshots, stream: str) -> None:
    """Waits for the snapshot that the keeper takes beside the work."""
    async with asyncio.timeout(120):
        for _ in itertools.count():
            if await snapshots.find(stream) is not None:
                return
            await asyncio.sleep(0.1)
