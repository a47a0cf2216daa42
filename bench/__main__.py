"""`python -m bench`: durable commands a second beside pgbench on the same server, then a recount;
then rebuilds beside a bare read and beside the `eventsourcing` library; then the next command of a
long stream, cold beside warm.

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

from bench import cold, moment, pgbench, rebuild
from bench.load import IN_FLIGHT, STREAMS, Figure, Load
from bench.recount import recount
from runtime.clock import DatabaseClock
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.people.vault import MemoryVault
from runtime.rooms import services

COMMITTED = Path(__file__).with_name("committed.json")
PARTS = ("commands", "rebuild", "moment", "cold")
YARDSTICKS = ("bare_read", "projection_runner")
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")

err = Console(stderr=True)


def main() -> int:
    """Runs the bench; 1 when the recount finds a fault or a quick ratio fell by half."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form that CI runs")
    parser.add_argument("--commit", action="store_true", help="write bench/committed.json anew")
    parser.add_argument("--only", choices=PARTS, help="one part, not all")
    chosen = parser.parse_args()
    named = os.environ.get("REEL_DATABASE_URL")
    if named:
        result = uvloop.run(_all(named, chosen.only, quick=chosen.quick))
    else:
        with tempfile.TemporaryDirectory(prefix="reel-bench-") as folder:
            Path(folder).chmod(0o755)
            server = EmbeddedPostgres(Path(folder) / "postgres")
            try:
                result = uvloop.run(_all(server.start(), chosen.only, quick=chosen.quick))
            finally:
                server.stop()
    if "append" in result:
        _show(result)
    if "rebuild" in result:
        _show_rebuild(result["rebuild"])
    if "cold" in result:
        _show_cold(result["cold"])
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")
    kind = "quick" if chosen.quick else "full"
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    if chosen.commit:
        committed[kind] = committed.get(kind, {}) | result
        COMMITTED.write_text(json.dumps(committed, indent=2) + "\n")
    return _verdict(result, committed.get(kind))


async def _all(database_url: str, only: str | None, *, quick: bool) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if only in (None, "commands"):
        result |= await _bench(database_url, quick=quick)
    if only in (None, "rebuild"):
        result["rebuild"] = await rebuild.measured(database_url, quick=quick)
    if only in (None, "moment"):
        result["moment"] = await moment.measured(database_url, quick=quick)
    if only in (None, "cold"):
        result["cold"] = await cold.measured(database_url, quick=quick)
    return result


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
    return result


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
    counted = result["recount"]
    err.print(
        f"Recount: {counted['events']:,} events, {counted['chains']:,} chains, "
        f"faults: {counted['faults'] or 'none'}"
    )


def _show_rebuild(one: dict[str, Any]) -> None:
    table = Table(title=f"Rebuild of {one['events']:,} events, {one['jobs']} at once")
    for column in ("", "events a second", "rebuild ×"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("rebuild", f"{one['per_second']:,}", "1")
    for name in YARDSTICKS:
        other = one[name]
        spread = f"{other['spread'][0]}–{other['spread'][1]}"
        table.add_row(
            name.replace("_", " "), f"{other['per_second']:,}", f"{other['ratio']} ({spread})"
        )
    err.print(table)
    err.print(f"Rows compared with their folds: faults: {one['faults'] or 'none'}")


def _show_cold(streams: list[dict[str, Any]]) -> None:
    table = Table(title=f"The next command of a stream; goal: cold ≤ {cold.GOAL} × warm")
    for column in ("", "facts", "warm ms", "cold ms", "no snapshot ms", "cold × warm"):
        table.add_column(column, justify="right" if column else "left")
    for one in streams:
        kind, *figures = one.values()
        table.add_row(kind, *(f"{figure:,}" for figure in figures))
    err.print(table)


def _verdict(result: dict[str, Any], committed: dict[str, Any] | None) -> int:
    faults = result.get("recount", {}).get("faults") or result.get("rebuild", {}).get("faults")
    if faults:
        err.print("[red]The recount found faults: the figures are void.[/red]")
        return 1
    fallen = [
        f"{name}: {now}, less than half of {then}"
        for name, now in _ratios(result).items()
        if (then := _ratios(committed or {}).get(name)) is not None and now < then / 2
    ]
    for one in fallen:
        err.print(f"[red]{one}[/red]")
    return 1 if fallen else 0


def _ratios(result: dict[str, Any]) -> dict[str, float]:
    """What may be compared between machines: how much of a yardstick each part reached."""
    found = {
        f"{name} × pgbench": result[name]["ratio_to_pgbench"]
        for name in ("append", "command")
        if name in result
    }
    for name in YARDSTICKS if "rebuild" in result else ():
        found[f"rebuild × {name.replace('_', ' ')}"] = result["rebuild"][name]["ratio"]
    for one in result.get("cold", ()):
        found[f"warm {one['kind']} × cold"] = round(1 / one["ratio"], 3)
    return found


if __name__ == "__main__":
    sys.exit(main())
