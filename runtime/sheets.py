"""What a read model puts on paper for whoever audits a production: tables in the trade's words.

A projection may declare it beside its queries, in `projections/<room>/sheets.py`:

    def sheets(told: Told) -> Sequence[Sheet]:
        rows = tuple((row.name, row.due_on, row.amount) for row in told.rows.all(Duty))
        return (Sheet("What is owed", ("What", "Due", "Amount"), rows),)

    projection = Projection(..., sheets=sheets)

The audit package prints them. Personal texts stand in them as rows hold them, sealed; whoever
prints opens them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from runtime.view import Rows

Cell = str | int | Decimal | date | datetime | None
"""A Decimal is an amount in currency units; what is below zero is printed in parentheses."""


@dataclass(frozen=True)
class Told:
    """What a room prints from: one production's rows at `at`, and whether fees may be told."""

    rows: Rows
    currency: str
    at: datetime
    fees: bool


@dataclass(frozen=True)
class Sheet:
    """One table. `glance` are the figures of it that belong on the first page, by their names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    nothing: str = "Nothing yet."
    glance: tuple[tuple[str, Cell], ...] = ()


Sheets = Callable[[Told], Sequence[Sheet]]


def no_sheets(told: Told) -> Sequence[Sheet]:
    """Nothing of this read model is printed."""
    return ()
