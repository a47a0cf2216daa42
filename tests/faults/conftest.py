"""One world for all faults, replaced when a fault broke it, and the table at the end.

The PostgreSQL here is one with fsync on, unlike that of the other tests. Servers named by
REEL_DATABASE_URL or REEL_KAFKA are used as they are, and are killed only where REEL_FAULT_HOME
names the `.reel` folder that they run from.
"""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from runtime.embedded.home import Home
from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.servers import DATABASE_VARIABLE, KAFKA_VARIABLE
from tests.faults.proxied import ProxiedKafka
from tests.faults.results import results, told
from tests.faults.run import FAILURES, FAULTS, SEED
from tests.faults.storm import is_apart, together
from tests.faults.world import World
from tests.servers import _PREFIX, fresh_database

HOME_VARIABLE = "REEL_FAULT_HOME"
RESULTS_VARIABLE = "REEL_FAULTS_JSON"
FAILURE_CHARACTERS = 20_000
_WORLDS: list[World] = []


def _home() -> Path | None:
    """The home of the named servers, if they may be killed."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else None


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[EmbeddedPostgres | None]:
    """The PostgreSQL that may be killed, if there is one; its DSN is `durable_dsn`."""
    home = _home()
    if os.environ.get(DATABASE_VARIABLE):
        yield EmbeddedPostgres(home / "postgres") if home else None
        return
    # Named and locked as the homes of other sessions are, so that the next one sweeps what a
    # killed one left.
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # Root's PostgreSQL runs as the user "nobody", who has to get in.
    folder.chmod(0o755)
    lock = Home(folder, "servers")
    lock.acquire()
    server = EmbeddedPostgres(folder / "postgres")
    yield server
    server.stop()
    lock.release()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def durable_dsn(durable_postgres: EmbeddedPostgres | None) -> str:
    named = os.environ.get(DATABASE_VARIABLE)
    if named:
        return named
    assert durable_postgres is not None
    return durable_postgres.start()


@pytest.fixture(scope="session")
def mortal_kafka(request: pytest.FixtureRequest) -> EmbeddedKafka | None:
    """The Kafka that may be killed, if there is one."""
    home = _home()
    if os.environ.get(KAFKA_VARIABLE):
        return EmbeddedKafka(home / "kafka") if home else None
    server: EmbeddedKafka = request.getfixturevalue("kafka_server")
    return server


@pytest.fixture(scope="session")
def kafka_server(server_home: Path) -> Iterator[EmbeddedKafka]:
    """As for the other tests; only that some clients may be led through a proxy."""
    server = ProxiedKafka(server_home / "kafka")
    yield server
    server.stop()


@pytest_asyncio.fixture
async def world(
    request: pytest.FixtureRequest,
    durable_dsn: str,
    kafka: str,
    durable_postgres: EmbeddedPostgres | None,
    mortal_kafka: EmbeddedKafka | None,
    _last_world: None,
) -> AsyncIterator[World]:
    """The world that the fault before left whole, or a new one."""
    if _WORLDS and _WORLDS[-1].broken:
        _WORLDS.pop().end()
    if not _WORLDS:
        new = World(
            fresh_database(durable_dsn),
            kafka,
            postgres_server=durable_postgres,
            kafka_server=mortal_kafka,
        )
        _WORLDS.append(new)
        # It counts as broken until a fault's test has gone through.
        new.broken = True
        await new.begin()
    _WORLDS[-1].broken = True
    if is_apart(_WORLDS[-1]) and "test_storm" not in request.node.nodeid:
        await together(_WORLDS[-1])
    yield _WORLDS[-1]


@pytest.fixture(scope="session")
def _last_world(durable_dsn: str, kafka: str) -> Iterator[None]:
    """The last world ends before its servers do."""
    yield
    while _WORLDS:
        _WORLDS.pop().end()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What failed is kept with the results: a session that is ended tells nothing any more."""
    if report.failed:
        FAILURES.append({"test": report.nodeid, "told": report.longreprtext[-FAILURE_CHARACTERS:]})


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """What there is so far is on disk, should the session not come to its end."""
    named = os.environ.get(RESULTS_VARIABLE)
    if named and FAULTS:
        Path(named).write_text(json.dumps(results(), indent=1) + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FAULTS:
        return
    terminalreporter.section(f"faults, REEL_SEED={SEED}")
    for line in told(results()):
        terminalreporter.write_line(line)
