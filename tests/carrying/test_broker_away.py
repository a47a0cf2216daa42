"""With no broker at all, rows keep up with the log; when it returns, nothing is told twice."""

import asyncio
import os

import pytest

from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.servers import KAFKA_VARIABLE
from runtime.kafka.bus import Subscription
from tests.carrying.world import World, at, production_in, running, subscribed, until

pytestmark = [pytest.mark.integration, pytest.mark.long]

LIGHTHOUSE = production_in(3)
STORM = production_in(8)


@pytest.mark.skipif(KAFKA_VARIABLE in os.environ, reason="kills the broker")
async def test_rows_keep_up_while_the_broker_is_dead_and_nothing_is_doubled_when_it_returns(
    topics: World, kafka_server: EmbeddedKafka
) -> None:
    """One worker has lost the broker, another starts without one; both find it when it returns."""
    first, second, relay = await topics.ledger(), await topics.ledger(), topics.relay()
    async with running(relay.run()), subscribed(topics, first):
        await topics.budget.costs(LIGHTHOUSE, 1, 2)
        await until(topics.is_told)
        await asyncio.to_thread(kafka_server.kill)
        try:
            async with subscribed(topics, second):
                await topics.budget.costs(LIGHTHOUSE, 3)
                await topics.budget.costs(STORM, 4)
                await until(topics.is_told)
                await until(relay.unready)
                assert (await topics.cursor())["position"] == 2
                await asyncio.to_thread(kafka_server.start)
                await topics.budget.costs(STORM, 5)
                await until(at(topics, 5))
                await until(lambda: first.assigned and second.assigned)
                await until(lambda: not first.assigned & second.assigned)  # type: ignore[operator]
                await topics.budget.costs(LIGHTHOUSE, 6)
                await until(topics.is_told)
        finally:
            await asyncio.to_thread(kafka_server.start)
    assert set(await topics.topic().positions()) == {1, 2, 3, 4, 5, 6}
    assert await topics.is_told()


async def test_a_worker_told_to_stop_while_it_looks_for_its_broker_looks_no_further(
    world: World,
) -> None:
    world.settings = world.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    subscription = Subscription(world.settings, await world.ledger(), "ledger")
    async with running(subscription.run()) as (looking,):
        await asyncio.sleep(0.1)
        assert not looking.done()
        await subscription.stop()
        await until(looking.done)
    assert subscription.kafka is None
