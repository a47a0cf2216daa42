"""Fills a version of a read model from the logs, fast: big pages, folded in memory, written many
thousand events at once with the places in the same transaction.

Whoever kills it loses what was not written; the places say where to go on.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter

import asyncpg
import structlog

from events.envelope import Recorded
from events.event import UnknownEvent
from runtime.ending import ended
from runtime.log.contract import Store
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.place import NO_OFFSET, Place, PlaceMoved, Places, by_partition
from runtime.reading.tables import Tables
from runtime.reading.trouble import Divergence, is_of_the_fact, is_waited_for
from runtime.reading.views import ProjectionSink
from runtime.rebuilding.lane import Folding, Lane
from runtime.rebuilding.progress import Partition
from runtime.view import View

PAGE_EVENTS = 2_000
PAGE_EVENTS_MIN = 100
PAGE_BYTES = 32 * 1024 * 1024
RETRY_SECONDS = 0.5

logger = structlog.get_logger()


class StandsStill(Exception):
    """A fact of a partition cannot be folded: nothing behind it is."""


class CannotFold(Exception):
    """Facts in which the fold stumbles, or makes rows that no table takes; they are taken again
    one by one. `after` is the position before them."""

    def __init__(self, after: int, events: int, error: Exception) -> None:
        super().__init__(repr(error))
        self.after = after
        self.events = events


class Filler:
    """Fills lanes of one version, in one process.

    What the fold stumbles over is given to the live worker's consumer, which parks or stops as it
    always does.
    """

    def __init__(
        self, view: View, schema: str, pool: asyncpg.Pool, stores: Mapping[str, Store]
    ) -> None:
        self._tables = Tables(schema, view)
        self._places = Places(schema)
        self._schema = schema
        self._pool = pool
        self._stores = stores

    async def fill(self, lanes: Sequence[Lane], goal: Mapping[Partition, int]) -> None:
        """Folds what stands between the places and the goal, lane by lane.

        A database that is away is waited for, and who else moves a place is followed.

        Raises:
            Divergence: a place is not in its log's history.
            StandsStill: a fact cannot be read or folded by this build.
        """
        await self._tables.learn_types(self._pool)
        for lane in lanes:
            carefully = False
            while True:
                try:
                    await self._fill_lane(lane, goal, carefully)
                    break
                except PlaceMoved:
                    continue
                except CannotFold as error:
                    # First all that comes before it is written, then it is taken fact by fact.
                    if carefully:
                        logger.warning("filled_one_by_one", schema=self._schema, error=str(error))
                        await self._fold_one_by_one(lane, error.after, error.events)
                    carefully = not carefully
                except Exception as error:
                    if not is_waited_for(error):
                        raise
                    logger.warning("filling_waits", schema=self._schema, error=repr(error))
                    await asyncio.sleep(RETRY_SECONDS)

    async def _fill_lane(self, lane: Lane, goal: Mapping[Partition, int], carefully: bool) -> None:
        store = self._stores[lane.log]
        folding = Folding(self._tables, self._places, await self._places_of(lane))

        def behind() -> list[Place]:
            places = folding.places.items()
            return [place for at, place in places if place.position < goal[lane.log, at]]

        async def page_after(position: int, limit: int = PAGE_EVENTS_MIN) -> list[Recorded]:
            return await store.page_of(lane.partitions, position, limit)

        if not behind():
            return
        after = min(place.position for place in behind())
        coming = asyncio.create_task(page_after(after))
        try:
            while behind() and (page := await coming):
                # The next page is on its way while this one is folded.
                last, events = page[-1].position, len(page)
                coming = asyncio.create_task(page_after(last, _as_many_as_fit(page)))
                await asyncio.sleep(0)
                with _stumbling(after, events):
                    await folding.take(self._pool, page)
                    if carefully or folding.is_full:
                        await folding.write(self._pool)
                after = last
        finally:
            await ended(coming)
        with _stumbling(after, PAGE_EVENTS_MIN):
            await folding.write(self._pool)
        if left := behind():
            raise Divergence(
                f"{self._schema} is at {lane.log}/{left[0].partition} {left[0].position}, and "
                "the log has nothing behind that: it was restored; `reel rewind` lets this version "
                "begin again"
            )

    async def _places_of(self, lane: Lane) -> dict[int, Place]:
        heads = await self._stores[lane.log].heads()
        found = await self._places.load(
            self._pool, lane.log, incarnation=heads.incarnation, partitions=len(heads.partitions)
        )
        places = {
            at: place for (_, at), place in by_partition(found).items() if at in lane.partitions
        }
        for at, place in places.items():
            if place.stopped:
                raise StandsStill(
                    f"{self._schema} stands still at {lane.log}/{at} {place.position}: "
                    f"{place.stopped}"
                )
            if place.incarnation != heads.incarnation:
                raise Divergence(
                    f"{self._schema} is at {lane.log}/{at} {place.position}, of another history "
                    "than the log: `reel rewind` lets this version begin again"
                )
        return places

    async def _fold_one_by_one(self, lane: Lane, after: int, events: int) -> None:
        stores = {lane.log: self._stores[lane.log]}
        page = await stores[lane.log].page_of(lane.partitions, after, events)
        sink = ProjectionSink(self._tables)
        worker = Consumer(self._schema, self._schema, self._pool, stores, sink)
        await worker.start()
        for at in lane.partitions:
            incarnation = worker.place(lane.log, at).incarnation
            facts = [Carried(incarnation, one, NO_OFFSET) for one in page if one.partition == at]
            await worker.take(lane.log, at, facts)


@contextmanager
def _stumbling(after: int, events: int) -> Iterator[None]:
    """Says of what fails because of one fact, or stops at it, that it is one of these."""
    try:
        yield
    except Exception as error:
        if is_of_the_fact(error) or isinstance(error, (UnknownEvent, MemoryError)):
            raise CannotFold(after, events, error) from error
        raise


def _as_many_as_fit(page: Sequence[Recorded]) -> int:
    """How many events the next page may have, if they weigh what these do."""
    weight = sum(map(len, map(attrgetter("payload"), page))) // len(page)
    return max(PAGE_EVENTS_MIN, min(PAGE_EVENTS, PAGE_BYTES // max(1, weight)))
