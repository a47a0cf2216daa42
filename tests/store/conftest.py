"""One set of promises, two stores: a test that takes `store` runs against both.

`postgres` is for what only PostgreSQL promises. Each test has a fresh log named `budget`, written
by the role of its service, as in production.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest
from psycopg.conninfo import conninfo_to_dict

from runtime.log.contract import Store
from runtime.log.memory import MemoryStore
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, migrate
from tests.servers import drop_database, fresh_database

LOG = "budget"


@dataclass(frozen=True)
class Postgres:
    """A log in PostgreSQL: its store and pool as the service, its DSN as the owner."""

    store: PostgresStore
    pool: asyncpg.Pool
    url: str


@pytest.fixture(scope="session")
def migrated_log(database_url: str) -> Iterator[str]:
    """The DSN of a database with an empty log; nobody writes to it."""
    url = fresh_database(database_url)
    migrate([Schema(url, LOG, "log")])
    yield url
    drop_database(url)


@asynccontextmanager
async def _postgres(database_url: str, migrated_log: str) -> AsyncIterator[Postgres]:
    template = str(conninfo_to_dict(migrated_log)["dbname"])
    url = await asyncio.to_thread(fresh_database, database_url, template)
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=8,
        command_timeout=30,
        server_settings={"role": f"reel_{LOG}_service"},
    )
    try:
        yield Postgres(PostgresStore(LOG, pool), pool, url)
    finally:
        pool.terminate()
        await asyncio.to_thread(drop_database, url)


@pytest.fixture
async def postgres(database_url: str, migrated_log: str) -> AsyncIterator[Postgres]:
    """A fresh log in PostgreSQL."""
    async with _postgres(database_url, migrated_log) as log:
        yield log


@pytest.fixture(
    params=[
        pytest.param("memory", marks=pytest.mark.unit),
        pytest.param("postgres", marks=pytest.mark.integration),
    ]
)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """A fresh log, once in memory and once in PostgreSQL."""
    if request.param == "memory":
        yield MemoryStore(LOG)
        return
    url, migrated = (request.getfixturevalue(name) for name in ("database_url", "migrated_log"))
    async with _postgres(url, migrated) as log:
        yield log.store


@pytest.fixture
async def owner(postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A connection of whoever owns the tables: the most that anybody may do."""
    connection = await asyncpg.connect(postgres.url)
    yield connection
    await connection.close()
