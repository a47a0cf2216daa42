"""What things cost in processor time: it says more than their speed where a machine is busy."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOPS = 1_000_000


def loop_seconds() -> float:
    """How long this processor takes, just now, for work that nothing else has a part in: the best
    of three times. Machines of one kind differ by a half, and one machine with itself by more."""
    return min(_looped() for _ in range(3))


def _looped() -> float:
    began, total = time.perf_counter(), 0
    for number in range(LOOPS):
        total += number * number % 7
    return time.perf_counter() - began


class Processor:
    """Microseconds of this process, all its threads, for each thing that a runner did."""

    def __init__(self) -> None:
        self._costs: dict[str, list[float]] = {}

    @contextmanager
    def of(self, runner: str) -> Iterator["Spent"]:
        """Measures a block, in which it is told how many things were done."""
        spent = Spent()
        before = time.process_time()
        yield spent
        took = time.process_time() - before
        self._costs.setdefault(runner, []).append(1_000_000 * took / max(1, spent.things))

    def told(self, thing: str) -> str:
        """The medians, as a note."""
        costs = ", ".join(
            f"{statistics.median(one):,.0f} µs ({runner})" for runner, one in self._costs.items()
        )
        return f"{thing} costs this process {costs}"


class Spent:
    """How many things a block has done."""

    things = 0
