"""The dates of one item: what each of them is read from, or follows from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from projections.timeline.answers import Item
from projections.timeline.kinds import ItemKind
from runtime.explaining.figures import Cells, Figure, cells, text
from runtime.view import Row

DAY = "date"
WORKING_DAYS = "working days"
EIGHTHS = "eighths of a page"

NAMES = {
    "baseline_start": "baseline of its first day",
    "baseline": "baseline",
    "forecast_start": "expected to begin",
    "forecast": "expected",
    "actual": "actual",
}
UNITS = {
    "amount": "",
    "days": WORKING_DAYS,
    "eighths_planned": EIGHTHS,
    "eighths_shot": EIGHTHS,
    "pages_planned": "pages",
    "pages_shot": "pages",
    "exercise_by": DAY,
    "needed_on": DAY,
    "received_on": DAY,
    "asked_on": DAY,
}
TOLD = frozenset(
    {*UNITS, "price", "version", "audience", "answers", "top_two_box", "definite_recommend"}
    | {"margin"}
)
"""What of an item's detail is a figure or a date."""
MONEY = frozenset({"amount", "price"})


@dataclass(frozen=True)
class Made:
    """The figures of one item, by the last word of their names."""

    item: Item
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.item.kind.value}/{self.item.id}"

    @property
    def _what(self) -> str:
        is_approval = self.item.kind is ItemKind.APPROVAL
        return f"Approval of {self.item.name}" if is_approval else self.item.name

    def add(
        self,
        name: str,
        label: str,
        value: Any,
        unit: str = "",
        formula: str | None = None,
        terms: tuple[Figure, ...] = (),
        read_from: tuple[Cells, ...] = (),
    ) -> Figure:
        """One figure more; of an item's own name."""
        made = Figure(
            name=f"{self.place}/{name}",
            label=f"{self._what}: {label}",
            value=text(value),
            unit=unit,
            formula=formula,
            terms=terms,
            cells=read_from,
        )
        self.figures[name] = made
        return made


def dates_of(item: Item) -> Iterator[tuple[str, Any]]:
    """Every first and last day of an item, by its name."""
    for name in ("baseline", "forecast", "actual"):
        span = getattr(item, name)
        yield f"{name}_start", None if span is None else span.starts_on
        yield name, None if span is None else span.ends_on


def read_dates(made: Made, row: Row, columns: Mapping[str, tuple[str, ...]]) -> None:
    """Those dates of an item that stand in its row, by the columns that each is read from; a first
    day has some only where it may be another than the last."""
    for name, value in dates_of(made.item):
        if name in columns:
            read_from = (cells(row, *columns[name]),) if columns[name] else ()
            made.add(name, NAMES[name], value, DAY, read_from=read_from)


def slip_of(made: Made, of: str, to: str, calendar: Figure) -> None:
    """How far it slips: from one date of it to another, by the calendar."""
    made.add(
        "slip",
        "slip",
        made.item.slip_days,
        WORKING_DAYS,
        "working days from the one date to the other, by the calendar; the first is not counted",
        (made.figures[of], made.figures[to], calendar),
    )


def details_of(made: Made, row: Row, columns: Mapping[str, tuple[str, ...]], fees: bool) -> None:
    """The figures and dates of an item's detail; what a deal pays only where fees are told."""
    for name, value in made.item.detail.items():
        if name not in TOLD or (name in MONEY and not fees):
            continue
        read_from = columns.get(name, (name,))
        unit = (made.item.detail.get("currency") or "") if name in MONEY else UNITS.get(name, "")
        label = name.replace("_", " ")
        made.add(name, label, value, unit, read_from=(cells(row, *read_from),))
