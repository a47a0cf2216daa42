"""Events a second of a bulk rebuild, beside a bare paged read of the same events and beside the
`eventsourcing` library's projection runner, the three taking turns on one server."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import asyncpg

from bench.figures import Rounds, Row
from bench.films import Films
from bench.ground import Ground, err
from bench.peers.runner import Runner
from events.envelope import Recorded
from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.tables import Tables
from runtime.rebuilding.comparing import Comparer
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.jobs import Filling, jobs_for
from runtime.rebuilding.progress import heads_of, progress_of
from runtime.rebuilding.registry import VIEWS, follow, point_to, register_first, register_rebuild
from runtime.rooms import Projection, projections
from runtime.settings import Settings
from runtime.view import Rows

PAGE_EVENTS = 5_000
RUNNER_FILMS = 1
"""It takes its time; whole films, so that their facts are mixed as in the log."""
JOBS = 2
FAULTS_TOLD_MAX = 20


async def measured(ground: Ground) -> list[Row]:
    """The row of the rebuild, with what the recount of the rows says of each round."""
    events, rounds = (50_000, 3) if ground.quick else (1_000_000, 5)
    url = await asyncio.to_thread(ground.fresh, "rebuild")
    projection = projections()["budget_status"]
    settings = Settings(database_url=url)
    await asyncio.to_thread(migrate, schemas_of(url, projection))
    runs, faults = Rounds("events/s"), list[str]()
    async with connected(settings, projection.name, projection.view) as (pool, stores):
        err.print(f"Recording {events:,} events of films …")
        films = Films(events)
        recorded = sum([await films.record(log, store) for log, store in stores.items()])
        await pool.execute("ANALYZE")
        runner, facts = await runner_of(url, projection, stores["budget"], films)
        async with pool.acquire() as connection:
            await register_first(connection, projection)
        live = projection.schema
        for n in range(rounds):
            err.print(f"rebuild, round {n + 1} of {rounds} …")
            runs.add("read", await _read(pool, stores))
            runs.add("runner", await asyncio.to_thread(runner.per_second))
            schema = await _new_version(pool, settings, projection)
            filling = Filling(settings, projection, schema, pool, stores)
            left = await progress_of(pool, schema, await heads_of(stores))
            began = time.perf_counter()
            await filling.run(JOBS, lambda _: None)
            runs.add("rebuild", recorded / (time.perf_counter() - began))
            faults += await faults_of(pool, stores, projection, schema, films.productions[n])
            if n:
                compared = await Comparer(projection, schema, live, pool, stores).run()
                faults += [str(one) for one in compared.differences]
            live = schema
        faults += await runner_faults(url, projection, facts)
    await asyncio.to_thread(ground.drop, "rebuild")
    row = runs.row("rebuild from the log", "rebuild")
    row.beside = [
        runs.beside("rebuild", "runner", "eventsourcing 9.5, ProjectionRunner", goal=40),
        runs.beside("rebuild", "read", "bare paged read", goal=0.2),
    ]
    row.counted = {"events": recorded, "rounds compared": rounds, "faults": len(faults)}
    row.faults = faults[:FAULTS_TOLD_MAX]
    row.notes = [f"processes: {jobs_for(left, JOBS)}"]
    return [row]


def schemas_of(url: str, projection: Projection) -> list[Schema]:
    """What a projection's database has, with its logs in it."""
    return [
        *(Schema(url, log, "log") for log in projection.view.logs),
        Schema(url, VIEWS, "views"),
        Schema(url, projection.schema, "reader", projection.tables_sql),
    ]


async def runner_of(
    url: str, projection: Projection, store: Store, films: Films
) -> tuple[Runner, list[Recorded]]:
    """The library's runner, with whole films in a log of its own; and those facts."""
    runner = Runner(url, projection.tables_sql)
    facts = [
        one
        for film in films.productions[:RUNNER_FILMS]
        for one in await store.of_production(film, 0, 100_000)
    ]
    await asyncio.to_thread(runner.fill, facts)
    return runner, facts


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


async def faults_of(
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


async def runner_faults(url: str, projection: Projection, facts: Sequence[Recorded]) -> list[str]:
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
