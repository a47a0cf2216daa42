"""Consumes logs exactly once in effect: a place in PostgreSQL, moved with the rows.

Kafka is the quick way here; the log is the truth. What Kafka repeats is dropped, what it lost is
filled from the log, and what contradicts the log is passed over. Where the place itself contradicts
it, the partition stops loudly. A fact that cannot be folded parks its production alone.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import structlog

from events.envelope import Recorded
from events.event import UnknownEvent
from runtime import metrics
from runtime.log.contract import Heads, Store
from runtime.points import point
from runtime.reading.doubt import ask_the_log
from runtime.reading.kept import Kept, Pool, kept_in
from runtime.reading.parking import Parked, told
from runtime.reading.place import NO_OFFSET, Place, PlaceMoved, by_partition
from runtime.reading.retrying import Retry
from runtime.reading.sink import Sink
from runtime.reading.trouble import (
    STOPS,
    TRANSIENT,
    Divergence,
    NotTheLogs,
    Overtaken,
    TooEarly,
    is_of_the_fact,
    is_waited_for,
    reason_of,
)

TRANSACTION_EVENTS_MAX = 500
TAIL_CHECK_SECONDS = 1.0
BEHIND_SECONDS_MAX = 2.0
ORPHANED_SECONDS = 20.0
RETRY_SECONDS = 0.5
OVERTAKEN_AT_ONCE_MAX = 5

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Carried:
    """One Kafka record: the fact, the incarnation of the log that sent it, and its offset."""

    incarnation: str
    recorded: Recorded
    offset: int


class Consumer:
    """One consumer of some logs: a projection's, or a service's own of what it hears.

    `stores` are the logs themselves, read where Kafka has holes. `assigned` says which partitions
    this process is to keep up with; None, before or without Kafka, means all of them. `kept` is
    where its places are, if not in the `schema` of the database behind `pool`.
    """

    def __init__(
        self,
        name: str,
        schema: str,
        pool: Pool,
        stores: dict[str, Store],
        sink: Sink,
        kept: Kept | None = None,
    ) -> None:
        kept = kept or kept_in(schema)
        self.name = name
        self.stores = stores
        self.assigned: set[tuple[str, int]] | None = None
        self.moved = asyncio.Condition()
        self._pool = pool
        self._sink = sink
        self._places = kept.places
        self._parked = kept.parked
        self._at: dict[tuple[str, int], Place] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}
        self._heard_at: dict[tuple[str, int], float] = {}
        self._behind: dict[tuple[str, int], tuple[float, int]] = {}
        self._level: dict[tuple[str, int], tuple[Place, int]] = {}
        self._stopped_at: set[tuple[str, int, int]] = set()
        self._checked_at = float("-inf")

    async def start(self) -> None:
        """Loads the places; what was stopped or parked gets one more try."""
        await self._places.start_again(self._pool)
        await self._parked.ask(self._pool)
        for log in self.stores:
            await self._load(log)

    async def _load(self, log: str, key: tuple[str, int] | None = None) -> None:
        """Learns where the places are; of those that somebody else moved, the rows are forgotten.

        A partition that is being taken, other than the caller's own `key`, is left alone: what
        this process knows of it may be newer than what was just read.
        """
        before = dict(self._at)
        heads = await self.stores[log].heads()
        places = await self._places.load(
            self._pool, log, incarnation=heads.incarnation, partitions=len(heads.partitions)
        )
        for at, place in by_partition(places).items():
            known = self._at.get(at)
            if at != key and (self._lock(at).locked() or known is not before.get(at)):
                continue
            if known is None or not known.is_at(place):
                self._sink.forget(*at)
            self._at[at] = place
        self._count_parked()

    def _count_parked(self) -> None:
        metrics.PARKED.labels(self.name).set(self.parked)

    def _count_stopped(self, log: str) -> None:
        stopped = [place for place in self._at.values() if place.log == log and place.stopped]
        metrics.STOPPED.labels(self.name, log).set(len(stopped))

    @property
    def parked(self) -> int:
        """How many productions stand still for this consumer, as this process knows."""
        return len({production for place in self._at.values() for production in place.parked})

    def place(self, log: str, partition: int) -> Place:
        """How far this process knows the consumer to be."""
        return self._at[log, partition]

    async def take(self, log: str, partition: int, records: Sequence[Carried]) -> None:
        """Folds what is new of `records`, in order, filling holes from the log.

        Returns when all of it is durable or parked, the partition is stopped, or it is too early
        for the rest. A database that is away is waited for.
        """
        self._heard_at[log, partition] = time.monotonic()
        await self._take_until_done((log, partition), records)

    async def _take_until_done(self, key: tuple[str, int], records: Sequence[Carried]) -> None:
        log, _ = key
        overtaken = 0
        async with self._lock(key):
            while True:
                try:
                    await self._take(key, records)
                    return
                except PlaceMoved as error:
                    logger.info("place_moved", consumer=self.name, reason=str(error))
                    self._sink.forget(*key)
                    await self._reload_if_possible(key)
                except Overtaken as error:
                    overtaken += 1
                    logger.info("overtaken", consumer=self.name, log=log, reason=str(error))
                    # It ends: each time, another partition has moved. Only one that moves all the
                    # time comes so far, and then a pause costs nothing that anybody waits for.
                    if overtaken > OVERTAKEN_AT_ONCE_MAX:
                        await asyncio.sleep(RETRY_SECONDS)
                except NotTheLogs as error:
                    records = [one for one in records if one.recorded is not error.recorded]
                    self._pass_over(key, error)
                except TooEarly as error:
                    self._sink.forget(*key)
                    logger.info("too_early", consumer=self.name, log=log, reason=str(error))
                    return
                except TRANSIENT as error:
                    self._sink.forget(*key)
                    logger.warning("consumer_waits", consumer=self.name, log=log, error=repr(error))
                    await asyncio.sleep(RETRY_SECONDS)
                    await self._reload_if_possible(key)
                except Exception as error:
                    if not isinstance(error, STOPS):
                        logger.exception("fold_failed", consumer=self.name, log=log)
                    await self._stop(key, reason_of(error))
                    return

    def _pass_over(self, key: tuple[str, int], error: NotTheLogs) -> None:
        metrics.FOREIGN.labels(self.name, key[0]).inc()
        logger.error(
            "foreign_record",
            consumer=self.name,
            log=key[0],
            partition=key[1],
            position=error.recorded.position,
            reason=str(error),
        )

    def _lock(self, key: tuple[str, int]) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    async def _reload_if_possible(self, key: tuple[str, int]) -> None:
        """Somebody moved the place, or whether this process did is unknown."""
        try:
            await self._load(key[0], key)
        except TRANSIENT:
            return

    async def _take(self, key: tuple[str, int], records: Sequence[Carried]) -> None:
        place = self._at[key]
        if place.stopped:
            return
        fresh: list[Recorded] = []
        offset = NO_OFFSET
        last = place.position
        over: set[str] = set()
        for carried in records:
            recorded = carried.recorded
            if carried.incarnation != place.incarnation:
                if carried.incarnation not in over:
                    await self._check_history(place)
                    over.add(carried.incarnation)
                metrics.REPEATS.labels(self.name, key[0]).inc()
                continue
            if fresh and recorded.position == last and recorded.hash != fresh[-1].hash:
                await self._doubt(place, fresh[-1], _two_of(recorded, fresh[-1].hash))
            if await self._is_repeat(place, recorded, last):
                metrics.REPEATS.labels(self.name, key[0]).inc()
                continue
            if recorded.previous != last:
                place = await self._apply(place, fresh, offset)
                fresh = []
                place = await self._fill(place, recorded)
                last = place.position
                if last >= recorded.position:
                    continue
                if last != recorded.previous:
                    await self._diverges(
                        place,
                        recorded,
                        f"position {recorded.position} follows {recorded.previous} in Kafka, "
                        f"but the log has {last} before it",
                    )
            fresh.append(recorded)
            offset, last = carried.offset, recorded.position
        await self._apply(place, fresh, offset)

    async def _check_history(self, place: Place) -> None:
        """Raises `Divergence` if the place's history has ended, and not that of a record."""
        heads = await self.stores[place.log].heads()
        if heads.incarnation != place.incarnation:
            raise _restored(place, heads)

    async def _is_repeat(self, place: Place, recorded: Recorded, last: int) -> bool:
        if recorded.position == place.position and recorded.hash != place.hash:
            await self._diverges(place, recorded, _two_of(recorded, place.hash))
        return recorded.position <= last

    async def _doubt(self, place: Place, recorded: Recorded, why: str) -> None:
        """Raises `NotTheLogs` or `Divergence` unless the log bears the record out."""
        await ask_the_log(self.stores[place.log], place, recorded, why)

    async def _diverges(self, place: Place, recorded: Recorded, why: str) -> NoReturn:
        """Raises `NotTheLogs` if the record is to blame, and `Divergence` if it is not."""
        await self._doubt(place, recorded, why)
        raise Divergence(why)

    async def _fill(self, place: Place, recorded: Recorded) -> Place:
        """Takes from the log what Kafka did not bring of what comes before this record."""
        until = recorded.previous
        while place.position < until:
            page = await self.stores[place.log].page(
                place.position, TRANSACTION_EVENTS_MAX, partition=place.partition
            )
            page = [one for one in page if one.position <= until]
            if not page or page[0].previous != place.position:
                await self._diverges(
                    place,
                    recorded,
                    f"the log has nothing between {place.position} and {until} that follows",
                )
            metrics.HOLES.labels(self.name, place.log).inc(len(page))
            logger.info(
                "hole_filled",
                consumer=self.name,
                log=place.log,
                partition=place.partition,
                events=len(page),
            )
            place = await self._apply(place, page, NO_OFFSET)
        return place

    async def _apply(self, place: Place, events: Sequence[Recorded], offset: int) -> Place:
        """Folds what follows `place`, a bounded number in one transaction; answers the new place.

        It is compared with the database's own: whatever this process hears of other workers
        meanwhile, facts are told only from where they were found to follow. Where they fail, half
        of them are tried until one is left, and twice as many after each that does not: however
        many cannot be folded, the work grows with the number of facts.
        """
        size = TRANSACTION_EVENTS_MAX
        while events:
            page = events[:size]
            ends_at = offset if len(page) == len(events) else NO_OFFSET
            try:
                place = await self._apply_at_once(place, page, ends_at)
            except Exception as error:
                if is_waited_for(error):
                    raise
                self._sink.forget(place.log, place.partition)
                if len(page) > 1:
                    size = len(page) // 2
                    continue
                if is_of_the_fact(error) or isinstance(error, UnknownEvent):
                    await self._doubt(place, page[0], reason_of(error))
                if not is_of_the_fact(error):
                    raise
                place = await self._park(place, page[0], ends_at, error)
            size = min(2 * size, TRANSACTION_EVENTS_MAX)
            events = events[len(page) :]
        return place

    async def _apply_at_once(self, place: Place, page: Sequence[Recorded], offset: int) -> Place:
        """Rows and place in one transaction; what is parked waits, and the place passes it."""
        facts = [recorded for recorded in page if recorded.production not in place.parked]
        to = place.behind(page[-1], offset)
        prepared = await self._sink.prepare(facts, place) if facts else None
        point("before-fold")
        async with self._pool.acquire() as connection, connection.transaction():
            if facts:
                await self._sink.apply(connection, facts, prepared)
            point("inside-fold")
            await self._places.move(connection, place, to)
            point("before-fold-commit")
        point("after-fold")
        metrics.APPLIED.labels(self.name, place.log).inc(len(facts))
        metrics.APPLY_EVENTS.labels(self.name).observe(len(facts))
        await self._is_at(to)
        return to

    async def _park(self, place: Place, recorded: Recorded, offset: int, error: Exception) -> Place:
        """Passes a fact that cannot be folded, and all of its production from now on."""
        reason = reason_of(error)
        to = place.behind(recorded, offset).without(recorded.production)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._places.move(connection, place, to)
            point("inside-parking")
            await self._parked.park(connection, recorded, reason)
        logger.error(
            "production_parked",
            consumer=self.name,
            log=place.log,
            production=recorded.production,
            position=recorded.position,
            type=recorded.type,
            reason=reason,
            exc_info=error,
        )
        await self._is_at(to)
        self._count_parked()
        return to

    async def _is_at(self, place: Place) -> None:
        self._at[place.log, place.partition] = place
        async with self.moved:
            self.moved.notify_all()

    async def _stop(self, key: tuple[str, int], reason: str) -> None:
        """The whole partition stands still, loudly: this build or its history is a wrong one."""
        self._sink.forget(*key)
        self._stopped_at.add((*key, self._at[key].position))
        self._at[key] = replace(self._at[key], stopped=reason)
        self._count_stopped(key[0])
        logger.error(
            "partition_stopped",
            consumer=self.name,
            log=key[0],
            partition=key[1],
            position=self._at[key].position,
            reason=reason,
        )
        try:
            await self._places.stop(self._pool, self._at[key], reason)
        except TRANSIENT as error:
            logger.warning("stop_not_kept", consumer=self.name, error=repr(error))

    async def watch_the_tail(self) -> None:
        """Compares places with the log's heads, and fills what Kafka never brought."""
        while True:
            for log in self.stores:
                try:
                    await self.check_tail(log)
                except TRANSIENT as error:
                    logger.warning("tail_unchecked", consumer=self.name, log=log, error=repr(error))
            await asyncio.sleep(TAIL_CHECK_SECONDS)

    async def check_tail(self, log: str, *, behind_seconds_max: float = BEHIND_SECONDS_MAX) -> None:
        """One such comparison. Places are read before heads, so a place is never ahead of them."""
        await self._load(log)
        places = {key: place for key, place in self._at.items() if key[0] == log}
        heads = await self.stores[log].heads()
        now = time.monotonic()
        for key, place in places.items():
            head = heads.partitions[key[1]]
            if place.stopped:
                self._behind.pop(key, None)
                if self._may_know_better(place):
                    await self._try_it_here(place, head)
            elif place.incarnation != heads.incarnation or place.position > head:
                await self._stop(key, f"Divergence: {_restored(place, heads)}")
            elif place.position == head:
                self._behind.pop(key, None)
                self._level[key] = place, heads.position
            else:
                quiet_since = self._quiet_since(key, place, head, now)
                patience = behind_seconds_max if self._is_mine(key) else ORPHANED_SECONDS
                if now - quiet_since >= patience:
                    await self._fill_tail(key, head)
        self._checked_at = time.monotonic()
        metrics.LAG.labels(self.name, log).set(self._lag_of(log, heads))
        self._count_stopped(log)

    def _may_know_better(self, place: Place) -> bool:
        """Whether another worker stopped here at what it does not know: that of an older build
        does in an upgrade, and whoever knows goes on. Who has stopped here himself does not."""
        unknown = (place.stopped or "").startswith(UnknownEvent.__name__)
        return unknown and (place.log, place.partition, place.position) not in self._stopped_at

    async def _try_it_here(self, place: Place, head: int) -> None:
        """Where the other one stops again before this one moves on, the next look tries anew."""
        await self._places.start_again(self._pool, place)
        await self._load(place.log)
        await self._fill_tail((place.log, place.partition), head)

    def _quiet_since(self, key: tuple[str, int], place: Place, head: int, now: float) -> float:
        """Since when a partition is behind and nothing of it has come.

        It is behind a head that it has not reached since; that there is always something newer,
        as under steady load, is not being behind.
        """
        since, awaited = self._behind.get(key, (now, head))
        if place.position >= awaited:
            since, awaited = now, head
        self._behind[key] = since, awaited
        return max(since, self._heard_at.get(key, since))

    def _is_mine(self, key: tuple[str, int]) -> bool:
        return self.assigned is None or key in self.assigned

    async def _fill_tail(self, key: tuple[str, int], head: int) -> None:
        log, partition = key
        while self._at[key].position < head and not self._at[key].stopped:
            page = await self.stores[log].page(
                self._at[key].position, TRANSACTION_EVENTS_MAX, partition=partition
            )
            if not page:
                return
            logger.info(
                "tail_filled", consumer=self.name, log=log, partition=partition, events=len(page)
            )
            metrics.HOLES.labels(self.name, log).inc(len(page))
            before = self._at[key]
            await self._take_until_done(
                key, [Carried(before.incarnation, recorded, NO_OFFSET) for recorded in page]
            )
            if self._at[key].position == before.position:
                return

    async def watch_the_parked(self) -> None:
        """Tries again what is asked for: by a process that starts, or by `reel parked retry`."""
        while True:
            try:
                await self.retry_asked()
            except TRANSIENT as error:
                logger.warning("retry_waits", consumer=self.name, error=repr(error))
            await asyncio.sleep(TAIL_CHECK_SECONDS)

    async def retry_asked(self) -> None:
        """Tries each parked production once that is asked for, and that is this process's to try
        or nobody's for long."""
        for one in await self._parked.all(self._pool):
            if one.asked_seconds is None or one.log not in self.stores:
                continue
            if self._is_mine((one.log, one.partition)) or one.asked_seconds >= ORPHANED_SECONDS:
                await self._retry(one)

    async def _retry(self, one: Parked) -> None:
        """Between its transactions the partition is free, so that live facts go on."""
        key = one.log, one.partition
        retry = Retry(
            consumer=self.name,
            parked=one,
            pool=self._pool,
            store=self.stores[one.log],
            sink=self._sink,
            places=self._places,
            rows=self._parked,
            events=TRANSACTION_EVENTS_MAX,
        )
        while not retry.over:
            async with self._lock(key):
                await self._load(one.log, key)
                await retry.step(self._at[key])
        async with self._lock(key):
            await self._load(one.log, key)
            await self._is_at(self._at[key])

    def _lag_of(self, log: str, heads: Heads) -> int:
        """Positions that may hold what the furthest-behind partition has not taken."""
        return max(
            (self._lag_at(key, heads.partitions[key[1]]) for key in self._at if key[0] == log),
            default=0,
        )

    def _lag_at(self, key: tuple[str, int], head: int) -> int:
        """Those that the log had when this partition was last at its head hold nothing of it: a
        film that was quiet is not behind by what all others did meanwhile."""
        place = self._at[key]
        level, position = self._level.get(key, (place, 0))
        is_further = place.incarnation == level.incarnation and place.position >= level.position
        return max(0, head - max(place.position, position if is_further else 0))

    def unready(self) -> list[str]:
        """Why this consumer should not be relied upon now; empty when it should."""
        reasons = [
            f"{self.name}: {place.log}/{place.partition} stopped at {place.position}: "
            f"{told(place.stopped)}"
            for place in self._at.values()
            if place.stopped
        ]
        if time.monotonic() - self._checked_at > 10 * TAIL_CHECK_SECONDS:
            reasons.append(f"{self.name}: its places were not compared with the logs lately")
        late = [
            f"{self.name}: {log}/{partition} is behind for {time.monotonic() - since:.0f} s"
            for (log, partition), (since, _) in self._behind.items()
            if self._is_mine((log, partition)) and time.monotonic() - since > 5 * BEHIND_SECONDS_MAX
        ]
        return reasons + late


def _two_of(recorded: Recorded, known: bytes) -> str:
    return (
        f"position {recorded.position} has hash {recorded.hash.hex()[:16]} in Kafka "
        f"and {known.hex()[:16]} here"
    )


def _restored(place: Place, heads: Heads) -> Divergence:
    return Divergence(
        f"the place is at {place.position} of incarnation {place.incarnation}, the log's head at "
        f"{heads.partitions[place.partition]} of {heads.incarnation}: the log was restored; "
        "`reel rewind` lets this consumer begin again"
    )
