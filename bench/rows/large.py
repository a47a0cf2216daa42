"""Append and query on a log of ten million events, beside the same on one of ten thousand: the same
10,000 streams and productions, a thousand times as deep."""

import asyncio
import os
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from bench.figures import Better, Rounds, Row
from bench.ground import LOG, Ground, err, log_of
from bench.load import IN_FLIGHT, Load
from bench.prefill import PRODUCTIONS, prefill, production, stream_of, version_of
from bench.recount import recount
from bench.rows.large_queries import queries
from bench.rows.latencies import Latencies
from bench.watch import watched
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate

SMALL = 10_000
LARGE = 10_000_000
LARGE_MIN = 2_000_000
TRIAL = 100_000
EVENTS_VARIABLE = "REEL_BENCH_LARGE"
"""How many events the large log is to have, whatever disk and time say."""
EVENT_BYTES = 2_600
"""What an event takes on disk while a log is filled: row, indexes, their sorting, and WAL."""
SPARE_BYTES = 8 * 2**30
FILL_SECONDS = 540
GOAL = 1.2
PAGE_EVENTS = 500
PAGES = 60


@dataclass
class Side:
    """One of the two logs, and who writes to it."""

    name: str
    events: int
    url: str
    store: PostgresStore
    load: Load


async def measured(ground: Ground) -> list[Row]:
    """Three rows: the append, a page of the log, a query of a read model."""
    rounds = 3 if ground.quick else 5
    large = await asyncio.to_thread(_events, ground)
    faults: list[str] = []
    async with AsyncExitStack() as stack:
        sides = []
        for name, events in (("small", SMALL), ("large", large)):
            url = await asyncio.to_thread(_filled, ground, name, events)
            store, _ = await stack.enter_async_context(log_of(url))
            sides.append(Side(name, events, url, store, _load(events)))
        appended = await _appended(sides, rounds, 2 if ground.quick else 4, faults)
        paged = await _paged(sides, rounds)
        asked = await queries(ground, sides[0].url, sides[1].url, rounds, faults)
        grown = sides[0].load.acknowledged.events
        counted = {
            "events": sum(side.events + side.load.acknowledged.events for side in sides),
            "acknowledged": sum(side.load.acknowledged.events for side in sides),
            "faults": len(faults),
        }
    for side in sides:
        await asyncio.to_thread(ground.drop, f"large_{side.name}")
    label = f"the same on {SMALL:,}"
    rows = [appended, paged, asked]
    for row in rows:
        row.name = row.name.format(events=f"{large:,}")
        row.beside = [replace(one, peer=label) for one in row.beside]
        row.counted, row.faults = counted, faults[:20]
    appended.notes = [
        f"the small log grew by {grown:,} events meanwhile",
        *([] if large == LARGE else [f"{large:,} events are what disk or time allow here"]),
    ]
    return rows


def _events(ground: Ground) -> int:
    """How many events the large log can have: as far as disk and time allow, by a trial."""
    named = os.environ.get(EVENTS_VARIABLE)
    if named:
        return int(named)
    free = ground.disk_free()
    fits = LARGE if free is None else (free - SPARE_BYTES) // EVENT_BYTES
    url = ground.fresh("large_trial")
    migrate([Schema(url, LOG, "log")])
    in_time = int(TRIAL / prefill(url, LOG, TRIAL) * FILL_SECONDS)
    ground.drop("large_trial")
    events = min(LARGE, max(LARGE_MIN, in_time), fits)
    if events < LARGE_MIN:
        raise RuntimeError(f"the disk has room for {fits:,} events; {LARGE_MIN:,} are the least")
    return events - events % PRODUCTIONS


def _filled(ground: Ground, name: str, events: int) -> str:
    err.print(f"Filling the {name} log with {events:,} events …")
    url = ground.fresh(f"large_{name}")
    migrate([Schema(url, LOG, "log")])
    took = prefill(url, LOG, events)
    err.print(f"… which took {took:,.0f} s")
    return url


def _load(events: int) -> Load:
    """Writes on to the streams that are there, so that versions are looked up where they lie."""
    every = range(PRODUCTIONS)
    return Load([(stream_of(n), production(n), version_of(n, events)) for n in every])


async def _appended(sides: list[Side], rounds: int, seconds: float, faults: list[str]) -> Row:
    runs, latencies = Rounds("commands/s"), Latencies()
    async with AsyncExitStack() as stack:
        seen, committers = {}, {}
        for side in sides:
            seen[side.name] = await stack.enter_async_context(watched(side.url, LOG))
            committer = await stack.enter_async_context(Committer(side.store))
            committers[side.name] = committer
            await side.load.append(committer, 1)
        for n in range(rounds):
            err.print(f"large, append, round {n + 1} of {rounds} …")
            for side in sides:
                figure = await side.load.append(committers[side.name], seconds)
                runs.add(side.name, figure.per_second)
                if side.name == "large":
                    latencies.add(figure)
    for side in sides:
        found = await recount(side.url, side.store, side.load.acknowledged, seen[side.name])
        faults += [f"{side.name}: {fault}" for fault in found.faults]
    # The goal is of what a command costs, so that less is better.
    costs = Rounds("µs a command")
    for name, values in runs.runs.items():
        for value in values:
            costs.add(name, 1_000_000 / value)
    row = costs.row(f"append, {IN_FLIGHT} in flight, log of {{events}} events", "large")
    row = latencies.onto(row)
    row.beside = [costs.beside("large", "small", "", goal=GOAL, better=Better.LESS)]
    return row


async def _paged(sides: list[Side], rounds: int) -> Row:
    runs, chance = Rounds("ms"), random.Random(7)
    for _ in range(rounds):
        for side in sides:
            last = (await side.store.heads()).position - PAGE_EVENTS
            began = time.perf_counter()
            for _ in range(PAGES):
                page = await side.store.page(chance.randrange(last), PAGE_EVENTS)
                assert len(page) == PAGE_EVENTS
            runs.add(side.name, 1000 * (time.perf_counter() - began) / PAGES)
    row = runs.row(f"page of {PAGE_EVENTS} events anywhere in a log of {{events}}", "large")
    row.beside = [runs.beside("large", "small", "", goal=GOAL, better=Better.LESS)]
    return row
