"""What differs between two versions of a read model, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from runtime.view import Rows, key_of

SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One row in which two versions differ, by the columns in which they do. `expected` is the new
    version's, `found` the live one's; None where one of them has no such row."""

    table: str
    production: str
    key: str
    expected: str | None
    found: str | None


@dataclass
class Comparison:
    """What was compared, and what was not: tables of another shape, partitions whose live version
    stands still. The first differences are kept, all are counted."""

    productions: int = 0
    rows: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def count(self, tables: Sequence[type[Any]], production: str, new: Rows, live: Rows) -> None:
        """Takes one production's rows of both versions in."""
        self.productions += 1
        for table in tables:
            expected = {key_of(row): row for row in new.all(table)}
            found = {key_of(row): row for row in live.all(table)}
            self.rows += len(expected)
            if expected == found:
                continue
            for key in sorted(expected.keys() | found.keys(), key=str):
                if expected.get(key) == found.get(key):
                    continue
                self.differing += 1
                if len(self.differences) < SHOWN_MAX:
                    name = ", ".join(map(str, key)) or "-"
                    told = _apart(expected.get(key), found.get(key))
                    self.differences.append(Difference(table.TABLE, production, name, *told))


def _apart(expected: Any, found: Any) -> tuple[str | None, str | None]:
    """What either row says in the columns in which they differ; all of it where it stands alone."""
    one = expected if found is None else found
    columns = [
        column.name
        for column in fields(one)
        if None in (expected, found)
        or getattr(expected, column.name) != getattr(found, column.name)
    ]
    return _told(expected, columns), _told(found, columns)


def _told(row: Any, columns: Sequence[str]) -> str | None:
    if row is None:
        return None
    return ", ".join(f"{column} {getattr(row, column)}" for column in columns)
