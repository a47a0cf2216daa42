"""How far a room's policies have answered each partition, through rewinds too.

A place moves after the answers, so it says so itself, until a rewind takes it away and leaves it
here, beside what was parked and had none (`runtime/reading/rewind.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.reading.parking import Parked, ParkedRows
from runtime.reading.place import Place, PlaceMoved
from runtime.rooms import Service


@dataclass(frozen=True, slots=True)
class Answered:
    """Of one partition: facts up to `position` had their answers, but for those of some
    productions from a position on, since they were `parked`. `lacks` names a log of which the room
    has not yet heard again what it knew before it was rewound; None is the rule. Of `half_heard`
    productions what another log told before that is parked."""

    position: int
    lacks: str | None
    parked: Mapping[str, int] = field(default_factory=dict)
    half_heard: frozenset[str] = frozenset()

    def has(self, production: str, position: int) -> bool:
        """Whether this fact had its answers."""
        return position <= self.position and position < self.parked.get(production, position + 1)


class AnsweredRows:
    """What one room has answered, in the schema of what it has heard."""

    def __init__(self, service: Service, schema: str) -> None:
        self._hears = sorted(service.hears)
        self._until = f"""
            SELECT place.position, place.parkings, coalesce(answered.position, 0),
                (SELECT min(had.log)
                 FROM {schema}.answered AS had LEFT JOIN {schema}.place AS has
                     USING (log, partition)
                 WHERE had.partition = $2 AND had.log <> $1 AND had.log = ANY($3)
                   AND (has.log IS NULL
                        OR has.incarnation = had.incarnation AND has.position < had.position))
            FROM {schema}.place LEFT JOIN {schema}.answered USING (log, partition, incarnation)
            WHERE log = $1 AND partition = $2"""
        self._unanswered = f"""
            SELECT production::text, unanswered.position
            FROM {schema}.unanswered JOIN {schema}.place USING (log, partition, incarnation)
            WHERE log = $1 AND partition = $2"""
        self._half_heard = f"""
            SELECT still.production::text
            FROM {schema}.parked AS still
                JOIN {schema}.place USING (log, partition)
                JOIN {schema}.answered AS had USING (log, partition, incarnation)
            WHERE partition = $2 AND log <> $1 AND log = ANY($3)
              AND still.position <= had.position"""
        self._held_by = f"SELECT incarnation::text FROM {schema}.answers"
        self._hold = f"""
            INSERT INTO {schema}.answers (incarnation) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET incarnation = EXCLUDED.incarnation"""
        self._doubt = f"DELETE FROM {schema}.answered; DELETE FROM {schema}.unanswered"
        self._parked = ParkedRows(schema)

    async def before(self, connection: Any, behind: Place | Parked) -> Answered:
        """How far the partition is answered in which these facts are taken.

        Raises:
            PlaceMoved: others are the next ones by now.
        """
        log, partition = behind.log, behind.partition
        row = await connection.fetchrow(self._until, log, partition, self._hears)
        if row is None or not await self._is_next(connection, behind, row):
            raise PlaceMoved(f"{log}/{partition} is not at {behind.position} any more")
        unanswered = await connection.fetch(self._unanswered, log, partition)
        half_heard = await connection.fetch(self._half_heard, log, partition, self._hears)
        return Answered(
            row[2],
            row[3],
            dict(map(tuple, unanswered)),
            frozenset(production for (production,) in half_heard),
        )

    async def _is_next(self, connection: Any, behind: Place | Parked, row: Any) -> bool:
        if isinstance(behind, Place):
            return (behind.position, behind.parkings) == (row[0], row[1])
        return await self._parked.position(connection, behind) == behind.position

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
