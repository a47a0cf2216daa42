"""Keeps a projection's rows in PostgreSQL: loads a production's, folds, writes what changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Protocol

import asyncpg
from cachetools import LRUCache

from events.envelope import Recorded
from runtime.people.team import fold_team
from runtime.reading.parking import Parked
from runtime.reading.place import Place
from runtime.view import Key, Row, Rows, View, key_getter, key_of

PRODUCTIONS_CACHED = 512
ROWS_AT_ONCE = 20_000
_NUMERIC = "numeric"


class RowTables(Protocol):
    """Where a read model's rows are; `Tables` says what each method does."""

    view: View

    async def load(
        self,
        connection: Any,
        productions: Sequence[str],
        tables: Sequence[type[Any]] | None = None,
    ) -> dict[str, Rows]: ...

    async def save_all(self, connection: Any, changed: "Changed") -> None: ...

    async def save_team(self, connection: Any, events: Sequence[Recorded]) -> None: ...


class Tables:
    """The SQL of a view's row classes in one schema, made once from the classes themselves."""

    def __init__(self, schema: str, view: View) -> None:
        self.schema = schema
        self.view = view
        self._types: dict[tuple[str, str], str] = {}

    async def learn_types(self, pool: asyncpg.Pool) -> None:
        """Reads each column's PostgreSQL type, for the arrays that carry rows there."""
        rows = await pool.fetch(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns "
            "WHERE table_schema = $1",
            self.schema,
        )
        self._types = {(row[0], row[1]): row[2] for row in rows}

    def columns(self, table: type[Row]) -> list[str]:
        """The columns of a row class, beside `production`."""
        return [column.name for column in fields(table)]  # type: ignore[arg-type]

    async def load(
        self,
        connection: Any,
        productions: Sequence[str],
        tables: Sequence[type[Any]] | None = None,
    ) -> dict[str, Rows]:
        """The rows of those productions, of all tables or of some."""
        found: dict[str, dict[type[Any], dict[Key, Any]]] = {one: {} for one in productions}
        for table in self.view.tables if tables is None else tables:
            columns = self.columns(table)
            for record in await connection.fetch(
                f"SELECT production::text, {', '.join(columns)} FROM {self.schema}.{table.TABLE} "
                "WHERE production = ANY($1::uuid[])",
                list(productions),
            ):
                row = table(*record[1:])
                found[record[0]].setdefault(table, {})[key_of(row)] = row
        return {production: Rows(tables) for production, tables in found.items()}

    async def save_all(self, connection: Any, changed: "Changed") -> None:
        """Writes what a fold has changed."""
        for table, rows in changed.items():
            told = [(production, row) for (production, _), row in rows.items()]
            for first in range(0, len(told), ROWS_AT_ONCE):
                await self.save(connection, table, told[first : first + ROWS_AT_ONCE])

    async def save_team(self, connection: Any, events: Sequence[Recorded]) -> None:
        """Writes what the facts say of teams, for the queries on these rows to ask."""
        await fold_team(connection, self.schema, events)

    async def save(
        self, connection: Any, table: type[Row], rows: Sequence[tuple[str, Row]]
    ) -> None:
        """Writes rows of one table, each with its production; the key decides which they are."""
        columns = self.columns(table)
        types = [self._types[table.TABLE, column] for column in columns]
        arrays = ", ".join(
            # asyncpg takes three times as long to write a decimal as a number than as text.
            f"${n}::text[]::numeric[]" if of == _NUMERIC else f"${n}::{of}[]"
            for n, of in enumerate(types, 2)
        )
        key = ", ".join(("production", *table.KEY))
        others = [column for column in columns if column not in table.KEY]
        sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in others)
        then = f"UPDATE SET {sets}" if others else "NOTHING"
        told = [row for _, row in rows]
        await connection.execute(
            f"INSERT INTO {self.schema}.{table.TABLE} (production, {', '.join(columns)}) "
            f"SELECT * FROM unnest($1::uuid[], {arrays}) "
            f"ON CONFLICT ({key}) DO {then}",
            [production for production, _ in rows],
            *(_values(told, column, of) for column, of in zip(columns, types, strict=True)),
        )


def _values(rows: Sequence[Row], column: str, of: str) -> list[Any]:
    values = list(map(attrgetter(column), rows))
    if of == _NUMERIC:
        return [None if amount is None else str(amount) for amount in values]
    return values


Changed = dict[type[Row], dict[tuple[str, Key], Row]]
"""Rows by table, production and key."""


def fold_into(
    held: Mapping[str, Rows], view: View, events: Sequence[Recorded], changed: Changed | None = None
) -> Changed:
    """Folds facts into rows by production; answers those that changed, as they are at the end, on
    top of `changed`. Rows that are never read back are not kept in `held`."""
    changed = {} if changed is None else changed
    evolve, written_only = view.evolve, view.written_only
    ways: dict[type[Any], tuple[Callable[[Any], Key], bool, dict[tuple[str, Key], Row]]] = {}
    for recorded in events:
        production = recorded.production
        rows = held[production]
        for row in evolve(rows, recorded):
            table = type(row)
            if (way := ways.get(table)) is None:
                is_held = table not in written_only
                way = ways[table] = key_getter(table), is_held, changed.setdefault(table, {})
            key_in, is_held, of_table = way
            key = key_in(row)
            if is_held:
                rows.set(table, key, row)
            of_table[production, key] = row
    return changed


class ProjectionSink:
    """Folds facts into a projection's rows, and into the team rows that its queries ask.

    Rows are held by log and production: logs are folded at the same time, and each of them writes
    rows of its own, so that one never waits for, or overwrites, what the other does.
    """

    def __init__(self, tables: RowTables) -> None:
        self._tables = tables
        self._rows: LRUCache[tuple[str, int, str], Rows] = LRUCache(PRODUCTIONS_CACHED)

    async def prepare(self, events: Sequence[Recorded], behind: Place | Parked) -> None:
        return None

    async def apply(self, connection: Any, events: Sequence[Recorded], prepared: None) -> None:
        log, partition, view = events[0].log, events[0].partition, self._tables.view
        productions = list({recorded.production for recorded in events})
        held = {
            one: self._rows[log, partition, one]
            for one in productions
            if (log, partition, one) in self._rows
        }
        missing = [one for one in productions if one not in held]
        if missing:
            held |= await self._tables.load(connection, missing, view.read_back)
        await self._tables.save_all(connection, fold_into(held, view, events))
        await self._tables.save_team(connection, events)
        for production, rows in held.items():
            self._rows[log, partition, production] = rows

    def forget(self, log: str, partition: int) -> None:
        for key in [key for key in self._rows if key[:2] == (log, partition)]:
            del self._rows[key]
