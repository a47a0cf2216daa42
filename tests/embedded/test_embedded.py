"""The embedded servers keep what they were told, whoever is killed, and are found again."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from runtime.embedded.errors import EmbeddedError
from runtime.embedded.kafka import EmbeddedKafka
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.process import is_gone
from runtime.embedded.servers import Endpoints, Servers
from tests.embedded.support import ask, first, publish, topics
from tests.servers import HASTY_POSTGRES

pytestmark = [pytest.mark.integration, pytest.mark.long]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that also the user "nobody" may enter."""
    path = Path(tempfile.mkdtemp(prefix="reel-embedded-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "postgres", settings=HASTY_POSTGRES)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def kafka(folder: Path) -> Iterator[EmbeddedKafka]:
    server = EmbeddedKafka(folder / "kafka")
    yield server
    server.stop()


def test_postgres_keeps_its_data_over_stop_and_kill(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.start()
    ask(dsn, "CREATE TABLE kept AS SELECT 'Łódź' AS place")
    postgres.stop()
    assert not postgres.running()
    assert postgres.start() == dsn
    workers = psutil.Process(postgres.pid).children()
    postgres.kill()
    assert all(map(is_gone, workers))
    # The worst that a crash leaves: a pid file that names a living stranger.
    stale = (postgres.data / "postmaster.pid").read_text().splitlines()
    (postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *stale[1:]]))
    assert postgres.start() == dsn
    assert ask(dsn, "SELECT place FROM kept") == "Łódź"


def test_postgres_wants_the_password_and_speaks_utf8(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.start()
    assert ask(dsn, "SELECT datcollate || ' ' || datlocale FROM pg_database LIMIT 1") == "C C.UTF-8"
    assert ask(dsn, "SELECT lower('ŁÓDŹ') || current_database()") == "łódźreel"
    assert (postgres.home / "password").stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(dsn.replace("reel:", "reel:x"), "SELECT 1")


def test_a_setting_that_postgres_refuses_shows_the_log_and_the_cure(folder: Path) -> None:
    server = EmbeddedPostgres(
        folder / "refused", settings={"fsync": "off", "shared_buffers": "many"}
    )
    with pytest.raises(EmbeddedError, match=r'(?s)"shared_buffers": "many".*REEL_DATABASE_URL'):
        server.start()
    assert not server.running()


async def test_kafka_keeps_a_large_record_over_kill(kafka: EmbeddedKafka) -> None:
    address = kafka.start()
    large = bytes(range(256)) * 4096
    topic = await publish(address, large)
    kafka.kill()
    assert not kafka.running()
    assert kafka.start() == address
    assert await first(address, topic) == large


PARENT = """
import sys, time
from pathlib import Path
from runtime.embedded.servers import Endpoints, Servers
from tests.servers import HASTY_POSTGRES
servers = Servers(Path(sys.argv[1]), environment={}, postgres_settings=HASTY_POSTGRES)
found = servers.start()
print(found.database_url, found.kafka, flush=True)
time.sleep(60)
"""


def started_by_another(folder: Path) -> tuple[str, str]:
    """The endpoints of servers whose parent was killed after it had started them."""
    command = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            dsn, address = parent.stdout.readline().split()
            with pytest.raises(EmbeddedError, match=f"Process {parent.pid} runs the servers"):
                Servers(folder, environment={}).start()
        finally:
            parent.kill()
    return dsn, address


async def test_survivors_of_a_killed_parent_are_adopted(
    folder: Path, postgres: EmbeddedPostgres, kafka: EmbeddedKafka
) -> None:
    dsn, address = postgres.start(), kafka.start()
    topic = await publish(address, b"before")
    postgres.stop()
    kafka.stop()
    assert started_by_another(folder) == (dsn, address)
    owned = (postgres.pid, kafka.pid)
    assert None not in owned
    with Servers(folder, environment={}, postgres_settings=HASTY_POSTGRES) as servers:
        assert servers.endpoints == Endpoints(dsn, address)
        assert owned == (postgres.pid, kafka.pid)
        assert await first(address, topic) == b"before"
    assert (postgres.pid, kafka.pid) == (None, None)


async def test_a_survivor_with_other_settings_is_replaced(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.start()
    before = postgres.pid
    other = EmbeddedPostgres(postgres.home, settings={**HASTY_POSTGRES, "work_mem": "5MB"})
    assert other.start() == dsn
    assert (other.pid != before, ask(dsn, "SHOW work_mem")) == (True, "5MB")
    other.stop()


async def test_a_wiped_kafka_is_empty_and_answers_at_the_same_address(
    kafka: EmbeddedKafka,
) -> None:
    address = kafka.start()
    topic = await publish(address, b"lost")
    with pytest.raises(EmbeddedError, match="Stop it first"):
        kafka.wipe()
    kafka.kill()
    kafka.wipe()
    assert kafka.start() == address
    assert topic not in await topics(address)


def test_named_servers_are_used_and_nothing_is_started(folder: Path) -> None:
    named = {"REEL_DATABASE_URL": "postgresql://own/reel", "REEL_KAFKA": "own:9092"}
    with Servers(folder / "named", environment=named) as servers:
        assert servers.endpoints.database_url == "postgresql://own/reel"
        assert servers.endpoints.kafka == "own:9092"
        assert (servers.postgres, servers.kafka) == (None, None)


AS_NOBODY = """
import os, sys, encodings.idna
from pathlib import Path
import psycopg
from runtime.embedded.postgres import EmbeddedPostgres
os.setgroups([]), os.setgid(65534), os.setuid(65534)
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"})
server.start(), server.kill(), server.start(), server.stop()
print(os.stat(server.data).st_uid, server.running())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_postgres_starts_for_an_ordinary_user(folder: Path) -> None:
    home = folder / "ordinary"
    home.mkdir()
    os.chown(home, 65_534, 65_534)
    command = [sys.executable, "-c", AS_NOBODY, str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("65534 False\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as somebody else")
def test_a_home_that_nobody_may_enter_gets_its_data_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    assert str(server.data) in (server.note or "")
    assert ask(server.start(), "SELECT 1") == 1
    again = EmbeddedPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    assert again.data == server.data
    server.stop()
    server.wipe()
    shutil.rmtree(server.data.parent)
