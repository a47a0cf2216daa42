"""One relay owns a log at a time; who was asleep meanwhile moves nothing when he wakes."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from runtime.kafka import relay
from runtime.kafka.batches import Batch, Outgoing
from runtime.kafka.lease import Cursor, Lease, LeaseLost, PostgresLeaseRow
from runtime.kafka.relay import Relay
from runtime.kafka.topic import KafkaTopic
from runtime.log.committer import OUTCOME_UNKNOWN
from tests.carrying.world import (
    Frozen,
    World,
    at,
    production_in,
    running,
    until,
)

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)


def row_of(world: World) -> PostgresLeaseRow:
    return PostgresLeaseRow("budget", world.pool)


async def moved_to(world: World, lease: Lease, position: int) -> Cursor:
    """The cursor of a relay that confirmed everything up to `position`."""
    cursor = await lease.take()
    assert cursor is not None
    confirmed = Cursor(
        await world.incarnation(), position, cursor.positions, cursor.hashes, cursor.offsets
    )
    await lease.move(confirmed)
    return confirmed


async def test_a_second_relay_is_refused_while_the_first_one_keeps_its_lease(world: World) -> None:
    first, second = Lease(row_of(world)), Lease(row_of(world))
    assert await first.take() is not None
    assert await second.take() is None
    assert await first.take() is not None


async def test_a_released_lease_is_taken_at_once_with_the_cursor_where_it_was(world: World) -> None:
    first, second = Lease(row_of(world)), Lease(row_of(world))
    left_at = await moved_to(world, first, 7)
    await first.release()
    assert await second.take() == left_at


async def test_a_lease_that_nobody_renews_ends_by_the_clock_of_the_database(world: World) -> None:
    first, second = Lease(row_of(world), seconds=1.0), Lease(row_of(world))
    await moved_to(world, first, 7)
    assert await second.take() is None
    await until(second.take, within=10)


async def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(world: World) -> None:
    """Its owner is gone, and its end is three days away by the clock as it is now."""
    await moved_to(world, Lease(row_of(world)), 7)
    await world.pool.execute(
        "UPDATE budget.relay SET leased_till = leased_till + interval '3 days'"
    )
    cursor = await Lease(row_of(world)).take()
    assert cursor is not None and cursor.position == 7


async def test_a_row_that_somebody_else_locks_is_waited_for_and_ends_no_relay(
    world: World,
) -> None:
    """PostgreSQL ends the statement when the transaction has taken too long."""
    async with asyncpg.create_pool(
        world.dsn, min_size=1, max_size=2, server_settings={"transaction_timeout": "300ms"}
    ) as pool:
        lease = Lease(PostgresLeaseRow("budget", pool))
        async with world.pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT FROM budget.relay FOR UPDATE")
            with pytest.raises(OUTCOME_UNKNOWN):
                await lease.take()
        assert await lease.take() is not None


async def test_an_owner_stops_before_its_lease_ends(world: World) -> None:
    lease = Lease(row_of(world), seconds=2.0)
    with pytest.raises(LeaseLost):
        lease.check()
    await lease.take()
    lease.check()
    await asyncio.sleep(1.0)
    with pytest.raises(LeaseLost):
        lease.check()
    left = await world.pool.fetchval("SELECT leased_till - clock_timestamp() FROM budget.relay")
    assert left.total_seconds() > 0


async def test_a_stale_owner_moves_no_cursor(world: World) -> None:
    stale, owner = Lease(row_of(world), seconds=0.2), Lease(row_of(world))
    await moved_to(world, stale, 7)
    await until(owner.take)
    await moved_to(world, owner, 9)
    with pytest.raises(LeaseLost):
        await stale.move(Cursor(None, 8, (8,) * 12, (b"",) * 12, (8,) * 12))
    assert (await world.cursor())["position"] == 9


async def test_a_stale_owner_moves_no_cursor_after_the_owner_has_left(world: World) -> None:
    stale, owner = Lease(row_of(world), seconds=0.2), Lease(row_of(world))
    await moved_to(world, stale, 7)
    await until(owner.take)
    await moved_to(world, owner, 9)
    await owner.release()
    with pytest.raises(LeaseLost):
        await stale.move(Cursor(None, 8, (8,) * 12, (b"",) * 12, (8,) * 12))
    assert (await world.cursor())["position"] == 9


async def test_a_waiting_relay_goes_on_where_the_one_that_stops_has_been(topics: World) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    async with running(topics.relay().run()) as (first,):
        await until(at(topics, 2))
        waiting = topics.relay()
        async with running(waiting.run()):
            await until(lambda: not waiting.unready())
            first.cancel()
            await topics.budget.costs(LIGHTHOUSE, 3)
            await until(at(topics, 3))
    assert await topics.topic().positions() == [1, 2, 3]


async def test_a_relay_frozen_before_it_could_remember_is_passed_by_and_changes_nothing(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1, 2)
    zombie = topics.relay(lease=Lease(row_of(topics), seconds=2.0))
    frozen, refused = Frozen(), asyncio.Event()
    move = zombie._lease.move

    async def freeze(cursor: Cursor) -> None:
        if cursor.position == 2:
            await frozen.here()
        try:
            await move(cursor)
        except LeaseLost:
            refused.set()
            raise

    monkeypatch.setattr(zombie._lease, "move", freeze)
    async with running(zombie.run()):
        await frozen.reached.wait()
        async with running(topics.relay().run()):
            await topics.budget.costs(LIGHTHOUSE, 3)
            await until(at(topics, 3))
            frozen.released.set()
            await until(refused.is_set)
            assert (await topics.cursor())["position"] == 3
    assert await topics.topic().positions() == [1, 2, 1, 2, 3]


async def test_an_idle_owner_that_slept_through_another_ones_lease_starts_from_its_cursor(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds the lease free again when it wakes, but what it knows of the topic is old."""
    sleeper = topics.relay(lease=Lease(row_of(topics), seconds=2.0))
    take, frozen, asleep = sleeper._lease.take, Frozen(), False

    async def sleep_before(*_: Any) -> Any:
        if asleep:
            await frozen.here()
        return await take()

    monkeypatch.setattr(sleeper._lease, "take", sleep_before)
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.1)
    async with running(sleeper.run()):
        await topics.budget.costs(LIGHTHOUSE, 1)
        await until(at(topics, 1))
        asleep = True
        await frozen.reached.wait()
        await topics.budget.costs(LIGHTHOUSE, 2)
        async with running(topics.relay().run()):
            await until(at(topics, 2))
        asleep = False
        frozen.released.set()
        await topics.budget.costs(LIGHTHOUSE, 3)
        await until(at(topics, 3))
    assert await topics.topic().positions() == [1, 2, 3]


