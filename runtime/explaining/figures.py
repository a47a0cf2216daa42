"""What a projection says of its figures: pure, beside its view.

A figure is made of others by a formula, or it is read from cells of rows:

    efc = Figure(
        name="account/2302/efc",
        label="EFC of 2302 Set construction",
        value="48750.00",
        unit="USD",
        formula="total cost + ETC",
        terms=(total_cost, etc),
    )
    committed = Figure(
        name="account/2302/committed",
        label="Committed on 2302 Set construction",
        value="0.00",
        unit="USD",
        cells=(Cells(Account, ("2302",), ("committed",)),),
    )
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from runtime.view import Row, Rows, key_of


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns of one row, by its table and key."""

    table: type[Any]
    key: tuple[Any, ...]
    columns: tuple[str, ...]


def cells(row: Row, *columns: str) -> Cells:
    """Those columns of a row."""
    return Cells(type(row), key_of(row), columns)


def text(value: Any) -> str | None:
    """A value as the JSON of the answers writes it; none stays none."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `formula` in words, over its `terms`; or what `cells` hold.

    `name` is what it is asked for by, `value` as the answers show it, `unit` the currency, or
    "working days", "eighths of a page", "date".
    """

    name: str
    label: str
    value: str | None
    unit: str = ""
    formula: str | None = None
    terms: tuple["Figure", ...] = ()
    cells: tuple[Cells, ...] = ()
    person: str | None = None
    """Whose name the label ends in, as it is told."""

    def all_cells(self) -> Iterator[Cells]:
        """Its own cells, and those of all that it is made of, each once. A term that several
        figures share is one object, and looked into once."""
        seen: set[Cells] = set()
        looked_into: set[int] = set()
        figures = [self]
        while figures:
            figure = figures.pop()
            if id(figure) in looked_into:
                continue
            looked_into.add(id(figure))
            figures += figure.terms
            yield from (one for one in figure.cells if one not in seen)
            seen.update(figure.cells)


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom figures are told: in which currency, at what time, and whether fees of deals are
    for his roles."""

    currency: str
    now: datetime
    fees: bool


Figures = Callable[[Rows, Asker], Iterable[Figure]]
"""Every figure of one production's answers, from its rows."""


def no_figures(rows: Rows, asker: Asker) -> Iterable[Figure]:
    """A projection that explains nothing."""
    return ()
