"""Folds facts into a projection's rows, which the worker holds and its tables keep."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cachetools import LRUCache

from events.envelope import Recorded
from runtime.reading.parking import Parked
from runtime.reading.place import Place
from runtime.reading.tables import Changed, RowTables
from runtime.view import Key, Row, Rows, View, key_getter

PRODUCTIONS_CACHED = 512

_Way = tuple[Callable[[Any], Key], bool, dict[tuple[str, Key], Row] | None]
"""How to know a row of a table, whether it is held, and where it is told."""


def fold_into(
    held: Mapping[str, Rows],
    view: View,
    events: Iterable[Recorded],
    changed: Changed | None = None,
    *,
    tell_held: bool = True,
) -> Changed:
    """Folds facts into rows by production; answers those that changed, as they are at the end, on
    top of `changed`. Rows that are never read back are not kept in `held`; those that are kept are
    answered only if they are to be told."""
    changed = {} if changed is None else changed
    evolve, written_only = view.evolve, view.written_only
    ways: dict[type[Any], _Way] = {}
    for recorded in events:
        production = recorded.production
        rows = held[production]
        for row in evolve(rows, recorded):
            table = type(row)
            if (way := ways.get(table)) is None:
                is_held = table not in written_only
                is_told = tell_held or not is_held
                of_table = changed.setdefault(table, {}) if is_told else None
                way = ways[table] = key_getter(table), is_held, of_table
            key_in, is_held, of_table = way
            key = key_in(row)
            if is_held:
                rows.set(table, key, row)
            if of_table is not None:
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
