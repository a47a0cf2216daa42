"""The query of a read model whose log is large, beside one whose log is small. Both have the rows
that their facts fold to, and the same number of productions."""

import asyncio
import random
import statistics
import time
from contextlib import AsyncExitStack

import asyncpg

from bench.client import Caller
from bench.figures import Better, Rounds
from bench.figures import Row as Told
from bench.ground import LOG, Ground, err, log_of
from bench.places import begin_at_head
from bench.prefill import PRODUCTIONS, production
from bench.serving import served
from bench.team import appoint_everywhere
from events.envelope import Recorded
from runtime.log.contract import Store
from runtime.people.identity import Issuer
from runtime.process import migrate_all
from runtime.reading.tables import Changed, Tables
from runtime.rooms import Projection, projections
from runtime.settings import Settings
from runtime.view import Row, Rows, key_of

PROJECTION = "budget_status"
QUERIES = 100
SAMPLE = 20
GOAL = 1.2


async def queries(ground: Ground, small: str, large: str, rounds: int, faults: list[str]) -> Told:
    """The row of the query, by HTTP, of productions at random."""
    runs, chance = Rounds("ms"), random.Random(7)
    async with AsyncExitStack() as stack:
        callers = {}
        for name, url in (("small", small), ("large", large)):
            err.print(f"large, making the {name} log's read model …")
            settings = Settings(
                database_url=url,
                kafka=ground.kafka,
                home=ground.folder,
                topic_prefix=f"bench-large-{name}",
            )
            await _read_model(settings, faults)
            reel = await stack.enter_async_context(served(settings, "project", PROJECTION))
            callers[name] = Caller(reel.url, Issuer(settings).token("Bench"))
            await _until_ready(callers[name])
        for _ in range(rounds):
            for name, caller in callers.items():
                runs.add(name, await _median_ms(caller, chance))
        for caller in callers.values():
            caller.close()
    row = runs.row("query of a read model, log of {events} events", "large")
    row.beside = [runs.beside("large", "small", "", goal=GOAL, better=Better.LESS)]
    return row


async def _median_ms(caller: Caller, chance: random.Random) -> float:
    times = []
    for _ in range(QUERIES):
        one = production(chance.randrange(PRODUCTIONS))
        began = time.perf_counter()
        await caller.ask("GET", f"/v1/productions/{one}/budget-status")
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


async def _until_ready(caller: Caller) -> None:
    async with asyncio.timeout(120):
        while True:
            try:
                await caller.ask("GET", f"/v1/productions/{production(0)}/budget-status")
                return
            except Exception:
                await asyncio.sleep(0.5)


async def _read_model(settings: Settings, faults: list[str]) -> None:
    """The rows of every production, its team, and the places at the logs' heads. All productions
    have the same facts but for their number, so that the rows of so many are folded once."""
    await migrate_all(settings)
    projection = projections()[PROJECTION]
    url = settings.database_of(PROJECTION)
    productions = [production(n) for n in range(PRODUCTIONS)]
    async with log_of(url) as (store, _), log_of(url, "approval") as (approval, _):
        await appoint_everywhere(approval, productions, Issuer(settings).person("Bench"))
        pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
        tables = Tables(projection.schema, projection.view)
        await tables.learn_types(pool)
        many = await pool.fetch(
            f"SELECT production::text, count(*) FROM {LOG}.event GROUP BY production", timeout=600
        )
        most = max(many, key=lambda one: one[1])[0]
        folded = _folded(projection, await _all_of(store, most), {one[1] for one in many})
        changed: Changed = {}
        for one, count in many:
            for row in folded[count]:
                changed.setdefault(type(row), {})[one, key_of(row)] = row
        async with pool.acquire() as connection:
            await tables.save_all(connection, changed)
            await begin_at_head(connection, projection.schema, store)
        faults += await _sample_faults(projection, tables, pool, store)
        await pool.execute("ANALYZE")
        await asyncio.wait_for(pool.close(), 10)


async def _all_of(store: Store, production: str) -> list[Recorded]:
    facts: list[Recorded] = []
    while page := await store.of_production(production, facts[-1].position if facts else 0, 5_000):
        facts += page
    return facts


def _folded(
    projection: Projection, facts: list[Recorded], counts: set[int]
) -> dict[int, list[Row]]:
    """The rows after so many of those facts, for each of the counts."""
    rows, found = Rows(), {}
    for count, fact in enumerate(facts, 1):
        projection.view.fold([fact], rows)
        if count in counts:
            found[count] = list(rows.every())
    return found


async def _sample_faults(
    projection: Projection, tables: Tables, pool: asyncpg.Pool, store: Store
) -> list[str]:
    """Some productions' rows beside the fold of their own facts."""
    chance, faults = random.Random(11), []
    for _ in range(SAMPLE):
        one = production(chance.randrange(PRODUCTIONS))
        held = (await tables.load(pool, [one]))[one]
        if held != projection.view.fold(await _all_of(store, one)):
            faults.append(f"the rows of {one} are not its fold")
    return faults
