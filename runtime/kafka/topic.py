"""The topic of one log as its relay needs it, kept by Kafka."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition

from runtime.kafka import bus
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
    """Sends records, those of one partition in their order; raises Kafka's own errors."""

    async def start(self) -> None:
        """Connects."""
        ...

    async def send(
        self,
        topic: str,
        value: bytes,
        *,
        key: bytes,
        partition: int,
        headers: Sequence[tuple[str, bytes]],
    ) -> "asyncio.Future[Confirmed]":
        """Hands one record over; the future is done once every replica has it."""
        ...

    async def stop(self) -> None:
        """Sends what is left, and disconnects."""
        ...


class Topic(Protocol):
    """One log's topic."""

    name: str

    def producer(self) -> Producer:
        """A new one, not started."""
        ...

    async def records(self, wanted: Mapping[int, int | None]) -> Mapping[int, Record]:
        """By partition, the record at that offset (None: its last one), where there is one."""
        ...


class KafkaTopic:
    """It is the topic of that name on the broker of the settings."""

    def __init__(self, settings: Settings, log: str) -> None:
        self._settings = settings
        self._log = log
        self.name = settings.topic(log)

    def producer(self) -> Producer:
        return bus.producer(self._settings, self._log)

    async def records(self, wanted: Mapping[int, int | None]) -> Mapping[int, Record]:
        if not wanted:
            return {}
        kafka = bus.reader(self._settings, f"reel-relay-{self._log}-read-back")
        try:
            await asyncio.wait_for(kafka.start(), bus.CONNECT_SECONDS_MAX)
            async with asyncio.timeout(READ_SECONDS_MAX):
                asked = {TopicPartition(self.name, one): at for one, at in wanted.items()}
                ends = await kafka.end_offsets(list(asked))
                starts = await kafka.beginning_offsets(list(asked))
                there: dict[TopicPartition, int] = {}
                for tp, at in asked.items():
                    offset = ends[tp] - 1 if at is None else at
                    if starts[tp] <= offset < ends[tp]:
                        there[tp] = offset
                # Sought before anything else can run: without an offset aiokafka would give up.
                kafka.assign(list(there))
                for tp, offset in there.items():
                    kafka.seek(tp, offset)
                found: dict[int, Record] = {}
                while len(found) < len(there):
                    for tp, records in (await kafka.getmany(timeout_ms=200)).items():
                        for record in records:
                            if record.offset == there[tp]:
                                found[tp.partition] = record
                return found
        finally:
            await kafka.stop()
