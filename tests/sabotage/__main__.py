"""`python -m tests.sabotage [words]`: breaks each promise in a copy, and sees that a test notices.

With words, only the patches whose names hold one of them. Exits 1 if a patch is not caught, does
not apply, or its tests fail without it.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from rich.console import Console
from rich.table import Table

from runtime.embedded.servers import Servers
from tests.faults.parts import COMPILED
from tests.sabotage.patches import PATCHES, Patch
from tests.sabotage.scratch import FAILED, PASSED, TIMED_OUT, DoesNotApply, Scratch, Tried
from tests.servers import HASTY_POSTGRES

AT_ONCE = 2
CAUGHT = "caught"
SEEDS = "400"
"""More than the simulation's own test runs: the first that breaks ends it."""

out = Console()


@dataclass(frozen=True)
class Result:
    """What became of a patch: `caught`, or why not."""

    patch: Patch
    verdict: str
    failed: str = ""
    seconds: float = 0.0


def main(words: Sequence[str]) -> int:
    """Tries the patches, prints a table, and answers the exit code."""
    began = time.monotonic()
    patches = [one for one in PATCHES if not words or any(word in one.name for word in words)]
    if not patches:
        out.print("No patch has a name with such a word in it; there are:")
        out.print("\n".join(one.name for one in PATCHES), markup=False, highlight=False)
        return 2
    with tempfile.TemporaryDirectory(prefix="reel-sabotage-") as folder:
        # Root's PostgreSQL runs as the user "nobody", who has to get in.
        os.chmod(folder, 0o755)
        home = Path(folder)
        with Servers(home / "servers", postgres_settings=HASTY_POSTGRES) as servers:
            environment = {
                "REEL_DATABASE_URL": servers.endpoints.database_url,
                "REEL_KAFKA": servers.endpoints.kafka,
                "SEEDS": SEEDS,
                **COMPILED,
            }
            copies = [Scratch(home / f"copy-{n}", environment) for n in range(AT_ONCE)]
            sound, results = _try_all(patches, copies)
        _forget_compiled(home)
    _show(results, time.monotonic() - began)
    if sound.code != PASSED:
        out.print(sound.output[-6000:], markup=False, highlight=False)
        out.print("Without any patch the tests do not pass either, so they prove nothing.")
    caught = all(one.verdict == CAUGHT for one in results)
    return 0 if caught and sound.code == PASSED else 1


def _try_all(patches: Sequence[Patch], copies: Sequence[Scratch]) -> tuple[Tried, list[Result]]:
    """Every patch, and how the same tests go without any; as many at once as there are copies."""
    free: Queue[Scratch] = Queue()
    for copy in copies:
        free.put(copy)

    def unpatched() -> Tried:
        copy = free.get()
        try:
            return copy.run(sorted({test for patch in patches for test in patch.tests}))
        finally:
            free.put(copy)

    def attempt(patch: Patch) -> Result:
        copy = free.get()
        try:
            result = _try(patch, copy)
        finally:
            free.put(copy)
        out.print(f"{result.verdict}: {patch.name}", markup=False, highlight=False)
        return result

    with ThreadPoolExecutor(len(copies)) as pool:
        sound = pool.submit(unpatched)
        results = list(pool.map(attempt, patches))
        return sound.result(), results


def _try(patch: Patch, copy: Scratch) -> Result:
    try:
        with copy.patched(patch):
            tried = copy.run(patch.tests)
    except DoesNotApply as error:
        return Result(patch, f"DOES NOT APPLY: {error}")
    match tried.code:
        case code if code == FAILED:
            return Result(patch, CAUGHT, tried.failed, tried.seconds)
        case code if code == PASSED:
            return Result(patch, "NOT CAUGHT", "", tried.seconds)
        case code if code == TIMED_OUT:
            return Result(patch, "NO ANSWER in time", "", tried.seconds)
        case code:
            out.print(tried.output[-3000:], markup=False, highlight=False)
            return Result(patch, f"NOT RUN (pytest says {code})", "", tried.seconds)


def _forget_compiled(copies: Path) -> None:
    """What was compiled of the packages stays good for the next time, what was of copies not."""
    if COMPILED:
        shutil.rmtree(COMPILED["PYTHONPYCACHEPREFIX"] + str(copies), ignore_errors=True)


def _show(results: Sequence[Result], seconds: float) -> None:
    table = Table("Broken", "Verdict", "By", "s", title="Sabotage", box=None)
    for one in results:
        table.add_row(one.patch.name, one.verdict, one.failed, f"{one.seconds:.0f}")
    Console(width=160).print(table)
    caught = sum(one.verdict == CAUGHT for one in results)
    out.print(f"{caught} of {len(results)} caught, in {seconds:.0f} s", highlight=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
