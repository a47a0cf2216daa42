"""Many seeds, in as many processes as there are cores."""

import gc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.simulation.run import Outcome, run

AT_ONCE = 20


def outcomes_of(seeds: range, jobs: int) -> Iterator[Outcome]:
    """How the seeds went, as they end. Whoever stops asking leaves the rest undone."""
    parts = [seeds[first : first + AT_ONCE] for first in range(0, len(seeds), AT_ONCE)]
    # What is imported is never looked at again for what can be let go of.
    gc.collect()
    gc.freeze()
    # Forked, since nothing here has threads: what is imported once is there at once.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("fork"))
    try:
        for done in as_completed([pool.submit(_some, part) for part in parts]):
            yield from done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _some(seeds: range) -> list[Outcome]:
    outcomes = []
    for seed in seeds:
        outcomes.append(run(seed))
        if outcomes[-1].failure:
            break
        outcomes[-1].trace.clear()
    return outcomes
