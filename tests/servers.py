"""PostgreSQL and Kafka for the tests: one of each per session, a database for each test.

Servers named by REEL_DATABASE_URL or REEL_KAFKA are used as they are; otherwise both are embedded,
in a folder of this session's own. What a killed session left is cleared by the next one.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from runtime.embedded.home import Home
from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.servers import DATABASE_VARIABLE, KAFKA_VARIABLE

# Nothing here has to survive a power cut.
HASTY_POSTGRES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_PREFIX = f"reel-tests-{os.getuid()}-"


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """The folder of this session's embedded servers, swept away at its end."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # Root's PostgreSQL runs as the user "nobody", who has to get in.
    folder.chmod(0o755)
    home = Home(folder, "servers")
    home.acquire()
    yield folder
    home.release()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(server_home: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded PostgreSQL itself, for tests that kill and restart it; not started yet."""
    server = EmbeddedPostgres(server_home / "postgres", settings=HASTY_POSTGRES)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_server(server_home: Path) -> Iterator[EmbeddedKafka]:
    """The embedded Kafka itself, for tests that kill, wipe and restart it; not started yet."""
    server = EmbeddedKafka(server_home / "kafka")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> str:
    """The DSN of a database whose user may create others: see `fresh_database`."""
    named = os.environ.get(DATABASE_VARIABLE)
    if named:
        return named
    server: EmbeddedPostgres = request.getfixturevalue("postgres_server")
    return server.start()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The bootstrap address; take topic and group names that no other test takes."""
    named = os.environ.get(KAFKA_VARIABLE)
    if named:
        return named
    server: EmbeddedKafka = request.getfixturevalue("kafka_server")
    return server.start()


def fresh_database(database_url: str, template: str | None = None) -> str:
    """The DSN of a new database, empty or a copy of the database named `template`."""
    name = f"test_{secrets.token_hex(6)}"
    order = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        order += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute(order)
    return dsn_of(database_url, name)


def drop_database(dsn: str) -> None:
    """Drop the database of `dsn`, ending whatever still uses it."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    order = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(dsn_of(dsn, "postgres"), autocommit=True) as session:
        session.execute(order)


def dsn_of(dsn: str, database: str) -> str:
    """The same server's DSN for another database."""
    base, _, options = dsn.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{database}{'?' if options else ''}{options}"


def sweep() -> None:
    """Stop the servers and delete the folders of sessions that were killed."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not (home / "servers.lock").exists() or Home(home, "servers").describe() is not None:
            continue
        if (home / "postgres").exists():
            EmbeddedPostgres(home / "postgres").stop()
        if (home / "kafka").exists():
            EmbeddedKafka(home / "kafka").stop()
        shutil.rmtree(home, ignore_errors=True)
