"""What is owed, on paper: the first due first."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from projections.obligations.telling import obligations, place
from runtime.sheets import Cell, Sheet, Told

COLUMNS = ("Due", "What", "Deal", "Owed by", "Status", "", "Amount", "Paid")


def sheets(told: Told) -> Sequence[Sheet]:
    """Every obligation, judged by the day of the moment."""
    owed = sorted(obligations(told.rows, told.at, told.fees), key=place)
    return (
        Sheet(
            title=f"Obligations on {told.at:%Y-%m-%d}",
            columns=COLUMNS,
            rows=tuple(map(_row, owed)),
            nothing="Nothing is owed.",
        ),
    )


def _row(one: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        one["due_on"] or (f"upon {one['upon']}" if one["upon"] else None),
        one["what"],
        one["title"],
        one["by"],
        one["status"].value,
        one["currency"],
        None if one["amount"] is None else Decimal(one["amount"]),
        None if one["paid"] is None else Decimal(one["paid"]),
    )
