"""The live rows of a read model, with the places that they are of, all from one moment."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any

import asyncpg

from runtime.audit.reading import connected
from runtime.audit.replay.comparing import LiveRows
from runtime.audit.replay.models import Model
from runtime.log.contract import Heads
from runtime.log.partition import partition_of
from runtime.log.postgres import PostgresStore
from runtime.settings import Settings
from runtime.view import View


class Databases:
    """The databases of the rooms, each behind one connection that is opened when it is asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connections: dict[str, asyncpg.Connection] = {}

    async def of(self, room: str) -> asyncpg.Connection:
        """The connection to one room's database."""
        url = self._settings.database_of(room)
        if url not in self._connections:
            self._connections[url] = await connected(self._settings, room)
        return self._connections[url]

    async def store(self, log: str) -> PostgresStore:
        """One log. It asks of a pool what a connection answers as well."""
        return PostgresStore(log, await self.of(log))  # type: ignore[arg-type]

    async def close(self) -> None:
        """Closes every connection."""
        for connection in self._connections.values():
            await connection.close(timeout=5)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Databases]:
    """The databases, closed at the end."""
    databases = Databases(settings)
    try:
        yield databases
    finally:
        await databases.close()


@dataclass(frozen=True)
class Live:
    """One production in one read model, or in what a service remembers: its rows, and up to which
    position of each log they are.

    `parked` names logs in which it stands still. Where a place is of another history than its
    log, nothing can be compared: `is_astray`.
    """

    model: Model
    schema: str
    rows: LiveRows
    until: Mapping[str, int]
    parked: Mapping[str, str]
    is_astray: bool

    @property
    def view(self) -> View:
        """With the rows of titles and teams."""
        return self.model.view


async def live(
    connection: asyncpg.Connection,
    model: Model,
    productions: Sequence[str],
    heads: Mapping[str, Heads],
) -> dict[str, Live]:
    """Rows and places of one moment, by production."""
    view = model.view
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        schema = await model.schema(connection)
        tables = {
            one: await _rows(connection, schema, model, one, productions) for one in view.tables
        }
        places = await _places(connection, schema)
        parked = await _parked(connection, schema, productions)
    found = {}
    for production in productions:
        until, waits, is_astray = {}, {}, False
        for log in view.logs:
            at = partition_of(production, len(heads[log].partitions))
            incarnation, until[log] = places.get((log, at), (heads[log].incarnation, 0))
            is_astray |= incarnation != heads[log].incarnation
            if (stands := parked.get((production, log))) is not None:
                until[log] = min(until[log], stands.position - 1)
                waits[log] = f"the {stands.type} at {log} {stands.position}: {stands.why}"
        rows = {table: there.get(production, []) for table, there in tables.items()}
        found[production] = Live(model, schema, rows, until, waits, is_astray)
    return found


async def _rows(
    connection: asyncpg.Connection,
    schema: str,
    model: Model,
    table: type[Any],
    productions: Sequence[str],
) -> dict[str, list[Any]]:
    columns = ", ".join(getattr(table, "COLUMNS", None) or [one.name for one in fields(table)])
    found: dict[str, list[Any]] = {}
    for record in await connection.fetch(
        f"SELECT production::text, {columns} FROM {schema}.{table.TABLE} "
        "WHERE production = ANY($1::uuid[])",
        productions,
    ):
        found.setdefault(record[0], []).extend(model.rows_of(table, record[1:]))
    return found


async def _places(
    connection: asyncpg.Connection, schema: str
) -> dict[tuple[str, int], tuple[str, int]]:
    rows = await connection.fetch(
        f"SELECT log, partition, incarnation::text, position FROM {schema}.place"
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class _Parked:
    """The first fact that is not folded, and why, as anybody may read it."""

    position: int
    type: str
    why: str


async def _parked(
    connection: asyncpg.Connection, schema: str, productions: Sequence[str]
) -> dict[tuple[str, str], _Parked]:
    """By production and log."""
    rows = await connection.fetch(
        f"""SELECT production::text, log, position, type, reason FROM {schema}.parked
            WHERE production = ANY($1::uuid[])""",
        productions,
    )
    return {(row[0], row[1]): _Parked(row[2], row[3], row[4].partition(":")[0]) for row in rows}
