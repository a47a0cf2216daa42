"""A worker of the ledger in a process of its own, for tests that kill it."""

import asyncio
import os
import sys

import asyncpg

from runtime.embedded.servers import KAFKA_VARIABLE
from runtime.kafka.bus import Subscription
from runtime.log.postgres import PostgresStore
from runtime.reading.consumer import Consumer
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink
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
    subscription = Subscription(settings, consumer, "ledger")
    if KAFKA_VARIABLE not in os.environ:
        # The embedded broker takes a dead worker for dead sooner than others may be told to.
        subscription._subscriber._connection_args["session_timeout_ms"] = 2_000
    await subscription.run()
    await asyncio.gather(consumer.watch_the_tail(), consumer.watch_the_parked())


if __name__ == "__main__":
    asyncio.run(work(Settings.model_validate_json(sys.argv[1])))
