"""A hot stream: all commands to one, 64 callers waiting. Each has to see the one before it, so that
the rate at which one connection commits is the limit, and stands beside it."""

import asyncio

from bench.figures import Rounds, Row
from bench.ground import LOG, Ground, err, log_of
from bench.load import IN_FLIGHT, Load
from bench.peers import pgbench
from bench.recount import recount
from bench.rows.command import handler_of
from bench.rows.latencies import Latencies
from bench.watch import watched
from runtime.log.committer import Committer


async def measured(ground: Ground) -> list[Row]:
    """The row of the hot stream."""
    seconds, rounds = (2, 3) if ground.quick else (8, 5)
    url = await asyncio.to_thread(ground.prefilled, "hot", ground.events_before)
    await pgbench.prepare(url)
    runs, latencies, load = Rounds("commands/s"), Latencies(), Load()
    async with log_of(url) as (store, _):
        async with watched(url, LOG) as seen, Committer(store) as committer:
            handler = handler_of(store, committer)
            for n in range(rounds):
                err.print(f"hot, round {n + 1} of {rounds} …")
                commits = await asyncio.to_thread(pgbench.rows_per_second, url, 1, seconds)
                runs.add("commits", commits)
                figure = await load.command(handler, seconds, hot=True)
                latencies.add(figure)
                runs.add("hot", figure.per_second)
        found = await recount(url, store, load.acknowledged, seen)
    await asyncio.to_thread(ground.drop, "hot")
    name = f"hot stream, {IN_FLIGHT} callers of one stream"
    row = latencies.onto(runs.row(name, "hot"))
    row.beside = [runs.beside("hot", "commits", "flushes: commits of one connection")]
    row.counted, row.faults = found.counted, found.faults
    return [row]
