"""One process of Reel under test: started as a user would, killed or frozen as a fault would."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 120.0
_ANSWERS_AT = re.compile(r"answers at (http://\S+)")

# A killed test session leaves no process behind that would wait for its servers for ever.
_DIES_WITH_PARENT = "import ctypes; ctypes.CDLL(None).prctl(1, 9); " * (sys.platform == "linux")
_PROGRAM = f"{_DIES_WITH_PARENT}from runtime.cli import app; app()"

# Where Python is told to keep nothing compiled, each start would compile all of it again.
COMPILED = (
    {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": os.path.join(tempfile.gettempdir(), f"reel-compiled-{os.getuid()}"),
    }
    if os.environ.get("PYTHONDONTWRITEBYTECODE")
    else {}
)


class Part:
    """`reel serve`, `reel relay` or `reel project`, with its output in a file."""

    def __init__(
        self, role: str, number: int, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.role = role
        self.log = folder / f"{number:03}-{role}.log"
        self.died_at: float | None = None
        self._url: str | None = None
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, role],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={
                    **os.environ,
                    "PYTHONUNBUFFERED": "1",
                    **COMPILED,
                    **environment,
                },
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str | None:
        """Where it answers, once it does."""
        if self._url is None:
            found = _ANSWERS_AT.search(self.log.read_text(errors="replace"))
            self._url = found[1] if found else None
        return self._url

    def poll(self) -> int | None:
        """Its exit code, minus nine when it was killed; None while it lives."""
        code = self._process.poll()
        if code is not None and self.died_at is None:
            self.died_at = time.monotonic()
        return code

    def send(self, sent: signal.Signals) -> None:
        self._process.send_signal(sent)

    def kill(self) -> int:
        """Kill -9, and its exit code."""
        self._process.kill()
        code = self._process.wait(10)
        self.died_at = self.died_at or time.monotonic()
        return code

    def is_frozen(self) -> bool:
        """Whether SIGSTOP holds it."""
        status = Path(f"/proc/{self.pid}/stat")
        return status.exists() and status.read_text().rpartition(") ")[2].startswith("T")

    def said(self, words: str) -> int:
        """How often its log says `words`."""
        return self.log.read_text(errors="replace").count(words)

    def lines(self) -> Sequence[str]:
        return self.log.read_text(errors="replace").splitlines()

    def tail(self, lines: int = 25) -> str:
        return "\n".join([f"--- the end of {self.log}", *self.lines()[-lines:]])
