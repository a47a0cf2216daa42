"""PostgreSQL takes the rows of a projection and gives back what the fold told."""

import asyncio
import random
from collections.abc import Iterator

import asyncpg
import pytest

from events.event import Event
from projections.day_out_of_days.api import projection as day_out_of_days
from projections.timeline.api import projection as timeline
from runtime.migrate import Schema, migrate
from runtime.reading.views import ProjectionSink, Tables
from runtime.rooms import Projection
from tests.projections.day_out_of_days import lighthouse as boards
from tests.projections.telling import by_log, interleaved, told
from tests.projections.timeline import lighthouse as film
from tests.servers import drop_database, fresh_database
from tests.services.lighthouse import PRODUCTION

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[str]:
    dsn = fresh_database(database_url)
    migrate(
        [Schema(dsn, one.schema, "reader", one.tables_sql) for one in (timeline, day_out_of_days)]
    )
    yield dsn
    drop_database(dsn)


@pytest.mark.parametrize(
    ("projection", "events"),
    [
        (timeline, [*film.STORY, *film.OTHERS]),
        (day_out_of_days, [*boards.STORY, *boards.OTHERS]),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_rows_come_back_from_their_tables_as_they_were_told(
    database: str, projection: Projection, events: list[Event]
) -> None:
    """A sink that forgets after every fact reads its rows back before each."""
    facts = interleaved(by_log(told(*events)), random.Random(5))
    pool = await asyncpg.create_pool(database, min_size=1, max_size=2, command_timeout=30)
    tables = Tables(projection.schema, projection.view)
    await tables.learn_types(pool)
    for fact in facts:
        async with pool.acquire() as connection, connection.transaction():
            await ProjectionSink(tables).apply(connection, [fact], None)
    async with pool.acquire() as connection:
        rows = await tables.load(connection, [PRODUCTION])
    assert rows[PRODUCTION] == projection.view.fold(facts)
    await asyncio.wait_for(pool.close(), 10)
