"""Appends take turns, and one that is rolled back uses up nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from runtime.log.contract import Outcome
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from tests.servers import drop_database, fresh_database
from tests.store.making import LOG, B, command

pytestmark = pytest.mark.integration

LONG_ENOUGH_SECONDS = 0.5
"""For an append that does not wait its turn to run into the one that is under way."""


@asynccontextmanager
async def two_writers(database_url: str) -> AsyncIterator[tuple[Any, PostgresStore, PostgresStore]]:
    """One log by two connections, and the transaction of the first."""
    dsn = await asyncio.to_thread(fresh_database, database_url)
    await asyncio.to_thread(migrate, [Schema(dsn, LOG, "log")])
    one: Any = await asyncpg.connect(dsn)
    other: Any = await asyncpg.connect(dsn)
    try:
        yield one.transaction(), PostgresStore(LOG, one), PostgresStore(LOG, other)
    finally:
        await one.close()
        await other.close()
        await asyncio.to_thread(drop_database, dsn)


async def test_an_append_waits_for_the_one_that_is_under_way(database_url: str) -> None:
    async with two_writers(database_url) as (under_way, one, other):
        await under_way.start()
        await one.append([command("one", "costs-1")])
        later = asyncio.create_task(other.append([command("two", "costs-2", production=B)]))
        await asyncio.sleep(LONG_ENOUGH_SECONDS)
        assert not later.done()
        await under_way.commit()
        (answer,) = await later
        assert (answer.outcome, answer.first_position) == (Outcome.RECORDED, 2)


async def test_an_append_that_is_rolled_back_leaves_no_gap_behind(database_url: str) -> None:
    async with two_writers(database_url) as (rolled_back, one, other):
        await rolled_back.start()
        await one.append([command("one", "costs-1", events=3)])
        await rolled_back.rollback()
        await other.append([command("two", "costs-2", events=2)])
        assert [fact.position for fact in await other.page()] == [1, 2]
        assert (await other.heads()).position == 2
