"""What lies on the disk beside the embedded servers: locks, ports and verified jars."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.embedded import jars
from runtime.embedded.errors import EmbeddedError
from runtime.embedded.home import Home
from runtime.embedded.ports import kept_port

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


def test_a_second_process_finds_the_first(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.describe() is None
    program = (
        "import sys, time; from pathlib import Path; from runtime.embedded.home import Home\n"
        "home = Home(Path(sys.argv[1])); assert home.acquire()\n"
        "home.announce({'url': 'http://127.0.0.1:1'}); print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(home.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == b"ready\n"
            found = home.describe() or {}
            assert (home.acquire(), found["pid"]) == (False, other.pid)
            assert found["url"] == "http://127.0.0.1:1"
        finally:
            other.kill()
    assert home.describe() is None
    assert home.acquire()
    home.release()


def test_a_port_that_a_stranger_took_is_given_up(tmp_path: Path) -> None:
    port = kept_port(tmp_path / "port")
    assert kept_port(tmp_path / "port") == port
    with socket.create_server(("127.0.0.1", port)):
        assert kept_port(tmp_path / "port") != port


def test_a_jar_that_is_not_the_tested_one_is_refused_by_name(tmp_path: Path) -> None:
    lock = tmp_path / "kafka.lock"
    text = jars.LOCK.read_text()
    name = "kafka_2.13-4.4.0.jar"
    digest = next(line.split()[0] for line in text.splitlines() if line.endswith(f"  {name}"))
    lock.write_text(text.replace(digest, "0" * 64))
    with pytest.raises(EmbeddedError, match=f"{name} has the sha256 {digest}.*says 0000"):
        jars.jars(lock)
    (tmp_path / "stranger.jar").write_bytes(b"")
    lock.write_text(f"{'0' * 64}  needed.jar\n")
    with pytest.raises(EmbeddedError, match=r"needed\.jar is missing"):
        jars.verify(tmp_path, lock)
    lock.write_text("")
    with pytest.raises(EmbeddedError, match=r"stranger\.jar is not one of"):
        jars.verify(tmp_path, lock)
