"""A consumer that was rewound folds its logs again, and comes to the rows it had."""

from collections.abc import AsyncIterator

import pytest

from runtime.clock import DatabaseClock
from runtime.handling import Handler
from runtime.log.committer import Committer
from runtime.people.vault import MemoryVault
from runtime.reading.consumer import Consumer
from runtime.reading.rewind import rewind
from tests.carrying.test_policies import BOTH, MEETS, SCHEMA, Room, service
from tests.carrying.world import LEDGER, World, cost, production_in

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)


async def test_a_rewound_consumer_comes_to_the_same_rows_again(world: World) -> None:
    await world.budget.costs(LIGHTHOUSE, 10, 20, 30)
    ledger = await world.ledger()
    await ledger.check_tail("budget", behind_seconds_max=0)
    told = await world.rows()
    assert told

    emptied = await rewind(world.dsn, LEDGER)
    assert {"place", "trail", "mark"} <= set(emptied)
    assert await world.rows() == {}

    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == told


async def test_a_restored_log_is_followed_again_after_a_rewind(world: World) -> None:
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    ledger = await world.ledger()
    await ledger.check_tail("budget", behind_seconds_max=0)
    await world.restore(2)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert [reason for reason in ledger.unready() if "stopped at 3" in reason], before

    await rewind(world.dsn, LEDGER)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert (await world.place(3))["position"] == 2
    assert (await world.place(3))["stopped"] is None


@pytest.fixture
async def room(world: World) -> AsyncIterator[Room]:
    store = world.stores["budget"]
    async with Committer(store) as committer:
        yield Room(world, Handler(service(), store, committer, MemoryVault(), DatabaseClock(store)))


async def hear(consumer: Consumer, *logs: str) -> None:
    for log in logs:
        await consumer.check_tail(log, behind_seconds_max=0)


async def met(room: Room) -> list[str]:
    """What the room has recorded by itself, because two logs had met."""
    return [
        fact.event.commitment  # type: ignore[attr-defined]
        for fact in await room.recorded()
        if fact.actor == "policy:budget"
    ]


async def test_a_rewound_room_answers_no_fact_again_though_it_would_say_something_else(
    room: Room,
) -> None:
    """The cost was answered with the approval known; now the approval would be with the cost."""
    consumer, _ = await room.process(*BOTH, reactions=MEETS)
    await room.given("the glazing")
    await hear(consumer, "approval")
    await room.world.budget.record(LIGHTHOUSE, cost(1))
    await hear(consumer, "budget", "approval")
    assert await met(room) == ["met by budget"]

    for _ in range(2):
        emptied = await rewind(room.world.dsn, SCHEMA)
        assert {"place", "known"} <= set(emptied)
        assert "answered" not in emptied
        again, answers = await room.process(*BOTH, reactions=MEETS)
        await hear(again, "budget", "approval", "budget")
        assert answers.handled == []
    assert await met(room) == ["met by budget"]

    await room.given("the lamp")
    await hear(again, "approval")
    assert await met(room) == ["met by budget", "met by approval"]


async def test_a_worker_that_runs_answers_nothing_again_after_a_rewind(room: Room) -> None:
    consumer, answers = await room.process(*BOTH, reactions=MEETS)
    await room.given("the glazing")
    await hear(consumer, "approval")
    await rewind(room.world.dsn, SCHEMA)
    await room.world.budget.record(LIGHTHOUSE, cost(1))
    await hear(consumer, "budget")
    assert answers.handled == [], "the approval is not heard again yet"
    assert await room.place(log="budget") == 0
    await hear(consumer, "approval", "budget")
    assert await met(room) == ["met by budget"]


async def test_what_comes_after_a_rewind_waits_for_what_was_known_before_it(room: Room) -> None:
    consumer, _ = await room.process(*BOTH, reactions=MEETS)
    await room.world.budget.record(LIGHTHOUSE, cost(1))
    old = await room.given("the glazing")
    await hear(consumer, "approval", "budget")
    before = await met(room)
    await rewind(room.world.dsn, SCHEMA)

    again, answers = await room.process(*BOTH, reactions=MEETS)
    await room.given("the lamp")
    await hear(again, "approval")
    assert await room.place() == old.position
    assert answers.handled == []
    await hear(again, "budget", "approval")
    assert await met(room) == [*before, "met by approval"]


async def test_answers_that_a_restored_log_has_lost_are_given_again(room: Room) -> None:
    """The cause stands in a log that was not restored."""
    consumer, _ = await room.process(*BOTH, reactions=MEETS)
    (kept,) = await room.world.budget.record(LIGHTHOUSE, cost(1))
    await hear(consumer, "budget")
    await room.given("the glazing")
    await hear(consumer, "approval", "budget")
    assert await met(room) == ["met by approval"]

    await room.world.restore(kept.position)
    await rewind(room.world.dsn, SCHEMA)
    assert await met(room) == []
    store = room.world.stores["budget"]
    async with Committer(store) as committer:
        room.handler = Handler(service(), store, committer, MemoryVault(), DatabaseClock(store))
        again, _ = await room.process(*BOTH, reactions=MEETS)
        await hear(again, "budget", "approval")
        assert await met(room) == ["met by approval"]
