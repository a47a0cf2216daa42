"""One set of promises, two stores: a test that takes `store` runs against both.

`postgres` is for what only PostgreSQL promises. Each test has a fresh log named `budget`, written
by the role of its service, as in production.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from runtime.log.contract import Store
from runtime.log.memory import MemoryStore
from runtime.log.postgres import PostgresStore
from runtime.migrate import SETS, Schema, migrate
from tests.servers import drop_database, fresh_database
from tests.store.making import LOG, Around, Postgres


@pytest.fixture(scope="session")
def log_database(database_url: str) -> Iterator[str]:
    """The DSN of a database with a log in it, for one test after the other."""
    url = fresh_database(database_url)
    migrate([Schema(url, LOG, "log")])
    yield url
    drop_database(url)


@asynccontextmanager
async def _fresh_log(url: str) -> AsyncIterator[Postgres]:
    """The log made anew by the files that `migrate` takes; a database each would take longer."""
    async with asyncio.timeout(30), asyncpg.create_pool(url, min_size=1, max_size=1) as owner:
        await owner.execute(
            f"DROP SCHEMA IF EXISTS {LOG} CASCADE; CREATE SCHEMA {LOG}; "
            f"SET search_path TO {LOG}, pg_temp;"
            + "".join(file.read_text() for file in sorted((SETS / "log").glob("*.sql")))
        )
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


@pytest.fixture
async def postgres(log_database: str) -> AsyncIterator[Postgres]:
    """A fresh log in PostgreSQL."""
    async with _fresh_log(log_database) as log:
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
    async with _fresh_log(request.getfixturevalue("log_database")) as log:
        yield log.store


@pytest.fixture
def memory() -> Around:
    """A fresh log in memory, behind a door."""
    return Around(MemoryStore(LOG))


@pytest.fixture
async def owner(postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A connection of whoever owns the tables: the most that anybody may do."""
    connection = await asyncpg.connect(postgres.url)
    yield connection
    await connection.close()
