"""The topic of one log as its relay needs it, kept by Kafka."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition

from runtime.kafka import bus
from runtime.kafka.batches import Batch, Outgoing, packed
from runtime.settings import Settings

READ_SECONDS_MAX = 3.0


class Record(Protocol):
    """One record of a topic, as far as a relay looks at it."""

    @property
    def offset(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Confirmed(Protocol):
    """What a broker says of a record that it has taken."""

    @property
    def offset(self) -> int: ...


class Producer(Protocol):
    """Sends records in batches, each partition's in their order; raises Kafka's own errors."""

    async def start(self) -> None:
        """Connects."""
        ...

    def packed(self, records: Sequence[Outgoing]) -> Sequence[Batch]:
        """The records in batches, which have to be sent in this order."""
        ...

    async def send(self, batch: Batch) -> "asyncio.Future[Confirmed]":
        """Hands a batch over; the future is done once every replica has it, and answers for its
        first record, which the others stand behind without a gap."""
        ...

    async def stop(self) -> None:
        """Sends what is left, and disconnects."""
        ...


class Tail(NamedTuple):
    """The last records of a partition in their order; `is_all` says that none stands before."""

    records: list[Record]
    is_all: bool


class Topic(Protocol):
    """One log's topic."""

    name: str

    def producer(self) -> Producer:
        """A new one, not started."""
        ...

    async def records(self, wanted: Mapping[int, int]) -> Mapping[int, Record]:
        """By partition, the record at that offset, where there is one."""
        ...

    async def tails(self, partitions: Sequence[int], count: int) -> Mapping[int, Tail]:
        """The last `count` records of each of those partitions, or as many as there are."""
        ...


class KafkaTopic:
    """It is the topic of that name on the broker of the settings."""

    def __init__(self, settings: Settings, log: str) -> None:
        self._settings = settings
        self._log = log
        self.name = settings.topic(log)

    def producer(self) -> Producer:
        return KafkaProducer(bus.producer(self._settings, self._log), self.name)

    async def records(self, wanted: Mapping[int, int]) -> Mapping[int, Record]:
        read = await self._read(
            list(wanted), lambda partition, _: (wanted[partition], wanted[partition] + 1)
        )
        return {partition: records[0] for partition, (records, _) in read.items() if records}

    async def tails(self, partitions: Sequence[int], count: int) -> Mapping[int, Tail]:
        return await self._read(partitions, lambda _, end: (end - count, end))

    async def _read(
        self, partitions: Sequence[int], span: Callable[[int, int], tuple[int, int]]
    ) -> dict[int, Tail]:
        """What stands between two offsets of each partition, which `span` says by the partition
        and its end."""
        if not partitions:
            return {}
        kafka = bus.reader(self._settings, f"reel-relay-{self._log}-read-back")
        try:
            async with asyncio.timeout(bus.CONNECT_SECONDS_MAX):
                await kafka.start()
            async with asyncio.timeout(READ_SECONDS_MAX):
                asked = [TopicPartition(self.name, one) for one in partitions]
                ends = await kafka.end_offsets(asked)
                starts = await kafka.beginning_offsets(asked)
                found: dict[int, Tail] = {}
                left: dict[TopicPartition, tuple[int, int]] = {}
                for tp in asked:
                    first, behind = span(tp.partition, ends[tp])
                    first, behind = max(first, starts[tp]), min(behind, ends[tp])
                    found[tp.partition] = Tail([], first == starts[tp])
                    if first < behind:
                        left[tp] = first, behind
                # Sought before anything else can run: without an offset aiokafka would give up.
                kafka.assign(list(left))
                for tp, (first, _) in left.items():
                    kafka.seek(tp, first)
                while left:
                    for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                        _, behind = left[tp]
                        found[tp.partition].records.extend(
                            one for one in records if one.offset < behind
                        )
                        if await kafka.position(tp) >= behind:
                            kafka.pause(tp)
                            del left[tp]
                return found
        finally:
            await kafka.stop()


class KafkaProducer:
    """Fills aiokafka's batches itself: aiokafka would have a future for every record."""

    def __init__(self, kafka: AIOKafkaProducer, topic: str) -> None:
        self._kafka = kafka
        self._topic = topic

    async def start(self) -> None:
        await self._kafka.start()

    def packed(self, records: Sequence[Outgoing]) -> Sequence[Batch]:
        return packed(records, self._kafka.create_batch, _takes)

    async def send(self, batch: Batch) -> "asyncio.Future[Confirmed]":
        batch.content.close()
        confirmed: asyncio.Future[Confirmed] = await self._kafka.send_batch(
            batch.content, self._topic, partition=batch.partition
        )
        return confirmed

    async def stop(self) -> None:
        await self._kafka.stop()


def _takes(content: Any, record: Outgoing) -> bool:
    added = content.append(
        timestamp=None, key=record.key, value=record.value, headers=record.headers
    )
    return added is not None
