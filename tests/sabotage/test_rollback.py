"""An append that is rolled back uses up nothing: the next one takes its positions."""

import asyncio
from typing import Any

import asyncpg
import pytest

from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from tests.servers import drop_database, fresh_database
from tests.store.making import LOG, command

pytestmark = pytest.mark.integration


async def test_an_append_that_is_rolled_back_leaves_no_gap_behind(database_url: str):
    dsn = await asyncio.to_thread(fresh_database, database_url)
    await asyncio.to_thread(migrate, [Schema(dsn, LOG, "log")])
    connection: Any = await asyncpg.connect(dsn)
    store = PostgresStore(LOG, connection)
    rolled_back = connection.transaction()
    await rolled_back.start()
    await store.append([command("one", "costs-1", events=3)])
    await rolled_back.rollback()

    await store.append([command("two", "costs-2", events=2)])

    assert [fact.position for fact in await store.page()] == [1, 2]
    assert (await store.heads()).position == 2
    await connection.close()
    await asyncio.to_thread(drop_database, dsn)
