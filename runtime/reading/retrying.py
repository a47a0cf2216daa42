"""Brings a parked production back: folded from the log, from where it is parked up to the place.

Each step is one transaction that holds the place, so that nothing of the production passes by
meanwhile; the last one is that in which it reaches the place. Whoever is killed between two of them
leaves a production that is parked further on, and still asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from events.envelope import Recorded
from runtime import metrics
from runtime.log.contract import Store
from runtime.points import point
from runtime.reading.kept import ParkedTable, PlaceTable, Pool
from runtime.reading.parking import Parked
from runtime.reading.place import Place, PlaceMoved
from runtime.reading.sink import Sink
from runtime.reading.trouble import Overtaken, TooEarly, is_waited_for, reason_of

logger = structlog.get_logger()


@dataclass
class Retry:
    """One production of one consumer that is tried again. `events` is how many facts the next
    transaction takes; it is `over` when it is not parked any more, or was tried in vain."""

    consumer: str
    parked: Parked
    pool: Pool
    store: Store
    sink: Sink
    places: PlaceTable
    rows: ParkedTable
    events: int
    over: bool = False

    async def step(self, place: Place) -> None:
        """Folds what one transaction takes of the facts up to `place`, the partition's own.

        Raises as the database does: it is tried again then.
        """
        facts = await self._facts(place)
        if not facts:
            self.over = True
            return
        try:
            await self._fold(place, facts)
        except Exception as error:
            self.sink.forget(place.log, place.partition)
            await self._after(error, place, facts)

    async def _facts(self, place: Place) -> list[Recorded]:
        heads = await self.store.heads()
        if place.stopped or heads.incarnation != place.incarnation:
            return []
        return [
            recorded
            for recorded in await self._next(self.parked.position - 1, self.events)
            if recorded.position <= place.position
        ]

    async def _next(self, after: int, limit: int) -> list[Recorded]:
        return await self.store.of_production(self.parked.production, after, limit)

    async def _fold(self, place: Place, facts: Sequence[Recorded]) -> None:
        prepared = await self.sink.prepare(facts, self.parked)
        async with self.pool.acquire() as connection, connection.transaction():
            position = await self._hold(connection, place)
            await self.sink.apply(connection, facts, prepared)
            point("inside-retry")
            following = await self._next(facts[-1].position, 1)
            if following and following[0].position <= position:
                await self.rows.move_on(connection, following[0])
            else:
                await self.rows.free(connection, self.parked)
                await self.places.let_go_on(connection, place)
                self.over = True
        point("after-retry")
        metrics.APPLIED.labels(self.consumer, place.log).inc(len(facts))
        if self.over:
            logger.info(
                "production_goes_on",
                consumer=self.consumer,
                log=place.log,
                production=self.parked.production,
            )
        else:
            self.parked = replace(self.parked, position=following[0].position)

    async def _hold(self, connection: Any, place: Place) -> int:
        """Locks the place; where it is, if the production still stands where this retry is."""
        position = await self.places.hold(connection, place)
        if await self.rows.position(connection, self.parked) != self.parked.position:
            raise PlaceMoved(f"{self.parked.production} was taken further by somebody else")
        return position

    async def _after(self, error: Exception, place: Place, facts: Sequence[Recorded]) -> None:
        if isinstance(error, (PlaceMoved, TooEarly)):
            logger.info("retry_given_up", consumer=self.consumer, reason=str(error))
            self.over = True
        elif is_waited_for(error):
            raise error
        elif isinstance(error, Overtaken):
            logger.info("overtaken", consumer=self.consumer, log=place.log, reason=str(error))
        elif len(facts) > 1:
            self.events = len(facts) // 2
        else:
            await self._fail(place, facts[0], reason_of(error))

    async def _fail(self, place: Place, recorded: Recorded, reason: str) -> None:
        self.over = True
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                await self._hold(connection, place)
                await self.rows.fail(connection, recorded, reason)
        except PlaceMoved:
            return
        logger.error(
            "production_stays_parked",
            consumer=self.consumer,
            log=place.log,
            production=self.parked.production,
            position=recorded.position,
            reason=reason,
        )
