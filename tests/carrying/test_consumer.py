"""What Kafka repeats, reorders or loses, a consumer tells once, in order, and whole."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest

from events.envelope import Recorded
from runtime import metrics
from runtime.reading import consumer as consuming
from runtime.reading.consumer import Consumer
from runtime.reading.place import NO_OFFSET
from runtime.reading.rewind import rewind
from runtime.reading.views import ProjectionSink
from tests.carrying.world import (
    LEDGER,
    GatedSink,
    PowerCut,
    World,
    carried,
    cost,
    production_in,
    running,
    subscribed,
    until,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)
HARBOUR = production_in(3, nth=1)
STORM = production_in(8)


async def facts(world: World, count: int, *productions: str) -> list[Recorded]:
    """So many costs, of these productions in turn."""
    for n in range(count):
        await world.budget.costs(productions[n % len(productions)], n + 1)
    return await world.budget.store.page()


async def test_what_is_brought_twice_is_told_once(world: World) -> None:
    brought = carried(await facts(world, 4, LIGHTHOUSE, HARBOUR), await world.incarnation())
    ledger = await world.ledger()
    await ledger.take("budget", 3, brought)
    await ledger.take("budget", 3, brought)
    await ledger.take("budget", 3, brought[1:3] + brought[1:3])
    assert await world.rows() == {
        (LIGHTHOUSE, "budget"): (2, 1 + 3, "1,3"),
        (HARBOUR, "budget"): (2, 2 + 4, "2,4"),
    }


async def test_what_is_brought_twice_in_one_batch_is_told_once(world: World) -> None:
    brought = carried(await facts(world, 3, LIGHTHOUSE), await world.incarnation())
    ledger = await world.ledger()
    await ledger.take("budget", 3, brought[:2] + brought[:2] + brought[1:])
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_a_hole_is_filled_from_the_log_before_what_is_behind_it(world: World) -> None:
    brought = carried(await facts(world, 6, LIGHTHOUSE, HARBOUR, STORM), await world.incarnation())
    ledger = await world.ledger()
    at_3 = [one for one in brought if one.recorded.partition == 3]
    assert [one.recorded.position for one in at_3] == [1, 2, 4, 5]
    await ledger.take("budget", 3, [at_3[0], at_3[3]])
    assert await world.rows() == {
        (LIGHTHOUSE, "budget"): (2, 1 + 4, "1,4"),
        (HARBOUR, "budget"): (2, 2 + 5, "2,5"),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_records_in_any_order_end_in_the_same_rows(world: World, seed: int) -> None:
    chance = random.Random(seed)
    recorded = await facts(world, 40, LIGHTHOUSE, HARBOUR, STORM)
    brought = carried(recorded, await world.incarnation())
    brought += chance.choices(brought, k=20)
    chance.shuffle(brought)
    brought = brought[: chance.randint(30, len(brought))]
    ledger = await world.ledger()
    while brought:
        batch, brought = brought[: chance.randint(1, 9)], brought[9:]
        for partition in (3, 8):
            await ledger.take(
                "budget", partition, [one for one in batch if one.recorded.partition == partition]
            )
    await ledger.check_tail("budget")
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == await world.expected()


async def test_a_topic_in_disorder_ends_in_the_same_rows(topics: World) -> None:
    recorded = await facts(topics, 12, LIGHTHOUSE, STORM)
    shuffled = random.Random(5).sample(recorded, k=len(recorded))
    await topics.topic().send(shuffled + shuffled[:5], await topics.incarnation())
    async with subscribed(topics, await topics.ledger()):
        await until(topics.is_told)


async def test_a_log_older_than_its_consumer_is_taken_in_transactions_of_bounded_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "TRANSACTION_EVENTS_MAX", 50)
    for _ in range(3):
        await world.budget.record(LIGHTHOUSE, *(cost(1) for _ in range(60)))
    last = (await world.budget.store.page())[-1]
    sink = Counting(ProjectionSink(world.tables))
    ledger = await world.ledger(sink=sink)
    await ledger.take("budget", 3, carried([last], await world.incarnation()))
    assert await world.rows() == await world.expected()
    assert sink.pages == [50, 50, 50, 29, 1]


async def test_a_film_that_was_quiet_is_not_behind_by_what_others_did_meanwhile(
    world: World,
) -> None:
    ledger = await world.ledger()
    lag = metrics.LAG.labels(LEDGER, "budget")._value
    await world.budget.costs(LIGHTHOUSE, 1, 2)
    await ledger.check_tail("budget", behind_seconds_max=0)
    await world.budget.costs(STORM, *range(1, 21))
    await ledger.check_tail("budget", behind_seconds_max=0)
    await ledger.check_tail("budget")
    assert lag.get() == 0

    await world.budget.costs(LIGHTHOUSE, 3)
    await ledger.check_tail("budget")
    assert lag.get() == 1
    await rewind(world.dsn, LEDGER)
    await ledger.check_tail("budget")
    assert lag.get() == 23


class Counting:
    """A sink that counts what it is given."""

    def __init__(self, sink: ProjectionSink) -> None:
        self.sink = sink
        self.pages: list[int] = []

    async def prepare(self, events: Sequence[Recorded], behind: Any) -> Any:
        self.pages.append(len(events))

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: Any) -> None:
        await self.sink.apply(connection, events, prepared)

    def forget(self, log: str, partition: int) -> None:
        self.sink.forget(log, partition)


async def test_the_lost_tail_of_a_quiet_partition_is_filled_though_nothing_more_comes(
    topics: World,
) -> None:
    recorded = await facts(topics, 3, LIGHTHOUSE)
    await topics.topic().send(recorded[:2], await topics.incarnation())
    before = metrics.HOLES.labels(LEDGER, "budget")._value.get()
    async with subscribed(topics, await topics.ledger()):
        await until(topics.is_told)
    assert metrics.HOLES.labels(LEDGER, "budget")._value.get() == before + 1


async def test_the_tail_is_left_to_kafka_for_as_long_as_it_may_still_come(world: World) -> None:
    await facts(world, 2, LIGHTHOUSE)
    ledger = await world.ledger()
    await ledger.check_tail("budget")
    await ledger.check_tail("budget")
    assert await world.rows() == {}
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.is_told()


async def test_the_tail_of_another_workers_partition_is_left_to_that_worker(world: World) -> None:
    await facts(world, 4, LIGHTHOUSE, STORM)
    ledger = await world.ledger()
    ledger.assigned = {("budget", 8)}
    await ledger.check_tail("budget")
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == {(STORM, "budget"): (2, 2 + 4, "2,4")}


async def test_without_any_broker_the_tail_check_alone_keeps_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And when Kafka comes, with all of it again, nothing is told twice."""
    monkeypatch.setattr(consuming, "TAIL_CHECK_SECONDS", 0.1)
    ledger = await world.ledger("approval", "budget")
    impatient = partial(ledger.check_tail, behind_seconds_max=0.2)
    monkeypatch.setattr(ledger, "check_tail", impatient)
    async with running(ledger.watch_the_tail()):
        await facts(world, 5, LIGHTHOUSE, STORM)
        await world.approval.costs(LIGHTHOUSE, 100)
        await until(lambda: world.is_told("approval", "budget"))
        await world.budget.costs(STORM, 6)
        await until(lambda: world.is_told("approval", "budget"))
        for log in ("approval", "budget"):
            everything = await world.stores[log].page()
            for partition in (3, 8):
                mine = [one for one in everything if one.partition == partition]
                await ledger.take(log, partition, carried(mine, await world.incarnation(log)))
    assert await world.is_told("approval", "budget")
    assert not ledger.unready()


