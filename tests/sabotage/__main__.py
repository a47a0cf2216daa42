"""`python -m tests.sabotage [words]`: breaks each promise in a copy, and sees that a test notices.

With words, only the patches whose names hold one of them. Exits 1 if a patch is not caught, does
not apply, or its tests fail without it.
"""

import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from rich.console import Console
from rich.table import Table

from runtime.embedded.servers import Servers
from tests.sabotage.patches import PATCHES, Patch
from tests.sabotage.scratch import FAILED, PASSED, TIMED_OUT, DoesNotApply, Scratch
from tests.servers import HASTY_POSTGRES

AT_ONCE = 2
CAUGHT = "caught"


@dataclass(frozen=True)
class Result:
    """What became of a patch: `caught`, or why that cannot be said."""

    patch: Patch
    verdict: str
    failed: str
    seconds: float
    output: str


def main(words: list[str]) -> int:
    """Tries the patches and prints a table; answers the exit code."""
    began = time.monotonic()
    console = Console()
    patches = [one for one in PATCHES if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="reel-sabotage-") as folder:
        # Root's PostgreSQL runs as the user "nobody", who has to get in.
        os.chmod(folder, 0o755)
        home = Path(folder)
        with Servers(home / "servers", postgres_settings=HASTY_POSTGRES) as servers:
            environment = {
                "REEL_DATABASE_URL": servers.endpoints.database_url,
                "REEL_KAFKA": servers.endpoints.kafka,
                "PYTHONDONTWRITEBYTECODE": "",
                "PYTHONPYCACHEPREFIX": str(home / "compiled"),
            }
            scratches: Queue[Scratch] = Queue()
            for number in range(AT_ONCE):
                scratches.put(Scratch(home / f"copy-{number}", environment))
            results = _try_all(patches, scratches, console)
    _show(results, console, time.monotonic() - began)
    return 0 if all(one.verdict == CAUGHT for one in results) else 1


def _try_all(patches: list[Patch], scratches: "Queue[Scratch]", console: Console) -> list[Result]:
    whole: dict[str, bool] = {}
    ready = threading.Event()

    def baseline() -> None:
        """The same tests without any patch: one that fails anyway would catch everything."""
        scratch = scratches.get()
        try:
            for tests in sorted({patch.tests for patch in patches}):
                pass
            wanted = sorted({test for patch in patches for test in patch.tests})
            tried = scratch.run(wanted)
            whole["ok"] = tried.code == PASSED and " skipped" not in tried.output
            if not whole["ok"]:
                console.print(tried.output[-4000:], markup=False, highlight=False)
        finally:
            scratches.put(scratch)
            ready.set()

    def attempt(patch: Patch) -> Result:
        scratch = scratches.get()
        try:
            result = _try(patch, scratch)
        finally:
            scratches.put(scratch)
        console.print(
            f"{result.verdict:<12} {patch.name} ({result.seconds:.0f} s)", highlight=False
        )
        return result

    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = pool.submit(baseline)
        results = list(pool.map(attempt, patches))
        first.result()
    if not whole["ok"]:
        results = [
            Result(one.patch, "tests fail without it", one.failed, one.seconds, one.output)
            for one in results
        ]
    return results
