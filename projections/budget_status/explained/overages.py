"""Overages: what each asks for, and on which accounts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from events.money import shown
from projections.budget_status.report import overages
from projections.budget_status.rows import Overage, OverageAccount
from runtime.explaining.figures import Asker, Cells, Figure, cells
from runtime.view import Rows


def overage_figures(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """What each overage asks for, of what was approved and expected when it was forecast."""
    parts: dict[str, list[Figure]] = defaultdict(list)
    for part in rows.all(OverageAccount):
        parts[part.overage].append(
            Figure(
                f"overage/{part.overage}/account/{part.account}",
                f"Overage {part.overage} on {part.account}",
                shown(part.total),
                asker.currency,
                cells=(cells(part, "total"),),
            )
        )
    for told in overages(rows):
        approved = _figure(told, "approved_budget", "what was approved then", "approved", asker)
        efc = _figure(told, "efc", "what was expected then", "efc", asker)
        own = parts[told["overage"]]
        yield from (approved, efc, *own)
        rule = "what is expected beyond what is approved or asked for already"
        amount = _figure(told, "amount", rule, "amount", asker)
        yield replace(amount, terms=(efc, approved, *own))


def _figure(told: dict[str, Any], name: str, rule: str, column: str, asker: Asker) -> Figure:
    overage = told["overage"]
    return Figure(
        f"overage/{overage}/{name}",
        f"Overage {overage}, {told['state']}: {name.replace('_', ' ')}",
        told[name],
        asker.currency,
        rule,
        cells=(Cells(Overage, (overage,), (column, "state")),),
    )
