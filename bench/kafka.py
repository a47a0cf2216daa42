"""Topics of one round, and what an independent reader finds on them afterwards."""

import time
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from bench.until import until
from runtime.kafka import bus
from runtime.kafka.bus import migrate_topics
from runtime.log.contract import PARTITIONS, Store
from runtime.settings import Settings

READ_SECONDS_MAX = 300


async def topics(settings: Settings, logs: list[str], prefix: str) -> Settings:
    """Settings under which those logs have topics of their own, which are made, and led."""
    own = settings.model_copy(update={"topic_prefix": prefix})
    await migrate_topics(own, logs)
    kafka = bus.reader(own, "reel-bench-topics")
    await kafka.start()

    async def are_led() -> bool:
        try:
            await kafka.end_offsets(_partitions(own, logs))
        except KafkaError:
            return False
        return True

    try:
        # Otherwise who is first to send waits for the election.
        await until(are_led)
    finally:
        await kafka.stop()
    return own


def _partitions(settings: Settings, logs: list[str]) -> list[TopicPartition]:
    return [TopicPartition(settings.topic(log), n) for log in logs for n in range(PARTITIONS)]


async def delete_topics(settings: Settings, logs: list[str]) -> None:
    """Gives their disk back."""
    admin = AIOKafkaAdminClient(**bus.client_options(settings))
    await admin.start()
    try:
        await admin.delete_topics([settings.topic(log) for log in logs])
    finally:
        await admin.close()


@dataclass
class OnTopic:
    """What an independent reader found on a topic, held against the log."""

    records: int = 0
    positions: int = 0
    missed: int = 0
    repeated: int = 0
    reordered: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def counted(self) -> dict[str, int]:
        """As a row tells it."""
        return {
            "on the topic": self.records,
            "missed": self.missed,
            "repeated": self.repeated,
            "reordered": self.reordered,
            "faults": len(self.faults),
        }


async def read_back(settings: Settings, store: Store) -> OnTopic:
    """Reads a whole topic by plain aiokafka, and compares it with the log: every fact once, in its
    partition, in order, behind the one before it, with its hash and payload."""
    found = OnTopic()
    hashes = await _hashes(store)
    kafka = bus.reader(settings, "reel-bench-read-back")
    await kafka.start()
    try:
        parts = _partitions(settings, [store.log])
        ends = await kafka.end_offsets(parts)
        kafka.assign(parts)
        for part in parts:
            kafka.seek(part, 0)
        left = sum(ends.values())
        last = dict.fromkeys(range(PARTITIONS), 0)
        seen: set[int] = set()
        deadline = time.monotonic() + READ_SECONDS_MAX
        while left > 0 and time.monotonic() < deadline:
            for part, records in (await kafka.getmany(timeout_ms=500)).items():
                left -= len(records)
                for record in records:
                    _look_at(found, record, part.partition, last, seen, hashes)
    finally:
        await kafka.stop()
    found.positions = len(seen)
    found.missed = len(hashes) - len(seen)
    if left > 0:
        found.faults.append(f"{left} records could not be read back")
    if found.missed:
        found.faults.append(f"{found.missed} facts of the log are not on the topic")
    if found.repeated:
        found.faults.append(f"{found.repeated} records repeat others, and nothing had failed")
    return found


async def _hashes(store: Store) -> dict[int, tuple[int, bytes, bytes]]:
    """By position: partition, hash and payload, as the log has them."""
    hashes, after = {}, 0
    while page := await store.page(after, 10_000):
        for one in page:
            hashes[one.position] = (one.partition, one.hash, one.payload.encode())
        after = page[-1].position
    return hashes


def _look_at(
    found: OnTopic,
    record: ConsumerRecord,
    partition: int,
    last: dict[int, int],
    seen: set[int],
    hashes: dict[int, tuple[int, bytes, bytes]],
) -> None:
    headers = dict(record.headers)
    position, previous = int(headers["ce_position"]), int(headers["ce_previous"])
    found.records += 1
    if position in seen:
        found.repeated += 1
        return
    seen.add(position)
    if previous != last[partition]:
        found.reordered += 1
        found.faults.append(f"position {position} follows {last[partition]}, not {previous}")
    last[partition] = position
    told = (partition, bytes.fromhex(headers["ce_hash"].decode()), record.value)
    if hashes.get(position) != told:
        found.faults.append(f"position {position} is not what the log has there")
