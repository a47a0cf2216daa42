"""Does the work in several processes, since most of it is folding, and tells how far it is.

Each process takes a part at a time, on connections of its own: the facts of one production after
the other, or of one partition of Kafka.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import Synchronized
from typing import Protocol

from runtime.audit.replay.told import Outcome
from runtime.jobs import JobKilled, beside
from runtime.settings import Settings

EVENTS_WORTH_A_JOB = 20_000
"""A process takes a second or two to start; fewer facts are folded here meanwhile."""
LOOK_SECONDS = 0.2

_tally: "Synchronized[int] | None" = None
"""In a process that was started for it: how many facts all of them have folded."""


class Part(Protocol):
    """Some of the work; it goes to another process as it is."""

    async def run(self, settings: Settings, tell: Callable[[int], None]) -> Outcome:
        """Does it; `tell` hears of so many further facts."""
        ...


async def done(
    parts: Sequence[Part], settings: Settings, jobs: int, tell: Callable[[int], None]
) -> Outcome:
    """All parts, in so many processes; `tell` hears how many facts are done.

    Raises:
        JobKilled: one of the processes was.
    """
    outcome, facts = Outcome(), 0

    def tell_more(more: int) -> None:
        nonlocal facts
        facts += more
        tell(facts)

    if jobs == 1:
        for part in parts:
            outcome.add(await part.run(settings, tell_more))
        return outcome
    tally = multiprocessing.get_context("spawn").Value("q", 0)
    with beside(jobs, _begin, tally) as pool:
        loop = asyncio.get_running_loop()
        work = [loop.run_in_executor(pool, _run, part, settings) for part in parts]
        watching = asyncio.create_task(_watch(tally, tell))
        try:
            for one in work:
                outcome.add(await one)
        except BrokenProcessPool as error:
            raise JobKilled("a process that folded was killed: run the replay again") from error
        finally:
            watching.cancel()
            for one in work:
                one.cancel()
    tell(tally.value)
    return outcome


async def _watch(tally: "Synchronized[int]", tell: Callable[[int], None]) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        tell(tally.value)


def _begin(tally: "Synchronized[int]") -> None:
    global _tally  # noqa: PLW0603 - a process has one, given at its start
    _tally = tally


def _run(part: Part, settings: Settings) -> Outcome:
    return asyncio.run(part.run(settings, _add))


def _add(more: int) -> None:
    if _tally is not None:
        with _tally.get_lock():
            _tally.value += more
