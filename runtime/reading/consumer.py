"""Consumes logs exactly once in effect: a place in PostgreSQL, moved with the rows.

Kafka is the quick way here; the log is the truth. What Kafka repeats is dropped, what it lost is
filled from the log, and what contradicts the log stops the partition loudly.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import asyncpg
import structlog

from events.envelope import Recorded
from events.event import UndecodableEvent, UnknownEvent
from runtime import metrics
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Heads, Overloaded, Store, Unavailable
from runtime.points import point
from runtime.reading.place import NO_OFFSET, Place, PlaceMoved, Places, by_partition

TRANSACTION_EVENTS_MAX = 500
TAIL_CHECK_SECONDS = 1.0
BEHIND_SECONDS_MAX = 2.0
ORPHANED_SECONDS = 20.0
RETRY_SECONDS = 0.5
OVERTAKEN_AT_ONCE_MAX = 5

Connection = Any

TRANSIENT = (
    *OUTCOME_UNKNOWN,
    Overloaded,
    Unavailable,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidTransactionStateError,
)
"""What is the database's trouble and not the fold's: the same facts are taken again."""

logger = structlog.get_logger()


class Sink(Protocol):
    """What a consumer does with facts. Called for one partition at a time, in its order."""

    async def prepare(self, events: Sequence[Recorded]) -> Any:
        """What must be done before the place may move; may be called again for the same facts.

        Raises:
            PlaceMoved: the first of them is not what follows the place any more.
            TooEarly: it cannot be done yet.
        """
        ...

    async def apply(
        self, connection: Connection, events: Sequence[Recorded], prepared: Any
    ) -> None:
        """Writes what follows from the facts, inside the transaction that moves the place.

        Raises:
            Overtaken: what was prepared rests on rows that have changed since.
        """
        ...

    def forget(self, log: str, partition: int) -> None:
        """Drops what is held in memory of a partition: somebody else may have changed its rows."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """One Kafka record: the fact, the incarnation of the log that sent it, and its offset."""

    incarnation: str
    recorded: Recorded
    offset: int


class Overtaken(Exception):
    """Another partition has changed what was prepared from: the same facts are prepared again."""


class TooEarly(Exception):
    """What must come first stands in another partition: the facts are taken later, from the log."""


class Divergence(Exception):
    """This consumer and the log do not share one history any more: `reel rewind` decides."""


class Consumer:
    """One consumer of some logs: a projection's, or a service's own of what it hears.

    `stores` are the logs themselves, read where Kafka has holes. `assigned` says which partitions
    this process is to keep up with; None, before or without Kafka, means all of them.
    """

    def __init__(
        self, name: str, schema: str, pool: asyncpg.Pool, stores: dict[str, Store], sink: Sink
    ) -> None:
        self.name = name
        self.stores = stores
        self.assigned: set[tuple[str, int]] | None = None
        self.moved = asyncio.Condition()
        self._pool = pool
        self._sink = sink
        self._places = Places(schema)
        self._at: dict[tuple[str, int], Place] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}
        self._heard_at: dict[tuple[str, int], float] = {}
        self._behind: dict[tuple[str, int], tuple[float, int]] = {}
        self._checked_at = float("-inf")

    async def start(self) -> None:
        """Loads the places; a partition that was stopped gets one more try."""
        await self._places.start_again(self._pool)
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

    def place(self, log: str, partition: int) -> Place:
        """How far this process knows the consumer to be."""
        return self._at[log, partition]

    async def take(self, log: str, partition: int, records: Sequence[Carried]) -> None:
        """Folds what is new of `records`, in order, filling holes from the log.

        Returns when all of it is durable, the partition is stopped, or it is too early for the
        rest. A database that is away is waited for.
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
                except TooEarly as error:
                    self._sink.forget(*key)
                    logger.info("too_early", consumer=self.name, log=log, reason=str(error))
                    return
                except TRANSIENT as error:
                    self._sink.forget(*key)
                    logger.warning("consumer_waits", consumer=self.name, log=log, error=repr(error))
                    await asyncio.sleep(RETRY_SECONDS)
                    await self._reload_if_possible(key)
                except (UnknownEvent, UndecodableEvent, Divergence) as error:
                    await self._stop(key, f"{type(error).__name__}: {error}")
                    return
                except Exception as error:
                    logger.exception("fold_failed", consumer=self.name, log=log)
                    await self._stop(key, f"the fold failed: {error!r}")
                    return

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
        for carried in records:
            recorded = carried.recorded
            if await self._is_repeat(place, carried, last):
                metrics.REPEATS.labels(self.name, key[0]).inc()
                continue
            if recorded.previous != last:
                place = await self._apply(place, fresh, offset)
                fresh = []
                place = await self._fill(place, until=recorded.previous)
                last = place.position
                if last >= recorded.position:
                    continue
                if last != recorded.previous:
                    raise Divergence(
                        f"position {recorded.position} follows {recorded.previous} in Kafka, "
                        f"but the log has {last} before it"
                    )
            fresh.append(recorded)
            offset, last = carried.offset, recorded.position
        await self._apply(place, fresh, offset)

    async def _is_repeat(self, place: Place, carried: Carried, last: int) -> bool:
        recorded = carried.recorded
        if carried.incarnation != place.incarnation:
            heads = await self.stores[place.log].heads()
            if heads.incarnation != place.incarnation:
                raise _restored(place, heads)
            return True
        if recorded.position == place.position and recorded.hash != place.hash:
            raise Divergence(
                f"position {place.position} has hash {recorded.hash.hex()[:16]} in Kafka "
                f"and {place.hash.hex()[:16]} here"
            )
        return recorded.position <= last

    async def _fill(self, place: Place, until: int) -> Place:
        """Takes from the log what Kafka did not bring, up to position `until`."""
        while place.position < until:
            page = await self.stores[place.log].page(
                place.position, TRANSACTION_EVENTS_MAX, partition=place.partition
            )
            page = [recorded for recorded in page if recorded.position <= until]
            if not page or page[0].previous != place.position:
                raise Divergence(
                    f"the log has nothing between {place.position} and {until} that follows"
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
        meanwhile, facts are told only from where they were found to follow.
        """
        for first in range(0, len(events), TRANSACTION_EVENTS_MAX):
            page = events[first : first + TRANSACTION_EVENTS_MAX]
            ends_at = offset if page[-1] is events[-1] else NO_OFFSET
            try:
                place = await self._apply_at_once(place, page, ends_at)
            except (PlaceMoved, *TRANSIENT):
                raise
            except Exception:
                if len(page) == 1:
                    raise
                # Whichever of them it is: what comes before it is told.
                self._sink.forget(place.log, place.partition)
                for recorded in page:
                    place = await self._apply_at_once(place, [recorded], NO_OFFSET)
        return place

    async def _apply_at_once(self, place: Place, page: Sequence[Recorded], offset: int) -> Place:
        """Rows and place in one transaction."""
        to = replace(
            place,
            position=page[-1].position,
            hash=page[-1].hash,
            offset=place.offset if offset == NO_OFFSET else offset,
        )
        prepared = await self._sink.prepare(page)
        point("before-fold")
        async with self._pool.acquire() as connection, connection.transaction():
            await self._sink.apply(connection, page, prepared)
            point("inside-fold")
            await self._places.move(connection, place, to)
            point("before-fold-commit")
        point("after-fold")
        self._at[place.log, place.partition] = to
        metrics.APPLIED.labels(self.name, place.log).inc(len(page))
        metrics.APPLY_EVENTS.labels(self.name).observe(len(page))
        async with self.moved:
            self.moved.notify_all()
        return to

    async def stop_at(self, log: str, partition: int, reason: str) -> None:
        """Stops a partition for what came in its place and cannot be read."""
        async with self._lock((log, partition)):
            await self._stop((log, partition), reason)

    async def _stop(self, key: tuple[str, int], reason: str) -> None:
        """Parks the whole partition, loudly: nothing behind a fact it cannot fold is shown."""
        self._sink.forget(*key)
        self._at[key] = replace(self._at[key], stopped=reason)
        stopped = [at for at in self._at.values() if at.log == key[0] and at.stopped]
        metrics.STOPPED.labels(self.name, key[0]).set(len(stopped))
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
            elif place.incarnation != heads.incarnation or place.position > head:
                await self._stop(key, f"Divergence: {_restored(place, heads)}")
            elif place.position == head:
                self._behind.pop(key, None)
            else:
                quiet_since = self._quiet_since(key, place, head, now)
                patience = behind_seconds_max if self._is_mine(key) else ORPHANED_SECONDS
                if now - quiet_since >= patience:
                    await self._fill_tail(key, head)
        self._checked_at = time.monotonic()
        metrics.LAG.labels(self.name, log).set(self._lag_of(log, heads))

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

    def _lag_of(self, log: str, heads: Heads) -> int:
        """How many positions lie between the furthest-behind partition's place and its head."""
        return max(
            (
                heads.partitions[partition] - place.position
                for (of, partition), place in self._at.items()
                if of == log
            ),
            default=0,
        )

    def unready(self) -> list[str]:
        """Why this consumer should not be relied upon now; empty when it should."""
        reasons = [
            f"{self.name}: {place.log}/{place.partition} stopped at {place.position}: "
            f"{_told(place.stopped)}"
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


def _told(reason: str) -> str:
    """A reason as anybody may read it: without what may quote a fact."""
    if reason.startswith(("Divergence", "UnknownEvent")):
        return reason
    return reason.partition(":")[0]


def _restored(place: Place, heads: Heads) -> Divergence:
    return Divergence(
        f"the place is at {place.position} of incarnation {place.incarnation}, the log's head at "
        f"{heads.partitions[place.partition]} of {heads.incarnation}: the log was restored; "
        "`reel rewind` lets this consumer begin again"
    )
