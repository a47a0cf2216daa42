"""Events a second of a bulk rebuild, beside a bare paged read of the same events and beside the
`eventsourcing` library's projection runner, the three taking turns on one server."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from rich.console import Console

from bench.films import Films
from bench.runner import Runner
from events.envelope import Recorded
from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.views import Tables
from runtime.rebuilding.comparing import Comparer
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.jobs import Filling, jobs_for
from runtime.rebuilding.progress import heads_of, progress_of
from runtime.rebuilding.registry import VIEWS, follow, point_to, register_first, register_rebuild
from runtime.rooms import Projection, projections
from runtime.settings import Settings
from runtime.view import Rows

DATABASE = "reel_bench_rebuild"
PAGE_EVENTS = 5_000
RUNNER_FILMS = 1
"""It takes its time; whole films, so that their facts are mixed as in the log."""
JOBS = 2

err = Console(stderr=True)


async def measured(database_url: str, *, quick: bool) -> dict[str, Any]:
    """The medians, and what the recount of the rows says of each round."""
    events, rounds = (50_000, 3) if quick else (200_000, 5)
    url = await fresh(database_url, DATABASE)
    projection = projections()["budget_status"]
    settings = Settings(database_url=url)
    await asyncio.to_thread(
        migrate,
        [
            *(Schema(url, log, "log") for log in projection.view.logs),
            Schema(url, VIEWS, "views"),
            Schema(url, projection.schema, "reader", projection.tables_sql),
        ],
    )
    async with connected(settings, projection) as (pool, stores):
        err.print(f"Recording {events:,} events of films …")
        films = Films(events)
        recorded = [await films.record(log, store) for log, store in stores.items()]
        await pool.execute("ANALYZE")
        runner = Runner(url, projection.tables_sql)
        facts = await _whole_films(stores["budget"], films.productions[:RUNNER_FILMS])
        await asyncio.to_thread(runner.fill, facts)
        async with pool.acquire() as connection:
            await register_first(connection, projection)
        live = projection.schema
        runs: dict[str, list[float]] = {"read": [], "runner": [], "rebuild": []}
        faults: list[str] = []
        for n in range(rounds):
            err.print(f"Rebuild, round {n + 1} of {rounds} …")
            runs["read"].append(await _read(pool, stores))
            runs["runner"].append(await asyncio.to_thread(runner.per_second))
            schema = await _new_version(pool, settings, projection)
            filling = Filling(settings, projection, schema, pool, stores)
            left = await progress_of(pool, schema, await heads_of(stores))
            began = time.perf_counter()
            await filling.run(JOBS, lambda _: None)
            runs["rebuild"].append(sum(recorded) / (time.perf_counter() - began))
            faults += await _faults(pool, stores, projection, schema, films.productions[n])
            if n:
                compared = await Comparer(projection, schema, live, pool, stores).run()
                faults += [str(one) for one in compared.differences]
            live = schema
        faults += await _runner_faults(url, projection, facts)
    return _result(sum(recorded), runner.events, rounds, jobs_for(left, JOBS), runs, faults)


def _result(
    events: int,
    runner_events: int,
    rounds: int,
    jobs: int,
    runs: Mapping[str, list[float]],
    faults: list[str],
) -> dict[str, Any]:
    def ratio(yardstick: str) -> dict[str, Any]:
        pairs = zip(runs["rebuild"], runs[yardstick], strict=True)
        ratios = [rebuild / other for rebuild, other in pairs]
        return {
            "per_second": round(statistics.median(runs[yardstick])),
            "ratio": round(statistics.median(ratios), 2),
            "spread": [round(min(ratios), 2), round(max(ratios), 2)],
        }

    return {
        "events": events,
        "runner_events": runner_events,
        "rounds": rounds,
        "jobs": jobs,
        "per_second": round(statistics.median(runs["rebuild"])),
        "bare_read": ratio("read"),
        "projection_runner": ratio("runner"),
        "faults": faults,
    }


async def _whole_films(store: Store, productions: Sequence[str]) -> list[Recorded]:
    return [one for film in productions for one in await store.of_production(film, 0, 100_000)]


async def fresh(database_url: str, name: str) -> str:
    """An empty database of that name beside the given one."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))


async def _read(pool: asyncpg.Pool, stores: Mapping[str, Store]) -> float:
    """Pages by position, as the log has them; nothing is decoded, nothing folded."""
    began, events = time.perf_counter(), 0
    for store in stores.values():
        assert isinstance(store, PostgresStore)
        after = 0
        while page := await pool.fetch(store.page_sql, after, PAGE_EVENTS):
            events += len(page)
            after = page[-1]["position"]
    return events / (time.perf_counter() - began)


async def _new_version(pool: asyncpg.Pool, settings: Settings, projection: Projection) -> str:
    version = await register_rebuild(pool, projection)
    url = settings.database_of(projection.name)
    tables = Schema(url, version.schema, "reader", projection.tables_sql)
    await asyncio.to_thread(migrate, [tables])
    await follow(pool, version.schema, True)
    await point_to(pool, projection.name, version.schema)
    return version.schema


async def _faults(
    pool: asyncpg.Pool,
    stores: Mapping[str, Store],
    projection: Projection,
    schema: str,
    production: str,
) -> list[str]:
    """One film's rows beside the plain fold of its facts, and all costs beside a sum in SQL."""
    rows = Rows()
    for store in stores.values():
        projection.view.fold(await store.of_production(production, 0, 100_000), rows)
    held = await Tables(schema, projection.view).load(pool, [production])
    faults = [] if held[production] == rows else [f"{schema}: {production} is not its fold"]
    spent = await pool.fetchval(f"SELECT sum(cost_to_date) FROM {schema}.account")
    told = await pool.fetchval(_SPENT)
    return faults + ([] if spent == told else [f"{schema} has spent {spent}, the log {told}"])


_SPENT = """
    SELECT sum(CASE type WHEN 'budget.CostPosted' THEN (payload->>'amount')::numeric
               ELSE -(payload->>'amount')::numeric END)
    FROM budget.event WHERE type IN ('budget.CostPosted', 'budget.CostReversed')"""


async def _runner_faults(url: str, projection: Projection, facts: Any) -> list[str]:
    """The library's rows beside the plain fold of the same facts."""
    folded: dict[str, Rows] = {}
    for one in facts:
        projection.view.fold([one], folded.setdefault(one.production, Rows()))
    connection = await asyncpg.connect(url)
    try:
        held = await Tables("runner_rows", projection.view).load(connection, list(folded))
    finally:
        await connection.close()
    return [f"the runner's {one} is not its fold" for one in folded if held[one] != folded[one]]
