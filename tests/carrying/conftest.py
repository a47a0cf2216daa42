"""A database for each test, copied from one that was migrated once, and topics of its own."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog
from psycopg.conninfo import conninfo_to_dict

from runtime.kafka.bus import migrate_topics
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from runtime.reading.views import Tables
from runtime.settings import Settings
from tests.carrying.world import LEDGER, LEDGER_TABLES, LEDGER_VIEW, LOGS, World
from tests.servers import drop_database, fresh_database

BUDGET_STATUS = "budget_status_v1"
BUDGET_STATUS_TABLES = Path(__file__).parents[2] / "projections/budget_status/table.sql"


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """One line a warning; tracebacks without every local variable."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def migrated(database_url: str) -> str:
    """The name of a database with both logs, a room's memory, and two read models."""
    dsn = fresh_database(database_url)
    schemas = [Schema(dsn, log, "log") for log in LOGS]
    schemas += [Schema(dsn, f"{log}_service", "reader") for log in LOGS]
    schemas.append(Schema(dsn, LEDGER, "reader", LEDGER_TABLES))
    schemas.append(Schema(dsn, BUDGET_STATUS, "reader", BUDGET_STATUS_TABLES.read_text()))
    migrate(schemas)
    return str(conninfo_to_dict(dsn)["dbname"])


@pytest.fixture
async def world(database_url: str, migrated: str, tmp_path: Path) -> AsyncIterator[World]:
    """Two logs, a ledger, and no Kafka: topics are there with `topics` alone."""
    dsn = await asyncio.to_thread(fresh_database, database_url, migrated)
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=10, command_timeout=30)
    tables = Tables(LEDGER, LEDGER_VIEW)
    await tables.learn_types(pool)
    yield World(
        settings=Settings(
            home=tmp_path,
            database_url=dsn,
            topic_prefix=f"test-{secrets.token_hex(4)}",
        ),
        dsn=dsn,
        pool=pool,
        stores={log: PostgresStore(log, pool) for log in LOGS},
        tables=tables,
    )
    await asyncio.wait_for(pool.close(), 10)
    await asyncio.to_thread(drop_database, dsn)


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
