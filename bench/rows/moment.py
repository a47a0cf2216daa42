"""How long a moment of the past takes: a production of 10,000 facts, folded from the log, and from
the nearest snapshot, beside a bare paged read of the same facts."""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
from rich.console import Console

from bench.films import Films, one_film
from bench.rebuild import fresh
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

err = Console(stderr=True)


async def measured(database_url: str, *, quick: bool) -> dict[str, Any]:
    """Medians over moments in the last tenth of the production's life, and their ratios."""
    rounds = 15 if quick else 60
    projection = projections()["budget_status"]
    url = await fresh(database_url, "reel_bench_moment")
    settings = Settings(database_url=url)
    await asyncio.to_thread(
        migrate,
        [*(Schema(url, log, "log") for log in projection.view.logs), Schema(url, VIEWS, "views")],
    )
    async with connected(settings, projection) as (pool, stores):
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
        runs: dict[str, list[float]] = {"bare_read": [], "fold": [], "from_snapshot": []}
        for _ in range(rounds):
            cut = await _cut(stores, chance.uniform(0.9, 1.0))
            runs["bare_read"].append(await _ms(lambda: _read(pool, stores, production, cut)))  # noqa: B023
            runs["fold"].append(await _ms(lambda: cold.rows(production, cut)))  # noqa: B023
            runs["from_snapshot"].append(await _ms(lambda: warm.rows(production, cut)))  # noqa: B023
            one, other = await cold.rows(production, cut), await warm.rows(production, cut)
            faults += one != other
    return _result(events, rounds, runs, faults)


def _result(events: int, rounds: int, runs: dict[str, list[float]], faults: int) -> dict[str, Any]:
    def ratio(name: str) -> float:
        pairs = zip(runs[name], runs["bare_read"], strict=True)
        return round(statistics.median(one / bare for one, bare in pairs), 2)

    return {
        "events": events,
        "rounds": rounds,
        **{f"{name}_ms": round(statistics.median(run), 1) for name, run in runs.items()},
        "fold_ratio": ratio("fold"),
        "from_snapshot_ratio": ratio("from_snapshot"),
        "faults": faults,
    }


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
