"""`python -m tests.simulation`: runs seeds, and replays one that failed.

    --seeds 300 --first 0      so many seeds from the first on, in as many processes as --jobs says
    --seed 4711 --trace 200    one seed, with the last steps of its trace and the digest of all

Exits 1 at the first seed that breaks a promise, with its trace and the command that replays it.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.simulation.loop import KEPT_STEPS
from tests.simulation.run import Outcome, run
from tests.simulation.seeds import outcomes_of

TOLD_STEPS = 60


def main(words: Sequence[str] | None = None) -> int:
    """Runs what is asked for, and answers the exit code."""
    asked = _asked(words)
    if asked.seed is not None:
        outcome = run(asked.seed)
        _tell(outcome, asked.trace)
        return 1 if outcome.failure else 0
    began, hits, seeds, facts, steps = time.monotonic(), Counter[str](), 0, 0, 0
    for outcome in outcomes_of(range(asked.first, asked.first + asked.seeds), asked.jobs):
        if outcome.failure:
            _tell(outcome, asked.trace)
            return 1
        seeds, facts, steps = seeds + 1, facts + outcome.facts, steps + outcome.steps
        hits.update(outcome.hits)
        if asked.seconds and time.monotonic() - began > asked.seconds:
            break
    for name, count in sorted(hits.items()):
        print(f"{count:>9,}  {name}")
    seconds = time.monotonic() - began
    print(f"{seeds:,} seeds, {facts:,} facts, {steps:,} steps, none broken, in {seconds:.0f} s")
    return 0


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trace", type=int, default=TOLD_STEPS, help=f"{KEPT_STEPS} at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, help="begin no further seeds after so long")
    return parser.parse_args(words)


def _tell(outcome: Outcome, steps: int) -> None:
    if outcome.failure:
        print("\n".join(outcome.trace[-steps:]) if steps else "")
        print(f"\n{outcome.failure}")
        print(f"what went wrong around it: {dict(outcome.hits)}")
    print(
        f"seed {outcome.seed}: {'BROKEN' if outcome.failure else 'sound'}, {outcome.steps:,} steps, "
        f"digest {outcome.digest}"
    )
    if outcome.failure:
        print(f"again: python -m tests.simulation --seed {outcome.seed} --trace {KEPT_STEPS}")


if __name__ == "__main__":
    sys.exit(main())
