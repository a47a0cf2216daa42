"""`python -m bench`: durable commands a second beside pgbench on the same server, then a recount.

`--quick` is what CI runs: fewer events before, shorter runs; it fails when a ratio falls below half
of the one in `bench/committed.json`. `--commit` writes that file anew.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from bench import pgbench
from bench.cold import COLD_GOAL, Cold, measure
from bench.load import IN_FLIGHT, STREAMS, Figure, Load
from bench.recount import recount
from bench.streams import kinds
from runtime.clock import DatabaseClock
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.people.vault import MemoryVault
from runtime.rooms import services

COMMITTED = Path(__file__).with_name("committed.json")
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")

err = Console(stderr=True)


def main() -> int:
    """Runs the bench; 1 when the recount finds a fault or a quick ratio fell by half."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form that CI runs")
    parser.add_argument("--commit", action="store_true", help="write bench/committed.json anew")
    chosen = parser.parse_args()
    named = os.environ.get("REEL_DATABASE_URL")
    if named:
        result = uvloop.run(_bench(named, quick=chosen.quick))
    else:
        with tempfile.TemporaryDirectory(prefix="reel-bench-") as folder:
            Path(folder).chmod(0o755)
            server = EmbeddedPostgres(Path(folder) / "postgres")
            try:
                result = uvloop.run(_bench(server.start(), quick=chosen.quick))
            finally:
                server.stop()
    _show(result)
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")
    kind = "quick" if chosen.quick else "full"
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    if chosen.commit:
        committed[kind] = result
        COMMITTED.write_text(json.dumps(committed, indent=2) + "\n")
    return _verdict(result, committed.get(kind))


