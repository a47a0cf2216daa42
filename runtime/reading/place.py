"""A consumer's place in a partition of a log: moved with the rows, in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from events.envelope import Recorded

NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class Place:
    """How far one consumer is in one partition. `offset` is a hint where to read on in Kafka.

    Facts of productions that are `parked` wait behind it as well; `parkings` counts the changes to
    which of them are.
    """

    log: str
    partition: int
    incarnation: str
    position: int = 0
    hash: bytes = b""
    offset: int = NO_OFFSET
    stopped: str | None = None
    parkings: int = 0
    parked: frozenset[str] = frozenset()

    def is_at(self, other: "Place") -> bool:
        """Whether both stand behind the same fact of the same history, and know the same
        productions to be parked."""
        return (self.incarnation, self.position, self.hash, self.parkings) == (
            other.incarnation,
            other.position,
            other.hash,
            other.parkings,
        )

    def behind(self, recorded: Recorded, offset: int) -> "Place":
        """The place behind this fact, where Kafka had it at `offset`."""
        return replace(
            self,
            position=recorded.position,
            hash=recorded.hash,
            offset=self.offset if offset == NO_OFFSET else offset,
        )

    def without(self, production: str) -> "Place":
        """The same place with this production parked."""
        return replace(self, parkings=self.parkings + 1, parked=self.parked | {production})


class PlaceMoved(Exception):
    """Somebody else moved this place meanwhile: this process is not the only one at it."""


class Places:
    """The places of one consumer, in the schema beside its rows."""

    def __init__(self, schema: str) -> None:
        self._load = f"""
            SELECT log, partition, incarnation::text, position, hash, "offset", stopped, parkings,
                ARRAY(SELECT production::text FROM {schema}.parked AS still
                      WHERE still.log = place.log AND still.partition = place.partition)
            FROM {schema}.place WHERE log = $1"""
        self._create = f"""
            INSERT INTO {schema}.place (log, partition, incarnation, position, hash, "offset")
            SELECT $1, n, $2::uuid, 0, '', -1 FROM generate_series(0, $3 - 1) AS n
            ON CONFLICT DO NOTHING"""
        self._move = f"""
            UPDATE {schema}.place
            SET position = $5, hash = $6, "offset" = $7, parkings = $10,
                moved_at = clock_timestamp()
            WHERE log = $1 AND partition = $2 AND position = $3 AND hash = $4
              AND incarnation = $8::uuid AND stopped IS NULL
              AND parkings = $9"""
        self._hold = f"""
            SELECT position FROM {schema}.place
            WHERE log = $1 AND partition = $2 AND incarnation = $3::uuid AND stopped IS NULL
            FOR UPDATE"""
        self._free = f"""
            UPDATE {schema}.place SET parkings = parkings + 1 WHERE log = $1 AND partition = $2"""
        self._stop = f"""
            UPDATE {schema}.place SET stopped = $4
            WHERE log = $1 AND partition = $2 AND position = $3"""
        self._start = f"""
            UPDATE {schema}.place SET stopped = NULL
            WHERE stopped IS NOT NULL
              AND ($1::text IS NULL OR (log, partition, position) = ($1, $2::int, $3::bigint))"""

    async def load(
        self, connection: Any, log: str, *, incarnation: str, partitions: int
    ) -> list[Place]:
        """Every place of one log, made at its beginning where there is none."""
        rows = await connection.fetch(self._load, log)
        if len(rows) < partitions:
            # Only then: it waits for every worker that is moving one of them.
            await connection.execute(self._create, log, incarnation, partitions)
            rows = await connection.fetch(self._load, log)
        return [replace(Place(*row[:8]), parked=frozenset(row[8])) for row in rows]

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
            place.parkings,
            to.parkings,
        )
        if done != "UPDATE 1":
            raise PlaceMoved(f"{place.log}/{place.partition} is not at {place.position} any more")

    async def hold(self, connection: Any, place: Place) -> int:
        """Lets nobody move this place before the caller's transaction ends; answers where it is.

        Raises:
            PlaceMoved: it stands still, or is in another history by now.
        """
        position: int | None = await connection.fetchval(
            self._hold, place.log, place.partition, place.incarnation
        )
        if position is None:
            raise PlaceMoved(f"{place.log}/{place.partition} stands still, or began again")
        return position

    async def let_go_on(self, connection: Any, place: Place) -> None:
        """A production is not parked here any more: who does not know that cannot move on."""
        await connection.execute(self._free, place.log, place.partition)

    async def stop(self, connection: Any, place: Place, reason: str) -> None:
        """Marks that the partition stands still, for whoever reads the rows behind it."""
        await connection.execute(
            self._stop, place.log, place.partition, place.position, reason[:2000]
        )

    async def start_again(self, connection: Any, place: Place | None = None) -> None:
        """Lets every stopped partition try again, or the one at this place."""
        where = (None,) * 3 if place is None else (place.log, place.partition, place.position)
        await connection.execute(self._start, *where)


def by_partition(places: Iterable[Place]) -> dict[tuple[str, int], Place]:
    """Places by log and partition."""
    return {(place.log, place.partition): place for place in places}
