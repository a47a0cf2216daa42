"""Fills a version in several processes, and tells how far it is meanwhile.

Where the work is folding, a second process is a second core. This one and those beside it take
lane after lane until none is left; a process whose parent was killed ends at once, and what it had
in hand is rolled back.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from dataclasses import dataclass

import asyncpg
import uvloop

from runtime.ending import ended
from runtime.garbage import collected_rarely
from runtime.jobs import JobKilled, beside
from runtime.log.contract import Store
from runtime.reading.place import Places
from runtime.rebuilding.connecting import connected
from runtime.rebuilding.filling import PAGE_EVENTS, Filler
from runtime.rebuilding.lane import Lane, lanes_of
from runtime.rebuilding.progress import (
    Partition,
    Progress,
    goal_of,
    heads_of,
    progress_of,
)
from runtime.rooms import Projection
from runtime.settings import Settings
from runtime.view import View

EVENTS_WORTH_A_JOB = 100_000
"""A process takes a second to start; fewer events are folded here meanwhile."""
LOOK_SECONDS = 0.3
JOB_POOL_SIZE = 3


@dataclass(frozen=True)
class Filling:
    """One version on its way to the heads of its logs, and what that needs."""

    settings: Settings
    projection: Projection
    schema: str
    pool: asyncpg.Pool
    stores: Mapping[str, Store]

    async def run(self, jobs: int, tell: Callable[[Progress], None]) -> None:
        """Fills until nothing is left but what came in the last moment; raises as
        `Filler.fill` does.

        Raises:
            JobKilled: says how to go on.
        """
        filler = Filler(self.projection.view, self.schema, self.pool, self.stores)
        await Places(self.schema).start_again(self.pool)
        while True:
            heads = await heads_of(self.stores)
            goal = goal_of(heads)
            before = await progress_of(self.pool, self.schema, heads)
            tell(before)
            many = jobs_for(before, jobs)
            shares = lanes_of(heads, many)
            work = self._together(filler, [own for own in shares if own], goal, many)
            telling = asyncio.create_task(self._tell(tell))
            try:
                await work
            finally:
                await ended(telling)
            after = await progress_of(self.pool, self.schema, await heads_of(self.stores))
            tell(after)
            if after.lag < PAGE_EVENTS:
                return

    async def up_to(self, goal: Mapping[Partition, int]) -> None:
        """Fills what is left up to a goal, in this process."""
        filler = Filler(self.projection.view, self.schema, self.pool, self.stores)
        (lanes,) = lanes_of(await heads_of(self.stores), 1)
        await filler.fill(lanes, goal)

    async def _together(
        self,
        filler: Filler,
        lanes: Sequence[Sequence[Lane]],
        goal: Mapping[Partition, int],
        jobs: int,
    ) -> None:
        loop = asyncio.get_running_loop()
        left = iter(lanes)

        async def here() -> None:
            with collected_rarely():
                for own in left:
                    await filler.fill(own, goal)

        async def there(pool: ProcessPoolExecutor) -> None:
            name, view = self.projection.name, self.projection.view
            for own in left:
                await loop.run_in_executor(
                    pool, _job, self.settings, name, view, self.schema, own, goal
                )

        if jobs == 1:
            await here()
            return
        with beside(jobs - 1) as pool:
            work = [asyncio.create_task(there(pool)) for _ in range(jobs - 1)]
            work.append(asyncio.create_task(here()))
            try:
                await asyncio.gather(*work)
            except BrokenProcessPool as error:
                raise JobKilled(
                    f"a process that filled {self.schema} was killed; `reel rebuild "
                    f"{self.projection.name}` goes on where it was"
                ) from error
            finally:
                await ended(*work)

    async def _tell(self, tell: Callable[[Progress], None]) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            heads = await heads_of(self.stores)
            tell(await progress_of(self.pool, self.schema, heads))


def jobs_for(progress: Progress, jobs: int) -> int:
    """How many processes are worth their start, of those that there may be."""
    return min(jobs, 1 + progress.lag // EVENTS_WORTH_A_JOB)


def _job(
    settings: Settings,
    room: str,
    view: View,
    schema: str,
    lanes: Sequence[Lane],
    goal: Mapping[Partition, int],
) -> None:
    with collected_rarely():
        uvloop.run(_fill(settings, room, view, schema, lanes, goal))


async def _fill(
    settings: Settings,
    room: str,
    view: View,
    schema: str,
    lanes: Sequence[Lane],
    goal: Mapping[Partition, int],
) -> None:
    async with connected(settings, room, view, JOB_POOL_SIZE) as (pool, stores):
        await Filler(view, schema, pool, stores).fill(lanes, goal)
