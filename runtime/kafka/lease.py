"""The relay's lease and cursor: one owner per log, by the database's clock.

The owner stops by its own monotonic clock before the lease ends; if it wakes up late all the same,
its cursor update matches no row.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import asyncpg

from events.envelope import Recorded

LEASE_SECONDS = 5.0
SAFETY_SECONDS = 1.5
LONGEST_SECONDS = 30.0
"""No lease is given for longer: one that ends later was given before the clock was set back."""


class LeaseLost(Exception):
    """Another relay owns the log now, or this one could not renew in time."""


@dataclass(frozen=True)
class Cursor:
    """How far Kafka has confirmed: for each partition the last position, its hash and offset.

    `position` is the last one before which everything is confirmed; while what was lost is sent
    again, a partition may end behind it.
    """

    incarnation: str | None
    position: int
    positions: tuple[int, ...]
    hashes: tuple[bytes, ...]
    offsets: tuple[int, ...]

    def confirmed(self, records: Sequence[tuple[Recorded, int]]) -> "Cursor":
        """The cursor after more confirmed records, the next ones of the log with their offsets."""
        if not records:
            return self
        positions, hashes, offsets = list(self.positions), list(self.hashes), list(self.offsets)
        for recorded, offset in records:
            positions[recorded.partition] = recorded.position
            hashes[recorded.partition] = recorded.hash
            offsets[recorded.partition] = offset
        return replace(
            self,
            position=records[-1][0].position,
            positions=tuple(positions),
            hashes=tuple(hashes),
            offsets=tuple(offsets),
        )

    def ends_at(self, partition: int, position: int, hash_: bytes, offset: int) -> "Cursor":
        """The cursor where that partition ends with another record."""
        return replace(
            self,
            positions=_with(self.positions, partition, position),
            hashes=_with(self.hashes, partition, hash_),
            offsets=_with(self.offsets, partition, offset),
        )


def _with(values: tuple, index: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:index], value, *values[index + 1 :])


class LeaseRow(Protocol):
    """Where one log's lease and cursor are kept, judged by its own clock."""

    log: str

    async def take(self, owner: uuid.UUID, seconds: float) -> Cursor | None:
        """Gives the lease to `owner` for so long, if it is his or nobody's; the cursor then."""
        ...

    async def move(self, owner: uuid.UUID, cursor: Cursor, seconds: float) -> bool:
        """Moves the cursor and renews the lease, if it is the owner's still: whether it was."""
        ...

    async def release(self, owner: uuid.UUID) -> None:
        """Takes the lease from that owner, if he has it."""
        ...


class PostgresLeaseRow:
    """The row of one log's schema."""

    def __init__(self, log: str, pool: asyncpg.Pool) -> None:
        self.log = log
        self._pool = pool

    async def take(self, owner: uuid.UUID, seconds: float) -> Cursor | None:
        row = await self._pool.fetchrow(
            f"""UPDATE {self.log}.relay
                SET owner = $1, leased_till = clock_timestamp() + make_interval(secs => $2)
                WHERE owner = $1 OR leased_till NOT BETWEEN clock_timestamp()
                    AND clock_timestamp() + make_interval(secs => $3)
                RETURNING incarnation::text, position, positions, hashes, offsets""",
            owner,
            seconds,
            LONGEST_SECONDS,
        )
        if row is None:
            return None
        return Cursor(row[0], row[1], tuple(row[2]), tuple(row[3]), tuple(row[4]))

    async def move(self, owner: uuid.UUID, cursor: Cursor, seconds: float) -> bool:
        done: str = await self._pool.execute(
            f"""UPDATE {self.log}.relay
                SET incarnation = $2::uuid, position = $3, positions = $4, hashes = $5,
                    offsets = $6, leased_till = clock_timestamp() + make_interval(secs => $7)
                WHERE owner = $1""",
            owner,
            cursor.incarnation,
            cursor.position,
            list(cursor.positions),
            list(cursor.hashes),
            list(cursor.offsets),
            seconds,
        )
        return done == "UPDATE 1"

    async def release(self, owner: uuid.UUID) -> None:
        await self._pool.execute(
            f"UPDATE {self.log}.relay SET owner = NULL, leased_till = '-infinity' WHERE owner = $1",
            owner,
        )


class Lease:
    """Ownership of one log's relay, renewed while it is used."""

    def __init__(self, row: LeaseRow, *, seconds: float = LEASE_SECONDS) -> None:
        self._row = row
        self._owner = uuid.uuid4()
        self._seconds = seconds
        self._good_till = float("-inf")

    async def take(self) -> Cursor | None:
        """Takes or renews the lease and answers the cursor; None while another owner has it."""
        asked = time.monotonic()
        cursor = await self._row.take(self._owner, self._seconds)
        good_till = asked + self._seconds - SAFETY_SECONDS
        self._good_till = float("-inf") if cursor is None else good_till
        return cursor

    def check(self) -> float:
        """How many seconds of the lease are left to act in; raises `LeaseLost` when too few are."""
        now = time.monotonic()
        if now >= self._good_till:
            raise LeaseLost(f"the relay's lease on {self._row.log} was not renewed in time")
        return self._good_till + SAFETY_SECONDS - now

    async def move(self, cursor: Cursor) -> None:
        """Moves the cursor and renews; raises `LeaseLost` if another relay owns the log."""
        asked = time.monotonic()
        if not await self._row.move(self._owner, cursor, self._seconds):
            raise LeaseLost(f"another relay owns {self._row.log}")
        self._good_till = asked + self._seconds - SAFETY_SECONDS

    async def release(self) -> None:
        """Lets the next relay begin at once."""
        await self._row.release(self._owner)
        self._good_till = float("-inf")
