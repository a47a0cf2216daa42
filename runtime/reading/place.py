"""A consumer's place in a partition of a log: moved with the rows, in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class Place:
    """How far one consumer is in one partition. `offset` is a hint where to read on in Kafka."""

    log: str
    partition: int
    incarnation: str
    position: int = 0
    hash: bytes = b""
    offset: int = NO_OFFSET
    stopped: str | None = None

    def is_at(self, other: "Place") -> bool:
        """Whether both stand behind the same fact of the same history."""
        return (self.incarnation, self.position, self.hash) == (
            other.incarnation,
            other.position,
            other.hash,
        )


class PlaceMoved(Exception):
    """Somebody else moved this place meanwhile: this process is not the only one at it."""


class Places:
    """The places of one consumer, in the schema beside its rows."""

    def __init__(self, schema: str) -> None:
        self._load = f"""
            SELECT log, partition, incarnation::text, position, hash, "offset", stopped
            FROM {schema}.place WHERE log = $1"""
        self._create = f"""
            INSERT INTO {schema}.place (log, partition, incarnation, position, hash, "offset")
            SELECT $1, n, $2::uuid, 0, '', -1 FROM generate_series(0, $3 - 1) AS n
            ON CONFLICT DO NOTHING"""
        self._move = f"""
            UPDATE {schema}.place
            SET position = $5, hash = $6, "offset" = $7, moved_at = clock_timestamp()
            WHERE log = $1 AND partition = $2 AND position = $3 AND hash = $4
              AND incarnation = $8::uuid AND stopped IS NULL"""
        self._stop = f"""
            UPDATE {schema}.place SET stopped = $4
            WHERE log = $1 AND partition = $2 AND position = $3"""
        self._start = f"UPDATE {schema}.place SET stopped = NULL WHERE stopped IS NOT NULL"

    async def load(
        self, connection: Any, log: str, *, incarnation: str, partitions: int
    ) -> list[Place]:
        """Every place of one log, made at its beginning where there is none."""
        rows = await connection.fetch(self._load, log)
        if len(rows) < partitions:
            # Only then: it waits for every worker that is moving one of them.
            await connection.execute(self._create, log, incarnation, partitions)
            rows = await connection.fetch(self._load, log)
        return [Place(*row) for row in rows]

    async def move(self, connection: Any, place: Place, to: Place) -> None:
        """Compare and set, inside the caller's transaction.

        Raises:
            PlaceMoved: the row is not at `place` any more.
        """
        done = await connection.execute(
            self._move,
            place.log,
            place.partition,
            place.position,
            place.hash,
            to.position,
            to.hash,
            to.offset,
            place.incarnation,
        )
        if done != "UPDATE 1":
            raise PlaceMoved(f"{place.log}/{place.partition} is not at {place.position} any more")

    async def stop(self, connection: Any, place: Place, reason: str) -> None:
        """Marks that the partition stands still, for whoever reads the rows behind it."""
        await connection.execute(
            self._stop, place.log, place.partition, place.position, reason[:2000]
        )

    async def start_again(self, connection: Any) -> None:
        """Lets every stopped partition try again; a new process does so once."""
        await connection.execute(self._start)


def by_partition(places: Iterable[Place]) -> dict[tuple[str, int], Place]:
    """Places by log and partition."""
    return {(place.log, place.partition): place for place in places}