async def test_rows_and_place_move_together_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = carried(await facts(world, 3, LIGHTHOUSE), await world.incarnation())
    ledger = await world.ledger()
    await ledger.take("budget", 3, brought[:1])
    move = ledger._places.move

    async def die(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(ledger._places, "move", die)
    with pytest.raises(PowerCut):
        await ledger.take("budget", 3, brought)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (1, 1, "1")}
    assert (await world.place(3))["position"] == 1

    async def die_behind(*to: Any) -> None:
        await move(*to)
        raise PowerCut

    monkeypatch.setattr(ledger._places, "move", die_behind)
    with pytest.raises(PowerCut):
        await ledger.take("budget", 3, brought)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (1, 1, "1")}
    assert (await world.place(3))["position"] == 1

    await (await world.ledger()).take("budget", 3, brought)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_a_place_holds_what_it_takes_to_tell_its_history_from_another(world: World) -> None:
    recorded = await facts(world, 3, LIGHTHOUSE)
    ledger = await world.ledger()
    await ledger.take("budget", 3, carried(recorded, await world.incarnation(), first_offset=40))
    place = await world.place(3)
    assert (place["position"], place["hash"], place["offset"]) == (3, recorded[2].hash, 42)
    assert str(place["incarnation"]) == await world.incarnation()
    elsewhere = await world.place(8)
    assert (elsewhere["position"], elsewhere["hash"], elsewhere["offset"]) == (0, b"", NO_OFFSET)


async def test_a_consumer_that_starts_again_reads_on_in_kafka_where_its_place_says(
    topics: World,
) -> None:
    recorded = await facts(topics, 6, LIGHTHOUSE)
    await topics.topic().send(recorded[:4], await topics.incarnation())
    async with subscribed(topics, await topics.ledger()):
        await until(lambda: reached(topics, 4))
    before = metrics.REPEATS.labels(LEDGER, "budget")._value.get()
    await topics.topic().send(recorded[4:], await topics.incarnation())
    # A group that has never committed an offset: only the place knows where to read on.
    async with subscribed(topics, await topics.ledger(), group="another"):
        await until(topics.is_told)
    assert metrics.REPEATS.labels(LEDGER, "budget")._value.get() == before


async def reached(world: World, position: int) -> bool:
    return bool((await world.place(3))["position"] == position)


