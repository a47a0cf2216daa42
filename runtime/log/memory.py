"""A log in memory: the same promises as in PostgreSQL, for tests that need no server."""

import json
import time
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from events.envelope import GENESIS, Recorded
from runtime.log.contract import PARTITIONS, Answer, Append, Found, Heads, Outcome
from runtime.log.partition import partition_of

SEALED_AHEAD_US_MAX = 60_000_000
"""How far a moment may be ahead of the clock: the clocks of several databases differ a little."""


def _wall_clock_us() -> int:
    return time.time_ns() // 1_000


class MemoryStore:
    """One log as a list; `clock_us` stands for the database's clock."""

    def __init__(
        self,
        log: str,
        *,
        clock_us: Callable[[], int] = _wall_clock_us,
        partitions: int = PARTITIONS,
    ) -> None:
        self.log = log
        self.incarnation = str(uuid.uuid4())
        self.events: list[Recorded] = []
        self._clock_us = clock_us
        self._found: dict[str, Found] = {}
        self._streams: dict[str, list[Recorded]] = defaultdict(list)
        self._chains: dict[str, bytes] = {}
        self._heads = [0] * partitions
        self._time_us = self._now_us = 0

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        for append in batch:
            _refuse_poison(append)
        self._now_us = max(self._time_us, self._clock_us() - 1)
        order = sorted(range(len(batch)), key=lambda index: batch[index].production)
        answers = {index: self._append(batch[index]) for index in order}
        return [answers[index] for index in range(len(batch))]

    def _append(self, append: Append) -> Answer:
        stream = self._streams[append.stream]
        partition = partition_of(append.production, len(self._heads))
        answer = Answer(
            Outcome.RECORDED,
            first_position=0,
            before=self._heads[partition],
            version=len(stream),
            time_us=0,
            partition=partition,
            hashes=[],
            incarnation=self.incarnation,
        )
        found = self._found.get(append.command_id)
        if found is not None:
            same = found.fingerprint == append.fingerprint
            return replace(answer, outcome=Outcome.REPEAT if same else Outcome.MISMATCH)
        if append.expected != len(stream):
            return replace(answer, outcome=Outcome.CONFLICT)
        if not append.events:
            self._found[append.command_id] = Found(append.fingerprint, None, 0, append.outcome)
            return replace(answer, outcome=Outcome.NOTHING, time_us=self._now_us)
        self._found[append.command_id] = Found(
            append.fingerprint, append.stream, len(stream) + 1, None
        )
        self._now_us = max(self._now_us, append.caused_at_us)
        recorded = [
            self._record(append, ordinal, partition) for ordinal in range(len(append.events))
        ]
        return replace(
            answer,
            first_position=recorded[0].position,
            version=recorded[-1].version,
            time_us=recorded[0].recorded_at_us,
            hashes=[one.hash for one in recorded],
        )

    def _record(self, append: Append, ordinal: int, partition: int) -> Recorded:
        event = append.events[ordinal]
        self._now_us += 1
        recorded = Recorded(
            log=self.log,
            production=append.production,
            stream=append.stream,
            version=len(self._streams[append.stream]) + 1,
            position=len(self.events) + 1,
            partition=partition,
            previous=self._heads[partition],
            id=event.id,
            ordinal=ordinal,
            type=event.type,
            schema_version=event.schema_version,
            payload=event.payload,
            recorded_at_us=self._now_us,
            effective_at_us=event.effective_at_us,
            actor=append.actor,
            command_id=append.command_id,
            correlation=append.correlation,
            causation=append.causation,
            hops=append.hops,
            hash=b"",
        )
        chain = self._chains.get(append.production, GENESIS)
        recorded = replace(recorded, hash=recorded.hash_after(chain))
        self._chains[append.production] = recorded.hash
        self._heads[partition] = recorded.position
        self._time_us = recorded.recorded_at_us
        self._streams[append.stream].append(recorded)
        self.events.append(recorded)
        return recorded

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        return {one: self._found[one] for one in command_ids if one in self._found}

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        return self._streams[stream][after : after + limit]

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        return {one: self._streams[one][:limit] for one in streams if self._streams[one]}

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000, *, until: int | None = None
    ) -> list[Recorded]:
        found = [one for one in self.events[after:until] if one.production == production]
        return found[:limit]

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        if partition is None:
            return self.events[after : after + limit]
        return [one for one in self.events[after:] if one.partition == partition][:limit]

    async def page_of(
        self, partitions: Sequence[int], after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        return [one for one in self.events[after:] if one.partition in partitions][:limit]

    async def heads(self) -> Heads:
        return Heads(self.incarnation, len(self.events), self._time_us, list(self._heads))

    async def seal(self, moment_us: int) -> tuple[str, int]:
        if moment_us > self._clock_us() + SEALED_AHEAD_US_MAX and moment_us > self._time_us:
            raise ValueError("a moment in the future cannot be sealed")
        self._time_us = max(self._time_us, moment_us)
        position = bisect_right(self.events, moment_us, key=lambda one: one.recorded_at_us)
        return self.incarnation, position

    async def now_us(self) -> int:
        return self._clock_us()

    async def notify(self) -> None:
        return None


def _refuse_poison(append: Append) -> None:
    """What PostgreSQL could not store fails the batch as a whole, as it does there."""
    for one in (append.command_id, append.production, append.causation):
        uuid.UUID(one or append.command_id)
    if not -(2**31) <= append.hops < 2**31:
        raise ValueError(f"{append.hops} hops are no int4")
    texts = [append.stream, append.actor, append.correlation, append.outcome]
    documents = [append.outcome]
    for event in append.events:
        uuid.UUID(event.id)
        texts += [event.type, event.payload]
        documents.append(event.payload)
    for text in texts:
        if b"\x00" in text.encode():
            raise ValueError("invalid byte sequence for encoding UTF8: 0x00")
    for document in documents:
        json.loads(document)
