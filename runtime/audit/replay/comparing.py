"""Compares the rows of one production: what the fold makes of it, beside what is live."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from runtime.audit.replay.told import Difference, Told
from runtime.view import Key, Row, Rows, key_of

LiveRows = Mapping[type[Any], Sequence[Any]]
"""The live rows of one production by table, each as its row class."""

Changed = Mapping[tuple[type[Any], Key], Told]
"""Which fact last changed a row."""


def differing(expected: Rows, live: LiveRows) -> set[tuple[type[Any], Key]]:
    """The rows that are missing, too many, or not as they should be."""
    found: set[tuple[type[Any], Key]] = set()
    for table, rows in live.items():
        wanted = {key_of(row): row for row in expected.all(table)}
        there = {key_of(row): row for row in rows}
        if wanted == there and len(there) == len(rows):
            continue
        found |= {
            (table, key)
            for key in wanted.keys() | there.keys()
            if wanted.get(key) != there.get(key)
        }
        seen: set[Key] = set()
        for row in rows:
            key = key_of(row)
            if key in seen:
                found.add((table, key))
            seen.add(key)
    return found


def differences(
    projection: str,
    production: str,
    which: set[tuple[type[Any], Key]],
    expected: Rows,
    live: LiveRows,
    changed: Changed,
) -> list[Difference]:
    """Those rows told column by column, in the order of tables and keys."""
    order = {table: number for number, table in enumerate(live)}
    told = []
    for table, key in sorted(which, key=lambda one: (order[one[0]], str(one[1]))):
        wanted = expected.get(table, *key)
        there = [row for row in live[table] if key_of(row) == key]
        event = changed.get((table, key))
        for column, right, wrong in _columns(wanted, there):
            told.append(
                Difference(
                    projection, production, table.TABLE, _key(table, key), column, right, wrong,
                    event,
                )
            )  # fmt: skip
    return told


def _columns(
    wanted: Row | None, there: Sequence[Row]
) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Columns with what is expected and found; no column where it is the whole row."""
    if wanted is None or not there:
        for row in there:
            yield None, None, _row(row)
        if wanted is not None:
            yield None, _row(wanted), None
        return
    first, *others = there
    for column in fields(wanted):  # type: ignore[arg-type]
        right, wrong = getattr(wanted, column.name), getattr(first, column.name)
        if right != wrong:
            yield column.name, _value(right), _value(wrong)
    for row in others:
        yield None, None, _row(row)


def _key(table: type[Any], key: Key) -> str:
    return ", ".join(
        f"{column} {value}" for column, value in zip(table.KEY, key, strict=True)
    ) or "the one row"  # fmt: skip


def _row(row: Row) -> str:
    return ", ".join(
        f"{column.name} {_value(getattr(row, column.name))}"
        for column in fields(row)  # type: ignore[arg-type]
    )


def _value(value: object) -> str:
    match value:
        case None:
            return "null"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
