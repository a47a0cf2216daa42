"""Who froze while another went on changes nothing when he wakes, and tells nothing twice."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from events.envelope import Recorded
from runtime.pools import LOCKS_ARE_LET_GO
from runtime.reading.consumer import Consumer
from runtime.reading.views import ProjectionSink
from tests.carrying.world import (
    Frozen,
    GatedSink,
    World,
    carried,
    production_in,
    running,
    subscribed,
    until,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
ROOT = Path(__file__).parents[2]


async def brought(world: World, *recorded: Recorded) -> Any:
    return carried(recorded, await world.incarnation())


async def test_a_worker_frozen_between_reading_and_writing_is_refused_when_it_wakes(
    world: World,
) -> None:
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    frozen = Frozen()
    zombie = await world.ledger(sink=GatedSink(ProjectionSink(world.tables), before=frozen.here))
    asleep = asyncio.create_task(zombie.take("budget", 3, await brought(world, *facts[:2])))
    await frozen.reached.wait()

    successor = await world.ledger()
    await successor.take("budget", 3, await brought(world, *facts))
    told = await world.rows()
    assert told == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}

    frozen.released.set()
    await asleep
    assert await world.rows() == told
    assert zombie.place("budget", 3).position == 3


async def test_a_worker_that_was_refused_takes_up_again_from_where_the_other_one_is(
    world: World,
) -> None:
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3, 4)
    frozen = Frozen()
    zombie = await world.ledger(sink=GatedSink(ProjectionSink(world.tables), before=frozen.here))
    asleep = asyncio.create_task(zombie.take("budget", 3, await brought(world, *facts)))
    await frozen.reached.wait()
    successor = await world.ledger()
    await successor.take("budget", 3, await brought(world, *facts[:2]))
    frozen.released.set()
    await asleep
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (4, 10, "1,2,3,4")}


async def test_a_worker_frozen_with_its_rows_written_holds_nobody_up_for_long(
    world: World,
) -> None:
    """Its transaction holds the rows; the database ends it, and the one that wakes up notices."""
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2)
    frozen = Frozen()
    waited: list[bool] = []

    async def once() -> None:
        if not waited:
            waited.append(True)
            await frozen.here()

    async with asyncpg.create_pool(
        world.dsn, min_size=1, server_settings={"idle_in_transaction_session_timeout": "500"}
    ) as pool:
        sink = GatedSink(ProjectionSink(world.tables), after=once)
        zombie = await world.ledger(sink=sink, pool=pool)
        asleep = asyncio.create_task(zombie.take("budget", 3, await brought(world, *facts[:1])))
        await frozen.reached.wait()
        successor = await world.ledger()
        await asyncio.wait_for(successor.take("budget", 3, await brought(world, *facts)), 20)
        frozen.released.set()
        await asleep
        assert not [one for one in zombie.unready() if "stopped" in one]
        assert zombie.place("budget", 3).position == 2
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (2, 3, "1,2")}


async def test_a_worker_frozen_inside_a_statement_holds_nobody_up_for_long(
    world: World,
) -> None:
    """After Parse and before Bind, PostgreSQL counts it as active, not as idle."""
    (fact,) = await world.budget.costs(LIGHTHOUSE, 1)
    successor = await world.ledger()
    options = " ".join(f"-c {name}=1500ms" for name in LOCKS_ARE_LET_GO)
    zombie = psycopg.connect(world.dsn, options=options)
    try:
        zombie.execute(f"SELECT FROM {world.tables.schema}.place FOR UPDATE")
        zombie.pgconn.enter_pipeline_mode()
        zombie.pgconn.send_prepare(b"half", b"SELECT 1")
        zombie.pgconn.send_flush_request()
        zombie.pgconn.flush()
        await until(lambda: _waits_as(world, "active", "ClientRead"))
        await asyncio.wait_for(successor.take("budget", 3, await brought(world, fact)), 20)
    finally:
        zombie.close()
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (1, 1, "1")}


def _waits_as(world: World, state: str, event: str) -> bool:
    with psycopg.connect(world.dsn) as session:
        found = session.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() "
            "AND state = %s AND wait_event = %s",
            [state, event],
        )
        return found.fetchone() is not None


async def test_a_worker_that_gets_a_partition_back_forgets_the_rows_it_held(world: World) -> None:
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    first, second = await world.ledger(), await world.ledger()
    await first.take("budget", 3, await brought(world, facts[0]))
    await second.take("budget", 3, await brought(world, facts[1]))
    # The tail check tells the first worker where the second one is.
    await first.check_tail("budget")
    await first.take("budget", 3, await brought(world, facts[2]))
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_the_tail_check_of_one_worker_does_not_make_another_start_from_old_rows(
    world: World,
) -> None:
    """Two workers take turns at one partition, and each looks at the places in between."""
    facts = await world.budget.costs(LIGHTHOUSE, *range(1, 13))
    workers = [await world.ledger(), await world.ledger(), await world.ledger()]
    for n, fact in enumerate(facts):
        await workers[n % 3].take("budget", 3, await brought(world, fact))
        await workers[(n + 1) % 3].check_tail("budget")
    assert await world.rows() == await world.expected()


async def test_a_hole_that_was_read_while_another_worker_went_past_it_is_not_told_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is filled into the hole must follow the place, even if the place moved meanwhile."""
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2, 3, 4, 5)
    slow, quick = await world.ledger(), await world.ledger()
    store = world.stores["budget"]
    page = store.page
    passed: list[bool] = []

    async def passed_by(*of: Any, **more: Any) -> Sequence[Recorded]:
        found = await page(*of, **more)
        if not passed:
            passed.append(True)
            await quick.take("budget", 3, await brought(world, *facts[:4]))
            await slow.check_tail("budget")
        return found

    monkeypatch.setattr(store, "page", passed_by)
    await slow.take("budget", 3, await brought(world, facts[2]))
    assert passed
    assert (await world.place(3))["position"] == 4
    await slow.take("budget", 3, await brought(world, facts[4]))
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (5, 15, "1,2,3,4,5")}


