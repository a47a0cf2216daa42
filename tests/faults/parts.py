"""One process of Reel under test: started as a user would, killed or frozen as a fault would."""

import atexit
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 120.0
_ANSWERS_AT = re.compile(r"answers at (http://\S+)")

# Where Python is told to keep nothing compiled, each start would compile all of it again.
COMPILED = (
    {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": os.path.join(tempfile.gettempdir(), f"reel-compiled-{os.getuid()}"),
    }
    if os.environ.get("PYTHONDONTWRITEBYTECODE")
    else {}
)


class Zygote:
    """The process that forks the others: see `tests/faults/zygote.py`.

    It ends, and all that it forked with it, when this process does, however that comes.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **COMPILED},
        )
        self._codes: dict[int, int] = {}
        self._pids: dict[int, int] = {}
        self._numbers = 0
        self._heard = threading.Condition()
        threading.Thread(target=self._hear, name="zygote", daemon=True).start()
        atexit.register(self.end)

    def fork(self, words: Sequence[str], log: Path, environment: Mapping[str, str]) -> int:
        """Begins `reel WORDS`, with its output in `log`; answers its process id."""
        assert self._process.stdin is not None
        with self._heard:
            self._numbers += 1
            number = self._numbers
            order = {
                "number": number,
                "words": list(words),
                "log": str(log),
                "environment": dict(environment),
            }
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            begun = self._heard.wait_for(lambda: number in self._pids, START_SECONDS_MAX)
            assert begun, "the zygote does not fork"
            return self._pids.pop(number)

    def code(self, pid: int, seconds: float = 0.0) -> int | None:
        """How that process ended, if it has within so many seconds."""
        with self._heard:
            self._heard.wait_for(lambda: pid in self._codes, seconds)
            return self._codes.get(pid)

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
            self._process.wait(10)

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._heard:
                if "began" in said:
                    self._codes.pop(said["pid"], None)
                    self._pids[said["began"]] = said["pid"]
                else:
                    self._codes[said["ended"]] = said["code"]
                self._heard.notify_all()


@cache
def zygote() -> Zygote:
    """The one of this session."""
    return Zygote()


class Part:
    """`reel serve`, `reel relay` or `reel project`, with its output in a file.

    `role` may be followed by words of the command line: "relay budget".
    """

    def __init__(
        self, role: str, number: int, folder: Path, environment: Mapping[str, str]
    ) -> None:
        words = role.split()
        self.role = words[0]
        self.rooms = tuple(words[1:])
        self.log = folder / f"{number:04}-{self.role}.log"
        self.began_at = time.monotonic()
        self.died_at: float | None = None
        self._url: str | None = None
        self._code: int | None = None
        self.pid = zygote().fork(words, self.log, environment)
        try:
            # A number of its own, which never comes to name another process.
            self._handle: int | None = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._handle = None

    def has(self, room: str | None) -> bool:
        """Whether it runs that room."""
        return room is None or not self.rooms or room in self.rooms

    @property
    def url(self) -> str | None:
        """Where it answers, once it does."""
        if self._url is None and self.log.exists():
            found = _ANSWERS_AT.search(self.log.read_text(errors="replace"))
            self._url = found[1] if found else None
        return self._url

    def poll(self) -> int | None:
        """Its exit code, minus nine when it was killed; None while it lives."""
        return self._ended(0.0)

    def _ended(self, seconds: float) -> int | None:
        if self._code is None:
            if self._handle is not None and not self._has_ended(seconds):
                return None
            self._code = zygote().code(self.pid, 10)
            assert self._code is not None, f"process {self.pid} ended and nobody says how"
            self.died_at = self.died_at or time.monotonic()
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
        return self._code

    def _has_ended(self, seconds: float) -> bool:
        assert self._handle is not None
        looked_at = select.poll()
        looked_at.register(self._handle, select.POLLIN)
        return bool(looked_at.poll(seconds * 1000))

    def send(self, sent: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, sent)

    def kill(self) -> int:
        """Kill -9, and its exit code."""
        self.send(signal.SIGKILL)
        code = self._ended(10)
        assert code is not None, f"process {self.pid} outlives kill -9"
        return code

    def is_frozen(self) -> bool:
        """Whether SIGSTOP holds it."""
        status = Path(f"/proc/{self.pid}/stat")
        try:
            return status.read_text().rpartition(") ")[2].startswith("T")
        except OSError:
            return False

    def said(self, words: str) -> int:
        """How often its log says `words`."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0

    def lines(self) -> Sequence[str]:
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def tail(self, lines: int = 25) -> str:
        return "\n".join([f"--- the end of {self.log}", *self.lines()[-lines:]])
