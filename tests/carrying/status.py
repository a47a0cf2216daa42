"""The budget status as plain values, told by the view and by somebody who never saw it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from events.envelope import Recorded
from projections.budget_status.rows import Account, Budget, Category, DayCost, Line, Overage
from runtime.view import Rows
from tests.journey.naive import folded


def naive(facts: Sequence[Recorded]) -> dict[str, Any]:
    """The second opinion, which knows nothing but names and JSON."""
    told = folded({"type": fact.type, "data": fact.event.model_dump(mode="json")} for fact in facts)
    for line in told["line"].values():
        line.pop("subcategory", None)
    return told


def plain(rows: Rows) -> dict[str, Any]:
    """Rows as the second opinion writes them."""
    budget = rows.get(Budget)
    return {
        "budget": asdict(budget) if budget else {},
        "category": {row.category: asdict(row) for row in rows.all(Category)},
        "account": {row.account: asdict(row) for row in rows.all(Account)},
        "line": {row.line: asdict(row) for row in rows.all(Line)},
        "overage": {
            row.overage: {"state": row.state, "amount": row.amount} for row in rows.all(Overage)
        },
        "day_cost": {
            (row.account, row.incurred_on.isoformat()): row.amount for row in rows.all(DayCost)
        },
    }