async def test_a_lease_never_promises_its_owner_more_than_the_database_does(world: World) -> None:
    lease = Lease(row_of(world))
    await lease.take()
    asked = time.monotonic()
    promised = lease.check()
    left = await world.pool.fetchval("SELECT leased_till - clock_timestamp() FROM budget.relay")
    assert promised - (time.monotonic() - asked) <= left.total_seconds()


async def test_a_relay_waits_for_its_broker_no_longer_than_it_owns_the_log(
    topics: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page under way when the lease ends could still arrive behind the next owner's."""
    made = []

    class Silent:
        async def start(self) -> None:
            made.append(self)

        def packed(self, records: Sequence[Outgoing]) -> list[Batch]:
            return [Batch(records[0].partition, None, [0])]

        async def send(self, _: Batch) -> Any:
            return asyncio.get_running_loop().create_future()

        async def stop(self) -> None:
            return None

    monkeypatch.setattr(KafkaTopic, "producer", lambda _: Silent())
    monkeypatch.setattr(relay, "CONFIRM_SECONDS_MAX", 600.0)
    await topics.budget.costs(LIGHTHOUSE, 1)
    async with running(topics.relay(lease=Lease(row_of(topics), seconds=2.0)).run()):
        await until(lambda: len(made) > 1)


async def test_an_owner_that_cannot_reach_the_broker_lets_one_that_can_have_the_log(
    topics: World,
) -> None:
    await topics.budget.costs(LIGHTHOUSE, 1)
    cut_off = topics.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    one = Relay.of(cut_off, topics.stores["budget"], topics.pool)
    async with running(one.run()):
        await until(lambda: any("Error" in reason for reason in one.unready()))
        async with running(topics.relay().run()):
            await until(at(topics, 1))
