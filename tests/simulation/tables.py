"""In memory, the tables that Reel's code reaches by its ports: places, what is parked, what a room
remembers, rows, leases, logs. Each does what the SQL in its stead does, statement by statement."""

import asyncio
import contextvars
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from events.envelope import Recorded
from runtime.answered import Answered
from runtime.kafka.lease import LONGEST_SECONDS, Cursor
from runtime.known import Stored
from runtime.reading.parking import Parked
from runtime.reading.place import Place, PlaceMoved
from runtime.view import Rows, View
from tests.simulation.database import Connections, Transaction

NEVER = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ParkedRow:
    """A row of `parked`; `asked_us` by the database's clock."""

    position: int
    type: str
    reason: str
    tries: int = 1
    asked_us: int | None = None


class MemoryPlaces:
    """As `runtime.reading.place.Places`."""

    def __init__(self, schema: str) -> None:
        self._table = (schema, "place")
        self._parked = (schema, "parked")

    async def load(
        self, connection: Connections, log: str, *, incarnation: str, partitions: int
    ) -> list[Place]:
        async def effect(at: Transaction) -> list[Place]:
            for partition in range(partitions):
                if at.get(self._table, (log, partition)) is None:
                    await at.lock(self._table, (log, partition))
                    if at.get(self._table, (log, partition)) is None:
                        place = Place(log, partition, incarnation)
                        await at.put(self._table, (log, partition), place)
            parked = at.rows(self._parked)
            return [
                replace(
                    place,
                    parked=frozenset(key[2] for key in parked if key[:2] == (log, place.partition)),
                )
                for (of, _), place in at.rows(self._table).items()
                if of == log
            ]

        return await connection.run("places", effect)

    async def move(self, connection: Connections, place: Place, to: Place) -> None:
        key = place.log, place.partition

        async def effect(at: Transaction) -> bool:
            await at.lock(self._table, key)
            there: Place | None = at.get(self._table, key)
            if there is None or there.stopped or not there.is_at(place):
                return False
            await at.put(self._table, key, replace(to, parked=frozenset(), stopped=None))
            return True

        if not await connection.run(f"move {key} {place.position} -> {to.position}", effect):
            raise PlaceMoved(f"{key} is not at {place.position} any more")

    async def hold(self, connection: Connections, place: Place) -> int:
        key = place.log, place.partition

        async def effect(at: Transaction) -> int | None:
            await at.lock(self._table, key)
            there: Place | None = at.get(self._table, key)
            if there is None or there.stopped or there.incarnation != place.incarnation:
                return None
            return there.position

        position = await connection.run(f"hold {key}", effect)
        if position is None:
            raise PlaceMoved(f"{key} stands still, or began again")
        return position

    async def let_go_on(self, connection: Connections, place: Place) -> None:
        key = place.log, place.partition

        async def effect(at: Transaction) -> None:
            await at.lock(self._table, key)
            there: Place = at.get(self._table, key)
            await at.put(self._table, key, replace(there, parkings=there.parkings + 1))

        await connection.run(f"let {key} go on", effect)

    async def stop(self, connection: Connections, place: Place, reason: str) -> None:
        key = place.log, place.partition

        async def effect(at: Transaction) -> None:
            await at.lock(self._table, key)
            there: Place | None = at.get(self._table, key)
            if there is not None and there.position == place.position:
                await at.put(self._table, key, replace(there, stopped=reason))

        await connection.run(f"stop {key}: {reason}", effect)

    async def start_again(self, connection: Connections, place: Place | None = None) -> None:
        async def effect(at: Transaction) -> None:
            for key, there in at.rows(self._table).items():
                meant = place is None or (key, there.position) == (
                    (place.log, place.partition),
                    place.position,
                )
                if there.stopped and meant:
                    await at.put(self._table, key, replace(there, stopped=None))

        await connection.run("start again", effect)


