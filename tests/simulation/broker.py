"""A broker in memory: topics of some partitions, whose records have offsets, and which it may lose."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, NotLeaderForPartitionError

from runtime.kafka.batches import Batch, Outgoing, packed
from runtime.kafka.topic import Producer, Tail
from tests.simulation.loop import Loop
from tests.simulation.weather import Weather

POLL_SECONDS = 1.0
FETCHED_MAX = 20
LATE_SECONDS_MAX = 6.0
BATCH_RECORDS_MAX = 4

Where = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the broker has it, or what it says of one that it has taken."""

    offset: int
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    position: int
    """That of the fact in it."""


class Broker:
    """Every topic, whether it answers, and which positions it has ever lost."""

    def __init__(
        self, loop: Loop, weather: Weather, topics: Sequence[str], partitions: int
    ) -> None:
        self.loop = loop
        self.weather = weather
        self.up = True
        self.kept: dict[Where, list[Kept]] = {
            (topic, n): [] for topic in topics for n in range(partitions)
        }
        self.lost: dict[Where, set[int]] = {where: set() for where in self.kept}
        self.unprovable: set[Where] = set()
        """Where two relays at once, of which the database's clock made one an owner too early, sent
        on over what was lost when the topic was made anew: the first one's record then stands at
        the offset of the one that is gone, and the second sees nothing wrong (see 0028)."""
        self._over_a_gap: dict[Where, set[object]] = {where: set() for where in self.kept}
        self.starts = 0
        """How often it was started: connections from before are gone."""
        self._waiting: list[asyncio.Future[None]] = []

    def take(
        self, where: Where, value: bytes, headers: Sequence[tuple[str, bytes]], sender: object
    ) -> Kept:
        """Adds a record to a partition."""
        position = int(dict(headers)["ce_position"])
        record = Kept(len(self.kept[where]), value, tuple(headers), position)
        if self.lost[where]:
            there = {one.position for one in self.kept[where]}
            if any(before < position for before in self.lost[where] - there):
                self._over_a_gap[where].add(sender)
                if len(self._over_a_gap[where]) > 1:
                    self.unprovable.add(where)
        self.kept[where].append(record)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        return record

    def lose(self, where: Where, records: int) -> None:
        """Forgets the last of a partition's records."""
        kept = self.kept[where]
        self.lost[where] |= {one.position for one in kept[max(0, len(kept) - records) :]}
        del kept[max(0, len(kept) - records) :]

    def dies(self, where: Where, records: int) -> None:
        """Is started again at once, without the last of a partition's records."""
        self.starts += 1
        self.lose(where, records)

    async def answers(self) -> None:
        """One trip to it; raises as a client does that does not reach it."""
        await asyncio.sleep(self.weather.trip())
        if not self.up or self.weather.strikes("a request is lost"):
            await asyncio.sleep(self.weather.trip())
            raise KafkaConnectionError("no broker answers")

    async def fetch(self, positions: Mapping[Where, int]) -> dict[Where, list[Kept] | None]:
        """What stands at those offsets and behind, once there is anything; None where the offset
        is beyond the end."""
        await self.answers()
        until = self.loop.time() + POLL_SECONDS
        while True:
            found: dict[Where, list[Kept] | None] = {}
            for where, position in positions.items():
                if position > len(self.kept[where]):
                    found[where] = None
                elif records := self.kept[where][position : position + FETCHED_MAX]:
                    found[where] = records
            if found or self.loop.time() >= until:
                await self.answers()
                return found
            waiter = self.loop.create_future()
            self._waiting.append(waiter)
            self.loop.call_at(until, lambda one=waiter: one.done() or one.set_result(None))
            await waiter


class MemoryTopic:
    """As `runtime.kafka.topic.KafkaTopic`."""

    def __init__(self, broker: Broker, name: str, may_send: Callable[[], bool]) -> None:
        self.name = name
        self._broker = broker
        self._may_send = may_send

    def producer(self) -> Producer:
        return MemoryProducer(self._broker, self.name, self._may_send)

    async def records(self, wanted: Mapping[int, int]) -> Mapping[int, Kept]:
        if not wanted:
            return {}
        await self._broker.answers()
        found = {
            partition: self._broker.kept[self.name, partition][at]
            for partition, at in wanted.items()
            if 0 <= at < len(self._broker.kept[self.name, partition])
        }
        await self._broker.answers()
        return found

    async def tails(self, partitions: Sequence[int], count: int) -> Mapping[int, Tail]:
        if not partitions:
            return {}
        await self._broker.answers()
        found = {}
        for partition in partitions:
            kept = self._broker.kept[self.name, partition]
            found[partition] = Tail(list(kept[-count:]), len(kept) <= count)
        await self._broker.answers()
        return found


class MemoryProducer:
    """As `runtime.kafka.loyal.LoyalProducer`: batches of one partition arrive in their order, whole
    or not at all, and none by a second connection."""

    def __init__(self, broker: Broker, topic: str, may_send: Callable[[], bool]) -> None:
        self._broker = broker
        self._topic = topic
        self._may_send = may_send
        self._room = broker.loop.random.randint(1, BATCH_RECORDS_MAX)
        self._arrives_at = 0.0
        self._connected_at = 0
        self._broken: set[Where] = set()

    async def start(self) -> None:
        await self._broker.answers()
        self._connected_at = self._broker.starts

    async def stop(self) -> None:
        await asyncio.sleep(self._broker.weather.trip())

    def packed(self, records: Sequence[Outgoing]) -> Sequence[Batch]:
        return packed(records, list, self._takes)

    def _takes(self, content: list[Outgoing], record: Outgoing) -> bool:
        if len(content) < self._room:
            content.append(record)
            return True
        return False

    async def send(self, batch: Batch) -> "asyncio.Future[Kept]":
        loop = self._broker.loop
        if not self._may_send():
            loop.fail(AssertionError(f"who lost the lease on {self._topic} sends nothing"))
        answer: asyncio.Future[Kept] = loop.create_future()
        self._arrives_at = max(self._arrives_at, loop.time() + self._broker.weather.trip())

        def arrives() -> None:
            late, told = self._taken((self._topic, batch.partition), batch.content)

            def tells() -> None:
                if answer.done():
                    return
                if isinstance(told, Exception):
                    answer.set_exception(told)
                else:
                    answer.set_result(told)

            loop.of_servers(late, tells)

        loop.of_servers(self._arrives_at - loop.time(), arrives)
        return answer

    def _taken(self, where: Where, records: Sequence[Outgoing]) -> tuple[float, Kept | Exception]:
        """What the broker says to a batch, and after how many seconds."""
        broker, weather = self._broker, self._broker.weather
        is_gone = not broker.up or self._connected_at != broker.starts
        if is_gone or where in self._broken or weather.strikes("a send is refused"):
            # What stood behind it would be out of sequence.
            self._broken.add(where)
            return weather.trip(), NotLeaderForPartitionError()
        first, *more = [broker.take(where, one.value, one.headers, self) for one in records]
        positions = [one.position for one in (first, *more)]
        broker.loop.note(f"{where} takes {positions} at {first.offset}")
        if weather.strikes("a send is taken twice"):
            for one in records:
                broker.take(where, one.value, one.headers, self)
        if weather.strikes("an acknowledgement is lost"):
            broker.loop.note(f"{where} acknowledges {positions} to nobody")
            return LATE_SECONDS_MAX, KafkaTimeoutError()
        if weather.strikes("a send is acknowledged late"):
            return LATE_SECONDS_MAX * broker.loop.random.random(), first
        return weather.trip(), first
