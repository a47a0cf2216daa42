"""A worker of the ledger in a process of its own, for tests that kill it."""

import asyncio
import sys

import asyncpg

from runtime.kafka.bus import Subscription
from runtime.log.postgres import PostgresStore
from runtime.reading.consumer import Consumer
from runtime.reading.views import ProjectionSink, Tables
from runtime.settings import Settings
from tests.carrying.world import LEDGER, LEDGER_VIEW


async def work(settings: Settings) -> None:
    """Consumes the budget log until killed."""
    pool = await asyncpg.create_pool(settings.database_of("budget"), min_size=1)
    tables = Tables(LEDGER, LEDGER_VIEW)
    await tables.learn_types(pool)
    store = PostgresStore("budget", pool)
    consumer = Consumer(LEDGER, LEDGER, pool, {"budget": store}, ProjectionSink(tables))
    await consumer.start()
    await Subscription(settings, consumer, "ledger").run()
    await consumer.watch_the_tail()


if __name__ == "__main__":
    asyncio.run(work(Settings.model_validate_json(sys.argv[1])))
