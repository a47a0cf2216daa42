"""A command through `decide`, in process, 64 in flight: beside pgbench, and its slowest hundredth
beside its median."""

import asyncio

from bench.figures import Better, Rounds, Row, own_ratio
from bench.ground import LOG, Ground, err, log_of
from bench.load import IN_FLIGHT, Load
from bench.peers import pgbench
from bench.processor import Processor
from bench.recount import recount
from bench.rows.latencies import Latencies
from bench.watch import watched
from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.people.vault import MemoryVault
from runtime.rooms import services


def handler_of(store: PostgresStore, committer: Committer) -> Handler:
    """The room's own path of a command, over that log."""
    return Handler(services()[LOG], store, committer, MemoryVault(), DatabaseClock(store))


async def measured(ground: Ground) -> list[Row]:
    """The row of the whole path of a command."""
    seconds, rounds = (2, 3) if ground.quick else (8, 5)
    url = await asyncio.to_thread(ground.prefilled, "command", ground.events_before)
    best = await pgbench.best_clients(url, 1 if ground.quick else 4)
    runs, latencies, load = Rounds("commands/s"), Latencies(), Load()
    processor = Processor()
    async with log_of(url) as (store, _):
        async with watched(url, LOG) as seen, Committer(store) as committer:
            handler = handler_of(store, committer)
            await load.command(handler, 1)
            for n in range(rounds):
                err.print(f"command, round {n + 1} of {rounds} …")
                rows = await asyncio.to_thread(pgbench.rows_per_second, url, best, seconds)
                runs.add("pgbench", rows)
                with processor.of("reel") as spent:
                    figure = await load.command(handler, seconds)
                    spent.things = figure.done
                latencies.add(figure)
                runs.add("command", figure.per_second)
        found = await recount(url, store, load.acknowledged, seen)
    await asyncio.to_thread(ground.drop, "command")
    name = f"command through decide, in process, {IN_FLIGHT} in flight"
    row = latencies.onto(runs.row(name, "command"))
    row.beside = [
        runs.beside("command", "pgbench", f"pgbench, one row, {best} clients", goal=1),
        own_ratio("p99 of its own p50", latencies.ratios, 4, Better.LESS),
    ]
    row.counted, row.faults = found.counted, found.faults
    row.notes = [
        f"log of {ground.events_before:,} events before",
        processor.told("a command"),
    ]
    return [row]
