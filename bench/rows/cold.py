"""How long the next command of a long stream takes when its state is warm, and when it is not."""

import asyncio
import itertools
import time
import uuid

from bench.figures import Better, Rounds, Row
from bench.ground import Ground, err
from bench.streams import Long, fill, kinds
from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.order import Order
from runtime.people.vault import MemoryVault
from runtime.pools import Pools
from runtime.rooms import services
from runtime.settings import Settings
from runtime.snapshots.fingerprint import fold_version
from runtime.snapshots.keeper import Keeper
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.streams import StreamSnapshots
from services.budget.policies import Known

COMMANDS = 40
GOAL = 5
"""How many warm commands a cold one may take."""

_BUDGET = Known(currency="USD", title="The Last Lighthouse")


async def measured(ground: Ground) -> list[Row]:
    """A row of every kind of stream that may grow so long."""
    url = await asyncio.to_thread(ground.fresh, "cold")
    logs = dict.fromkeys(one.log for one in kinds())
    schemas = [Schema(url, log, "log") for log in logs]
    schemas += [Schema(url, f"{log}_service", "reader") for log in logs]
    await asyncio.to_thread(migrate, schemas)
    events = 10_000 if ground.quick else 100_000
    rows = []
    for one in kinds():
        err.print(f"cold, a stream of {events:,} facts of {one.kind} …")
        rows.append(await measure(url, one, events))
    await asyncio.to_thread(ground.drop, "cold")
    return rows


async def measure(database_url: str, long: Long, events: int) -> Row:
    """Fills a stream of that kind with so many facts, and asks it for its next ones: on a state
    that is here, on one that is not, and once on one that has no snapshot."""
    pools = Pools(Settings(database_url=database_url))
    service = services()[long.log]
    store = PostgresStore(long.log, await pools.of(long.log, role=f"reel_{long.log}_service"))
    production = str(uuid.uuid4())
    stream = f"{long.kind}-{production}"
    await fill(store, stream, production, long.facts, events)
    snapshots = StreamSnapshots(
        long.log,
        f"{long.log}_service",
        await pools.of(long.log),
        StateSeal(bytes(32), "bench"),
        fold_version(f"services.{long.log}"),
    )
    runs = Rounds("ms")
    async with Committer(store) as committer, Keeper(snapshots) as keeper:

        def fresh() -> Handler:
            clock = DatabaseClock(store)
            return Handler(service, store, committer, MemoryVault(), clock, keeper)

        unkept = await _milliseconds(fresh(), long, production)
        await _kept(snapshots, stream)
        for _ in range(COMMANDS):
            handler = fresh()
            await store.now_us()
            runs.add("cold", await _milliseconds(handler, long, production))
            runs.add("warm", await _milliseconds(handler, long, production))
    there = len(await store.of_stream(stream, events))
    await pools.close()
    row = runs.row(f"next command of a cold stream of {events:,} facts: {long.kind}", "cold")
    row.beside = [
        runs.beside("cold", "warm", "the same stream, warm", goal=GOAL, better=Better.LESS)
    ]
    row.counted = {"commands": 2 * COMMANDS + 1, "recorded": there}
    if there != 2 * COMMANDS + 1:
        row.faults = [f"{there} facts were recorded by {2 * COMMANDS + 1} commands"]
    row.notes = [f"without a snapshot it takes {unkept:,.0f} ms"]
    return row


async def _milliseconds(handler: Handler, long: Long, production: str) -> float:
    order = Order(
        production=production,
        command=next(long.commands),
        command_id=str(uuid.uuid4()),
        actor="person-bench",
        principal="person-bench",
        known=_BUDGET if long.log == "budget" else handler.service.policies.nothing_known,
    )
    began = time.perf_counter()
    handled = await handler.handle(order)
    assert handled.recorded, handled
    return 1000 * (time.perf_counter() - began)


async def _kept(snapshots: StreamSnapshots, stream: str) -> None:
    """Waits for the snapshot that the keeper takes beside the work."""
    async with asyncio.timeout(120):
        for _ in itertools.count():
            if await snapshots.find(stream) is not None:
                return
            await asyncio.sleep(0.1)
