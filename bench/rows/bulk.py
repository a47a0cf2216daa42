"""Bulk append, commands of 1,000 events: beside COPY of the same rows into a table with the same
indexes and as many rows in it."""

import asyncio
import time

import asyncpg

from bench.figures import Rounds, Row
from bench.ground import LOG, Ground, err, log_of
from bench.load import Load
from bench.prefill import COLUMNS
from bench.processor import Processor
from bench.recount import recount
from bench.rows.latencies import Latencies
from bench.watch import watched
from runtime.log.committer import Committer

EVENTS = 1_000
IN_FLIGHT = 8


async def measured(ground: Ground) -> list[Row]:
    """The row of the bulk append."""
    seconds, rounds = (2, 3) if ground.quick else (8, 5)
    url = await asyncio.to_thread(ground.prefilled, "bulk", ground.events_before)
    runs, latencies, load = Rounds("events/s"), Latencies(), Load()
    processor = Processor()
    async with log_of(url) as (store, _):
        copied = await asyncpg.connect(url)
        await copied.execute(f"CREATE TABLE copied (LIKE {LOG}.event INCLUDING ALL)")
        await copied.execute(f"INSERT INTO copied SELECT * FROM {LOG}.event", timeout=600)
        await copied.execute("VACUUM (ANALYZE) copied", timeout=600)
        await copied.execute("CHECKPOINT", timeout=600)
        async with watched(url, LOG) as seen, Committer(store) as committer:
            for n in range(rounds):
                err.print(f"bulk, round {n + 1} of {rounds} …")
                before = load.acknowledged.events
                with processor.of("reel") as spent:
                    figure = await load.append(committer, seconds, EVENTS, callers=IN_FLIGHT)
                    spent.things = figure.done * EVENTS
                latencies.add(figure)
                runs.add("bulk", figure.per_second * EVENTS)
                recorded = load.acknowledged.events - before
                runs.add("copy", await _copy(copied, seen.after + before, recorded))
        found = await recount(url, store, load.acknowledged, seen)
        copies = await copied.fetchval(
            "SELECT count(*) FROM copied WHERE position > $1", seen.after
        )
        await copied.close()
    if copies != load.acknowledged.events:
        found.faults.append(f"COPY wrote {copies} rows of {load.acknowledged.events}")
    await asyncio.to_thread(ground.drop, "bulk")
    name = f"bulk append, commands of {EVENTS:,} events, {IN_FLIGHT} in flight"
    row = latencies.onto(runs.row(name, "bulk"))
    row.beside = [runs.beside("bulk", "copy", "COPY of the same rows", goal=0.3)]
    row.counted, row.faults = found.counted, found.faults
    row.notes = [processor.told("an event")]
    return [row]


async def _copy(connection: asyncpg.Connection, after: int, events: int) -> float:
    """Rows a second that COPY writes of what was just recorded, in one transaction."""
    rows = await connection.fetch(
        f"SELECT {', '.join(COLUMNS)} FROM {LOG}.event WHERE position > $1 ORDER BY position",
        after,
        timeout=600,
    )
    assert len(rows) == events, (len(rows), events)
    told = [tuple(row) for row in rows]
    began = time.perf_counter()
    await connection.copy_records_to_table("copied", columns=COLUMNS, records=told, timeout=600)
    return events / (time.perf_counter() - began)
