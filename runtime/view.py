"""The pure kernel of every read model: rows, and one fold that answers the rows it changed.

`evolve(rows, recorded)` reads the production's rows and yields those that are new or different.
Live worker, rebuild, as-of and what-if run that same fold; only where events come from and where
rows go differs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeVar, cast

from events.envelope import Recorded


class Row(Protocol):
    """One row of a read model: a frozen dataclass, without slots, whose fields are its table's
    columns.

    `TABLE` names the table and `KEY` its columns beside `production` that make the row unique.
    """

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]


R = TypeVar("R", bound=Row)
Key = tuple[Any, ...]


class Rows:
    """The rows of one production, by table and key. Folds read it; only the machinery writes."""

    def __init__(self, tables: Mapping[type[Any], Mapping[Key, Any]] | None = None) -> None:
        self._tables: dict[type[Any], dict[Key, Any]] = {
            table: dict(rows) for table, rows in (tables or {}).items()
        }

    def get(self, table: type[R], *key: Any) -> R | None:
        """The row of `table` with that key, if there is one."""
        rows = self._tables.get(table)
        return None if rows is None else rows.get(key)

    def all(self, table: type[R]) -> Iterator[R]:
        """Every row of `table`, in the order of their arrival."""
        return cast("Iterator[R]", iter(self._tables.get(table, {}).values()))

    def put(self, row: Row) -> None:
        """Sets a row, replacing the one with its key."""
        self.set(type(row), key_of(row), row)

    def set(self, table: type[Any], key: Key, row: Row) -> None:
        """Sets a row of which both are known already."""
        try:
            self._tables[table][key] = row
        except KeyError:
            self._tables[table] = {key: row}

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Rows":
        """Those rows."""
        held = cls()
        for row in rows:
            held.put(row)
        return held

    def every(self) -> Iterator[Row]:
        """Every row of every table."""
        for rows in self._tables.values():
            yield from rows.values()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        return self._filled() == other._filled()

    def __hash__(self) -> int:
        raise TypeError("rows change and have no hash")

    def _filled(self) -> dict[type[Any], dict[Key, Any]]:
        return {table: rows for table, rows in self._tables.items() if rows}


def key_of(row: Row) -> Key:
    """What makes a row unique within its production and table."""
    return key_getter(type(row))(row)


@cache
def key_getter(table: type[Row]) -> Callable[[Row], Key]:
    """Folds ask for keys more often than for anything else."""
    match table.KEY:
        case ():
            return lambda _: ()
        case (column,):
            only = attrgetter(column)
            return lambda row: (only(row),)
        case columns:
            return attrgetter(*columns)


Fold = Callable[[Rows, Recorded], Iterable[Row]]


@dataclass(frozen=True)
class View:
    """A read model: the logs it hears, its row classes and its fold.

    `written_only` names row classes that the fold never reads back, however many rows they have:
    the live worker need not hold them.
    """

    logs: tuple[str, ...]
    tables: tuple[type[Any], ...]
    evolve: Fold
    written_only: frozenset[type[Any]] = frozenset()

    @property
    def read_back(self) -> tuple[type[Any], ...]:
        """The row classes that the fold reads."""
        return tuple(table for table in self.tables if table not in self.written_only)

    def fold(self, recorded: Iterable[Recorded], rows: Rows | None = None) -> Rows:
        """One production's rows after those facts."""
        rows = Rows() if rows is None else rows
        evolve = self.evolve
        keys: dict[type[Any], Callable[[Any], Key]] = {}
        for one in recorded:
            for row in evolve(rows, one):
                table = type(row)
                if (key_in := keys.get(table)) is None:
                    key_in = keys[table] = key_getter(table)
                rows.set(table, key_in(row), row)
        return rows

    def trace(self, recorded: Iterable[Recorded], rows: Rows) -> Iterator["Change"]:
        """The same fold, into `rows`, told row by row: which fact made which row what it is."""
        for one in recorded:
            for row in self.evolve(rows, one):
                before = rows.get(type(row), *key_of(row))
                rows.put(row)
                if row != before:
                    yield Change(one, before, row)


@dataclass(frozen=True, slots=True)
class Change:
    """What one fact made of one row; `before` is None where it is new."""

    recorded: Recorded
    before: Row | None
    after: Row
