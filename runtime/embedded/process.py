"""Server processes that outlive a killed parent and are found again by the next one.

The servers get no parent-death signal: a program that was killed leaves them running and healthy,
and the next start adopts them, which is simpler than racing their dying. A process counts as ours
only if the pid in our pid file still carries our own folder as an exact argument; nothing is ever
looked for or ended by its name.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import psutil

from runtime.embedded.errors import EmbeddedError

_LOG_LIMIT = 16 << 20
_POLL_SECONDS = 0.02


class Child:
    """One server process, known by a pid file and by an argument that no stranger carries."""

    def __init__(self, name: str, folder: Path, mark: str) -> None:
        """`mark` is an argument of the command that holds the server's own folder."""
        self.name = name
        self.log = folder / f"{name}.log"
        self._pid_file = folder / "pid"
        self._mark = mark
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None while it does not run."""
        process = self.process()
        return process.pid if process else None

    def process(self) -> psutil.Process | None:
        """The running server: our own child, or the survivor of a parent that was killed."""
        if self._popen is not None:
            if self._popen.poll() is None:
                return psutil.Process(self._popen.pid)
            self._popen = None
        try:
            process = psutil.Process(int(self._pid_file.read_text()))
            return process if self._mark in process.cmdline() else None
        except (OSError, ValueError, psutil.Error):
            return None

    def runs(self, command: Sequence[str]) -> bool:
        """Whether the running server was started by exactly this command."""
        process = self.process()
        try:
            return process is not None and process.cmdline() == list(command)
        except psutil.Error:
            return False

    def launch(self, command: Sequence[str], user: int | None = None) -> None:
        """Start the server in a session of its own, so that Ctrl-C does not reach it first."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=bare_environment(),
                cwd="/",
                **identity(user),
            )
        self._pid_file.write_text(f"{self._popen.pid}\n")

    def wait_ready(self, ready: Callable[[], bool], seconds: float, cure: str) -> None:
        """Wait until `ready()`; EmbeddedError with the log's tail if the server ends or stalls."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process() is None:
                raise EmbeddedError(f"{self.name} ended while starting.{self.tail()}", cure)
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.name} did not answer within {seconds:.0f} s.{self.tail()}", cure
                )
            time.sleep(_POLL_SECONDS)

    def end(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn and wait its seconds, until the server has ended."""
        process = self.process()
        for number, seconds in steps:
            if process is None:
                break
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
            if self._ended(process, seconds):
                process = None
        if process is not None:
            raise EmbeddedError(
                f"{self.name} (process {process.pid}) does not end.{self.tail()}",
                f"End it yourself: kill -9 {process.pid}",
            )
        self._pid_file.unlink(missing_ok=True)

    def _ended(self, process: psutil.Process, seconds: float) -> bool:
        if self._popen is not None:
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            self._popen = None
            return True
        return wait_gone([process], seconds)

    def tail(self, lines: int = 15) -> str:
        """The end of the server's log, with a headline, ready to stand in an error."""
        try:
            text = self.log.read_bytes()[-16_384:].decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join([f"\nThe end of {self.log}:", *(f"  {line}" for line in text[-lines:])])


def is_gone(process: psutil.Process) -> bool:
    """Whether the process has ended; one that waits to be reaped has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def wait_gone(processes: Sequence[psutil.Process], seconds: float) -> bool:
    """Wait until all have ended; False when `seconds` were not enough."""
    deadline = time.monotonic() + seconds
    while not all(map(is_gone, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def bare_environment() -> dict[str, str]:
    """What a server may know of our environment: no PG*, JAVA_* or KAFKA_* of the user."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


class Identity(TypedDict, total=False):
    """The arguments of Popen that say who a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


def identity(user: int | None) -> Identity:
    """Run a program as `user`, or as ourselves when None."""
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}