async def _bench(database_url: str, *, quick: bool) -> dict[str, Any]:
    seconds, rounds, before = (3, 3, 50_000) if quick else (10, 5, 1_000_000)
    await asyncio.to_thread(migrate, [Schema(database_url, "budget", "log")])
    await pgbench.prepare(database_url)
    pool = await asyncpg.create_pool(
        database_url, min_size=4, max_size=8, server_settings={"role": "reel_budget_service"}
    )
    store, load = PostgresStore("budget", pool), Load()
    if (await store.heads()).position:
        raise SystemExit("the bench needs a database of its own: this log holds events already")
    began = time.perf_counter()
    err.print(f"Filling the log with {before:,} events …")
    await load.prefill(store, before)
    bulk = before / (time.perf_counter() - began)
    best = await _best_clients(database_url, 2 if quick else 5)
    runs: dict[str, list[Any]] = {"pgbench": [], "append": [], "command": []}
    async with Committer(store) as committer:
        handler = Handler(
            services()["budget"], store, committer, MemoryVault(), DatabaseClock(store)
        )
        for n in range(rounds):
            err.print(f"Round {n + 1} of {rounds} …")
            rows = await asyncio.to_thread(pgbench.rows_per_second, database_url, best, seconds)
            runs["pgbench"].append(rows)
            runs["append"].append(await load.append(committer, seconds))
            runs["command"].append(await load.command(handler, seconds))
    err.print("Counting again …")
    found = await recount(database_url, store, load.acknowledged_events)
    result = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, PostgreSQL {await pool.fetchval('SHOW server_version')}",
        "durability": {one: await pool.fetchval(f"SHOW {one}") for one in DURABILITY},
        "in_flight": IN_FLIGHT,
        "streams": STREAMS,
        "events_before": before,
        "rounds": rounds,
        "bulk_events_per_second": round(bulk),
        "pgbench": {
            "clients": best,
            "rows_per_second": round(statistics.median(runs["pgbench"])),
            "spread": [round(min(runs["pgbench"])), round(max(runs["pgbench"]))],
        },
        "append": _summary(runs["append"], runs["pgbench"]),
        "command": _summary(runs["command"], runs["pgbench"]),
        "recount": {
            "events": found.events,
            "chains": found.chains,
            "faults": list(found.faults),
        },
    }
    await pool.close()
    result["cold"] = [vars(one) for one in await _cold(database_url, before // 10)]
    return result


async def _cold(database_url: str, events: int) -> list[Cold]:
    """Behind the recount, since these streams are none of what it counts."""
    schemas = [Schema(database_url, log, "log") for log in {one.log for one in kinds()}]
    schemas += [Schema(database_url, f"{one.name}_service", "reader") for one in schemas]
    await asyncio.to_thread(migrate, schemas)
    found = []
    for long in kinds():
        err.print(f"A stream {long.kind} of {events:,} facts …")
        found.append(await measure(database_url, long, events))
    return found


async def _best_clients(database_url: str, seconds: int) -> int:
    """The number of clients with which pgbench is quickest here."""
    err.print("Looking for pgbench's best number of clients …")
    reached = {
        clients: await asyncio.to_thread(pgbench.rows_per_second, database_url, clients, seconds)
        for clients in pgbench.CLIENTS
    }
    return max(reached, key=lambda clients: reached[clients])


def _summary(figures: list[Figure], yardstick: list[float]) -> dict[str, Any]:
    """Medians over the rounds; the ratio is taken round by round, since machines drift."""
    ratios = [one.per_second / rows for one, rows in zip(figures, yardstick, strict=True)]
    return {
        "per_second": round(statistics.median(one.per_second for one in figures)),
        "p50_ms": round(statistics.median(one.p50_ms for one in figures), 2),
        "p99_ms": round(statistics.median(one.p99_ms for one in figures), 2),
        "ratio_to_pgbench": round(statistics.median(ratios), 2),
        "spread": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def _show(result: dict[str, Any]) -> None:
    table = Table(title=f"{result['machine']} · {result['durability']}")
    for column in ("", "per second", "p50 ms", "p99 ms", "× pgbench"):
        table.add_column(column, justify="right" if column else "left")
    yardstick = result["pgbench"]
    table.add_row(
        f"pgbench, {yardstick['clients']} clients", f"{yardstick['rows_per_second']:,}", "", "", "1"
    )
    for name in ("append", "command"):
        one = result[name]
        table.add_row(
            f"{name}, {result['in_flight']} in flight",
            f"{one['per_second']:,}",
            str(one["p50_ms"]),
            str(one["p99_ms"]),
            f"{one['ratio_to_pgbench']} ({one['spread'][0]}–{one['spread'][1]})",
        )
    err.print(table)
    cold = Table(title=f"The next command of a stream; goal: cold ≤ {COLD_GOAL} × warm")
    for column in ("", "facts", "warm ms", "cold ms", "no snapshot ms", "cold × warm"):
        cold.add_column(column, justify="right" if column else "left")
    for one in result["cold"]:
        cold.add_row(
            *(f"{value:,}" if not isinstance(value, str) else value for value in one.values())
        )
    err.print(cold)
    counted = result["recount"]
    err.print(
        f"Recount: {counted['events']:,} events, {counted['chains']:,} chains, "
        f"faults: {counted['faults'] or 'none'}"
    )


def _verdict(result: dict[str, Any], committed: dict[str, Any] | None) -> int:
    if result["recount"]["faults"]:
        err.print("[red]The recount found faults: the figures are void.[/red]")
        return 1
    for name in ("append", "command"):
        if committed is None:
            break
        now, then = result[name]["ratio_to_pgbench"], committed[name]["ratio_to_pgbench"]
        if now < then / 2:
            err.print(f"[red]{name}: {now} × pgbench, less than half of {then}[/red]")
            return 1
    then_of = {one["kind"]: one["ratio"] for one in (committed or {}).get("cold", ())}
    for one in result["cold"]:
        if one["ratio"] > 2 * max(COLD_GOAL, then_of.get(one["kind"], COLD_GOAL)):
            err.print(f"[red]{one['kind']}: cold is {one['ratio']} × warm[/red]")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
