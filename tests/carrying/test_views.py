"""A live worker's rows are what the fold tells, and what a naive reader of its logs adds up."""

import random
from datetime import date

import pytest

from events.approval import AppointmentEnded, PersonAppointed, ProductionOpened, Role
from events.event import Event
from projections.budget_status.view import VIEW as BUDGET_STATUS_VIEW
from runtime.people.team import fold_team
from runtime.reading import views
from runtime.reading.consumer import Consumer
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
from runtime.view import Rows
from tests.carrying.history import VOCABULARY, History, Step, interleaved, lived
from tests.carrying.status import naive, plain
from tests.carrying.world import World, carried, production_in

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
STORM = production_in(8)
BUDGET_STATUS = "budget_status_v2"


def drawn(seed: int, count: int) -> list[Step]:
    return random.Random(seed).choices(VOCABULARY, k=count)


async def live(world: World) -> tuple[Consumer, Tables]:
    """The real read model, as a process keeps it."""
    tables = Tables(BUDGET_STATUS, BUDGET_STATUS_VIEW)
    await tables.learn_types(world.pool)
    stores = {log: world.stores[log] for log in BUDGET_STATUS_VIEW.logs}
    consumer = Consumer(BUDGET_STATUS, BUDGET_STATUS, world.pool, stores, ProjectionSink(tables))
    await consumer.start()
    return consumer, tables


async def rows_of(world: World, tables: Tables, *productions: str) -> dict[str, Rows]:
    async with world.pool.acquire() as connection:
        return await tables.load(connection, productions)


async def test_the_rows_of_a_live_worker_are_what_a_naive_reader_of_its_logs_adds_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three productions, a memory for one of them, records in disorder, restarts in between."""
    monkeypatch.setattr(views, "PRODUCTIONS_CACHED", 1)
    chance = random.Random(11)
    productions = (LIGHTHOUSE, HARBOUR, STORM)
    for seed, production in enumerate(productions):
        history = History(production, world.logs)
        for step in drawn(seed, 150):
            await history.take(step)
    batches = []
    for log, store in world.stores.items():
        incarnation = await world.incarnation(log)
        brought = carried(await store.page(), incarnation)
        for partition in (3, 8):
            own = [one for one in brought if one.recorded.partition == partition]
            while own:
                size = chance.randint(1, 12)
                batches.append((log, partition, own[:size]))
                own = own[size:]
    chance.shuffle(batches)
    consumer, tables = await live(world)
    for n, (log, partition, batch) in enumerate(batches):
        await consumer.take(log, partition, batch)
        if n % 10 == 9:
            consumer, tables = await live(world)

    rows = await rows_of(world, tables, *productions)
    for production in productions:
        facts = await world.stores["budget"].of_production(production)
        assert len(facts) > 30
        assert plain(rows[production]) == naive(facts)
        assert rows[production] == BUDGET_STATUS_VIEW.fold(facts)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_tables_take_whatever_a_fold_tells_of_a_part_of_a_history(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    logs = lived(LIGHTHOUSE, drawn(seed, 300))
    kept = [fact for fact in interleaved(logs, chance) if chance.random() < 0.5]
    _, tables = await live(world)
    sink = ProjectionSink(tables)
    for fact in kept:
        async with world.pool.acquire() as connection, connection.transaction():
            await sink.apply(connection, [fact], None)
    rows = await rows_of(world, tables, LIGHTHOUSE)
    assert rows[LIGHTHOUSE] == BUDGET_STATUS_VIEW.fold(kept)


async def test_rows_do_not_depend_on_how_facts_were_batched(world: World) -> None:
    facts = lived(LIGHTHOUSE, drawn(7, 300))["budget"]
    _, tables = await live(world)
    for size in (1, 7, len(facts)):
        sink = ProjectionSink(tables)
        for first in range(0, len(facts), size):
            async with world.pool.acquire() as connection, connection.transaction():
                await sink.apply(connection, facts[first : first + size], None)
        rows = await rows_of(world, tables, LIGHTHOUSE)
        assert rows[LIGHTHOUSE] == BUDGET_STATUS_VIEW.fold(facts)
        names = ", ".join(f"{BUDGET_STATUS}.{table.TABLE}" for table in BUDGET_STATUS_VIEW.tables)
        await world.pool.execute(f"TRUNCATE {names}")


async def test_a_row_that_is_all_key_is_written_once(world: World) -> None:
    ledger = await world.ledger()
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2)
    for _ in range(2):
        await ledger.take("budget", 3, carried(facts, await world.incarnation()))
    await world.pool.execute("UPDATE ledger_v1.place SET position = 0, hash = ''")
    await (await world.ledger()).take("budget", 3, carried(facts, await world.incarnation()))
    marks = await world.pool.fetch("SELECT position FROM ledger_v1.mark ORDER BY position")
    assert [row[0] for row in marks] == [1, 2]


def opened(title: str) -> ProductionOpened:
    return ProductionOpened(title=title, kind="feature", currency="USD", time_zone="UTC")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_teams_that_are_told_all_at_once_are_as_told_one_by_one(
    world: World, seed: int
) -> None:
    """Appointed, ended and appointed again, over pages that are cut anywhere."""
    chance = random.Random(seed)
    people, roles = ("maya", "silas"), (Role.DIRECTOR, Role.PRODUCER)
    facts: list[Event] = [opened("The Lighthouse"), opened("The Last Lighthouse")]
    for day in range(1, 25):
        person, role = chance.choice(people), chance.choice(roles)
        if chance.random() < 0.6:
            starts = chance.choice([None, date(2026, 9, day)])
            facts.append(PersonAppointed(person=person, role=role, starts=starts, ends=None))
        else:
            facts.append(
                AppointmentEnded(person=person, role=role, ends=date(2026, 9, day), reason="over")
            )
    recorded = await world.approval.record(LIGHTHOUSE, *facts)
    told = []
    for size in (1, 5, len(recorded)):
        for first in range(0, len(recorded), size):
            async with world.pool.acquire() as connection, connection.transaction():
                await fold_team(connection, "ledger_v1", recorded[first : first + size])
        told.append(
            [
                [tuple(row) for row in await world.pool.fetch(f"TABLE ledger_v1.{table}")]
                for table in ("production", "team")
            ]
        )
        await world.pool.execute("TRUNCATE ledger_v1.production, ledger_v1.team")
    assert told[0][0][0][1] == "The Last Lighthouse" and len(told[0][1]) > 1
    assert [[sorted(rows, key=str) for rows in one] for one in told] == [
        [sorted(rows, key=str) for rows in told[0]]
    ] * 3