async def test_a_database_that_breaks_off_in_the_middle_is_asked_again(world: World) -> None:
    brought = carried(await facts(world, 3, LIGHTHOUSE), await world.incarnation())
    broken: list[int] = []

    class Breaking(ProjectionSink):
        async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
            await super().apply(connection, events, prepared)
            if not broken:
                broken.append(await connection.fetchval("SELECT pg_backend_pid()"))
                await world.pool.execute("SELECT pg_terminate_backend($1)", broken[0])

    ledger = await world.ledger(sink=Breaking(world.tables))
    await ledger.take("budget", 3, brought)
    assert broken
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}
    assert not stopped(ledger)


async def test_an_unknown_outcome_of_a_commit_is_found_out_and_nothing_is_told_twice(
    world: World,
) -> None:
    """The connection breaks when everything is committed and before the answer is read."""
    brought = carried(await facts(world, 3, LIGHTHOUSE), await world.incarnation())
    lost: list[bool] = []

    class Deaf:
        """A pool whose first connection is gone after its commit."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.pool, name)

        @asynccontextmanager
        async def acquire(self) -> AsyncIterator[Any]:
            async with world.pool.acquire() as connection:
                yield connection
            if not lost:
                lost.append(True)
                raise ConnectionResetError

    ledger = await world.ledger(pool=cast("asyncpg.Pool", Deaf()))
    await ledger.take("budget", 3, brought[:2])
    assert lost
    await ledger.take("budget", 3, brought)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_a_database_in_trouble_is_waited_for_and_stops_no_partition(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 0.01)
    brought = carried(await facts(world, 2, LIGHTHOUSE), await world.incarnation())
    troubles = [
        asyncpg.DiskFullError("no space left on device"),
        asyncpg.OutOfMemoryError("out of memory"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.PostgresIOError("could not read block"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        ConnectionResetError(),
    ]

    async def struggle() -> None:
        if troubles:
            raise troubles.pop()

    ledger = await world.ledger(sink=GatedSink(ProjectionSink(world.tables), before=struggle))
    await ledger.take("budget", 3, brought)
    assert not troubles
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (2, 3, "1,2")}
    assert not stopped(ledger)


async def test_a_partition_that_nobody_takes_care_of_any_more_is_taken_care_of_by_another_worker(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker died while there was no broker that could have given it to somebody else."""
    now = [1_000.0]
    monkeypatch.setattr("runtime.reading.consumer.time", SimpleNamespace(monotonic=lambda: now[0]))
    ledger = await world.ledger()
    ledger.assigned = {("budget", 8)}
    await facts(world, 2, LIGHTHOUSE)
    await ledger.check_tail("budget")
    now[0] += consuming.ORPHANED_SECONDS - 1
    await ledger.check_tail("budget")
    assert await world.rows() == {}
    assert not ledger.unready()
    now[0] += 1
    await ledger.check_tail("budget")
    assert await world.is_told()


async def test_a_place_that_was_set_back_beside_a_running_worker_is_found_out(world: World) -> None:
    """A rewind takes rows and place away; nothing else has to happen for them to come again."""
    brought = carried(await facts(world, 3, LIGHTHOUSE), await world.incarnation())
    ledger = await world.ledger()
    await ledger.take("budget", 3, brought)
    await world.pool.execute(f"TRUNCATE {LEDGER}.trail, {LEDGER}.mark; DELETE FROM {LEDGER}.place")
    await ledger.check_tail("budget")
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == {(LIGHTHOUSE, "budget"): (3, 6, "1,2,3")}


async def test_a_consumer_under_steady_load_is_not_said_to_be_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is always something newer than the place; that alone is not being late."""
    now = [1_000.0]
    monkeypatch.setattr("runtime.reading.consumer.time", SimpleNamespace(monotonic=lambda: now[0]))
    ledger = await world.ledger()
    incarnation = await world.incarnation()
    await ledger.check_tail("budget")
    for amount in range(1, 31):
        (fact,) = await world.budget.costs(LIGHTHOUSE, amount)
        await ledger.check_tail("budget")
        assert not ledger.unready()
        await ledger.take("budget", 3, carried([fact], incarnation))
        now[0] += 1
    assert await world.is_told()


async def test_a_consumer_that_does_not_come_forward_is_said_to_be_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("runtime.reading.consumer.time", SimpleNamespace(monotonic=lambda: now[0]))
    ledger = await world.ledger()
    ledger.assigned = set()
    for amount in range(1, 15):
        await world.budget.costs(LIGHTHOUSE, amount)
        await ledger.check_tail("budget")
        now[0] += 1
    ledger.assigned = {("budget", 3)}
    for _ in range(14):
        await ledger.check_tail("budget", behind_seconds_max=600)
        now[0] += 1
    assert [reason for reason in ledger.unready() if "ledger_v1: budget/3 is behind" in reason]


async def test_a_consumer_whose_tail_nobody_watches_is_not_ready(world: World) -> None:
    ledger = await world.ledger()
    assert ledger.unready() == [
        "ledger_v1: its places were not compared with the logs lately",
    ]
    await ledger.check_tail("budget")
    assert ledger.unready() == []


def stopped(ledger: Consumer) -> list[str]:
    return [reason for reason in ledger.unready() if "stopped" in reason]
