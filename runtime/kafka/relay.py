"""Sends one log to its topic: in order, at least once, by one leased owner.

The cursor moves only over what Kafka confirmed without a gap, so a crash repeats a page and
nothing is skipped. At each start and reconnection the relay reads its last confirmed record of
each partition back: missing or different means that the broker lost data, and it sends again from
the first missing position.
"""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, RecordMetadata

from events.envelope import Recorded, cloud_event_headers
from runtime import metrics
from runtime.kafka import bus
from runtime.kafka.lease import Cursor, Lease, LeaseLost
from runtime.log.committer import OUTCOME_UNKNOWN
from runtime.log.contract import Heads, Store
from runtime.log.postgres import channel
from runtime.points import point
from runtime.settings import Settings

PAGE_EVENTS = 1_000
CONFIRM_SECONDS_MAX = 3.0
IDLE_SECONDS = 1.0
VERIFY_EVERY_SECONDS = 5.0
AGAIN_SECONDS = 0.5
LISTENER_PROBED_SECONDS = 10.0

logger = structlog.get_logger()


class BrokerLostData(Exception):
    """What Kafka had confirmed is not there any more."""


class Relay:
    """Carries one log to Kafka for as long as it runs."""

    def __init__(
        self, settings: Settings, store: Store, pool: asyncpg.Pool, lease: Lease | None = None
    ) -> None:
        self._settings = settings
        self._store = store
        self._pool = pool
        self._lease = lease or Lease(store.log, pool)
        self._topic = settings.topic(store.log)
        self._woken = asyncio.Event()
        self._checked_at = float("-inf")
        self._trouble: str | None = "the relay has not started"

    async def run(self) -> None:
        """Relays until cancelled; a broker or database that is away is waited for."""
        listening = asyncio.create_task(self._listen(), name=f"relay listener {self._store.log}")
        try:
            while True:
                try:
                    await self._own_and_relay()
                except (KafkaError, BrokerLostData, LeaseLost, *OUTCOME_UNKNOWN) as error:
                    self._trouble = repr(error)
                    logger.warning("relay_waits", log=self._store.log, error=repr(error))
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            listening.cancel()
            try:
                await asyncio.wait_for(self._lease.release(), 2)
            except OUTCOME_UNKNOWN:
                logger.warning("lease_not_released", log=self._store.log)

    async def _own_and_relay(self) -> None:
        while (cursor := await self._lease.take()) is None:
            self._trouble = None
            await asyncio.sleep(AGAIN_SECONDS)
        producer = bus.producer(self._settings, self._store.log)
        try:
            await asyncio.wait_for(producer.start(), bus.CONNECT_SECONDS_MAX)
            cursor = await self._read_back(cursor)
            self._trouble = None
            await self._relay(producer, cursor)
        finally:
            await _closed(producer)

    async def _relay(self, producer: AIOKafkaProducer, cursor: Cursor) -> None:
        verified_at = time.monotonic()
        while True:
            self._woken.clear()
            page = await self._store.page(cursor.position, PAGE_EVENTS)
            await self._measure(cursor, page)
            if page:
                cursor = await self._send(producer, cursor, page)
                continue
            if time.monotonic() - verified_at > VERIFY_EVERY_SECONDS:
                if await self._read_back(cursor) != cursor:
                    raise BrokerLostData(f"{self._topic} forgot records while idle")
                verified_at = time.monotonic()
            renewed = await self._lease.take()
            if renewed is None:
                raise LeaseLost(f"another relay owns {self._store.log}")
            try:
                await asyncio.wait_for(self._woken.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def _send(
        self, producer: AIOKafkaProducer, cursor: Cursor, page: Sequence[Recorded]
    ) -> Cursor:
        """Sends a page, and moves the cursor over the prefix that was confirmed without a gap."""
        self._lease.check()
        assert cursor.incarnation is not None
        point("before-send")
        async with asyncio.timeout(CONFIRM_SECONDS_MAX):
            sent = [
                await producer.send(
                    self._topic,
                    recorded.payload.encode(),
                    key=recorded.production.encode(),
                    partition=recorded.partition,
                    headers=cloud_event_headers(recorded, cursor.incarnation),
                )
                for recorded in page
            ]
            results = await asyncio.gather(*sent, return_exceptions=True)
        point("after-send")
        failure: BaseException | None = None
        for recorded, result in zip(page, results, strict=True):
            if not isinstance(result, RecordMetadata):
                failure = result
                break
            if result.offset <= cursor.offsets[recorded.partition]:
                failure = BrokerLostData(f"{self._topic} began again at offset {result.offset}")
                break
            cursor = cursor.confirmed(
                recorded.partition, recorded.position, recorded.hash, result.offset
            )
        await self._lease.move(cursor)
        point("after-cursor")
        metrics.RELAY_SENT.labels(self._store.log).inc(len(page))
        if failure is not None:
            raise failure
        return cursor

    async def _read_back(self, cursor: Cursor) -> Cursor:
        """The cursor as the topic proves it: set back to before the first record that is gone."""
        heads = await self._store.heads()
        if cursor.incarnation != heads.incarnation or cursor.position > heads.position:
            return await self._begin(heads)
        last = await self._last_records(cursor)
        missing_after = cursor.position
        for partition, position in enumerate(cursor.positions):
            record = last.get(partition)
            if position and not _is(record, position, cursor.hashes[partition]):
                missing_after = min(missing_after, await self._survivor(partition, position))
        if missing_after == cursor.position:
            return cursor
        metrics.RELAY_LOSSES.labels(self._store.log).inc()
        logger.error("broker_lost_data", log=self._store.log, sending_again_from=missing_after + 1)
        return await self._set_back(cursor, missing_after)

    async def _begin(self, heads: Heads) -> Cursor:
        """A new or restored log is sent from its first fact under its present incarnation."""
        count = len(heads.partitions)
        cursor = Cursor(heads.incarnation, 0, (0,) * count, (b"",) * count, (-1,) * count)
        await self._lease.move(cursor)
        return cursor

    async def _set_back(self, cursor: Cursor, position: int) -> Cursor:
        """Everything behind `position` is sent again; consumers drop what they have."""
        kept = [at <= position for at in cursor.positions]
        cursor = Cursor(
            cursor.incarnation,
            position,
            tuple(at if keep else 0 for at, keep in zip(cursor.positions, kept, strict=True)),
            tuple(at if keep else b"" for at, keep in zip(cursor.hashes, kept, strict=True)),
            tuple(at if keep else -1 for at, keep in zip(cursor.offsets, kept, strict=True)),
        )
        await self._lease.move(cursor)
        return cursor

    async def _last_records(self, cursor: Cursor) -> dict[int, ConsumerRecord]:
        """The record at each partition's last confirmed offset, where there still is one."""
        wanted = {
            TopicPartition(self._topic, partition): offset
            for partition, offset in enumerate(cursor.offsets)
            if offset >= 0
        }
        return await self._records_at(wanted)

    async def _records_at(self, wanted: dict[TopicPartition, int]) -> dict[int, ConsumerRecord]:
        if not wanted:
            return {}
        kafka = bus.reader(self._settings, f"reel-relay-{self._store.log}-read-back")
        await asyncio.wait_for(kafka.start(), bus.CONNECT_SECONDS_MAX)
        try:
            async with asyncio.timeout(CONFIRM_SECONDS_MAX):
                kafka.assign(list(wanted))
                ends = await kafka.end_offsets(list(wanted))
                starts = await kafka.beginning_offsets(list(wanted))
                there = {tp: at for tp, at in wanted.items() if starts[tp] <= at < ends[tp]}
                for tp in wanted:
                    if tp not in there:
                        kafka.pause(tp)
                for tp, offset in there.items():
                    kafka.seek(tp, offset)
                found: dict[int, ConsumerRecord] = {}
                while len(found) < len(there):
                    for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                        for record in records:
                            if record.offset == there[tp]:
                                found[tp.partition] = record
                return found
        finally:
            await kafka.stop()

    async def _survivor(self, partition: int, position: int) -> int:
        """The position below which nothing of the partition needs to be sent again.

        The topic's last record, if it is one of the log's at or below `position`, proves what is
        before it; anything else proves nothing, and the partition is sent from its beginning.
        """
        tp = TopicPartition(self._topic, partition)
        kafka = bus.reader(self._settings, f"reel-relay-{self._store.log}-survivor")
        await asyncio.wait_for(kafka.start(), bus.CONNECT_SECONDS_MAX)
        try:
            end = (await kafka.end_offsets([tp]))[tp]
        finally:
            await kafka.stop()
        record = (await self._records_at({tp: end - 1})).get(partition) if end else None
        if record is None:
            return 0
        found = int(dict(record.headers).get("ce_position", b"0"))
        page = await self._store.page(found - 1, 1)
        if found <= position and page and _is(record, found, page[0].hash):
            return found
        return 0

    async def _measure(self, cursor: Cursor, page: Sequence[Recorded]) -> None:
        log = self._store.log
        self._checked_at = time.monotonic()
        if not page:
            metrics.RELAY_BACKLOG.labels(log).set(0)
            metrics.RELAY_AGE.labels(log).set(0)
            return
        heads = await self._store.heads()
        metrics.RELAY_BACKLOG.labels(log).set(heads.position - cursor.position)
        metrics.RELAY_AGE.labels(log).set((heads.time_us - page[0].recorded_at_us) / 1_000_000)

    async def _listen(self) -> None:
        """Wakes the relay when the log grows; polling finds what a lost connection missed."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await connection.add_listener(channel(self._store.log), self._wake)
                    try:
                        while True:
                            await asyncio.sleep(LISTENER_PROBED_SECONDS)
                            await connection.execute("SELECT 1")
                    finally:
                        await connection.remove_listener(channel(self._store.log), self._wake)
            except OUTCOME_UNKNOWN:
                await asyncio.sleep(1)

    def _wake(self, *_: object) -> None:
        self._woken.set()

    def unready(self) -> list[str]:
        """Why this relay should not be relied upon now; empty when it should."""
        if self._trouble:
            return [f"relay {self._store.log}: {self._trouble}"]
        return []


def _is(record: ConsumerRecord | None, position: int, hash_: bytes) -> bool:
    if record is None:
        return False
    headers = dict(record.headers)
    return (
        headers.get("ce_position") == str(position).encode()
        and headers.get("ce_hash") == hash_.hex().encode()
    )


async def _closed(producer: AIOKafkaProducer) -> None:
    """Closes without waiting for what can no longer be confirmed."""
    try:
        await asyncio.wait_for(producer.stop(), 2)
    except (KafkaError, *OUTCOME_UNKNOWN) as error:
        logger.debug("producer_not_closed", error=repr(error))
