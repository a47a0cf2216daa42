"""The live rows of a read model, with the places that they are of, all from one moment."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any

import asyncpg

from runtime.audit.reading import connected
from runtime.audit.replay.comparing import LiveRows
from runtime.audit.replay.teams import with_teams
from runtime.log.contract import Heads
from runtime.log.partition import partition_of
from runtime.log.postgres import PostgresStore
from runtime.rebuilding.registry import live_version
from runtime.rooms import Projection
from runtime.settings import Settings
from runtime.view import View


async def live_schema(connection: Any, projection: Projection) -> str:
    """The schema that readers read now, or that is filled before they do.

    Raises:
        LookupError: they read what another build folded.
    """
    version = await live_version(connection, projection.name)
    if version is None:
        return projection.schema
    if version.code != projection.version:
        raise LookupError(
            f"readers read {version.schema}, and this build folds version {projection.version} of "
            f"{projection.path}: replay it with the build that folds that one, or leave it out "
            "with --model"
        )
    return version.schema


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
    """One production in one read model: its rows, and up to which position of each log they are.

    `parked` names logs in which it stands still. Where a place is of another history than its
    log, nothing can be compared: `is_astray`.
    """

    projection: str
    schema: str
    view: View
    """With the rows of titles and teams."""
    rows: LiveRows
    until: Mapping[str, int]
    parked: Mapping[str, str]
    is_astray: bool


async def live(
    connection: asyncpg.Connection,
    projection: Projection,
    productions: Sequence[str],
    heads: Mapping[str, Heads],
) -> dict[str, Live]:
    """Rows and places of one moment, by production."""
    view = with_teams(projection.view)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        schema = await live_schema(connection, projection)
        tables = {one: await _rows(connection, schema, one, productions) for one in view.tables}
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
        found[production] = Live(projection.name, schema, view, rows, until, waits, is_astray)
    return found


async def _rows(
    connection: asyncpg.Connection, schema: str, table: type[Any], productions: Sequence[str]
) -> dict[str, list[Any]]:
    columns = ", ".join(column.name for column in fields(table))
    found: dict[str, list[Any]] = {}
    for record in await connection.fetch(
        f"SELECT production::text, {columns} FROM {schema}.{table.TABLE} "
        "WHERE production = ANY($1::uuid[])",
        productions,
    ):
        found.setdefault(record[0], []).append(table(*record[1:]))
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
