"""The folder `.reel`: what one installation keeps on this machine, and who works in it now."""

import contextlib
import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any


class Home:
    """One `.reel` folder and its lock; at most one `reel up` works in a home at a time.

    The lock belongs to the process, so that it ends with it, also after kill -9.
    """

    def __init__(self, path: Path, name: str = "instance") -> None:
        """`name` tells apart the things in one home that are held one at a time."""
        self.path = path.expanduser().absolute()
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._lock = self.path / f"{name}.lock"
        self._card = self.path / f"{name}.json"
        self._held: IO[str] | None = None

    @property
    def postgres(self) -> Path:
        """The folder of the embedded PostgreSQL."""
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        """The folder of the embedded Kafka."""
        return self.path / "kafka"

    def acquire(self) -> bool:
        """Take the home, and say who we are; False when another process has it."""
        if self._held is not None:
            return True
        self._held = self._try_lock()
        if self._held is None:
            return False
        self.announce({})
        return True

    def announce(self, facts: dict[str, Any]) -> None:
        """Write what a second `reel` should know, such as our addresses, beside pid and start."""
        if self._held is None:
            raise RuntimeError(f"{self.path} is not ours to announce in: acquire it first")
        started = datetime.now(UTC).isoformat(timespec="seconds")
        card = {"pid": os.getpid(), "started": started, **facts}
        unfinished = self._card.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(card, indent=2) + "\n")
        unfinished.replace(self._card)

    def describe(self) -> dict[str, Any] | None:
        """What the process that has the home announced; None when nobody has it."""
        if self._held is None:
            free = self._try_lock()
            if free is not None:
                free.close()
                return None
        try:
            card = json.loads(self._card.read_text())
        except (OSError, ValueError):
            return {}
        return card if isinstance(card, dict) else {}

    def release(self) -> None:
        """Give the home back."""
        if self._held is not None:
            self._card.unlink(missing_ok=True)
            self._held.close()
            self._held = None

    def _try_lock(self) -> IO[str] | None:
        file = self._lock.open("a")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        file.close()
        return None
