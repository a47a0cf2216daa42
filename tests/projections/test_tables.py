"""PostgreSQL takes the rows of a projection and gives back what the fold told."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC

import asyncpg
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from projections.day_out_of_days.api import projection as day_out_of_days
from projections.timeline.api import projection as timeline
from runtime.migrate import Schema, migrate
from runtime.reading.copied import COPIED_TYPES, NULL, copied
from runtime.reading.tables import Tables
from runtime.reading.views import ProjectionSink, fold_into
from runtime.rooms import Projection
from runtime.view import Rows
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


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
TIMES = st.datetimes(timezones=st.just(UTC))
AMOUNTS = st.decimals(-(10**12), 10**12, places=4) | st.decimals(
    allow_nan=False, allow_infinity=False
)
VALUES = {
    "bool": st.booleans(),
    "date": st.dates(),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "numeric": AMOUNTS,
    "text": TEXTS
    | st.sampled_from(
        ["", "\\N", "\\.", "a\tb", "c\r\nd", "\\", "\\\\t", "NULL", "None", "\\None", "\x1f"]
    ),
    "timestamptz": TIMES,
    "uuid": st.uuids(),
}


def test_there_are_values_for_every_type_that_is_copied() -> None:
    assert VALUES.keys() == COPIED_TYPES


@pytest.fixture(scope="module")
def everything(database: str) -> Iterator[psycopg.Connection]:
    columns = ", ".join(f"{of}_ {of}" for of in VALUES)
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(f"CREATE TEMP TABLE everything (nth int PRIMARY KEY, {columns})")
        yield session


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(*(st.none() | values for values in VALUES.values())), max_size=5),
)
def test_what_is_copied_is_what_was_given(
    everything: psycopg.Connection, rows: list[tuple[object, ...]]
) -> None:
    numbered = [(nth, *row) for nth, row in enumerate(rows)]
    everything.execute("TRUNCATE everything")
    with everything.cursor() as cursor:
        with cursor.copy(f"COPY everything FROM STDIN (NULL '{NULL}')") as into:
            into.write(copied(numbered, ["int4", *VALUES]))
        found = cursor.execute("SELECT * FROM everything ORDER BY nth").fetchall()
    assert found == numbered


async def test_rows_that_are_new_are_added_as_they_would_be_saved(database: str) -> None:
    events = interleaved(by_log(told(*film.STORY, *film.OTHERS)), random.Random(7))
    changed = fold_into({PRODUCTION: Rows()}, timeline.view, events)
    rows = {table: [(PRODUCTION, row) for row in of.values()] for table, of in changed.items()}
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        tables = Tables(timeline.schema, timeline.view)
        await tables.learn_types(pool)
        async with pool.acquire() as connection:
            await _emptied(connection)
            await tables.save_all(connection, changed)
            saved = await tables.load(connection, [PRODUCTION])
            await _emptied(connection)
            await tables.add_all(connection, rows)
            assert await tables.load(connection, [PRODUCTION]) == saved
            with pytest.raises(asyncpg.UniqueViolationError):
                await tables.add_all(connection, rows)
            assert await tables.load(connection, [PRODUCTION]) == saved


async def _emptied(connection: asyncpg.Connection) -> None:
    for table in timeline.view.tables:
        await connection.execute(f"TRUNCATE {timeline.schema}.{table.TABLE}")