async def test_two_workers_of_one_group_share_the_partitions_and_tell_every_fact_once(
    topics: World,
) -> None:
    productions = [production_in(partition) for partition in range(12)]
    first, second = await topics.ledger(), await topics.ledger()
    async with running(topics.relay().run()):
        async with subscribed(topics, first):
            await record_all(topics, productions, 3)
            async with subscribed(topics, second):
                await until(lambda: shared(first, second))
                await record_all(topics, productions, 5)
                await until(topics.is_told)
            await record_all(topics, productions, 3)
            await until(topics.is_told)
        assert first.assigned is not None


async def record_all(world: World, productions: list[str], times: int) -> None:
    for amount in range(times):
        for production in productions:
            await world.budget.costs(production, amount + 1)


def shared(first: Consumer, second: Consumer) -> bool:
    mine, others = first.assigned or set(), second.assigned or set()
    return len(mine) == len(others) == 6 and not mine & others


async def test_a_worker_killed_in_the_middle_of_a_fold_leaves_every_fact_to_be_told_once(
    topics: World,
) -> None:
    productions = [production_in(partition) for partition in range(12)]
    await record_all(topics, productions, 4)
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.carrying.worker",
        topics.settings.model_dump_json(),
        cwd=ROOT,
        env={**os.environ, "REEL_KILL_AT": "before-fold-commit:5"},
        stderr=asyncio.subprocess.PIPE,
    )
    async with running(topics.relay().run()):
        _, said = await asyncio.wait_for(worker.communicate(), 60)
        assert worker.returncode == -9, said.decode()
        half = await topics.rows()
        assert 0 < sum(count for count, _, _ in half.values()) < 48
        async with subscribed(topics, await topics.ledger()):
            await record_all(topics, productions, 2)
            await until(topics.is_told)
