"""A clean database for each test, and topics of its own."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import psycopg
import pytest
import structlog
from psycopg import sql

from runtime.clock import DatabaseClock
from runtime.kafka.bus import migrate_topics
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.tables import Tables
from runtime.rebuilding.registry import VIEWS, point_to, register_first
from runtime.settings import Settings
from tests.carrying.offers import Offers
from tests.carrying.world import LEDGER, LEDGER_ROOM, LEDGER_TABLES, LEDGER_VIEW, LOGS, World
from tests.servers import drop_database, fresh_database

BUDGET_STATUS = "budget_status_v2"
BUDGET_STATUS_TABLES = Path(__file__).parents[2] / "projections/budget_status/table.sql"


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """One line a warning; tracebacks without every local variable."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    yield
    structlog.configure(**before)


class Database:
    """One database with both logs, a room's memory and two read models, clean for each test.

    Cleaning is twenty times quicker than copying a database, on a machine that is busy.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        schemas = [Schema(dsn, log, "log") for log in LOGS]
        schemas += [Schema(dsn, f"{log}_service", "reader") for log in LOGS]
        schemas.append(Schema(dsn, LEDGER, "reader", LEDGER_TABLES))
        schemas.append(Schema(dsn, BUDGET_STATUS, "reader", BUDGET_STATUS_TABLES.read_text()))
        schemas.append(Schema(dsn, VIEWS, "views"))
        migrate(schemas)
        names = [schema.name for schema in schemas]
        asyncio.run(_register(dsn))
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("CREATE SCHEMA pristine")
            self._tables = [
                (sql.Identifier(schema, table), sql.Identifier("pristine", f"{schema}.{table}"))
                for schema, table in session.execute(
                    "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)",
                    [names],
                )
            ]
            for table, pristine in self._tables:
                order = sql.SQL("CREATE TABLE {} AS TABLE {}").format(pristine, table)
                session.execute(order)

    def clean(self) -> None:
        """As it was made, with logs of their own; whoever still uses it is put out, and what other
        versions of the ledger a test has made is gone."""
        with psycopg.connect(self.dsn) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            further = session.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ledger_v%%' "
                "AND nspname <> %s",
                [LEDGER],
            ).fetchall()
            for (schema,) in further:
                session.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
            session.execute("SET LOCAL session_replication_role = replica")
            for table, pristine in self._tables:
                session.execute(sql.SQL("DELETE FROM {}").format(table))
                session.execute(sql.SQL("INSERT INTO {} TABLE {}").format(table, pristine))
            for log in LOGS:
                renew = sql.SQL("UPDATE {} SET incarnation = gen_random_uuid()")
                session.execute(renew.format(sql.Identifier(log, "head")))


async def _register(dsn: str) -> None:
    """The ledger is what its readers read."""
    connection = await asyncpg.connect(dsn)
    try:
        await register_first(connection, LEDGER_ROOM)
        await point_to(connection, LEDGER_ROOM.name, LEDGER)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    """The database that these tests take one after the other."""
    found = Database(fresh_database(database_url))
    yield found
    drop_database(found.dsn)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """Two logs, a ledger, and no Kafka: topics are there with `topics` alone."""
    await asyncio.to_thread(database.clean)
    pool = await asyncpg.create_pool(database.dsn, min_size=1, max_size=10, command_timeout=30)
    tables = Tables(LEDGER, LEDGER_VIEW)
    await tables.learn_types(pool)
    yield World(
        settings=Settings(
            home=tmp_path,
            database_url=database.dsn,
            topic_prefix=f"test-{secrets.token_hex(4)}",
        ),
        dsn=database.dsn,
        pool=pool,
        stores={log: PostgresStore(log, pool) for log in LOGS},
        tables=tables,
    )
    await asyncio.wait_for(pool.close(), 10)


@pytest.fixture
async def topics(world: World, kafka: str) -> AsyncIterator[World]:
    """The same world with the budget log's topic."""
    world.settings = world.settings.model_copy(update={"kafka": kafka})
    await migrate_topics(world.settings, ["budget"])
    yield world
    await world.topic().delete()


@pytest.fixture
async def both_topics(topics: World) -> AsyncIterator[World]:
    """The same world with the topics of both logs."""
    await migrate_topics(topics.settings, ["approval"])
    yield topics
    await topics.topic("approval").delete()


@pytest.fixture
async def room(world: World) -> AsyncIterator[Offers]:
    """The room of offers, in as many processes as a test starts."""
    async with AsyncExitStack() as stack:
        yield Offers(world, stack, await DatabaseClock(world.stores["budget"]).read())
