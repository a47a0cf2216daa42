"""Fills a version of a read model from the logs, fast: big pages, folded in memory, one transaction
a page with the places in it.

Work is cut into lanes: some partitions of one log. Whoever kills it loses the page in hand; the
places say where to go on.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any

import asyncpg
import structlog
from cachetools import LRUCache

from events.envelope import Recorded
from runtime.log.contract import Heads, Store
from runtime.people.team import fold_team
from runtime.points import point
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.place import NO_OFFSET, Place, PlaceMoved, Places, by_partition
from runtime.reading.trouble import TRANSIENT, Divergence
from runtime.reading.views import ProjectionSink, Tables, fold_into
from runtime.rebuilding.progress import Partition
from runtime.rooms import Projection
from runtime.view import Rows

PAGE_EVENTS = 5_000
"""In one transaction: ten times what the live worker takes, whose readers wait for it."""
PAGE_EVENTS_MIN = 100
PAGE_BYTES = 32 * 1024 * 1024
PRODUCTIONS_HELD = 4_096
RETRY_SECONDS = 0.5

logger = structlog.get_logger()


@dataclass(frozen=True)
class Lane:
    """Some partitions of one log, which one task fills in the order of positions."""

    log: str
    partitions: tuple[int, ...]


def lanes_of(heads: Mapping[str, Heads], jobs: int) -> list[list[Lane]]:
    """One list of lanes for each job: every log, cut into as many lanes as there are jobs."""
    return [
        [
            Lane(log, partitions)
            for log, head in sorted(heads.items())
            if (partitions := tuple(range(job, len(head.partitions), jobs)))
        ]
        for job in range(jobs)
    ]


class StandsStill(Exception):
    """A fact of a partition cannot be folded: nothing behind it is."""


class Filler:
    """Fills lanes of one version, in one process.

    What the fold stumbles over is given to the live worker's consumer, which parks or stops as it
    always does.
    """

    def __init__(
        self, projection: Projection, schema: str, pool: asyncpg.Pool, stores: Mapping[str, Store]
    ) -> None:
        self._view = projection.view
        self._tables = Tables(schema, projection.view)
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
            while True:
                try:
                    await self._fill_lane(lane, goal)
                    break
                except PlaceMoved:
                    continue
                except TRANSIENT:
                    await asyncio.sleep(RETRY_SECONDS)

    async def _fill_lane(self, lane: Lane, goal: Mapping[Partition, int]) -> None:
        store = self._stores[lane.log]
        places = await self._places_of(lane)
        held: LRUCache[str, Rows] = LRUCache(PRODUCTIONS_HELD)

        def left() -> list[Place]:
            return [place for at, place in places.items() if place.position < goal[lane.log, at]]

        async def page_behind(position: int, limit: int = PAGE_EVENTS_MIN) -> list[Recorded]:
            return await store.page_of(lane.partitions, position, limit)

        if not left():
            return
        coming = asyncio.create_task(page_behind(min(place.position for place in left())))
        try:
            while page := await coming:
                ends_at = page[-1].position
                # The next page is on its way while this one is folded.
                coming = asyncio.create_task(page_behind(ends_at, _as_many_as_fit(page)))
                await asyncio.sleep(0)
                fresh = _behind_their_places(page, places)
                if fresh:
                    places |= await self._fold_somehow(lane, fresh, places, held)
                if not left():
                    return
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        if behind := left():
            raise Divergence(
                f"{self._schema} is at {lane.log}/{behind[0].partition} {behind[0].position}, and "
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
        for place in places.values():
            if place.stopped:
                raise StandsStill(
                    f"{self._schema} stands still at {lane.log}/{place.partition} "
                    f"{place.position}: {place.stopped}"
                )
            if place.incarnation != heads.incarnation:
                raise Divergence(
                    f"{self._schema} is at {lane.log}/{place.partition} {place.position}, of "
                    "another history than the log: `reel rewind` lets this version begin again"
                )
        return places

    async def _fold_somehow(
        self,
        lane: Lane,
        events: Sequence[Recorded],
        places: Mapping[int, Place],
        held: LRUCache[str, Rows],
    ) -> Mapping[int, Place]:
        try:
            return await self._fold(events, places, held)
        except (PlaceMoved, Divergence, *TRANSIENT):
            raise
        except Exception as error:
            logger.warning("filled_one_by_one", schema=self._schema, error=repr(error))
            held.clear()
            await self._fold_one_by_one(lane, events)
            return await self._places_of(lane)

    async def _fold_one_by_one(self, lane: Lane, events: Sequence[Recorded]) -> None:
        stores = {lane.log: self._stores[lane.log]}
        sink = ProjectionSink(self._tables)
        worker = Consumer(self._schema, self._schema, self._pool, stores, sink)
        await worker.start()
        for at in lane.partitions:
            incarnation = worker.place(lane.log, at).incarnation
            facts = [Carried(incarnation, one, NO_OFFSET) for one in events if one.partition == at]
            await worker.take(lane.log, at, facts)

    async def _fold(
        self,
        events: Sequence[Recorded],
        places: Mapping[int, Place],
        held: LRUCache[str, Rows],
    ) -> dict[int, Place]:
        """Rows and places of one page in one transaction; answers the places that moved."""
        moved = _after(events, places)
        productions = list({recorded.production for recorded in events})
        async with self._pool.acquire() as connection, connection.transaction():
            for at in sorted(moved):
                await self._places.move(connection, places[at], moved[at])
            missing = [one for one in productions if one not in held]
            rows = {one: held[one] for one in productions if one in held}
            rows |= await self._load(connection, missing)
            for table, changed in fold_into(rows, self._view, events).items():
                await self._tables.save(connection, table, changed)
            await fold_team(connection, self._schema, events)
            point("before-fill-commit")
        point("after-fill")
        for production, kept in rows.items():
            held[production] = kept
        return moved

    async def _load(self, connection: Any, productions: Sequence[str]) -> dict[str, Rows]:
        if not productions:
            return {}
        return await self._tables.load(connection, productions, self._view.read_back)


def _as_many_as_fit(page: Sequence[Recorded]) -> int:
    """How many events the next page may have, if they weigh what these do."""
    weight = sum(len(recorded.payload) for recorded in page) // len(page)
    return max(PAGE_EVENTS_MIN, min(PAGE_EVENTS, PAGE_BYTES // max(1, weight)))


def _behind_their_places(page: Sequence[Recorded], places: Mapping[int, Place]) -> list[Recorded]:
    """What of a page is not folded yet. Partitions of a lane may stand at different positions,
    where a fill was stopped or somebody else moved one."""
    return [one for one in page if one.position > places[one.partition].position]


def _after(events: Sequence[Recorded], places: Mapping[int, Place]) -> dict[int, Place]:
    """Where the places are behind those facts.

    Raises:
        Divergence: the first of a partition's facts does not follow its place.
    """
    moved = {}
    for at, facts in groupby(sorted(events, key=attrgetter("partition")), attrgetter("partition")):
        first, *others = facts
        place = places[at]
        if first.previous != place.position:
            raise Divergence(
                f"{place.log}/{at} has {first.position} behind {first.previous}, and the place is "
                f"at {place.position}: `reel rewind` lets this version begin again"
            )
        last = others[-1] if others else first
        moved[at] = replace(place, position=last.position, hash=last.hash, offset=NO_OFFSET)
    return moved
