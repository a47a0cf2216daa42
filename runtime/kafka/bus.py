"""Kafka as Reel uses it: topics, the relay's producer, and one batch subscriber per consumer.

FastStream's own offsets, decoder and acknowledgement stay out of the way: the place lives in
PostgreSQL, records reach the handler raw, and the committed offset is for display only.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import ConsumerRecord
from faststream import AckPolicy, StreamMessage
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from events.envelope import from_cloud_event
from runtime import metrics
from runtime.kafka.loyal import LoyalProducer
from runtime.log.contract import EVENT_BYTES_MAX, PARTITIONS
from runtime.reading.consumer import Carried, Consumer
from runtime.reading.place import NO_OFFSET
from runtime.settings import Settings

BATCH_RECORDS_MAX = 500
BATCH_WAIT_MS = 1_000
BATCH_EVERY_SECONDS = 0.02
FETCH_WAIT_MS = 500
SHOWN_SECONDS = 1.0
MESSAGE_BYTES_MAX = 1_000_000
CONNECT_SECONDS_MAX = 10.0
CLOSE_SECONDS_MAX = 2.0
"""What is not confirmed by then will not be."""

logger = structlog.get_logger()


def _ssl_context(settings: Settings) -> ssl.SSLContext | None:
    if settings.kafka_security in ("SSL", "SASL_SSL"):
        return ssl.create_default_context(cafile=settings.kafka_ca_file)
    return None


def client_options(settings: Settings) -> dict[str, Any]:
    """What every plain aiokafka client needs to connect."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_servers(),
        "security_protocol": settings.kafka_security,
        "ssl_context": _ssl_context(settings),
        "metadata_max_age_ms": 30_000,
    }
    if settings.kafka_security.startswith("SASL"):
        password = settings.kafka_password
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return options


def _security(settings: Settings) -> BaseSecurity | None:
    context = _ssl_context(settings)
    if settings.kafka_security.startswith("SASL"):
        kind = {
            "PLAIN": SASLPlaintext,
            "SCRAM-SHA-256": SASLScram256,
            "SCRAM-SHA-512": SASLScram512,
        }[settings.kafka_sasl_mechanism]
        password = settings.kafka_password
        return kind(
            username=settings.kafka_username or "",
            password=password.get_secret_value() if password else "",
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True) if context else None


def producer(settings: Settings, log: str) -> LoyalProducer:
    """The relay's own producer: idempotent, every replica confirms; it never connects twice."""
    return LoyalProducer(
        **client_options(settings),
        client_id=f"reel-relay-{log}",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=128 * 1024,
        max_request_size=MESSAGE_BYTES_MAX,
        compression_type="lz4",
        request_timeout_ms=10_000,
    )


def reader(settings: Settings, client: str) -> AIOKafkaConsumer:
    """A consumer of no group, that reads where it is told to."""
    return AIOKafkaConsumer(
        **client_options(settings),
        client_id=client,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=100,
    )


class TopicMismatch(Exception):
    """A topic is there, but not as Reel needs it."""


async def migrate_topics(
    settings: Settings, logs: Sequence[str], *, of_one_partition: Sequence[str] = ()
) -> list[str]:
    """Creates the topics that are missing, checks the others, and answers what it created.

    `of_one_partition` names topics that carry no log, and whose records are all in one order.

    Raises:
        TopicMismatch: a topic has another number of partitions, or would forget records.
    """
    admin = AIOKafkaAdminClient(**client_options(settings), client_id="reel-migrate")
    await admin.start()
    try:
        created = []
        wanted = {settings.topic(log): PARTITIONS for log in logs}
        wanted |= {settings.topic(name): 1 for name in of_one_partition}
        for topic, partitions in wanted.items():
            new = NewTopic(
                topic,
                partitions,
                settings.kafka_replication,
                topic_configs={
                    "cleanup.policy": "delete",
                    "retention.ms": "-1",
                    "max.message.bytes": str(MESSAGE_BYTES_MAX),
                    "min.insync.replicas": str(max(1, settings.kafka_replication - 1)),
                },
            )
            response = await admin.create_topics([new])
            code = response.topic_errors[0][1]
            if code == 0:
                created.append(topic)
            elif code != TopicAlreadyExistsError.errno:
                raise for_code(code)(f"{topic}: {response.topic_errors[0]}")
        await _check_topics(admin, wanted)
        return created
    finally:
        await admin.close()


async def _check_topics(admin: AIOKafkaAdminClient, wanted: Mapping[str, int]) -> None:
    for _ in range(50):
        found = await admin.describe_topics(list(wanted))
        if all(not topic["error_code"] for topic in found):
            break
        await asyncio.sleep(0.1)
    for topic in found:
        partitions = wanted[topic["topic"]]
        if len(topic["partitions"]) != partitions:
            raise TopicMismatch(
                f"topic {topic['topic']} has {len(topic['partitions'])} partitions, and needs "
                f"{partitions}: delete the topic, and it is filled again"
            )


