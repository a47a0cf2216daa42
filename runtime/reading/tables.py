"""A projection's tables in PostgreSQL: loads the rows of a production, writes what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from io import BytesIO
from operator import attrgetter
from typing import Any, Protocol

import asyncpg

from events.envelope import Recorded
from runtime.people.team import fold_team
from runtime.reading.copied import COPIED_TYPES, NULL, copied
from runtime.view import Key, Row, Rows, View, key_of

ROWS_AT_ONCE = 20_000
_NUMERIC = "numeric"

Changed = dict[type[Row], dict[tuple[str, Key], Row]]
"""Rows by table, production and key."""
OfProductions = Sequence[tuple[str, Row]]
"""Rows of one table, each with its production."""


def of_productions(changed: Changed) -> dict[type[Row], OfProductions]:
    """What a fold has changed, table by table."""
    return {
        table: [(production, row) for (production, _), row in rows.items()]
        for table, rows in changed.items()
    }


class RowTables(Protocol):
    """Where a read model's rows are; `Tables` says what each method does."""

    view: View

    async def load(
        self,
        connection: Any,
        productions: Sequence[str],
        tables: Sequence[type[Any]] | None = None,
    ) -> dict[str, Rows]: ...

    async def save_all(self, connection: Any, changed: Changed) -> None: ...

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

    async def save_all(self, connection: Any, changed: Changed) -> None:
        """Writes what a fold has changed."""
        for table, told in of_productions(changed).items():
            for first in range(0, len(told), ROWS_AT_ONCE):
                await self.save(connection, table, told[first : first + ROWS_AT_ONCE])

    async def add_all(self, connection: Any, rows: Mapping[type[Row], OfProductions]) -> None:
        """Writes rows that the tables do not have, in half of the time.

        Raises:
            asyncpg.UniqueViolationError: one of them is there.
        """
        for table, told in rows.items():
            for first in range(0, len(told), ROWS_AT_ONCE):
                await self._add(connection, table, told[first : first + ROWS_AT_ONCE])

    async def save_team(self, connection: Any, events: Sequence[Recorded]) -> None:
        """Writes what the facts say of teams, for the queries on these rows to ask."""
        await fold_team(connection, self.schema, events)

    async def save(self, connection: Any, table: type[Row], rows: OfProductions) -> None:
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

    async def _add(self, connection: Any, table: type[Row], rows: OfProductions) -> None:
        columns = self.columns(table)
        types = [self._types[table.TABLE, column] for column in columns]
        if not COPIED_TYPES.issuperset(types):
            await self.save(connection, table, rows)
            return
        lines = [(production, *vars(row).values()) for production, row in rows]
        await connection.copy_to_table(
            table.TABLE,
            schema_name=self.schema,
            columns=["production", *columns],
            source=BytesIO(copied(lines, ["uuid", *types])),
            null=NULL,
        )


def _values(rows: Sequence[Row], column: str, of: str) -> list[Any]:
    values = list(map(attrgetter(column), rows))
    if of == _NUMERIC:
        return [None if amount is None else str(amount) for amount in values]
    return values
