"""Sends one log to its topic: in order, at least once, by one leased owner.

The cursor moves only over what Kafka confirmed without a gap, so a crash repeats a page and
nothing is skipped. At each start and reconnection the relay reads its last confirmed record of
each partition back: missing or different means that the broker lost data, and it sends again from
the first missing position. It never sends on through a connection that is younger than that look.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import count, takewhile
from typing import Any

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from events.envelope import Recorded, cloud_event_headers
from runtime import metrics
from runtime.kafka.batches import Batch, Outgoing
from runtime.kafka.bus import CLOSE_SECONDS_MAX, CONNECT_SECONDS_MAX
from runtime.kafka.lease import Cursor, Lease, LeaseLost, PostgresLeaseRow
from runtime.kafka.proving import proved
from runtime.kafka.topic import Confirmed, KafkaTopic, Producer, Topic
from runtime.kafka.wakes import PostgresWakes, Wakes
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Heads, Store
from runtime.points import point
from runtime.settings import Settings

PAGE_EVENTS = 1_000
PAGE_BYTES = 4 * 1024 * 1024
CONFIRM_SECONDS_MAX = 3.0
IDLE_SECONDS = 1.0
VERIFY_EVERY_SECONDS = 5.0
MEASURED_SECONDS = 1.0
AGAIN_SECONDS = 0.5

logger = structlog.get_logger()


class BrokerLostData(Exception):
    """What Kafka had confirmed is not there any more."""


class Relay:
    """Carries one log to Kafka for as long as it runs."""

    def __init__(self, store: Store, topic: Topic, lease: Lease, wakes: Wakes) -> None:
        self._store = store
        self._topic = topic
        self._lease = lease
        self._wakes = wakes
        self._woken = asyncio.Event()
        self._trouble: str | None = "the relay has not started"
        self._measured_at = float("-inf")

    @classmethod
    def of(
        cls, settings: Settings, store: Store, pool: asyncpg.Pool, lease: Lease | None = None
    ) -> "Relay":
        """The relay from a log in PostgreSQL, whose schema's owner `pool` is, to Kafka."""
        return cls(
            store,
            KafkaTopic(settings, store.log),
            lease or Lease(PostgresLeaseRow(store.log, pool)),
            PostgresWakes(store.log, pool),
        )

    async def run(self) -> None:
        """Relays until cancelled; a broker or database that is away is waited for."""
        listening = asyncio.create_task(
            self._wakes.listen(self._woken.set), name=f"relay listener {self._store.log}"
        )
        try:
            while True:
                try:
                    await self._own_and_relay()
                except (KafkaError, BrokerLostData, LeaseLost, *OUTCOME_UNKNOWN) as error:
                    self._trouble = repr(error)
                    logger.warning("relay_waits", log=self._store.log, error=repr(error))
                    await self._measure_while_away()
                    # Another relay may reach the broker where this one does not.
                    await self._let_go()
                    await asyncio.sleep(2 * AGAIN_SECONDS)
        finally:
            listening.cancel()
            await self._let_go()

    async def _let_go(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS_MAX):
                await self._lease.release()
        except OUTCOME_UNKNOWN:
            logger.warning("lease_not_released", log=self._store.log)

    async def _own_and_relay(self) -> None:
        while (cursor := await self._lease.take()) is None:
            self._trouble = None
            await asyncio.sleep(AGAIN_SECONDS)
        producer = self._topic.producer()
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await producer.start()
            cursor = await self._read_back(cursor)
            await self._renew(cursor)
            self._trouble = None
            await self._relay(producer, cursor)
        finally:
            await _closed(producer)

    async def _relay(self, producer: Producer, cursor: Cursor) -> None:
        verified_at = time.monotonic()
        while True:
            self._woken.clear()
            page = await self._store.page(cursor.position, PAGE_EVENTS)
            if page:
                cursor = await self._send_from(page, producer, cursor)
                continue
            await self._measure(cursor, page)
            if time.monotonic() - verified_at > VERIFY_EVERY_SECONDS:
                if await self._read_back(cursor) != cursor:
                    raise BrokerLostData(f"{self._topic.name} forgot records while idle")
                verified_at = time.monotonic()
            await self._renew(cursor)
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _send_from(
        self, page: Sequence[Recorded], producer: Producer, cursor: Cursor
    ) -> Cursor:
        """Sends a page; while a full one is sent, the next is read, and sent as well."""
        while len(page) == PAGE_EVENTS:
            following = asyncio.ensure_future(self._store.page(page[-1].position, PAGE_EVENTS))
            following.add_done_callback(_looked_at)
            try:
                cursor = await self._send_all(page, producer, cursor)
                page = await following
            finally:
                following.cancel()
        return await self._send_all(page, producer, cursor)

    async def _send_all(
        self, page: Sequence[Recorded], producer: Producer, cursor: Cursor
    ) -> Cursor:
        before = cursor
        for part in _parts(page):
            cursor = await self._send(producer, cursor, part)
        await self._measure_now_and_then(before, page)
        return cursor

    async def _renew(self, cursor: Cursor) -> None:
        """Raises `LeaseLost` if another relay owns the log, or has carried it on meanwhile."""
        if await self._lease.take() != cursor:
            raise LeaseLost(f"another relay owns {self._store.log}, or did while this one slept")

    async def _send(self, producer: Producer, cursor: Cursor, page: Sequence[Recorded]) -> Cursor:
        """Sends a page, and moves the cursor over the prefix that was confirmed without a gap."""
        point("before-send")
        confirmed, failure = await self._confirmed(producer, cursor, page)
        point("after-send")
        ends, sent = list(cursor.offsets), list[tuple[Recorded, int]]()
        for recorded, offset in zip(page, confirmed, strict=False):
            if offset <= ends[recorded.partition]:
                failure = BrokerLostData(f"{self._topic.name} began again at offset {offset}")
                break
            ends[recorded.partition] = offset
            sent.append((recorded, offset))
        cursor = cursor.confirmed(sent)
        await self._lease.move(cursor)
        point("after-cursor")
        metrics.RELAY_SENT.labels(self._store.log).inc(len(sent))
        if failure is not None:
            raise failure
        return cursor

    async def _confirmed(
        self, producer: Producer, cursor: Cursor, page: Sequence[Recorded]
    ) -> tuple[list[int], BaseException | None]:
        """The offsets of what Kafka confirmed of a page without a gap, and what came in place of
        the rest.

        It has as long as the lease lasts, and no longer: behind it another relay may send.
        """
        assert cursor.incarnation is not None
        sent: list[tuple[Batch, asyncio.Future[Confirmed]]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(min(CONFIRM_SECONDS_MAX, self._lease.check())):
                for batch in producer.packed([_outgoing(one, cursor.incarnation) for one in page]):
                    future = await producer.send(batch)
                    future.add_done_callback(_looked_at)
                    sent.append((batch, future))
                point("inside-send")
                await asyncio.wait([future for _, future in sent])
        except (KafkaError, TimeoutError) as error:
            failure = error
        offsets: dict[int, int] = {}
        for batch, future in sent:
            if not future.done() or future.cancelled():
                continue
            if (refused := future.exception()) is not None:
                failure = refused
            else:
                offsets.update(zip(batch.places, count(future.result().offset), strict=False))
        return [offsets[n] for n in takewhile(offsets.__contains__, range(len(page)))], failure

    async def _read_back(self, cursor: Cursor) -> Cursor:
        """The cursor as the topic proves it: set back to before the first record that is gone."""
        heads = await self._store.heads()
        if cursor.incarnation != heads.incarnation or cursor.position > heads.position:
            return await self._begin(heads)
        there = await proved(self._topic, self._store, cursor)
        if there.position < cursor.position:
            metrics.RELAY_LOSSES.labels(self._store.log).inc()
            again_from = there.position + 1
            logger.error("broker_lost_data", log=self._store.log, sending_again_from=again_from)
        if there != cursor:
            await self._lease.move(there)
        return there

    async def _begin(self, heads: Heads) -> Cursor:
        """A new or restored log is sent from its first fact under its present incarnation."""
        count = len(heads.partitions)
        cursor = Cursor(heads.incarnation, 0, (0,) * count, (b"",) * count, (-1,) * count)
        await self._lease.move(cursor)
        return cursor

    async def _measure_while_away(self) -> None:
        """The backlog grows while the broker is away, and is told all the same."""
        try:
            if (cursor := await self._lease.take()) is not None:
                await self._measure(cursor, await self._store.page(cursor.position, 1))
        except OUTCOME_UNKNOWN:
            return

    async def _measure_now_and_then(self, cursor: Cursor, page: Sequence[Recorded]) -> None:
        """What waited, behind its page: it is asked of the database, and the page does not wait."""
        now = time.monotonic()
        if page and now - self._measured_at > MEASURED_SECONDS:
            self._measured_at = now
            await self._measure(cursor, page)

    async def _measure(self, cursor: Cursor, page: Sequence[Recorded]) -> None:
        log = self._store.log
        backlog, age_seconds = 0, 0.0
        if page:
            backlog = (await self._store.heads()).position - cursor.position
            age_seconds = (await self._store.now_us() - page[0].recorded_at_us) / 1_000_000
        metrics.RELAY_BACKLOG.labels(log).set(backlog)
        metrics.RELAY_AGE.labels(log).set(max(0.0, age_seconds))

    def unready(self) -> list[str]:
        """Why this relay should not be relied upon now; empty when it should."""
        if self._trouble:
            return [f"relay {self._store.log}: {self._trouble}"]
        return []


def _parts(page: Sequence[Recorded]) -> Iterator[Sequence[Recorded]]:
    """A page in parts light enough to be confirmed in time."""
    first, size_bytes = 0, 0
    for n, recorded in enumerate(page):
        size_bytes += len(recorded.payload)
        if size_bytes > PAGE_BYTES and n > first:
            yield page[first:n]
            first, size_bytes = n, len(recorded.payload)
    if page:
        yield page[first:]


def _outgoing(recorded: Recorded, incarnation: str) -> Outgoing:
    return Outgoing(
        recorded.partition,
        recorded.production.encode(),
        recorded.payload.encode(),
        cloud_event_headers(recorded, incarnation),
    )


def _looked_at(future: "asyncio.Future[Any]") -> None:
    """What fails after its page was given up is told by the page."""
    if not future.cancelled():
        future.exception()


async def _closed(producer: Producer) -> None:
    """Closes without waiting for what can no longer be confirmed."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS_MAX):
            await producer.stop()
    except (KafkaError, *OUTCOME_UNKNOWN) as error:
        logger.debug("producer_not_closed", error=repr(error))
