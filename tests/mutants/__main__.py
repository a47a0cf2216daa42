"""`python -m tests.mutants [paths]`: changes rules one at a time, and sees that a test notices.

With paths, only the files under them; the results of the others stay until those files change. All
are written to docs/mutants.md. Exits 1 if a mutant escapes that `reasons.toml` gives no reason for.
"""

import sys
import time
from collections.abc import Sequence

import pytest
from rich.console import Console

from tests.mutants import paper, results
from tests.mutants.changes import mutants
from tests.mutants.scope import ROOT, files_under, test_files_of
from tests.mutants.trial import Fate, Trials

out = Console(highlight=False, soft_wrap=True)


def main(paths: Sequence[str]) -> int:
    """Tries the mutants, tells file by file, and answers the exit code."""
    files = files_under(paths)
    if not files:
        out.print(f"No rules are under {' '.join(paths)}: name a file or a folder of rules.")
        return 2
    trials = Trials(files, files_under([]), lambda ready: _try_all(files, ready))
    options = ["-m", "unit", "-qq", "-s", "-p", "no:cacheprovider"]
    code = pytest.main([*options, *test_files_of(files)], plugins=[trials])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(code)
    everything = results.kept()
    without = paper.without_reason(everything, files)
    for one in without:
        out.print(f"{one.file}:{one.line} {one.function}: {one.change}", markup=False)
    paper.write(everything, files_under([]))
    return 1 if without else 0


def _try_all(files: Sequence[str], trials: Trials) -> None:
    for file in files:
        began = time.monotonic()
        source = (ROOT / file).read_bytes()
        found = mutants(source, file)
        fates = zip(found, trials.fates(found, source), strict=True)
        escaped = [
            results.escaped(one, source, fate is not Fate.UNCOVERED)
            for one, fate in fates
            if fate is not Fate.KILLED
        ]
        kept = results.kept()
        kept[file] = results.OfFile(results.digest_of(source), len(found), escaped)
        results.keep(kept)
        killed = len(found) - len(escaped)
        out.print(f"{killed:4} of {len(found):4} killed, {time.monotonic() - began:4.0f} s: {file}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
