"""The cost report on paper, category by category, and the overages."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from projections.budget_status.answers import By
from projections.budget_status.figures import CONVENTIONS
from projections.budget_status.report import overages, standing, table, total
from projections.budget_status.screens import HEADINGS
from runtime.sheets import Cell, Sheet, Told

GLANCE = {
    "approved": "Approved budget",
    "cost_to_date": "Cost to date",
    "efc": "Estimated final cost (EFC)",
    "variance": "Under/(over)",
}


def sheets(told: Told) -> Sequence[Sheet]:
    """The report, and what was asked for beyond the budget."""
    return (_report(told), _overages(told))


def _report(told: Told) -> Sheet:
    sums = total(told.rows).shown()
    stands = standing(told.rows)
    return Sheet(
        title=f"Cost report by category, in {told.currency}",
        columns=("", "Category", *HEADINGS.values()),
        rows=tuple(
            (row["key"], row["name"], *_amounts(row)) for row in table(told.rows, By.CATEGORY)
        ),
        total=("", "Total", *_amounts(sums)),
        note="; ".join(f"{name}: {said}" for name, said in CONVENTIONS.items()),
        nothing="No budget has been drafted.",
        glance=(
            ("Budget", _phase(stands)),
            *((name, Decimal(sums[figure])) for figure, name in GLANCE.items()),
        ),
    )


def _phase(stands: dict[str, Any]) -> str:
    if stands["phase"] == "none":
        return "none yet"
    return f"version {stands['version']}, {stands['phase']}"


def _amounts(row: dict[str, Any]) -> tuple[Cell, ...]:
    return tuple(Decimal(row[figure]) for figure in HEADINGS)


def _overages(told: Told) -> Sheet:
    return Sheet(
        title="Overages",
        columns=("No.", "Cause", "State", "Amount", "On accounts", "Reason", "Refusal"),
        rows=tuple(
            (
                one["number"],
                one["cause"],
                one["state"],
                Decimal(one["amount"]),
                ", ".join(f"{part['account']}: {part['amount']}" for part in one["accounts"]),
                one["reason"],
                one["refusal"],
            )
            for one in overages(told.rows)
        ),
        nothing="No overage was forecast.",
    )
