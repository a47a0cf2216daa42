"""What every store of a log promises, whatever keeps it. `tests/store` holds each to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from events.envelope import Recorded

EVENT_BYTES_MAX = 512 * 1024
COMMAND_BYTES_MAX = 8 * 1024 * 1024
COMMAND_EVENTS_MAX = 10_000
BATCH_COMMANDS_MAX = 256
WAITING_COMMANDS_MAX = 1_024
PARTITIONS = 12


class Outcome(StrEnum):
    """What became of one command under the lock."""

    RECORDED = "recorded"
    NOTHING = "nothing"
    CONFLICT = "conflict"
    REPEAT = "repeat"
    MISMATCH = "mismatch"
    """The same command id with another body."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One fact before its log takes it; `effective_at_us` in microseconds since 1970 UTC."""

    id: str
    type: str
    schema_version: int
    payload: str
    effective_at_us: int


@dataclass(frozen=True, slots=True)
class Append:
    """One command's facts for one stream, expected at `expected` (0 = no event yet).

    Without events it stands for a decision that recorded nothing: `outcome` (JSON) is then kept,
    if the stream is still where the decision saw it. `caused_at_us` is when the causing event was
    recorded: these facts are recorded later, whatever the clocks say.
    """

    command_id: str
    fingerprint: bytes
    production: str
    stream: str
    expected: int
    actor: str
    correlation: str
    causation: str | None = None
    hops: int = 0
    caused_at_us: int = 0
    events: tuple[NewEvent, ...] = ()
    outcome: str = "{}"

    @property
    def size_bytes(self) -> int:
        """What its payloads weigh, at one byte a character at least."""
        return sum(len(event.payload) for event in self.events)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the log says of one command. `version` is the stream's version afterwards; `before` is
    the last position of the partition before it; times in microseconds since 1970 UTC."""

    outcome: Outcome
    first_position: int
    before: int
    version: int
    time_us: int
    partition: int
    hashes: Sequence[bytes]
    incarnation: str


@dataclass(frozen=True, slots=True)
class Found:
    """An earlier command with the same id: its facts' place, or the outcome it was answered."""

    fingerprint: bytes
    stream: str | None
    version: int
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Heads:
    """How far a log is: its incarnation, last position and time, last position per partition.

    Its time is that of its last event, or of the last moment that was sealed since: what is
    recorded next is recorded after it.
    """

    incarnation: str
    position: int
    time_us: int
    partitions: Sequence[int]


class Store(Protocol):
    """One log. Reads are in position order, `limit` events at most."""

    log: str

    async def append(self, batch: Sequence[Append]) -> list[Answer]:
        """Records a batch, all or nothing for each command, and answers in the same order.

        A batch holds at most one command of each stream and of each id. One that the database
        refuses to hold fails its batch as a whole.
        """
        ...

    async def find(self, command_ids: Iterable[str]) -> dict[str, Found]:
        """Those of the commands that had their answer before."""
        ...

    async def of_stream(self, stream: str, after: int = 0, limit: int = 10_000) -> list[Recorded]:
        """Facts of one stream behind version `after`."""
        ...

    async def of_streams(self, streams: Sequence[str], limit: int) -> dict[str, list[Recorded]]:
        """The first facts of several streams, `limit` of each at most; nothing for empty ones."""
        ...

    async def of_production(
        self, production: str, after: int = 0, limit: int = 1_000, *, until: int | None = None
    ) -> list[Recorded]:
        """Facts of one production behind position `after`, up to position `until`."""
        ...

    async def page(
        self, after: int = 0, limit: int = 1_000, *, partition: int | None = None
    ) -> list[Recorded]:
        """Facts behind position `after`, of one partition or of all."""
        ...

    async def page_of(
        self, partitions: Sequence[int], after: int = 0, limit: int = 1_000
    ) -> list[Recorded]:
        """Facts of some partitions behind position `after`."""
        ...

    async def heads(self) -> Heads:
        """How far the log is."""
        ...

    async def seal(self, moment_us: int) -> tuple[str, int]:
        """The incarnation, and the last position recorded at that moment or before; nothing is
        recorded at or before it any more.

        Raises:
            ValueError: the moment is in the future.
        """
        ...

    async def now_us(self) -> int:
        """The log's own clock, in microseconds since 1970 UTC."""
        ...

    async def notify(self) -> None:
        """Wakes whoever waits for new facts."""
        ...


class TooLarge(Exception):
    """A command or one of its events is over the size that the log takes."""


class Overloaded(Exception):
    """More commands wait than the log takes in; come back shortly."""


class Unavailable(Exception):
    """The log's database did not answer in time: whether the command was recorded is not known,
    and the same command id finds it out."""


def check_size(append: Append) -> None:
    """Refuses what the log, or Kafka after it, could not carry.

    Raises:
        TooLarge: names the limit that is passed.
    """
    if len(append.events) > COMMAND_EVENTS_MAX:
        raise TooLarge(
            f"the command records {len(append.events):,} events; "
            f"{COMMAND_EVENTS_MAX:,} is the most: split it"
        )
    total = 0
    for event in append.events:
        size = len(event.payload.encode())
        if size > EVENT_BYTES_MAX:
            raise TooLarge(
                f"a {event.type} of {size:,} bytes; {EVENT_BYTES_MAX:,} is the most: shorten it"
            )
        total += size
    if total > COMMAND_BYTES_MAX:
        raise TooLarge(
            f"the command's events weigh {total:,} bytes; {COMMAND_BYTES_MAX:,} is the most: "
            "split it"
        )
