"""A copy of the tree in which a patch can be tried; the tree itself is never touched."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sabotage.patches import Patch

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 240.0
PASSED, FAILED, TIMED_OUT = 0, 1, -1

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
_FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class DoesNotApply(Exception):
    """A patch whose old text is not in its file, or more than once."""


@dataclass(frozen=True)
class Tried:
    """How some tests went: pytest's exit code, what failed first, how long it took, all it said."""

    code: int
    failed: str
    seconds: float
    output: str


class Scratch:
    """One copy, for one trial at a time."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = {**os.environ, **environment}
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
        (folder / ".venv").symlink_to(ROOT / ".venv")

    @contextmanager
    def patched(self, patch: Patch) -> Iterator[None]:
        """The copy with the patch in it, for as long as the block lasts.

        Raises:
            DoesNotApply: names the file.
        """
        before: dict[Path, str] = {}
        try:
            for edit in patch.edits:
                path = self.folder / edit.file
                text = path.read_text()
                before.setdefault(path, text)
                if text.count(edit.old) != 1:
                    raise DoesNotApply(f"{edit.file} has {edit.old!r} {text.count(edit.old)} times")
                path.write_text(text.replace(edit.old, edit.new))
            yield
        finally:
            for path, text in before.items():
                path.write_text(text)

    def run(self, tests: Sequence[str]) -> Tried:
        """Runs tests in the copy, until the first one fails."""
        began = time.monotonic()
        running = subprocess.Popen(
            # Whatever their marks: the long ones too.
            [sys.executable, *"-m pytest -x -q -p no:cacheprovider -m".split(), "", *tests],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = running.communicate(timeout=SECONDS_MAX)
            code = running.returncode
        except subprocess.TimeoutExpired:
            # With whatever it has started, which would go on and slow the next ones down.
            os.killpg(running.pid, signal.SIGKILL)
            output, _ = running.communicate()
            code = TIMED_OUT
        found = _FAILED_TEST.search(output)
        return Tried(
            code,
            found[1].rpartition("::")[2] if found else "",
            time.monotonic() - began,
            output,
        )
