"""Which facts made the cells of a read model what they are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from events.envelope import Recorded
from runtime.explaining.figures import Cells
from runtime.view import Change, Rows, View, key_of

Place = tuple[type[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one fact made of one column of one row."""

    table: type[Any]
    key: tuple[Any, ...]
    column: str
    before: Any
    after: Any


class History:
    """Every change of a fold's rows, by row, in the order of the fold."""

    def __init__(self, view: View, recorded: Iterable[Recorded], rows: Rows) -> None:
        self._by_row: dict[Place, list[Change]] = defaultdict(list)
        for change in view.trace(recorded, rows):
            self._by_row[type(change.after), key_of(change.after)].append(change)

    def behind(self, cells: Iterable[Cells]) -> list[tuple[Recorded, list[Effect]]]:
        """The facts that changed those cells, in the order of their recording, with what each
        made of them."""
        found: dict[str, tuple[Recorded, list[Effect]]] = {}
        for one in cells:
            for change in self._by_row.get((one.table, one.key), ()):
                if effects := list(_effects(change, one)):
                    entry = found.setdefault(change.recorded.id, (change.recorded, []))
                    entry[1].extend(effects)
        return sorted(found.values(), key=lambda entry: entry[0].recorded_at_us)


def _effects(change: Change, cells: Cells) -> Iterator[Effect]:
    blank = _defaults(cells.table)
    for column in cells.columns:
        after = getattr(change.after, column)
        before = blank.get(column) if change.before is None else getattr(change.before, column)
        if after != before:
            yield Effect(cells.table, cells.key, column, before, after)


def _defaults(table: type[Any]) -> Mapping[str, Any]:
    """What a row of that class holds of a column that nobody has said anything of."""
    return {one.name: None if one.default is MISSING else one.default for one in fields(table)}
