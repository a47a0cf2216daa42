"""The append, whole contract, 64 in flight: beside pgbench's single row at its best number of
clients, and beside the appends of other libraries, each at its best number of callers."""

import asyncio

from bench.figures import Figure, Rounds, Row
from bench.ground import LOG, Ground, err, log_of
from bench.load import IN_FLIGHT, Load
from bench.peers import pgbench
from bench.peers.async_library import AsyncLibrary
from bench.peers.library import Library
from bench.processor import Processor
from bench.recount import recount
from bench.rows.latencies import Latencies
from bench.watch import watched
from runtime.log.committer import Committer

PEERS_DATABASE = "append_peers"


async def measured(ground: Ground) -> list[Row]:
    """The row of the append alone."""
    seconds, rounds = (2, 3) if ground.quick else (8, 5)
    url = await asyncio.to_thread(ground.prefilled, "append", ground.events_before)
    peers = await _Peers.ready(ground)
    best = await pgbench.best_clients(url, 1 if ground.quick else 4)
    runs, latencies, load = Rounds("commands/s"), Latencies(), Load()
    processor = Processor()
    async with log_of(url) as (store, _):
        async with watched(url, LOG) as seen, Committer(store) as committer:
            await load.append(committer, 1)
            for n in range(rounds):
                err.print(f"append, round {n + 1} of {rounds} …")
                rows = await asyncio.to_thread(pgbench.rows_per_second, url, best, seconds)
                runs.add("pgbench", rows)
                with processor.of("reel") as spent:
                    figure = await load.append(committer, seconds)
                    spent.things = figure.done
                latencies.add(figure)
                runs.add("append", figure.per_second)
                for name, other in (await peers.round(seconds / 2)).items():
                    runs.add(name, other.per_second)
        found = await recount(url, store, load.acknowledged, seen)
    missed = await peers.missed(seconds)
    await peers.close()
    row = latencies.onto(runs.row(f"append, whole contract, {IN_FLIGHT} in flight", "append"))
    row.beside = [
        runs.beside("append", "pgbench", f"pgbench, one row, {best} clients", goal=1.5),
        runs.beside(
            "append",
            "safe",
            f"eventsourcing 9.5, safe mode, {peers.threads['safe']} threads",
            goal=25,
        ),
        runs.beside(
            "append",
            "function",
            f"eventsourcing 9.5, database function, {peers.threads['function']} threads",
        ),
        runs.beside("append", "async", f"eventsource-py 0.8, {peers.callers} callers"),
    ]
    row.counted, row.faults = found.counted, found.faults
    row.notes = [
        processor.told("a command"),
        f"log of {ground.events_before:,} events before, {len(load.productions):,} streams",
        f"a reader that tails eventsourcing meanwhile missed {missed['safe']} events in safe mode, "
        f"{missed['function']} with the database function",
    ]
    await asyncio.to_thread(ground.drop, "append")
    await asyncio.to_thread(ground.drop, PEERS_DATABASE)
    return [row]


class _Peers:
    """The other libraries, in a database of their own with as many events before."""

    def __init__(self, url: str) -> None:
        self.library = {
            "safe": Library(url, with_function=False),
            "function": Library(url, with_function=True),
        }
        self.async_library = AsyncLibrary(url)
        self.threads: dict[str, int] = {}
        self.callers = 0

    @classmethod
    async def ready(cls, ground: Ground) -> "_Peers":
        """Filled, and at the number of callers with which each is quickest."""
        err.print("Filling the other libraries' tables …")
        seconds = 1 if ground.quick else 3
        peers = cls(await asyncio.to_thread(ground.fresh, PEERS_DATABASE))
        await asyncio.to_thread(peers.library["safe"].fill, ground.events_before)
        for name, one in peers.library.items():
            await asyncio.to_thread(one.prepare)
            peers.threads[name] = await asyncio.to_thread(one.best_threads, seconds)
        await peers.async_library.fill(ground.events_before)
        peers.callers = await peers.async_library.best_callers(seconds)
        return peers

    async def round(self, seconds: float) -> dict[str, Figure]:
        """One figure of each, one after the other."""
        figures = {}
        for name, one in self.library.items():
            figures[name] = await asyncio.to_thread(one.append, self.threads[name], seconds)
        figures["async"] = await self.async_library.append(self.callers, seconds)
        return figures

    async def missed(self, seconds: float) -> dict[str, int]:
        """How many events a reader misses that tails them meanwhile; apart from the figures, since
        it shares a processor with the writers."""
        return {
            name: await asyncio.to_thread(one.missed, self.threads[name], seconds)
            for name, one in self.library.items()
        }

    async def close(self) -> None:
        """Closes their connections."""
        for one in self.library.values():
            await asyncio.to_thread(one.close)
        await self.async_library.close()
