"""What the tables of a projection hold, beside what a naive fold says that they should."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runtime.reading.tables import Tables as ViewTables
from runtime.rooms import Projection
from runtime.view import Row
from tests.http.instance import Instance
from tests.journey.naive import plain
from tests.journey.naive.telling import Tables

SHOWN_MAX = 5


class Watched(ViewTables):
    """The real tables of a view, which note what is written to."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(projection.schema, projection.view)
        self.written: set[type[Row]] = set()

    async def save(
        self, connection: Any, table: type[Row], rows: Sequence[tuple[str, Row]]
    ) -> None:
        self.written.add(table)
        await super().save(connection, table, rows)

    async def read(self, connection: Any, tables: Iterable[type[Row]], production: str) -> Tables:
        """The rows of some tables, asked of PostgreSQL in plain SQL."""
        return {
            table.TABLE: keyed(
                table,
                await connection.fetch(
                    f"SELECT * FROM {self.schema}.{table.TABLE} WHERE production = $1", production
                ),
            )
            for table in tables
        }


def live(instance: Instance, projection: Projection, production: str) -> Tables:
    """The rows that the running instance holds of that production."""
    found: Tables = {}
    for table in projection.view.tables:
        where = (projection.schema, table.TABLE)
        columns = [
            name
            for (name,) in instance.sql(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = %s AND table_name = %s",
                *where,
            )
        ]
        rows = instance.sql(
            f"SELECT {', '.join(columns)} FROM {'.'.join(where)} WHERE production = %s", production
        )
        found[table.TABLE] = keyed(table, (dict(zip(columns, row, strict=True)) for row in rows))
    return found


def keyed(table: type[Row], rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], Any]:
    """Rows of the database by their key, without the production's id."""
    found = [{name: row[name] for name in row.keys() if name != "production"} for row in rows]
    return {tuple(row[name] for name in table.KEY): plain(table.TABLE, row) for row in found}


def apart(held: Tables, naive: Tables) -> list[str]:
    """A sentence for each row in which the two differ, for the first few of them."""
    said = [
        f"{table} {key}: the table has {held.get(table, {}).get(key)}, "
        f"the naive fold {naive.get(table, {}).get(key)}"
        for table in sorted(held.keys() | naive.keys())
        if held.get(table, {}) != naive.get(table, {})
        for key in held.get(table, {}).keys() | naive.get(table, {}).keys()
        if held.get(table, {}).get(key) != naive.get(table, {}).get(key)
    ]
    return said[:SHOWN_MAX]
