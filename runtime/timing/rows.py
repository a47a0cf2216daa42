"""A room's timers as rows: written with the place that their fact moves, read when they are due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from events.envelope import Recorded
from runtime.decider import Command, Timer
from runtime.order import command_id_of
from runtime.rooms import Service

AT_ONCE_MAX = 256
HOPS_FORGOTTEN_AFTER = timedelta(hours=1)
"""A timer that waited as long begins a chain of its own: what recurs every week may do so for
ever, and no circle this slow overruns anything."""


_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def due_of(timer: Timer) -> datetime | None:
    """When it falls due, in UTC; None where that is never, as near the end of the calendar, where
    people mean *never* and no offset can be added any more."""
    if timer.due_at is None or timer.due_at >= _NEVER:
        return None
    return max(timer.due_at, _LONG_AGO).astimezone(UTC)


def timer_command_id(room: str, production: str, key: str, due_at: datetime, cause: str) -> str:
    """The id of the command that a timer due at `due_at` (UTC) gives, however often it fires."""
    return command_id_of("timer", room, production, key, due_at.isoformat(), cause)


@dataclass(frozen=True, slots=True)
class SetBy:
    """The fact that set a timer, as far as what follows from it must know."""

    id: str
    actor: str
    correlation: str
    hops: int
    recorded_at_us: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A timer that waits. `body` is its command's, as JSON."""

    production: str
    key: str
    due_at: datetime
    partition: int
    command: str
    body: str
    cause: SetBy

    def command_of(self, service: Service) -> Command:
        """The command to give.

        Raises:
            LookupError, pydantic.ValidationError: another build set it, and knew another command.
        """
        for command in service.commands:
            if command.__name__ == self.command:
                return command.model_validate_json(self.body)
        raise LookupError(f"{service.name} takes no {self.command}")


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose time has come, and the place in its room's own log of the same moment."""

    timer: Waiting
    incarnation: str
    position: int


class TimerRows:
    """The timers of one room, in the schema of what it has heard."""

    def __init__(self, service: Service, schema: str) -> None:
        self._service = service
        columns = """production::text, key, due_at, timer.partition, command, body::text,
            cause::text, actor, correlation, hops, recorded_at_us"""
        self._all = f"SELECT {columns} FROM {schema}.timer ORDER BY due_at, production, key"
        self._due = f"""
            SELECT {columns}, incarnation::text, position
            FROM {schema}.timer JOIN {schema}.place
                ON log = $1 AND place.partition = timer.partition AND stopped IS NULL
            WHERE due_at <= $2 AND NOT EXISTS (
                SELECT FROM {schema}.parked AS still
                WHERE still.log = place.log AND still.partition = place.partition
                  AND still.production = timer.production)
            ORDER BY due_at, production, key LIMIT {AT_ONCE_MAX}"""
        self._next = f"SELECT min(due_at) FROM {schema}.timer WHERE due_at > $1"
        self._set = f"""
            INSERT INTO {schema}.timer SELECT * FROM unnest(
                $1::uuid[], $2::text[], $3::timestamptz[], $4::smallint[], $5::text[],
                $6::text[]::json[], $7::uuid[], $8::text[], $9::text[], $10::int[], $11::bigint[])
            ON CONFLICT (production, key) DO UPDATE SET due_at = EXCLUDED.due_at,
                partition = EXCLUDED.partition, command = EXCLUDED.command, body = EXCLUDED.body,
                cause = EXCLUDED.cause, actor = EXCLUDED.actor, hops = EXCLUDED.hops,
                correlation = EXCLUDED.correlation, recorded_at_us = EXCLUDED.recorded_at_us"""
        self._take_away = f"""
            DELETE FROM {schema}.timer USING unnest($1::uuid[], $2::text[]) AS gone (of, named)
            WHERE production = of AND key = named"""
        self._done = f"""
            DELETE FROM {schema}.timer
            WHERE production = $1 AND key = $2 AND due_at = $3 AND cause = $4"""

    async def write(self, connection: Any, events: Sequence[Recorded]) -> None:
        """Sets, replaces and takes away what facts of the room's own log say, in their order.

        Raises:
            LookupError: a timer is for a command that the room does not take.
        """
        last = {
            (recorded.production, key): waiting
            for recorded in events
            for waiting, key in self.set_by(recorded)
        }
        gone = [key for key, waiting in last.items() if waiting is None]
        if gone:
            await connection.execute(self._take_away, *map(list, zip(*gone, strict=True)))
        kept = [_row(waiting) for waiting in last.values() if waiting is not None]
        if kept:
            await connection.execute(self._set, *map(list, zip(*kept, strict=True)))

    def set_by(self, recorded: Recorded) -> Iterator[tuple[Waiting | None, str]]:
        """What one fact of the room's own log sets, with its key; None where it takes that away.

        Raises:
            LookupError: a timer is for a command that the room does not take.
        """
        for timer in self._service.timers(recorded):
            due_at = due_of(timer)
            yield None if due_at is None else self._waiting(timer, due_at, recorded), timer.key

    def _waiting(self, timer: Timer, due_at: datetime, cause: Recorded) -> Waiting:
        assert timer.command is not None
        self._service.decider_of(type(timer.command))
        forgotten = due_at - cause.recorded_at >= HOPS_FORGOTTEN_AFTER
        hops = 0 if forgotten else cause.hops
        return Waiting(
            cause.production,
            timer.key,
            due_at,
            cause.partition,
            type(timer.command).__name__,
            timer.command.model_dump_json(),
            SetBy(cause.id, cause.actor, cause.correlation, hops, cause.recorded_at_us),
        )

    async def all(self, connection: Any) -> list[Waiting]:
        """Every timer that waits, the next one first."""
        return [_waiting(row) for row in await connection.fetch(self._all)]

    async def due(self, connection: Any, now: datetime) -> list[Due]:
        """Those due at `now` where nothing stands still, `AT_ONCE_MAX` at most: what takes a timer
        away may be among what is parked."""
        rows = await connection.fetch(self._due, self._service.name, now)
        return [Due(_waiting(row), row[11], row[12]) for row in rows]

    async def next_after(self, connection: Any, now: datetime) -> datetime | None:
        """When the next one falls due."""
        found: datetime | None = await connection.fetchval(self._next, now)
        return found

    async def done(self, connection: Any, timer: Waiting) -> None:
        """Takes away a timer that has its answer, unless a fact has set it anew meanwhile."""
        await connection.execute(
            self._done, timer.production, timer.key, timer.due_at, timer.cause.id
        )


def _row(one: Waiting) -> tuple[Any, ...]:
    return (
        *(one.production, one.key, one.due_at, one.partition, one.command, one.body),
        *(one.cause.id, one.cause.actor, one.cause.correlation, one.cause.hops),
        one.cause.recorded_at_us,
    )


def _waiting(row: Any) -> Waiting:
    production, key, due_at, partition, command, body, *cause = tuple(row)[:11]
    return Waiting(production, key, due_at, partition, command, body, SetBy(*cause))