class MemoryParked:
    """As `runtime.reading.parking.ParkedRows`."""

    def __init__(self, schema: str) -> None:
        self._table = (schema, "parked")

    async def all(
        self, connection: Connections, productions: Sequence[str] | None = None
    ) -> list[Parked]:
        async def effect(at: Transaction) -> list[Parked]:
            now_us = connection.database.now_us()
            return [
                Parked(
                    *key,
                    row.position,
                    row.type,
                    row.reason,
                    NEVER,
                    row.tries,
                    None if row.asked_us is None else (now_us - row.asked_us) / 1e6,
                )
                for key, row in at.rows(self._table).items()
            ]

        return await connection.run("parked", effect)

    async def position(self, connection: Connections, one: Parked) -> int | None:
        async def effect(at: Transaction) -> int | None:
            row: ParkedRow | None = at.get(self._table, _key(one))
            return row.position if row else None

        return await connection.run("where it is parked", effect)

    async def park(self, connection: Connections, recorded: Recorded, reason: str) -> None:
        row = ParkedRow(recorded.position, recorded.type, reason)
        await self._put(connection, _key(recorded), lambda _: row)

    async def move_on(self, connection: Connections, recorded: Recorded) -> None:
        now_us = connection.database.now_us()
        await self._put(
            connection,
            _key(recorded),
            lambda row: row and replace(row, position=recorded.position, asked_us=now_us),
        )

    async def fail(self, connection: Connections, recorded: Recorded, reason: str) -> None:
        await self._put(
            connection,
            _key(recorded),
            lambda row: (
                row and replace(row, position=recorded.position, tries=row.tries + 1, asked_us=None)
            ),
        )

    async def free(self, connection: Connections, one: Parked) -> None:
        await self._put(connection, _key(one), lambda _: None)
        await self.ask(connection, one.production)

    async def ask(self, connection: Connections, production: str | None = None) -> None:
        async def effect(at: Transaction) -> None:
            for key in at.rows(self._table):
                if production in (None, key[2]):
                    await at.lock(self._table, key)
                    row = at.get(self._table, key)
                    if row is not None:
                        now_us = connection.database.now_us()
                        await at.put(self._table, key, replace(row, asked_us=now_us))

        await connection.run("ask", effect)

    async def _put(
        self,
        connection: Connections,
        key: tuple[str, int, str],
        change: Callable[[ParkedRow | None], ParkedRow | None],
    ) -> None:
        async def effect(at: Transaction) -> None:
            await at.lock(self._table, key)
            await at.put(self._table, key, change(at.get(self._table, key)))

        await connection.run(f"parked {key}", effect)


def _key(one: Parked | Recorded) -> tuple[str, int, str]:
    return one.log, one.partition, one.production


class MemoryKnown:
    """As `runtime.known.StoredKnown`."""

    def __init__(self, schema: str) -> None:
        self._table = (schema, "known")

    async def read(self, connection: Connections, productions: Sequence[str]) -> Stored:
        async def effect(at: Transaction) -> Stored:
            rows = at.rows(self._table)
            return {one: rows[one] for one in productions if one in rows}

        return await connection.run("known", effect)

    async def hold(
        self, connection: Connections, productions: Sequence[str], empty: str
    ) -> list[tuple[str, str]]:
        async def effect(at: Transaction) -> list[tuple[str, str]]:
            for one in productions:
                await at.lock(self._table, one)
            return [(one, at.get(self._table, one) or empty) for one in productions]

        return await connection.run("hold what is known", effect)

    async def write(self, connection: Connections, bodies: Mapping[str, str]) -> None:
        async def effect(at: Transaction) -> None:
            for production, body in bodies.items():
                await at.put(self._table, production, body)

        await connection.run("write what is known", effect)


class MemoryAnswered:
    """As `runtime.answered.AnsweredRows`, of a room that nobody ever rewound."""

    def __init__(self, schema: str) -> None:
        self._place = (schema, "place")
        self._parked = MemoryParked(schema)

    async def before(self, connection: Connections, behind: Place | Parked) -> Answered:
        async def effect(at: Transaction) -> Place | None:
            found: Place | None = at.get(self._place, (behind.log, behind.partition))
            return found

        place = await connection.run("how far it is answered", effect)
        if isinstance(behind, Place):
            is_next = place is not None and (place.position, place.parkings) == (
                behind.position,
                behind.parkings,
            )
        else:
            is_next = await self._parked.position(connection, behind) == behind.position
        if not is_next:
            raise PlaceMoved(f"{behind.log}/{behind.partition} is not there any more")
        return Answered(0, None)

    async def are_held_by(self, pool: Connections, incarnation: str) -> None:
        return None


