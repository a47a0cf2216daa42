"""Records on a topic that no relay has put there."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from events.envelope import Recorded, cloud_event_headers
from tests.faults.topic import all_records
from tests.faults.world import World

AHEAD = 5_000
"""Further than a log gets while a test runs."""


@asynccontextmanager
async def producing(world: World) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that has nothing to do with Reel."""
    async with AIOKafkaProducer(
        bootstrap_servers=world.kafka, acks="all", max_request_size=4_000_000
    ) as producer:
        yield producer


@dataclass(frozen=True)
class Sheet:
    """One record, as it stands on a topic or is to."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes] = field(default_factory=dict)

    @property
    def position(self) -> int:
        return int(self.headers["ce_position"])

    def with_headers(self, **changed: str) -> "Sheet":
        """The same with other values in some CloudEvents headers."""
        added = {f"ce_{name}": value.encode() for name, value in changed.items()}
        return replace(self, headers=self.headers | added)

    def with_data(self, **changed: Any) -> "Sheet":
        """The same with other fields in the fact itself."""
        data = json.loads(self.value or b"{}") | changed
        return replace(self, value=json.dumps(data).encode())

    async def sent(self, producer: AIOKafkaProducer) -> bool:
        """Whether the broker takes it."""
        try:
            await producer.send_and_wait(
                self.topic,
                self.value,
                key=self.key,
                partition=self.partition,
                headers=list(self.headers.items()),
            )
        except MessageSizeTooLargeError:
            return False
        return True


async def sheets(world: World, log: str, partition: int | None = None) -> Sequence[Sheet]:
    """What a topic holds, in its order within each partition."""
    topic = world.topic(log)
    return [
        Sheet(topic, at, record.key, record.value, dict(record.headers))
        for at, records in (await all_records(world.kafka, topic)).items()
        for record in records
        if partition in (None, at)
    ]


def poison(last: Sheet) -> Iterator[tuple[str, Sheet]]:
    """Ten kinds and two more, beside the newest record of a partition: what looks like a fact
    stands right behind it."""
    behind = last.with_headers(position=str(last.position + AHEAD), previous=str(last.position))
    yield "no JSON", replace(behind, value=b"\xff\xfe no JSON")
    yield "JSON without an envelope", replace(last, headers={}, value=b'{"hello": "world"}')
    yield "a type that nobody knows", behind.with_headers(type="budget.MoonBought")
    yield "a newer version than is known", behind.with_headers(schemaversion="7")
    yield "the hash of another fact", last.with_headers(hash="07" * 32)
    yield "the key of another production", replace(behind, key=b"another")
    yield "a tombstone", replace(last, value=None)
    yield "half as large again as a fact may be", behind.with_data(description="x" * 800_000)
    yield (
        "a production that nobody opened",
        last.with_headers(
            position=str(last.position + AHEAD + 2), previous=str(last.position + AHEAD)
        ),
    )
    yield "a number that is none", behind.with_data(amount="NaN")
    yield "headers of another log", behind.with_headers(source="/reel/contract")
    yield "headers that are no numbers", behind.with_headers(previous="twelve")


def logged(world: World, log: str, after: int) -> Sequence[Sheet]:
    """What a log has recorded behind a position, as the relay would send it."""
    topic = world.topic(log)
    with psycopg.connect(world.dsn, autocommit=True) as session:
        head = session.execute(f"SELECT incarnation::text FROM {log}.head").fetchone()
        facts = session.execute(
            f"""SELECT production::text, stream, version, position, partition, previous, id::text,
                    ordinal, type, schema_version, payload::text, recorded_at, effective_at, actor,
                    command_id::text, correlation, causation::text, hops, hash
                FROM {log}.event WHERE position > %s ORDER BY position""",
            [after],
        ).fetchall()
    assert head is not None
    return [
        Sheet(
            topic,
            fact.partition,
            fact.production.encode(),
            fact.payload.encode(),
            dict(cloud_event_headers(fact, head[0])),
        )
        for fact in (Recorded.of(log, row) for row in facts)
    ]
