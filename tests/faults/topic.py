"""What a topic holds, by a consumer of no group that starts at its beginning."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

READ_SECONDS_MAX = 30.0

Fact = Mapping[str, Any]


async def topic_problems(
    address: str,
    topic_of: Callable[[str], str],
    logs: Mapping[str, Sequence[Fact]],
    heads: Mapping[str, Fact],
) -> list[str]:
    """Where topics do not carry their logs: every fact, first seen in the log's order."""
    found = []
    for log, facts in logs.items():
        topic = topic_of(log)
        records = await _all_records(address, topic)
        for partition in range(12):
            expected = [fact for fact in facts if fact["partition"] == partition]
            found += _apart(
                f"{topic}/{partition}",
                expected,
                records.get(partition, []),
                heads[log]["incarnation"],
            )
    return found


async def _all_records(address: str, topic: str) -> dict[int, list[Any]]:
    records: dict[int, list[Any]] = {}
    async with (
        asyncio.timeout(READ_SECONDS_MAX),
        AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False) as consumer,
    ):
        partitions = [TopicPartition(topic, partition) for partition in range(12)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for tp, page in (await consumer.getmany(timeout_ms=200)).items():
                records.setdefault(tp.partition, []).extend(page)
    return records


def _apart(
    where: str, facts: Sequence[Fact], records: Sequence[Any], incarnation: str
) -> list[str]:
    first_seen: dict[int, Any] = {}
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        if headers["ce_incarnation"] == incarnation:
            first_seen.setdefault(int(headers["ce_position"]), (headers, record))
    expected = [fact["position"] for fact in facts]
    if list(first_seen) != expected:
        missing = sorted(set(expected) - set(first_seen))
        return [f"I2: {where}: {len(missing)} are missing, from {missing[:5]}, or out of order"]
    found = []
    for fact in facts:
        headers, record = first_seen[fact["position"]]
        carried = (headers["ce_id"], headers["ce_hash"], int(headers["ce_previous"]))
        if carried != (fact["id"], bytes(fact["hash"]).hex(), fact["previous"]):
            found.append(f"I2: {where}: position {fact['position']} carries {carried}")
        if (record.key, record.value) != (
            fact["production"].encode(),
            fact["payload"].encode(),
        ):
            found.append(f"I2: {where}: position {fact['position']} has another key or value")
    return found
