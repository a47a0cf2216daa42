"""The topic of anchors: one partition, a key of its own for each line, nothing ever forgotten."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from runtime.kafka import bus
from runtime.settings import Settings

NAME = "anchors"
READ_SECONDS_MAX = 30.0
SEND_SECONDS_MAX = 10.0

AWAY = (KafkaError, OSError, TimeoutError)
"""What is raised while there is no broker, or none that has the topic."""


async def read(settings: Settings, *, last_only: bool = False) -> list[str]:
    """The lines on the topic, the oldest first, or the last one alone.

    Raises:
        KafkaError, OSError, TimeoutError: it cannot be read now.
        LookupError: no Kafka is named.
    """
    kafka = bus.reader(settings, "reel-anchors-reader")
    partition = TopicPartition(settings.topic(NAME), 0)
    try:
        async with asyncio.timeout(bus.CONNECT_SECONDS_MAX):
            await kafka.start()
        async with asyncio.timeout(READ_SECONDS_MAX):
            return await _lines(kafka, partition, last_only)
    finally:
        await kafka.stop()


async def _lines(kafka: AIOKafkaConsumer, partition: TopicPartition, last_only: bool) -> list[str]:
    end = (await kafka.end_offsets([partition]))[partition]
    start = (await kafka.beginning_offsets([partition]))[partition]
    if last_only:
        start = max(start, end - 1)
    kafka.assign([partition])
    kafka.seek(partition, start)
    found: list[str] = []
    while start < end:
        for record in (await kafka.getmany(timeout_ms=200)).get(partition, ()):
            found.append((record.value or b"").decode(errors="replace"))
            start = record.offset + 1
    return found


async def send(settings: Settings, lines: Sequence[str]) -> None:
    """Sends lines and answers when every replica has them.

    Raises:
        KafkaError, OSError, TimeoutError: not all of them were confirmed.
        LookupError: no Kafka is named.
    """
    producer = bus.producer(settings, NAME)
    try:
        async with asyncio.timeout(SEND_SECONDS_MAX):
            await producer.start()
            for line in lines:
                key = sha256(line.encode()).hexdigest().encode()
                await producer.send_and_wait(settings.topic(NAME), line.encode(), key=key)
    finally:
        async with asyncio.timeout(bus.CLOSE_SECONDS_MAX):
            await producer.stop()
