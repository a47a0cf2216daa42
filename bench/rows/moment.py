"""How long a moment of the past takes: a production of 10,000 facts, folded from the log, and from
the nearest snapshot, beside a bare paged read of the same facts."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg

from bench.figures import Better, Rounds, Row
from bench.films import Films, one_film
from bench.ground import Ground
from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.moment import Moment
from runtime.reading.past import PAGE_EVENTS, Cut, Past
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.registry import VIEWS
from runtime.rooms import projections
from runtime.settings import Settings
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.views import ViewSnapshots

EVENTS = 10_000
COSTS_TIMES = 90


async def measured(ground: Ground) -> list[Row]:
    """The rows of a moment from a snapshot, and folded; moments in the last tenth of the
    production's life."""
    rounds = 15 if ground.quick else 60
    projection = projections()["budget_status"]
    url = await asyncio.to_thread(ground.fresh, "moment")
    settings = Settings(database_url=url)
    await asyncio.to_thread(
        migrate,
        [*(Schema(url, log, "log") for log in projection.view.logs), Schema(url, VIEWS, "views")],
    )
    runs = Rounds("ms")
    async with connected(settings, projection.name, projection.view) as (pool, stores):
        films = Films(1, one_film(COSTS_TIMES))
        (production,) = films.productions
        events = sum([await films.record(log, store) for log, store in stores.items()])
        assert events >= EVENTS, events
        await pool.execute("ANALYZE")
        kept = ViewSnapshots(projection.name, pool, StateSeal(bytes(32), "bench"), "bench")
        cold, warm = Past(projection.view, stores), Past(projection.view, stores, kept)
        chance, faults = random.Random(7), 0
        cut = await _cut(stores, 1.0)
        await warm.rows(production, cut)
        await kept.settled()
        for _ in range(rounds):
            cut = await _cut(stores, chance.uniform(0.9, 1.0))
            runs.add("read", await _ms(lambda: _read(pool, stores, production, cut)))  # noqa: B023
            runs.add("fold", await _ms(lambda: cold.rows(production, cut)))  # noqa: B023
            runs.add("kept", await _ms(lambda: warm.rows(production, cut)))  # noqa: B023
            faults += await cold.rows(production, cut) != await warm.rows(production, cut)
    await asyncio.to_thread(ground.drop, "moment")
    return [
        _row(runs, "kept", "a moment of the past, from a snapshot", 2, events, faults),
        _row(runs, "fold", "a moment of the past, folded from the first fact", 4, events, faults),
    ]


def _row(runs: Rounds, runner: str, name: str, goal: float, events: int, faults: int) -> Row:
    row = runs.row(name, runner)
    label = "bare paged read of its facts"
    row.beside = [runs.beside(runner, "read", label, goal=goal, better=Better.LESS)]
    row.counted = {"events": events, "moments compared": len(runs.runs[runner]), "faults": faults}
    row.faults = [f"{faults} moments differ from their fold"] if faults else []
    return row


async def _cut(stores: dict[str, Store], share: float) -> Cut:
    heads = {log: await store.heads() for log, store in stores.items()}
    at = {log: (one.incarnation, int(one.position * share)) for log, one in heads.items()}
    at["approval"] = (heads["approval"].incarnation, heads["approval"].position)
    return Cut(Moment(at), datetime.now(UTC))


async def _ms(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - began)


async def _read(pool: asyncpg.Pool, stores: dict[str, Store], production: str, cut: Cut) -> None:
    """Pages of the production's facts, as the log has them; nothing decoded, nothing folded."""
    for log, store in stores.items():
        assert isinstance(store, PostgresStore)
        after, until = 0, cut.moment.at[log][1]
        while page := await pool.fetch(store.production_sql, production, after, PAGE_EVENTS, until):
            after = page[-1]["position"]
