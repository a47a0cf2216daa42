"""Feeds every version of a read model that this build's code can feed, for as long as it is to be.

It looks once a second: a version that a rebuild has filled is followed from then on, a retired one
is let go. A version of newer code than readers read becomes live by itself, once, as soon as it has
all of the past.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import asyncpg
import structlog

from runtime import metrics
from runtime.ending import ended
from runtime.kafka.bus import Subscription
from runtime.log.contract import Heads, Store
from runtime.reading.consumer import Consumer
from runtime.reading.tables import Tables
from runtime.reading.trouble import TRANSIENT
from runtime.reading.views import ProjectionSink
from runtime.rebuilding.flipping import NotCaughtUp, flip
from runtime.rebuilding.progress import heads_of, progress_of
from runtime.rebuilding.registry import State, Version, versions_of
from runtime.rooms import Projection
from runtime.settings import Settings

LOOK_SECONDS = 1.0
FLIP_PATIENCE_SECONDS = 1.0

logger = structlog.get_logger()


@dataclass
class Fed:
    """One version's consumer, and what keeps it going."""

    consumer: Consumer
    subscription: Subscription
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def go(self) -> None:
        """Starts following Kafka and the log, if it does not yet."""
        if not self.tasks:
            name = self.consumer.name
            self.tasks = [
                asyncio.create_task(self.consumer.watch_the_tail(), name=f"tail of {name}"),
                asyncio.create_task(self.consumer.watch_the_parked(), name=f"parked of {name}"),
                asyncio.create_task(self.subscription.run(), name=f"subscription of {name}"),
            ]

    def check(self) -> None:
        """Raises what ended a task by itself."""
        for task in self.tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def stop(self) -> None:
        """Finishes the batch in hand and leaves the group."""
        await self.subscription.stop()
        await ended(*self.tasks)


class Feeder:
    """The consumers of one projection's versions in this process."""

    def __init__(
        self,
        settings: Settings,
        projection: Projection,
        pool: asyncpg.Pool,
        stores: Mapping[str, Store],
    ) -> None:
        self.projection = projection
        self.consumers: dict[str, Consumer] = {}
        """By schema; whoever waits for a write of its own waits for one of them."""
        self._settings = settings
        self._pool = pool
        self._stores = dict(stores)
        self._fed: dict[str, Fed] = {}
        self._live: Version | None = None
        self._is_building = True
        self._heads: Mapping[str, Heads] = {}
        """As they were a look ago."""

    async def start(self) -> None:
        """Loads the places of what is to be fed; nothing is followed yet."""
        await self._look()

    async def run(self) -> None:
        """Follows what is to be followed until cancelled; raises what nobody foresaw."""
        while True:
            for fed in self._fed.values():
                fed.go()
                fed.check()
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except TRANSIENT as error:
                logger.warning(
                    "versions_not_looked_at", projection=self.projection.name, error=repr(error)
                )

    async def stop(self) -> None:
        """Lets go of all versions, each with its batch finished."""
        await asyncio.gather(*(fed.stop() for fed in self._fed.values()))

    async def _look(self) -> None:
        versions = await versions_of(self._pool, self.projection.name)
        wanted = {
            one.schema
            for one in versions
            if one.code == self.projection.version
            and one.followed
            and one.state is not State.RETIRED
        }
        for schema in self._fed.keys() - wanted:
            logger.info("version_let_go", schema=schema)
            fed = self._fed.pop(schema)
            del self.consumers[schema]
            await fed.stop()
            _forget_figures(schema, self._stores)
        for schema in sorted(wanted - self._fed.keys()):
            await self._feed(schema)
        self._live = next((one for one in versions if one.is_live), None)
        own = next((one for one in versions if one.schema == self.projection.schema), None)
        self._is_building = own is not None and own.state is State.BUILDING
        if own is not None and self._is_building:
            await self._promote(own)

    async def _feed(self, schema: str) -> None:
        tables = Tables(schema, self.projection.view)
        await tables.learn_types(self._pool)
        consumer = Consumer(schema, schema, self._pool, self._stores, ProjectionSink(tables))
        await consumer.start()
        self.consumers[schema] = consumer
        self._fed[schema] = Fed(consumer, Subscription(self._settings, consumer, schema))
        logger.info("version_followed", schema=schema)

    async def _promote(self, own: Version) -> None:
        """Turns readers to what this build brought, once it has all of the past."""
        live = self._live
        if own.schema not in self._fed or (live is not None and live.code >= own.code):
            return
        # Where the logs are at this moment it never is, as long as somebody records.
        heads = await heads_of(self._stores)
        earlier, self._heads = self._heads or heads, heads
        if not (await progress_of(self._pool, own.schema, earlier)).is_caught_up:
            return
        try:
            async with self._pool.acquire() as connection:
                await flip(connection, own, self._stores, patience_seconds=FLIP_PATIENCE_SECONDS)
        except NotCaughtUp as error:
            logger.info("not_flipped_yet", schema=own.schema, reason=str(error))
            return
        logger.info("flipped", projection=own.projection, schema=own.schema)
        self._live, self._is_building = own, False

    def unready(self) -> list[str]:
        """Why this process should not be asked: of the version that readers read, or that there
        is none of this build's code. What else is fed stands in `reel views` and the metrics."""
        name, live = self.projection.name, self._live
        if self._is_building:
            return [f"{self.projection.schema} is being filled"]
        if live is None or live.code != self.projection.version:
            read = "nothing" if live is None else live.schema
            return [f"readers of {name} read {read}, of another build"]
        consumer = self.consumers.get(live.schema)
        return [f"{live.schema} is not fed yet"] if consumer is None else consumer.unready()


def _forget_figures(schema: str, logs: Iterable[str]) -> None:
    """Nobody is to be woken by the lag of what is not fed any more."""
    for log in logs:
        for figure in (metrics.LAG, metrics.STOPPED):
            with contextlib.suppress(KeyError):
                figure.remove(schema, log)
