"""Facts as Kafka carries them, read without a consumer group and held against the logs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from events.envelope import Recorded
from runtime.audit.replay.folding import LogFacts, replay_all
from runtime.audit.replay.live import Databases, opened
from runtime.audit.replay.models import models
from runtime.audit.replay.plan import Plan
from runtime.audit.replay.told import Outcome
from runtime.audit.replay.topic import TopicCheck
from runtime.kafka import bus
from runtime.log.contract import PARTITIONS
from runtime.settings import Settings

CLIENT = "reel-audit-replay"
READ_MS = 500
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Sent:
    """By log and partition: the position that Kafka had confirmed, and the offsets of the topic
    from its beginning to its end, read behind that."""

    confirmed: Mapping[tuple[str, int], int]
    offsets: Mapping[tuple[str, int], tuple[int, int]]


async def sent(settings: Settings, databases: Databases, names: Sequence[str]) -> Sent:
    """How far the topics of the logs are now that those read models and services hear."""
    logs = sorted({log for name in names for log in models()[name].view.logs})
    confirmed: dict[tuple[str, int], int] = {}
    for log in logs:
        # What was sent of another history is none of this one's.
        (row,) = await (await databases.of(log)).fetch(
            f"""SELECT positions, head.incarnation = relay.incarnation AS of_it
                FROM {log}.relay, {log}.head"""
        )
        for at, position in enumerate(row["positions"]):
            confirmed[log, at] = position if row["of_it"] else 0
    async with _reader(settings) as kafka, asyncio.timeout(PATIENCE_SECONDS):
        all_of_them = {
            TopicPartition(settings.topic(log), at): (log, at)
            for log in logs
            for at in range(PARTITIONS)
        }
        starts = await kafka.beginning_offsets(list(all_of_them))
        ends = await kafka.end_offsets(list(all_of_them))
    return Sent(confirmed, {at: (starts[tp], ends[tp]) for tp, at in all_of_them.items()})


@dataclass
class TopicFacts:
    """Facts of one partition as the topics tell them; behind them, what came meanwhile."""

    behind: LogFacts
    read_until: dict[str, int] = field(default_factory=dict)
    facts: dict[tuple[str, str], list[Recorded]] = field(default_factory=dict)

    def keep(self, check: TopicCheck) -> None:
        """Takes over what a topic told."""
        self.read_until[check.log] = check.read_until
        for _, one in sorted(check.kept.items()):
            self.facts.setdefault((one.log, one.production), []).append(one)

    async def of(self, log: str, production: str, until: int) -> AsyncIterator[Sequence[Recorded]]:
        told = [one for one in self.facts.get((log, production), ()) if one.position <= until]
        if told:
            yield told
        if until > self.read_until[log]:
            async for page in self.behind.of(log, production, until, self.read_until[log]):
                yield page


@dataclass(frozen=True)
class TopicsPart:
    """One partition of every topic; of all its productions, or `only` of one."""

    plan: Plan
    partition: int
    sent: Sent
    only: str | None

    async def run(self, settings: Settings, tell: Callable[[int], None]) -> Outcome:
        """Reads it, holds it against the logs, folds and compares."""
        outcome = Outcome()
        async with opened(settings) as databases:
            facts = TopicFacts(LogFacts(databases))
            async with _reader(settings) as kafka:
                for log in self.plan.heads:
                    facts.keep(await self._read(settings, kafka, databases, log, outcome))
            outcome.add(await replay_all(self.plan, databases, facts, tell))
        return outcome

    async def _read(
        self,
        settings: Settings,
        kafka: AIOKafkaConsumer,
        databases: Databases,
        log: str,
        outcome: Outcome,
    ) -> TopicCheck:
        at = (log, self.partition)
        check = TopicCheck(
            log, self.plan.heads[log].incarnation, self.sent.confirmed[at], self.only, outcome
        )
        tp = TopicPartition(settings.topic(log), self.partition)
        async for record in _records(kafka, tp, *self.sent.offsets[at]):
            check.take(record)
        await check.against(await databases.store(log), self.partition)
        return check


@asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    kafka = bus.reader(settings, CLIENT)
    try:
        async with asyncio.timeout(bus.CONNECT_SECONDS_MAX):
            await kafka.start()
        yield kafka
    finally:
        await kafka.stop()


async def _records(
    kafka: AIOKafkaConsumer, tp: TopicPartition, start: int, end: int
) -> AsyncIterator[ConsumerRecord]:
    """Everything from one offset up to another.

    Raises:
        TimeoutError: Kafka gives nothing of it for half a minute.
    """
    if start >= end:
        return
    kafka.assign([tp])
    kafka.seek(tp, start)
    came_at = time.monotonic()
    while await kafka.position(tp) < end:
        records = (await kafka.getmany(tp, timeout_ms=READ_MS)).get(tp, ())
        for record in records:
            if record.offset < end:
                yield record
        if records:
            came_at = time.monotonic()
        elif time.monotonic() - came_at > PATIENCE_SECONDS:
            raise TimeoutError(f"Kafka gives nothing more of {tp.topic}/{tp.partition}")
