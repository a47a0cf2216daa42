"""Who gives back a command's token reads his own write, or is told why not."""

import asyncio
import uuid
from collections.abc import Callable

import pytest

from events.envelope import Recorded
from runtime.clock import DatabaseClock
from runtime.people.vault import MemoryVault
from runtime.reading import query
from runtime.reading.consumer import Consumer
from runtime.reading.query import Reader
from runtime.web.problems import Gone, NotYet
from runtime.web.token import BadToken, Token
from tests.carrying.world import LEDGER, LEDGER_ROOM, World, carried, production_in

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)

ReaderOf = Callable[[Consumer | None], Reader]


@pytest.fixture
def reader(world: World) -> ReaderOf:
    """A reader of the ledger, beside its consumer or in a process without one."""
    clock = DatabaseClock(world.stores["budget"])
    return lambda consumer: Reader(
        LEDGER_ROOM,
        world.pool,
        world.stores,
        clock,
        MemoryVault(),
        {} if consumer is None else {LEDGER: consumer},
    )


async def token_of(world: World, recorded: Recorded) -> str:
    """What the command that recorded it answered."""
    incarnation = await world.incarnation(recorded.log)
    return str(Token(recorded.log, incarnation, recorded.partition, recorded.position))


async def bring(world: World, consumer: Consumer, *facts: Recorded) -> None:
    await consumer.take("budget", 3, carried(facts, await world.incarnation()))


async def test_a_query_with_a_token_waits_until_its_rows_hold_the_write(
    world: World, reader: ReaderOf
) -> None:
    consumer = await world.ledger()
    first, second, third = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    await bring(world, consumer, first)
    waiting = asyncio.create_task(reader(consumer).until(await token_of(world, second)))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await bring(world, consumer, second, third)
    await asyncio.wait_for(waiting, 10)
    assert await world.is_told()


async def test_a_query_waits_for_a_worker_in_another_process_too(
    world: World, reader: ReaderOf
) -> None:
    consumer = await world.ledger()
    (fact,) = await world.budget.costs(LIGHTHOUSE, 1)
    waiting = asyncio.create_task(reader(None).until(await token_of(world, fact)))
    await bring(world, consumer, fact)
    await asyncio.wait_for(waiting, 10)


async def test_a_query_without_a_token_waits_for_nothing(world: World, reader: ReaderOf) -> None:
    await world.budget.costs(LIGHTHOUSE, 1)
    await asyncio.wait_for(reader(await world.ledger()).until(None), 5)


async def test_rows_that_are_there_already_are_not_waited_for(
    world: World, reader: ReaderOf
) -> None:
    consumer = await world.ledger()
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2)
    await bring(world, consumer, *facts)
    await asyncio.wait_for(reader(consumer).until(await token_of(world, facts[0])), 5)


async def test_rows_that_do_not_come_in_time_are_said_to_be_late(
    world: World, reader: ReaderOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "AFTER_SECONDS_MAX", 0.1)
    consumer = await world.ledger()
    (fact,) = await world.budget.costs(LIGHTHOUSE, 1)
    with pytest.raises(NotYet, match="ledger has not reached budget:"):
        await reader(consumer).until(await token_of(world, fact))


async def test_a_token_from_before_a_restore_is_gone(world: World, reader: ReaderOf) -> None:
    consumer = await world.ledger()
    facts = await world.budget.costs(LIGHTHOUSE, 1, 2)
    await bring(world, consumer, *facts)
    token = await token_of(world, facts[1])
    await world.restore(1)
    with pytest.raises(Gone, match="the budget log was restored since"):
        await reader(consumer).until(token)


async def test_rows_of_the_history_before_a_restore_do_not_hold_a_write_of_the_one_after(
    world: World, reader: ReaderOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is beyond the token's position, but in another history."""
    monkeypatch.setattr(query, "AFTER_SECONDS_MAX", 0.1)
    consumer = await world.ledger()
    await bring(world, consumer, *await world.budget.costs(LIGHTHOUSE, 1, 2, 3, 4))
    await world.restore(2)
    (fact,) = await world.budget.costs(LIGHTHOUSE, 30)
    with pytest.raises(NotYet):
        await reader(consumer).until(await token_of(world, fact))


async def test_what_is_no_token_of_a_log_that_is_heard_is_refused(
    world: World, reader: ReaderOf
) -> None:
    of_ledger, nobody = reader(await world.ledger()), uuid.UUID(int=0)
    for text in (
        "",
        "budget",
        "budget:x:3:1",
        f"schedule:{nobody}:3:1",
        f"budget:{nobody}:3:1; DROP TABLE place",
        f"budget:{nobody}:-3:1",
        str(Token("budget", await world.incarnation(), 12, 1)),
    ):
        with pytest.raises(BadToken):
            await of_ledger.until(text)
