"""How far a room's policies have answered each partition, through rewinds too.

A place moves after the answers, so it says so itself, until a rewind takes it away and leaves it
here (`runtime/reading/rewind.py`).
"""

from dataclasses import dataclass
from typing import Any

from events.envelope import Recorded
from runtime.reading.place import PlaceMoved
from runtime.rooms import Service


@dataclass(frozen=True, slots=True)
class Answered:
    """Of one partition: facts up to `position` had their answers. `lacks` names a log of which
    the room has not yet heard again what it knew before it was rewound; None is the rule."""

    position: int
    lacks: str | None


class AnsweredRows:
    """What one room has answered, in the schema of what it has heard."""

    def __init__(self, service: Service, schema: str) -> None:
        self._hears = sorted(service.hears)
        self._until = f"""
            SELECT place.position, coalesce(answered.position, 0),
                (SELECT min(had.log)
                 FROM {schema}.answered AS had LEFT JOIN {schema}.place AS has
                     USING (log, partition)
                 WHERE had.partition = $2 AND had.log <> $1 AND had.log = ANY($3)
                   AND (has.log IS NULL
                        OR has.incarnation = had.incarnation AND has.position < had.position))
            FROM {schema}.place LEFT JOIN {schema}.answered USING (log, partition, incarnation)
            WHERE log = $1 AND partition = $2"""
        self._held_by = f"SELECT incarnation::text FROM {schema}.answers"
        self._hold = f"""
            INSERT INTO {schema}.answers (incarnation) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET incarnation = EXCLUDED.incarnation"""
        self._doubt = f"DELETE FROM {schema}.answered"

    async def before(self, connection: Any, first: Recorded) -> Answered:
        """How far the partition of `first`, the next fact to be taken there, is answered.

        Raises:
            PlaceMoved: it is not the next one any more.
        """
        row = await connection.fetchrow(self._until, first.log, first.partition, self._hears)
        if row is None or row[0] != first.previous:
            raise PlaceMoved(f"{first.log}/{first.partition} is not at {first.previous} any more")
        return Answered(row[1], row[2])

    async def are_held_by(self, pool: Any, incarnation: str) -> None:
        """Names the incarnation of the room's own log. One that was restored may have lost
        answers: then all of them are given again, and those it has are found."""
        async with pool.acquire() as connection, connection.transaction():
            before = await connection.fetchval(self._held_by)
            if before == incarnation:
                return
            if before is not None:
                await connection.execute(self._doubt)
            await connection.execute(self._hold, incarnation)
