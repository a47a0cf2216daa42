"""Which facts made the cells of a read model what they are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
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
        made of them in the end; a cell that is named twice is told once."""
        columns: dict[Place, dict[str, None]] = defaultdict(dict)
        for one in cells:
            columns[one.table, one.key].update(dict.fromkeys(one.columns))
        found: dict[str, tuple[Recorded, dict[tuple[Place, str], Effect]]] = {}
        for place, names in columns.items():
            for change in self._by_row.get(place, ()):
                for effect in _effects(change, place, names):
                    _, effects = found.setdefault(change.recorded.id, (change.recorded, {}))
                    first = effects.get((place, effect.column), effect)
                    effects[place, effect.column] = replace(effect, before=first.before)
        told = [
            (recorded, [one for one in effects.values() if one.before != one.after])
            for recorded, effects in found.values()
        ]
        return sorted((one for one in told if one[1]), key=lambda one: one[0].recorded_at_us)


def _effects(change: Change, place: Place, columns: Iterable[str]) -> Iterator[Effect]:
    table, key = place
    blank = _blank(table) if change.before is None else {}
    for column in columns:
        after = getattr(change.after, column)
        before = blank[column] if change.before is None else getattr(change.before, column)
        if after != before:
            yield Effect(table, key, column, before, after)


def _blank(table: type[Any]) -> Mapping[str, Any]:
    """What a row of that class holds of a column that nobody has said anything of."""
    return {one.name: None if one.default is MISSING else one.default for one in fields(table)}