class NoTimers:
    """Of a room in which nothing ever falls due."""

    async def write(self, connection: Connections, events: Sequence[Recorded]) -> None:
        return None


async def no_team(connection: Connections, events: Sequence[Recorded]) -> None:
    """Nobody is appointed to anything."""


class MemoryTables:
    """As `runtime.reading.views.Tables`."""

    def __init__(self, schema: str, view: View) -> None:
        self.view = view
        self._schema = schema

    async def load(
        self,
        connection: Connections,
        productions: Sequence[str],
        tables: Sequence[type[Any]] | None = None,
    ) -> dict[str, Rows]:
        async def effect(at: Transaction) -> dict[str, Rows]:
            found: dict[str, dict[type[Any], dict[Any, Any]]] = {one: {} for one in productions}
            for table in self.view.tables if tables is None else tables:
                for (production, key), row in at.rows((self._schema, table.TABLE)).items():
                    if production in found:
                        found[production].setdefault(table, {})[key] = row
            return {one: Rows(rows) for one, rows in found.items()}

        return await connection.run("load rows", effect)

    async def save_all(self, connection: Connections, changed: Mapping[Any, Any]) -> None:
        async def effect(at: Transaction) -> None:
            for table, rows in changed.items():
                for key, row in rows.items():
                    await at.put((self._schema, table.TABLE), key, row)

        await connection.run("save rows", effect)

    async def save_team(self, connection: Connections, events: Sequence[Recorded]) -> None:
        return None


class MemoryLeaseRow:
    """As `runtime.kafka.lease.PostgresLeaseRow`."""

    def __init__(self, log: str, connections: Connections) -> None:
        self.log = log
        self._connections = connections
        self._table = (log, "relay")
        self.is_lost = False
        """Whether its relay was told last that somebody else owns the log."""

    async def take(self, owner: uuid.UUID, seconds: float) -> Cursor | None:
        async def effect(at: Transaction) -> Cursor | None:
            await at.lock(self._table, ())
            now_us = self._connections.database.now_us()
            nothing = (None, 0, Cursor(None, 0, (), (), ()))
            of, till_us, cursor = at.get(self._table, ()) or nothing
            latest_us = now_us + int(LONGEST_SECONDS * 1e6)
            if of != owner and now_us <= till_us <= latest_us:
                return None
            await at.put(self._table, (), (owner, now_us + int(seconds * 1e6), cursor))
            found: Cursor = cursor
            return found

        cursor = await self._connections.run(f"take the lease on {self.log}", effect)
        self.is_lost = cursor is None
        return cursor

    async def move(self, owner: uuid.UUID, cursor: Cursor, seconds: float) -> bool:
        async def effect(at: Transaction) -> bool:
            await at.lock(self._table, ())
            if at.get(self._table, ())[0] != owner:
                return False
            till_us = self._connections.database.now_us() + int(seconds * 1e6)
            await at.put(self._table, (), (owner, till_us, cursor))
            return True

        was_moved = await self._connections.run(
            f"move the cursor of {self.log} to {cursor.position}", effect
        )
        self.is_lost = not was_moved
        return was_moved

    async def release(self, owner: uuid.UUID) -> None:
        async def effect(at: Transaction) -> None:
            await at.lock(self._table, ())
            of, _, cursor = at.get(self._table, ()) or (None, 0, None)
            if of == owner:
                await at.put(self._table, (), (None, 0, cursor))

        await self._connections.run(f"release {self.log}", effect)


class MemoryWakes:
    """As `runtime.kafka.wakes.PostgresWakes`."""

    def __init__(self, log: str, connections: Connections) -> None:
        self._log = log
        self._database = connections.database

    async def listen(self, wake: Callable[[], None]) -> None:
        heard = (wake, contextvars.copy_context())
        self._database.listeners.setdefault(self._log, []).append(heard)
        await asyncio.get_running_loop().create_future()