class Subscription:
    """Feeds one consumer from Kafka for as long as there is a broker, and says which partitions
    are this process's to keep."""

    def __init__(self, settings: Settings, consumer: Consumer, group: str) -> None:
        self._consumer = consumer
        self._logs = {settings.topic(log): log for log in consumer.stores}
        self._broker = KafkaBroker(
            settings.kafka_servers(),
            client_id=f"reel-{consumer.name}",
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=5_000,
            graceful_timeout=15.0,
            apply_types=False,
            security=_security(settings),
            logger=None,
        )
        self._subscriber = self._broker.subscriber(
            *self._logs,
            group_id=f"{settings.topic_prefix}.{group}",
            batch=True,
            max_records=BATCH_RECORDS_MAX,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=30_000,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            listener=_Listener(self),
            parser=self._raw,
            decoder=_undecoded,
        )
        # FastStream's own sleeps behind every wait that brought nothing, and what comes then lies
        # there for as long.
        self._subscriber.get_msg = self._next_batch  # type: ignore[assignment, method-assign]
        self._subscriber(self._on_batch)
        self._stopped = False
        self._next_at = 0.0
        self._showing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Connects, again and again until there is a broker; FastStream's tasks do the rest."""
        try:
            while not self._stopped:
                try:
                    async with asyncio.timeout(CONNECT_SECONDS_MAX):
                        await self._broker.start()
                    break
                except (KafkaError, OSError, TimeoutError) as error:
                    logger.warning("kafka_away", consumer=self._consumer.name, error=repr(error))
                    await self._broker.stop()
                    await asyncio.sleep(1)
        except asyncio.CancelledError:
            await self._broker.stop()
            raise
        if self._stopped:
            # Told to while it was connecting: what it has joined meanwhile is left as well.
            await self._broker.stop()

    async def stop(self) -> None:
        """Finishes the batch in hand and leaves the group."""
        self._stopped = True
        await self._broker.stop()

    def assigned(self, partitions: set[TopicPartition]) -> None:
        """Tells the consumer which partitions are this process's now."""
        self._consumer.assigned = {(self._logs[tp.topic], tp.partition) for tp in partitions}
        metrics.ASSIGNED.labels(self._consumer.name).set(len(partitions))

    async def seek(self, kafka: AIOKafkaConsumer, partitions: set[TopicPartition]) -> None:
        """Reads on where the place says; a hint only, since repeats and holes are told apart."""
        for tp in partitions:
            place = self._consumer.place(self._logs[tp.topic], tp.partition)
            if place.offset != NO_OFFSET:
                kafka.seek(tp, place.offset + 1)

    @property
    def kafka(self) -> AIOKafkaConsumer | None:
        """FastStream's aiokafka consumer, once it is there."""
        return self._subscriber.consumer

    async def _raw(self, records: tuple[ConsumerRecord, ...]) -> KafkaAckableMessage:
        return KafkaAckableMessage(
            body=b"",
            headers={},
            batch_headers=[],
            raw_message=records,
            consumer=self.kafka,
            message_id=f"{records[0].offset}-{records[-1].offset}",
            correlation_id="",
            content_type=None,
            reply_to="",
            path={},
        )

    async def _next_batch(self, kafka: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
        """What is there next. The first record behind a pause comes at once; under load, as many as
        come in a moment are taken together, since a transaction is dearer than a fact."""
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
        found = await kafka.getmany(timeout_ms=BATCH_WAIT_MS, max_records=BATCH_RECORDS_MAX)
        records = tuple(chain.from_iterable(found.values()))
        if 0 < len(records) < BATCH_RECORDS_MAX:
            self._next_at = time.monotonic() + BATCH_EVERY_SECONDS
        return records

    async def _on_batch(self, records: tuple[ConsumerRecord, ...]) -> None:
        """Partition by partition, each in its order; the places move inside."""
        batch: dict[TopicPartition, list[ConsumerRecord]] = {}
        for record in records:
            batch.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
        for tp, of_partition in batch.items():
            if carried := self._carried(tp, of_partition):
                await self._consumer.take(self._logs[tp.topic], tp.partition, carried)
        if self._showing is None or self._showing.done():
            self._showing = asyncio.create_task(self._show_soon(), name="offsets are shown")

    async def _show_soon(self) -> None:
        """Commits what has been read by then; nothing waits for it, as nothing reads on by it.

        It is never cancelled: aiokafka would go on, and nobody would hear what became of it.
        """
        await asyncio.sleep(SHOWN_SECONDS)
        if self._stopped or self.kafka is None:
            return
        try:
            await self.kafka.commit()
        except KafkaError as error:
            logger.debug("offset_not_shown", consumer=self._consumer.name, error=repr(error))

    def _carried(self, tp: TopicPartition, records: Sequence[ConsumerRecord]) -> list[Carried]:
        """The facts in these records. What somebody else wrote there is passed over, loudly: the
        log is the truth, and what should have stood there is a hole that is filled from it."""
        carried = []
        foreign: dict[int, Exception] = {}
        for record in records:
            try:
                carried.append(_carried(record, self._logs[tp.topic]))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                foreign[record.offset] = error
        if foreign:
            first_offset, first_error = next(iter(foreign.items()))
            metrics.FOREIGN.labels(self._consumer.name, self._logs[tp.topic]).inc(len(foreign))
            logger.error(
                "foreign_records",
                consumer=self._consumer.name,
                topic=tp.topic,
                partition=tp.partition,
                records=len(foreign),
                first_offset=first_offset,
                error=repr(first_error),
            )
        return carried


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        kafka = self._subscription.kafka
        self._subscription.assigned(assigned)
        if kafka is None or not assigned:
            return
        kafka.pause(*assigned)
        try:
            await self._subscription.seek(kafka, assigned)
        finally:
            kafka.resume(*assigned)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        return None


async def _undecoded(message: StreamMessage[Any]) -> Any:
    return message.raw_message


def _carried(record: ConsumerRecord, log: str) -> Carried:
    incarnation, recorded = from_cloud_event(dict(record.headers), record.value, record.partition)
    if (recorded.log, recorded.production.encode()) != (log, record.key):
        raise ValueError("its headers are those of another log or production")
    if len(record.value) > EVENT_BYTES_MAX:
        raise ValueError(f"it has {len(record.value):,} bytes; no log takes as many")
    return Carried(incarnation, recorded, record.offset)
