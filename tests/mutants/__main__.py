"""`python -m tests.mutants [--again] [paths]`: changes rules, and sees that a test notices.

With paths, only the files under them, and with `--again` only what escaped the last time; the results of the others stay until those files change. All
are written to docs/mutants.md. Exits 1 if a mutant escapes that `reasons.toml` gives no reason for.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from tests.mutants import paper, results
from tests.mutants.changes import mutants
from tests.mutants.scope import ROOT, files_under, test_files_of
from tests.mutants.trial import Fate, Trials

out = Console(highlight=False, soft_wrap=True)


def main(paths: Sequence[str]) -> int:
    """Tries the mutants, tells file by file, and answers the exit code."""
    again = "--again" in paths
    files = files_under([path for path in paths if path != "--again"])
    if again:
        files = [file for file in files if file in results.kept()]
    if not files:
        out.print(f"No rules are under {' '.join(paths)}: name a file or a folder of rules.")
        return 2
    trials = Trials(files, files_under([]), lambda ready: _try_all(files, again, ready))
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


def _try_all(files: Sequence[str], again: bool, trials: Trials) -> None:
    for file in files:
        began = time.monotonic()
        source = (ROOT / file).read_bytes()
        found = mutants(source, file)
        told = {one: results.escaped(one, source, covered=True) for one in found}
        kept = results.kept()
        if again:
            before = {(one.line, one.change) for one in kept[file].escaped}
            told = {one: say for one, say in told.items() if (say.line, say.change) in before}
        fates = trials.fates(list(told), source) if told else []
        escaped = [
            replace(say, covered=fate is not Fate.UNCOVERED)
            for say, fate in zip(told.values(), fates, strict=True)
            if fate is not Fate.KILLED
        ]
        kept[file] = results.OfFile(results.digest_of(source), len(found), escaped)
        results.keep(kept)
        killed = len(found) - len(escaped)
        out.print(f"{killed:4} of {len(found):4} killed, {time.monotonic() - began:4.0f} s: {file}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
